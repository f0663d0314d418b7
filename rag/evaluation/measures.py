"""Measures of the field in a few lines each; plain lists in, a share from 0 to 1 out.

Why none of the libraries: ranx brings numba, LLVM and plotting; ir-measures brings a compiled trec_eval, and both rank
documents only, where an answer is cited by passage. These lines are checked against ir-measures in the tests.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)

# --- short answers


def normal(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact(found: str, golds: Sequence[str]) -> float:
    """1 when the found answer equals a gold one in normal form; an empty list of golds means "no answer"."""
    return float(any(normal(found) == normal(gold) for gold in golds or [""]))


def f1(found: str, golds: Sequence[str]) -> float:
    """Best word overlap (F1) with a gold answer, as SQuAD's official evaluation counts it."""
    return max(_f1(normal(found).split(), normal(gold).split()) for gold in golds or [""])


def _f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    same = sum((Counter(found) & Counter(gold)).values())
    return 2 * same / (len(found) + len(gold))


# --- rankings


def reciprocal_rank(labels_by_rank: Sequence[int], depth: int = 10) -> float:
    """1 / rank of the first relevant result within `depth`, else 0."""
    return next((1 / rank for rank, label in enumerate(labels_by_rank[:depth], 1) if label), 0.0)


def recall(documents: Sequence[str], relevant: Mapping[str, float], depth: int = 10) -> float:
    """Share of the relevant documents that are among the first `depth`."""
    return len({*documents[:depth]} & relevant.keys()) / len(relevant) if relevant else 0.0


def ndcg(documents: Sequence[str], relevant: Mapping[str, float], depth: int = 10) -> float:
    """Normalised discounted cumulative gain, grades as gains (as trec_eval counts it)."""
    ideal = _gain(sorted(relevant.values(), reverse=True)[:depth])
    return _gain([relevant.get(one, 0.0) for one in documents[:depth]]) / ideal if ideal else 0.0


def _gain(grades: Sequence[float]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def average_precision(labels_by_rank: Sequence[int]) -> float:
    """Mean of the precision at each relevant rank."""
    hits = np.asarray(labels_by_rank) > 0
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean()) if hits.any() else 0.0


# --- telling questions that can be answered from those that cannot


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive scores above a negative (ties count half)."""
    values = np.concatenate([np.asarray(positive), np.asarray(negative)])
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    size = len(positive)
    return float((ranks[:size].sum() - size * (size + 1) / 2) / (size * len(negative)))


def balanced_accuracy(positive: Sequence[float], negative: Sequence[float], threshold: float) -> float:
    """Mean of the shares of positives at or above the threshold and of negatives below it."""
    return float((np.mean(np.asarray(positive) >= threshold) + np.mean(np.asarray(negative) < threshold)) / 2)


def best_threshold(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The threshold of the best balanced accuracy."""
    cuts = sorted({*positive, *negative})
    return max(cuts, key=lambda cut: balanced_accuracy(positive, negative, cut))


def best_refusal(scores: Sequence[float], values: Sequence[float], refused: Sequence[float]) -> tuple[float, float]:
    """Best mean value when questions scored below a threshold are refused: SQuAD 2.0's "best F1", and that threshold.

    `values` is what each question earns when it is answered, `refused` what it earns when it is not.
    """
    order = np.argsort(-np.asarray(scores))
    answered = np.cumsum(np.asarray(values)[order])
    kept = np.sum(refused) - np.cumsum(np.asarray(refused)[order])
    totals = np.concatenate([[np.sum(refused)], answered + kept]) / len(order)
    best = int(totals.argmax())
    return float(totals[best]), float(np.asarray(scores)[order][best - 1]) if best else float("inf")


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """(share answered, share of those that is wrong) when the surest are answered first; equal confidences together."""
    points: list[tuple[float, float]] = []
    order = sorted(range(len(right)), key=lambda number: -confidences[number])
    wrong = 0
    for taken, number in enumerate(order, 1):
        wrong += not right[number]
        following = confidences[order[taken]] if taken < len(order) else None
        if following != confidences[number]:
            points.append((taken / len(order), wrong / taken))
    return points


def area_under(points: Sequence[tuple[float, float]]) -> float:
    """Mean risk over the coverage that the points span, each risk holding since the point before."""
    before, area = 0.0, 0.0
    for coverage, risk in points:
        area += risk * (coverage - before)
        before = coverage
    return area / before if before else 0.0
