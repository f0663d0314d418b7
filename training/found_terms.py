"""The terms that a reader finds for labelled follow-ups: `python -m training.found_terms --asks FILE --out FILE`.

In: questions with their conversations (training/asks.py). Out: for each follow-up what the shipped reader adds to it,
from sure to unsure: training/learn.py asks with them, so that a name too many is no news to the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answering.query.rewrite import LOOK_BACK, said, terms_from
from rag.models.reader import BuiltinReader
from rag.schema import Turn
from training.asks import Asked
from training.steps import command

CHANCES = (0.1, 0.2, 0.3, 0.45)  # from which a word is a term


def found_terms(asked: Asked, reader: BuiltinReader) -> tuple[tuple[str, ...], ...]:
    """The terms of a follow-up at each of CHANCES."""
    turns = [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(asked.history)]
    texts, question = [said(turn) for turn in turns[-LOOK_BACK:]], str(asked.row["question"])
    found = reader.terms(texts, question)
    return tuple(terms_from(texts, found, question, chance) for chance in CHANCES)


def all_of(questions: Sequence[Asked], reader: BuiltinReader) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """The id and the terms of each follow-up."""
    for one in questions:
        if one.history:
            yield str(one.row["id"]), found_terms(one, reader)


if __name__ == "__main__":
    command(__doc__ or "", lambda questions: all_of(questions, BuiltinReader.shared()))
