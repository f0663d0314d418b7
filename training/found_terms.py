"""The terms that a reader finds for labelled follow-ups: `python -m training.found_terms --asks FILE --out FILE`.

In: questions with their conversations (training/asks.py). Out: for each follow-up what the shipped reader adds to it,
from sure to unsure: training/learn.py asks with them, so that a name too many is no news to the reader.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.answering.query.rewrite import LONGEST_REPLY, LOOK_BACK, TERM_FROM, chosen_words, phrases, without_marks
from rag.models.reader import BuiltinReader
from training.asks import Asked

CHANCES = (0.1, 0.2, 0.3, TERM_FROM)  # from which a word is a term


def found_terms(asked: Asked, reader: BuiltinReader) -> tuple[tuple[str, ...], ...]:
    """The terms of a follow-up at each of CHANCES."""
    said = [
        without_marks(turn)[: None if place % 2 == 0 else LONGEST_REPLY] for place, turn in enumerate(asked.history)
    ]
    turns, question = said[-LOOK_BACK:], str(asked.row["question"])
    found = reader.terms(turns, question)
    chosen = (
        [chosen_words(turn, pieces, chance) for turn, pieces in zip(turns, found, strict=True)] for chance in CHANCES
    )
    return tuple(phrases(turns, one, question) for one in chosen)


def all_of(questions: Sequence[Asked], reader: BuiltinReader) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """The id and the terms of each follow-up."""
    for one in questions:
        if one.history:
            yield str(one.row["id"]), found_terms(one, reader)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--asks", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with options.asks.open("rb") as file:
        questions = pickle.load(file)["train"]  # noqa: S301  (made by training/asks.py on this machine)
    made = dict(all_of(questions, BuiltinReader.shared()))
    with options.out.open("wb") as file:
        pickle.dump(made, file)


if __name__ == "__main__":
    main()
