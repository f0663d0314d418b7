"""A question taken apart, once: what is read, its parts, what must stand in the evidence, what must not.

Only what can be seen in the characters of the question: quotation marks, capitals, figures, a minus sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, content_words

LONGEST = 600  # characters that the reader looks at; the search itself takes the whole question
MOST_PARTS = 4
MOST_NAMES = 3  # words of a question that may all be names; more capitals without a word between are a headline
_MOSTLY = 0.6  # share of small words with a capital from which capitals say nothing about names

_WH = r"(?:what|who|whom|whose|when|where|why|how|which|in (?:what|which))"
_JOINT = re.compile(rf"\s*(?:,\s*(?:and\s+)?|;\s*|\s+and\s+(?:also\s+)?|\?\s+(?:and\s+)?)(?={_WH}\s+\S+)", re.I)
_OPENS = re.compile(rf"(?:\W|and |so |but )*{_WH}\b", re.I)
_PHRASE = re.compile(r"[\"“”«»„]([^\"“”«»„]{3,200})[\"“”«»„]")
_LEFT_OUT = re.compile(
    r"(?:^|\s)[-–−]([^\W\d_][\w’'-]+)|(?:,\s*|\()(?:but\s+)?not\s+([A-ZÀ-Þ][\w’'-]+)\s*\)?(?=\s*[?.,;)]|$)"
)
_TOKEN = re.compile(r"[^\W_]+(?:[-’'.][^\W_]+)*")
_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart."""

    text: str  # as it is read
    parts: tuple[str, ...]  # the questions inside it; one where it asks one thing
    phrases: tuple[str, ...]  # in quotation marks: must stand in the evidence
    left_out: tuple[str, ...]  # words that the evidence may not hold
    names: tuple[str, ...]  # words written as names

    @property
    def searched(self) -> str:
        """The question as it is searched for: without what is to be left out."""
        return " ".join(_LEFT_OUT.sub(" ", self.text).split()) or self.text


def analyse(text: str) -> Question:
    """The question taken apart."""
    asked = core(text)
    left_out = tuple(one or other for one, other in _LEFT_OUT.findall(asked))
    phrases = tuple(" ".join(phrase.split()) for phrase in _PHRASE.findall(asked))
    return Question(asked, parts(asked), phrases, left_out, tuple(one for one in names(asked) if one not in left_out))


def core(text: str) -> str:
    """The question inside a long text: its last sentence that asks, else its beginning; a short text as it is."""
    if len(text) <= LONGEST:
        return text
    asking = [text[start:end] for start, end in split_sentences(text) if text[start:end].endswith("?")]
    return asking[-1][-LONGEST:] if asking else text[:LONGEST]


def parts(text: str) -> tuple[str, ...]:
    """The questions inside a question; the whole where it asks one thing."""
    pieces = [piece.strip(" ,;?") for piece in _JOINT.split(text)]
    pieces = [piece for piece in pieces if piece]
    asking = all(_OPENS.match(piece) and len(piece.split()) > 1 for piece in pieces)
    if not 1 < len(pieces) <= MOST_PARTS or not asking:
        return (text.strip(),)
    return tuple(f"{piece}?" for piece in pieces)


def asks_several(text: str) -> bool:
    """Whether a question asks for more than one thing."""
    return len(parts(text)) > 1


def names(text: str) -> tuple[str, ...]:
    """The words that are written as names: with a capital inside the question, or in capitals; no day, no month.

    In a question written as a headline, or without any capital, they cannot be told.
    """
    tokens = list(_TOKEN.finditer(text))
    capital = [one.group()[0].isupper() for one in tokens]
    if _is_headline([one.group() for one in tokens]):
        return ()
    found = []
    for number, one in enumerate(tokens):
        word = one.group().removesuffix("'s").removesuffix("’s")
        opens = number == 0 or text[: one.start()].rstrip().endswith((".", "?", "!", ":", "“", '"'))
        led = opens and not (number + 1 < len(tokens) and capital[number + 1] and word.lower() not in STOP_WORDS)
        if capital[number] and not led and len(word) > 1 and word.lower() not in _CALENDAR and content_words(word):
            found.append(word)
    return tuple(dict.fromkeys(found))


def _is_headline(tokens: Sequence[str]) -> bool:
    """Whether capitals tell no names: even small words have them, or every other word behind the first does."""
    small = [word[0].isupper() for word in tokens[1:] if word.lower() in STOP_WORDS]
    others = [word[0].isupper() for word in tokens[1:] if word.lower() not in STOP_WORDS]
    return sum(small) > _MOSTLY * max(1, len(small)) or (len(others) > MOST_NAMES and all(others))


_YES_NO = re.compile(
    r"(?:\W|and |but |so )*(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|might|may)\b", re.I
)


def asks_yes_no(text: str) -> bool:
    """Whether yes or no could answer the question: it opens with an auxiliary verb."""
    return bool(_YES_NO.match(text)) and " or " not in text
