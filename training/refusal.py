"""Fit the refusal: `python -m training.refusal DATA --libraries DIR` prints weights for rag/answering/refusal.py.

Features of each quiz question of news/dev_300 (half of them have no answer in the set) are made by the product's own
path;
logistic regression gives the weights, news/dev_1000 tells how well they carry over. `--curve FILE` writes answered
share
against correctness at each threshold, as Markdown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from benchmarks import metrics
from rag.answering.refusal import TRAINED, Features, confidence, features
from rag.answering.statements import silence
from rag.models.reader import Reader
from training.calibrate import fit
from training.collected import Collected, collect


def rows_of(found: Sequence[Collected]) -> list[Features]:
    """The refusal features of each question."""
    return [
        features(
            one.asked, one.candidates, one.readings, one.missing, silence(one.asked, one.candidates, one.texts.get)
        )
        for one in found
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--sets", default="dev_300,dev_1000", help="the first is fitted on")
    parser.add_argument("--curve", type=Path)
    options = parser.parse_args()
    reader = Reader.load()
    weights = TRAINED
    for name in options.sets.split(","):
        found = collect(name, options.data, options.libraries, reader)
        rows = rows_of(found)
        labels = np.asarray([float(one.question.answerable) for one in found])
        if weights is TRAINED:
            table = np.asarray([astuple(row)[:4] for row in rows], dtype=float)
            beta = fit(table, labels, np.full(len(labels), 1.0))
            names = ("answerable", "similarity", "coverage", "missing", "bias")
            weights = replace(TRAINED, **{key: round(float(value), 2) for key, value in zip(names, beta, strict=True)})
            print(json.dumps({key: getattr(weights, key) for key in names}))
        for title, used in (("fitted", weights), ("as shipped", TRAINED)):
            sure = np.asarray([confidence(row, used) for row in rows])
            yes, no = sure[labels == 1], sure[labels == 0]
            balanced = metrics.balanced_accuracy(yes, no, 0.5)
            print(f"{name} {title}: AUC {metrics.auc(yes, no):.3f}, balanced accuracy {balanced:.3f}")
        if options.curve:
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
