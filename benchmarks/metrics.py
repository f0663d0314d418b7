"""The measures of the product (rag/evaluation/measures.py), under the name that benchmarks and training use."""

from __future__ import annotations

from rag.evaluation.measures import (
    auc,
    average_precision,
    balanced_accuracy,
    best_refusal,
    best_threshold,
    exact,
    f1,
    normal,
    reciprocal_rank,
)

__all__ = [
    "auc",
    "average_precision",
    "balanced_accuracy",
    "best_refusal",
    "best_threshold",
    "exact",
    "f1",
    "normal",
    "reciprocal_rank",
]
