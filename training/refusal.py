"""Fit the refusal: `python -m training.refusal DATA --libraries DIR` prints weights for rag/answering/refusal.py.

Logistic regression of "the articles answer" over the features that the product makes: on the quiz questions of
news/dev_300, half of which have no answer in the set, and on questions of SQuAD, from every second of which the
paragraph that answers is taken away. news/dev_1000 tells how well the weights carry over. `--curve FILE` writes
answered share against correctness at each threshold, as Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rag.answering.ranking import NOTHING, rank, weights_for
from rag.answering.refusal import TRAINED, Features, Weights, confidence, features
from rag.answering.statements import silence
from rag.evaluation import measures
from rag.models.reader import Reader
from rag.schema import PassageReader
from training.calibrate import fit
from training.collected import Collected, collect, without_answer

NAMES = ("coverage", "missing", "best")  # what is fitted; silence is set by hand
SHARES = (3, 1)  # of the sets that are fitted on: news is what the product is for
SHARE = 100.0  # questions that a share counts as, against the ridge


def rows_of(found: Sequence[Collected], reader: str) -> list[Features]:
    """The refusal features of each question."""
    rows = []
    for one in found:
        silent = silence(one.asked, one.candidates, one.texts.get)
        picks = rank(one.asked, one.candidates, one.readings, one.texts.get, weights_for(reader), one.question.asked_on)
        best, leading = (picks[0].score, picks[0].candidate) if picks else (NOTHING, None)
        rows.append(features(one.asked, one.candidates, one.readings, one.missing, silent, best, leading))
    return rows


def load(name: str, options: argparse.Namespace, reader: PassageReader) -> tuple[list[Features], np.ndarray]:
    """Features and labels of a set; half of the questions of one without unanswerable ones lose their answer."""
    found = collect(name, options.data, options.libraries, reader, options.kept)
    if all(one.question.answerable for one in found):
        found = [without_answer(one) if number % 2 else one for number, one in enumerate(found)]
    return rows_of(found, reader.name), np.asarray([float(one.question.answerable) for one in found])


def fit_weights(sets: Sequence[tuple[list[Features], np.ndarray]], begin: Weights) -> Weights:
    """Weights fitted on the sets, which count by SHARES; what is not fitted stays as it is in `begin`."""
    table = np.asarray([[getattr(row, name) for name in NAMES] for rows, _ in sets for row in rows], dtype=float)
    labels = np.concatenate([labels for _, labels in sets])
    shares = [np.full(len(rows), SHARE * share / len(rows)) for share, (rows, _) in zip(SHARES, sets, strict=True)]
    weights = np.concatenate(shares)
    beta = fit(table, labels, weights)
    return replace(begin, **{name: round(float(v), 2) for name, v in zip((*NAMES, "bias"), beta, strict=True)})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--fit", default="dev_300,squad_dev11", help="sets that the weights are fitted on")
    parser.add_argument("--measure", default="dev_1000")
    parser.add_argument("--kept", type=Path, help="folder to keep what was found and read, for the next call")
    parser.add_argument("--curve", type=Path)
    options = parser.parse_args()
    reader = Reader.load()
    fitted, measured = options.fit.split(","), options.measure.split(",")
    sets = {name: load(name, options, reader) for name in [*fitted, *measured]}
    weights = fit_weights([sets[name] for name in fitted], TRAINED)
    print(weights)
    for name, (rows, labels) in sets.items():
        for title, used in (("as shipped", TRAINED), ("fitted", weights)):
            sure = np.asarray([confidence(row, used) for row in rows])
            yes, no = sure[labels == 1].tolist(), sure[labels == 0].tolist()
            balanced = measures.balanced_accuracy(yes, no, 0.5)
            print(f"{name} {title}: AUC {measures.auc(yes, no):.3f}, balanced accuracy {balanced:.3f}")
    if options.curve:
        for name in measured:
            rows, labels = sets[name]
            sure = np.asarray([confidence(row, TRAINED) for row in rows])
            with options.curve.open("a", encoding="utf-8") as page:
                page.write(curve(name, sure, labels))


def curve(name: str, sure: np.ndarray, labels: np.ndarray) -> str:
    """A Markdown table: at each threshold, the share of questions answered, and of those the share that has an
    answer."""
    lines = [
        f"\n### {name}\n",
        "| `refuse_below` | answered | of these answerable | answerable ones refused |",
        "|---|---|---|---|",
    ]
    for cut in np.arange(0.1, 1.0, 0.1):
        kept = sure >= cut
        right = labels[kept].mean() if kept.any() else 1.0
        lines.append(f"| {cut:.1f} | {kept.mean():.2f} | {right:.2f} | {(~kept)[labels == 1].mean():.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
