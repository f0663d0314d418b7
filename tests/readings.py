"""Windows and what a reader says of them, made by hand: the logic after the reader is tested without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rag.answering.reading.ranking import ScoredSentence, rank
from rag.answering.reading.windows import Window, make_windows
from rag.models.calibration import Calibration, SentenceWeights, ShortWeights
from rag.schema import Candidate, Passage, SentenceReading, WindowReading

SURE, UNSURE = 4.0, -4.0

# Logits as they are: what a reader says of a sentence is its score.
PLAIN = Calibration(sentence=SentenceWeights(answers=0.0), short=ShortWeights(bias=0.0))


def candidate(text: str, article: str = "a", start: int = 0, end: int | None = None, **head: Any) -> Candidate:
    """A candidate for `text[start:end]` of an article; `head` are fields of Candidate."""
    end = len(text) if end is None else end
    passage = Passage(f"{article}:{start}", article, 0, start, end, text[start:end])
    return Candidate(passage=passage, **({"title": article.title(), "score": 0.5} | head))


def window(text: str, article: str = "a", **head: Any) -> Window:
    """The window over a whole short text."""
    (made,) = make_windows([candidate(text, article, **head)], lambda _: text, 1)
    return made


def reading(
    window: Window,
    evidence: Sequence[float],
    heads: Mapping[int, Mapping[str, Any]] | None = None,
    answers: float = 2.0,
    **whole: Any,
) -> WindowReading:
    """What a reader says of a window: the evidence of each sentence, and `heads` of some of them by number."""
    own = heads or {}
    sentences = tuple(
        SentenceReading(start, end, value, **own.get(number, {}))
        for number, ((start, end), value) in enumerate(zip(window.spans, evidence, strict=True))
    )
    return WindowReading(answers, sentences, **whole)


def place(window: Window, words: str, margin: float) -> tuple[int, int, float]:
    """A span of the window's text with its margin."""
    start = window.text.index(words)
    return start, start + len(words), margin


def ranked(
    *read: tuple[Window, WindowReading], calibration: Calibration = PLAIN, today: date | None = None
) -> list[ScoredSentence]:
    """The sentences of some windows, best first."""
    return rank([one for one, _ in read], [one for _, one in read], calibration, today)
