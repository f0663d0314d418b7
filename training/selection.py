"""Fit the choice of sentences: `python -m training.selection DATA --libraries DIR` prints weights for ranking.py.

A sentence is right when it holds an answer string. Weights make the right sentences of a question likely among all
that were read (softmax over the question's sentences); a bias then makes the scores log-odds of "right".
Fitted on the sets named first, measured on all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, minimize

from rag.answering.ranking import Features, Weights, sentence_features, weights_for
from rag.answering.readers import choose_reader
from rag.models.embedder import load_embedder
from training.collected import Collected, collect

RIDGE = 0.02  # a question, on weights of features of unit variance
# These sets ask for nobody's words, so they cannot tell what a statement of the right speaker is worth. Set by hand: a
# sentence of another speaker is to lose against every sentence of the right one.
STATEMENT = 4.0


@dataclass(frozen=True, slots=True)
class Table:
    """The sentences of one question: features [sentences, features] and which hold an answer."""

    features: np.ndarray
    right: np.ndarray


def table(found: Collected) -> Table | None:
    """The sentences read for an answerable question; None where no sentence that was read is right."""
    rows: dict[tuple[str, int], tuple[Features, bool]] = {}
    for candidate, reading in zip(found.candidates, found.readings, strict=True):
        for position, span, features, _ in sentence_features(
            found.asked, candidate, reading, found.texts.get, found.question.asked_on
        ):
            text = (found.texts[candidate.passage.article_id] or "")[slice(*span)]
            right = found.question.answered_by(text)
            key = (candidate.passage.article_id, position)
            if key not in rows or rows[key][0].read + rows[key][0].short < features.read + features.short:
                rows[key] = features, right
    if not any(right for _, right in rows.values()):
        return None
    return Table(np.asarray([list(row) for row, _ in rows.values()]), np.asarray([right for _, right in rows.values()]))


def fit_weights(tables: Sequence[Table]) -> Weights:
    """Weights that make right sentences likely, with the bias at which as many are expected as there are."""
    stacked = np.vstack([one.features for one in tables])
    scale = stacked.std(axis=0) + 1e-6
    free = np.asarray([name != "statement" for name in Features._fields])

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = RIDGE * len(tables) * float(weights @ weights), 2 * RIDGE * len(tables) * weights
        for one in tables:
            rows = one.features / scale * free
            scores = rows @ weights
            chance = np.exp(scores - scores.max())
            among = chance * one.right
            total += float(np.log(chance.sum()) - np.log(among.sum()))
            slope = slope + rows.T @ (chance / chance.sum() - among / among.sum())
        return total, slope

    best = minimize(cost, np.zeros(len(scale)), jac=True, method="L-BFGS-B").x / scale
    best = np.where(free, best, STATEMENT)
    surety = best * np.asarray([name != "fresh" for name in Features._fields])
    scores = np.concatenate([one.features @ surety for one in tables])
    right = np.concatenate([one.right for one in tables]).astype(float)
    bias = brentq(lambda value: float((1 / (1 + np.exp(-scores - value))).mean() - right.mean()), -50, 50)
    return Weights(Features(*(round(float(value), 3) for value in best)), round(float(bias), 2))


def hits(tables: Sequence[Table], weights: Weights) -> list[float]:
    """Share of questions with a right sentence among the first one, two and three."""
    found = []
    for one in tables:
        order = np.argsort(-(one.features @ np.asarray(weights.features)), kind="stable")
        found.append([bool(one.right[order][:count].any()) for count in (1, 2, 3)])
    return [round(float(share), 3) for share in np.mean(found, axis=0)]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--reader", default="builtin", help="builtin, or none for the plain selector")
    parser.add_argument("--fit", default="dev_300,squad_dev11", help="sets that the weights are fitted on")
    parser.add_argument("--measure", default="dev_1000")
    parser.add_argument("--kept", type=Path, help="folder to keep what was found and read, for the next call")
    options = parser.parse_args()
    reader = choose_reader(options.reader, None, load_embedder)().reader
    fitted, measured = options.fit.split(","), options.measure.split(",")
    sets = {}
    for name in [*fitted, *measured]:
        found = collect(name, options.data, options.libraries, reader, options.kept)
        answerable = [one for one in found if one.question.answerable and one.question.answers]
        sets[name] = [one for one in map(table, answerable) if one is not None]
        print(f"{name}: {len(answerable)} answerable, {len(sets[name])} with a right sentence among those read")
    weights = fit_weights([one for name in fitted for one in sets[name]])
    print(weights)
    for name, tables in sets.items():
        print(f"{name}: as shipped {hits(tables, weights_for(reader.name))}, fitted {hits(tables, weights)}")


if __name__ == "__main__":
    main()
