"""One answer against the labels of its question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from benchmarks.asks.questions import Ask
from rag import Answer

SHARED = 0.8  # of the shorter sentence's words: two sentences are one, however a cleaner or a splitter cut them
LEAST_SHARED = 3  # words

Short = Literal["right", "wrong", "missed", "rightly none"]

_WORD = re.compile(r"\w+")
_FINISHED = re.compile(r"""[.!?…。！？][\s"'”’»)\]]*$|["”’»]$""")
_LIST_ROW = re.compile(r"^\s*(?:[-–—•*·]|\(?\w{1,3}[.)])\s|\t|\s\|\s|:\s*\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What an answer is worth. Shares are from 0 to 1."""

    ask: Ask
    answered: bool
    held: bool = False  # a sentence that answers is shown
    first: bool = False  # the first sentence shown answers, or would do
    precision: float = 0.0  # of the sentences shown
    recall: float = 0.0  # of the sentences that answer
    short: Short = "rightly none"
    headings: int = 0  # lines shown that are no sentences: headings, links, captions
    shown: int = 0
    confidence: float = 0.0
    verdict: str = ""
    milliseconds: float = 0.0
    behind: bool = False  # asked again, in a conversation about other articles

    @property
    def f1(self) -> float:
        """Of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def right(self) -> bool:
        """What `confidence` is the probability of: an answering sentence is shown, and at most as many strange ones."""
        return self.held and self.precision >= 0.5


def judge(ask: Ask, answer: Answer, milliseconds: float = 0.0) -> Judged:
    """The answer against the labels. A refusal shows nothing."""
    shown = [one.text for one in answer.sentences] if answer.answered else []
    labelled = ask.answers + ask.others
    found = [any(same_sentence(one, answering) for one in shown) for answering in ask.answers]
    good = [_among(one, labelled) for one in shown]
    return Judged(
        ask=ask,
        answered=answer.answered,
        held=any(found),
        first=bool(shown) and _among(shown[0], ask.answers + ask.may_open),
        precision=sum(good) / len(good) if good else 0.0,
        recall=sum(found) / len(found) if found else 0.0,
        short=judge_short((answer.short or "") if answer.answered else "", ask.short),
        headings=sum(is_heading(one) and not fits for one, fits in zip(shown, good, strict=True)),
        shown=len(shown),
        confidence=answer.confidence,
        verdict=(answer.verdict or "") if answer.answered else "",
        milliseconds=milliseconds,
    )


def same_sentence(one: str, other: str) -> bool:
    """Whether two sentences are one: the same words, or four in five words of the shorter one in the other."""
    a, b = _words(one), _words(other)
    if not a or not b:
        return False
    shared = (Counter(a) & Counter(b)).total()
    return a == b or (shared >= LEAST_SHARED and shared >= SHARED * min(len(a), len(b)))


def judge_short(given: str, wanted: str) -> Short:
    """A short answer is right when it holds the labelled one, or is held by it."""
    own, labelled = " ".join(_words(given)), " ".join(_words(wanted))
    if not own:
        return "missed" if labelled else "rightly none"
    return "right" if labelled and (own in labelled or labelled in own) else "wrong"


def is_heading(line: str) -> bool:
    """Whether a line ends as no sentence does and is no row of a list or table."""
    return not _FINISHED.search(line) and not _LIST_ROW.search(line)


def _among(shown: str, labelled: Iterable[str]) -> bool:
    return any(same_sentence(shown, one) for one in labelled)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
