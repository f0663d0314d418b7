"""Probabilities and their logits: what fitted scores are counted in."""

from __future__ import annotations

import math

_LEAST = 1e-4  # probabilities are kept this far from 0 and 1 before their logits are taken
_MOST = 50.0  # logits beyond this are certainty


def sigmoid(logit: float) -> float:
    """The probability of a logit."""
    return 1.0 / (1.0 + math.exp(-max(-_MOST, min(_MOST, logit))))


def logit(probability: float) -> float:
    """The logit of a probability, kept finite."""
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def ramp(value: float, start: float, end: float) -> float:
    """0 up to `start`, 1 from `end` on, and in between as far as the value has come."""
    return min(1.0, max(0.0, (value - start) / (end - start)))
