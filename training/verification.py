"""Fit the verification: `python -m training.verification DATA` prints weights for rag/answering/verification.py.

Statements made by program from the reader's dev rows (training/statements.py), which the reader has not seen; half of
them are supported. Logistic regression with the shipped weights as its prior: a feature that these statements hardly
show (who speaks) keeps its weight. The citation sets are never looked at here; benchmarks/verification.py measures.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answering.verification import PLAIN, READER, Features, Judge, Weights
from rag.evaluation import measures
from rag.evaluation.layouts import json_rows
from rag.models.reader import Reader
from rag.schema import Candidate, Passage
from training.calibrate import fit
from training.statements import statements
from training.windows import Row, Window

PRIOR = 2.0  # ridge towards the shipped weights: a feature seen in under some ten statements keeps its weight
FALSE_ALARMS = 0.1  # the share of true statements that may be marked


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with dev.jsonl.gz")
    parser.add_argument("--limit", type=int, default=1500, help="statements")
    parser.add_argument("--plain", action="store_true", help="without the reader")
    options = parser.parse_args()
    windows = made(options.data / "dev.jsonl.gz", options.limit)
    reader = None if options.plain else Reader.load()
    rows, labels = table(windows, reader)
    shipped = PLAIN if options.plain else READER
    half = len(rows) // 2
    fitted = fitted_to(rows[:half], labels[:half], shipped)
    names = [one.name for one in fields(Features)]
    for title, weights in (("shipped", shipped), ("fitted on the first half", fitted)):
        sure = scores(rows[half:], weights)
        true, false = sure[labels[half:] == 1], sure[labels[half:] == 0]
        print(
            f"{title}: AUC {measures.auc(true, false):.3f}, balanced accuracy at 0.5 "
            f"{measures.balanced_accuracy(true, false, 0.5):.3f}; {FALSE_ALARMS:.0%} false alarms at "
            f"{np.quantile(true, FALSE_ALARMS):.2f}, which catch {np.mean(false < np.quantile(true, FALSE_ALARMS)):.3f}"
        )
    whole = fitted_to(rows, labels, shipped)
    print(", ".join(f"{name} {value:.2f}" for name, value in zip(names, whole.features, strict=True)))
    print(f"Weights(bias={whole.bias:.2f}, features=({', '.join(f'{value:.2f}' for value in whole.features)}))")


def made(path: Path, limit: int) -> list[Window]:
    """Statements with their passages, from contexts spread over the file."""
    by_context: dict[str, list[Row]] = defaultdict(list)
    for row in json_rows(path):
        by_context[row["context"]].append(row)
    groups = list(by_context.values())
    groups = groups[:: max(1, 2 * len(groups) // limit)]
    rng = random.Random(7)
    found: list[Window] = []
    for group, other in zip(groups, [*groups[1:], groups[0]], strict=True):
        found += statements(group, other[0]["context"], rng)
    rng.shuffle(found)
    return found[:limit]


def table(windows: list[Window], reader: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features and labels of the statements."""
    rows = []
    for number, window in enumerate(windows):
        passage = Passage(str(number), str(number), 0, 0, len(window.text), window.text)
        judge = Judge(reader, {str(number): window.text}.get)
        rows.append(astuple(judge.judge(window.question, Candidate(passage=passage, title=window.title)).features))
    return np.asarray(rows, dtype=np.float64), np.asarray([float(bool(one.supported)) for one in windows])


def scores(rows: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Support of each row."""
    value = rows @ np.asarray(weights.features) + weights.bias
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -40, 40))))


def fitted_to(rows: NDArray[np.float64], labels: NDArray[np.float64], prior: Weights) -> Weights:
    """Weights fitted to the statements; the prior pulls as PRIOR statements would."""
    beta = fit(rows, labels, np.ones(len(labels)), centre=np.asarray([*prior.features, prior.bias]), pull=PRIOR)
    return Weights(float(beta[-1]), tuple(float(value) for value in beta[:-1]), prior.verified_from)


if __name__ == "__main__":
    main()
