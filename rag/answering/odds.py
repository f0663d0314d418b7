"""Probabilities, their log-odds and ramps: what the fitted scores of this package are counted in."""

from __future__ import annotations

import math

_LEAST = 1e-4  # probabilities are kept this far from 0 and 1 before their log-odds are taken
_MOST = 50.0  # log-odds beyond this are certainty


def chance(log_odds: float) -> float:
    """The probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-_MOST, min(_MOST, log_odds))))


def log_odds(chance: float) -> float:
    """Log-odds of a probability, kept finite."""
    chance = min(max(chance, _LEAST), 1 - _LEAST)
    return math.log(chance / (1 - chance))


def ramp(value: float, start: float, end: float) -> float:
    """0 up to `start`, 1 from `end` on, and in between as far as the value has come."""
    return min(1.0, max(0.0, (value - start) / (end - start)))
