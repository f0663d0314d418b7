"""A question made to stand alone: the reader adds the terms of the conversation that it leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from rag.answering.query.analysis import names
from rag.answering.query.terms import phrases, whole_names, with_terms, words
from rag.answering.usage import Usage
from rag.schema import Turn

# Probability from which a word of the conversation belongs to the question. Words of the human rewrite among those
# added, and added among those of the human rewrite, on asks dev: .40 and .57 at .4, .50 and .42 at .5.
TERM_FROM = 0.45
LOOK_BACK = 8  # turns in which terms are looked for
LONGEST_REPLY = 300  # characters of a reply: what it is about stands at its beginning
ASKED_BEFORE = 3  # questions before this one that it is searched for with

_MARK = re.compile(r"\s*\[\d+\]")


@runtime_checkable
class TermReader(Protocol):
    """A reader that finds the words of a conversation which a question leaves out."""

    def terms(self, turns: Sequence[str], question: str) -> list[list[tuple[int, int, float]]]:
        """Spans of each turn with the probability that the question means them."""
        ...


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question as it is searched for and read."""

    question: str  # stands alone
    before: tuple[str, ...] = ()  # the user's questions before it, oldest first
    terms: tuple[str, ...] = ()  # of the conversation, that stand behind it
    usage: Usage = field(default_factory=Usage)  # what a model was used for it
    note: str = ""  # why a model that was asked did not do it

    def in_context(self, question: str) -> str:
        """The question behind those before it: it is searched for as well, but not read.

        To a reader, questions before it are questions: on asks dev the best sentence answers for .41 of the follow-ups
        when it sees them, for .63 when it sees the terms alone.
        """
        return " ".join([*self.before, question])

    def with_terms(self, part: str) -> str:
        """A part of the question with the terms that stand behind the whole of it."""
        return part if part.endswith(")") else with_terms(part, self.terms)


def by_terms(question: str, turns: Sequence[Turn], reader: object) -> Rewritten:
    """The question with the terms of the conversation that it leaves out behind it, found by the reader."""
    said = [turn for turn in turns if turn.text.strip()][-LOOK_BACK:]
    if not said:
        return Rewritten(question)
    texts = [_said(turn) for turn in said]
    asked = tuple(text for text, turn in zip(texts, said, strict=True) if turn.role == "user")[-ASKED_BEFORE:]
    if not isinstance(reader, TermReader):
        return Rewritten(with_terms(question, names(asked[-1]) if asked else ()))
    found = reader.terms(texts, question)
    chosen = [_chosen(text, pieces) for text, pieces in zip(texts, found, strict=True)]
    terms = phrases(texts, chosen, question)
    return Rewritten(with_terms(question, terms), asked, terms)


def without_marks(text: str) -> str:
    """A turn as one line, without citation marks."""
    return " ".join(_MARK.sub("", text).split())


def _said(turn: Turn) -> str:
    text = without_marks(turn.text)
    return text if turn.role == "user" else text[:LONGEST_REPLY]


def _chosen(text: str, pieces: Sequence[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """The words of a turn that the question means, names whole: a word is meant when its surest piece is."""
    found = [
        (start, end)
        for start, end in words(text)
        if max((chance for first, last, chance in pieces if first < end and last > start), default=0.0) >= TERM_FROM
    ]
    return whole_names(text, found)
