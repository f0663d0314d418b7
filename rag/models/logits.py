"""Logits and probabilities."""

from __future__ import annotations

import math


def logistic(value: float) -> float:
    """Probability of a logit."""
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, value))))
