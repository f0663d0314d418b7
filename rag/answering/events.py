"""A finished answer told as events: pieces of text that join to it, each sentence followed by its event."""

from __future__ import annotations

from collections.abc import Iterator

from rag.answering.citations import marked
from rag.schema import Answer, Event, SentenceDone, TextDelta


def told(answer: Answer) -> Iterator[Event]:
    """The events of an answer's text."""
    end = 0
    for sentence in answer.sentences:
        start, end = end, answer.text.index(marked(sentence), end) + len(marked(sentence))
        yield TextDelta(answer.text[start:end])
        yield SentenceDone(sentence)
    if end < len(answer.text):
        yield TextDelta(answer.text[end:])
