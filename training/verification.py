"""Calibrate the verification: `python -m training.verification DATA` prints the weights of the verifier.

Statements made by program from the reader's dev rows (training/statements.py), which the reader has not seen; half of
them are supported. Support falls with what says nothing about truth, how a statement is worded and how long it is.
Quantile regression (Koenker and Bassett 1978) over the true ones finds what to take off for these, so that the same
share of them is marked everywhere; for texts without capitals, over the same statements without. The citation sets are
never looked at here; benchmarks/verification.py measures.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from dataclasses import astuple, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from rag.answering.verification.verifier import (
    PLAIN,
    PLAIN_CASELESS,
    READER,
    READER_CASELESS,
    REWORDED,
    VERIFIED_FROM,
    VETO,
    Features,
    Judge,
    Weights,
)
from rag.evaluation import measures
from rag.evaluation.layouts import json_rows
from rag.models.verifier import Verifier
from rag.schema import Candidate, Passage
from rag.text.sentences import split_sentences
from training.statements import statements
from training.windows import Row, Window

WORDING = ("altered", "length")  # the features that say how a statement is worded, not whether it is true

Numbers = NDArray[np.float64]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with dev.jsonl.gz")
    parser.add_argument("--limit", type=int, default=6000, help="statements")
    parser.add_argument("--plain", action="store_true", help="without the reader")
    options = parser.parse_args()
    reader = None if options.plain else Verifier.shared()
    windows = made(options.data / "dev.jsonl.gz", options.limit)
    cased, caseless = (PLAIN, PLAIN_CASELESS) if options.plain else (READER, READER_CASELESS)
    for title, shipped, used in (
        ("with capitals", cased, windows),
        ("without", caseless, [_without_capitals(one) for one in windows]),
    ):
        print(f"{title}: {_report(used, reader, shipped)}")


def _report(windows: list[Window], reader: object, shipped: Weights) -> str:
    """How the shipped weights do, and the weights that a calibration gives."""
    rows, labels, vetoed = table(windows, reader)
    sure = scores(rows, shipped)
    sure = np.where(vetoed, np.minimum(VETO, sure), sure)
    true, false = sure[labels == 1], sure[labels == 0]
    found = calibrated(rows, labels, vetoed, shipped)
    features = ", ".join(f"{one.name} {value:.2f}" for one, value in zip(fields(Features), found.features, strict=True))
    return (
        f"AUC {measures.auc(true, false):.3f}; marked {np.mean(true < VERIFIED_FROM):.3f} of the true ones, "
        f"{np.mean(false < VERIFIED_FROM):.3f} of the false ones\n  calibrated: bias {found.bias:.2f}, {features}"
    )


def _without_capitals(window: Window) -> Window:
    """The window in small letters, but for the first of each sentence."""
    return replace(window, question=_small(window.question), text=_small(window.text), title=window.title.lower())


def _small(text: str) -> str:
    first = {start for start, _ in split_sentences(text)}
    return "".join(letter if place in first else letter.lower() for place, letter in enumerate(text))


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
        found += [one for one in statements(group, other[0]["context"], rng) if one.question.strip()]
    rng.shuffle(found)
    return found[:limit]


def table(windows: list[Window], reader: object) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Features and labels of the statements, and which of them a rule vetoes."""
    judged = []
    for number, window in enumerate(windows):
        passage = Passage(str(number), str(number), 0, 0, len(window.text), window.text)
        judge = Judge(reader, {str(number): window.text}.get)
        judged.append(judge.judge(window.question, [Candidate(passage=passage, title=window.title)]))
    return (
        np.asarray([astuple(one.features) for one in judged], dtype=np.float64),
        np.asarray([float(bool(one.supported)) for one in windows]),
        np.asarray([bool(one.missing.hard or one.swapped) for one in judged]),
    )


def scores(rows: Numbers, weights: Weights) -> Numbers:
    """Support of each row."""
    return np.asarray(1 / (1 + np.exp(-np.clip(rows @ np.asarray(weights.features) + weights.bias, -40, 40))))


def calibrated(rows: Numbers, labels: Numbers, vetoed: NDArray[np.bool_], shipped: Weights) -> Weights:
    """The weights with bias and WORDING so that `marked` of the true statements fall short, however worded."""
    places = {one.name: place for place, one in enumerate(fields(Features))}
    wording = [places[name] for name in WORDING if shipped.features[places[name]]]
    changed = (rows[:, places["altered"]] > 0) | (rows[:, places["order"]] <= REWORDED)
    true = rows[(labels == 1) & changed & ~vetoed]
    features = np.asarray(shipped.features)
    features[wording] = 0.0
    level, *falls = quantile_regression(true[:, wording], true @ features, shipped.marked)
    features[wording] = [-fall for fall in falls]
    return Weights(float(-level), tuple(map(float, features)), shipped.marked)


def quantile_regression(inputs: Numbers, values: Numbers, share: float) -> Numbers:
    """Level and slopes under which `share` of the values lie, whatever the inputs: an exact linear programme."""
    count = len(values)
    x = np.column_stack([np.ones(count), inputs])
    width = x.shape[1]
    found = linprog(
        np.concatenate([np.zeros(width), np.full(count, share), np.full(count, 1 - share)]),
        A_eq=np.hstack([x, np.eye(count), -np.eye(count)]),
        b_eq=values,
        bounds=[(None, None)] * width + [(0, None)] * (2 * count),
        method="highs",
    )
    return np.asarray(found.x[:width])


if __name__ == "__main__":
    main()
