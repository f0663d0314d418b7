"""The best sentences of labelled questions: `python -m training.digests --asks FILE --out FILE`, for training/learn.py.

In: questions with their windows (training/asks.py). Out: for each question the sentences that the shipped reader ranks
highest, whatever their labels: of them the digests are made that the reader learns to compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answering.reading.ranking import rank
from rag.answering.reading.readers import Choice, choose_reader
from rag.models.embedder import load_embedder
from training.asks import Asked, Ranked
from training.steps import command

WINDOWS = 6  # read for each question: what the product reads before it looks again
BEST = 16  # sentences kept of each: some more than a digest holds
REPORT = 500  # questions between two lines of progress


def best_sentences(asked: Asked, choice: Choice) -> tuple[Ranked, ...]:
    """The sentences of a question's windows that a reader ranks highest, best first."""
    windows = sorted((*asked.own, *asked.others), key=lambda one: -one.candidate.score)[:WINDOWS]
    found = rank(windows, choice.read(asked.question, windows), choice.calibration)
    return tuple(Ranked(one.window.article_id, one.span, one.text, one.title) for one in found[:BEST])


def all_of(questions: Sequence[Asked], choice: Choice) -> Iterator[tuple[str, tuple[Ranked, ...]]]:
    """The id and the best sentences of each question, with progress."""
    for number, one in enumerate(questions, start=1):
        yield str(one.row["id"]), best_sentences(one, choice)
        if number % REPORT == 0:
            print(f"{number} of {len(questions)}", flush=True)


if __name__ == "__main__":
    command(__doc__ or "", lambda questions: all_of(questions, choose_reader("builtin", None, load_embedder)()))
