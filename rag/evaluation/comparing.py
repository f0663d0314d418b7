"""Comparing two runs: is the new one worse? A paired bootstrap over the questions that both asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluation.figures import MEASURES, Counts

RESAMPLES = 10_000  # two runs of the bootstrap then agree on p to about .002 near .01
# One-sided. Fifteen measures are looked at, most of them moving together: with .05 every third run of an unchanged
# system would be called worse, with .01 one in ten at most.
LEVEL = 0.01
_SEED = 20_221
_BATCH = 500  # resamples drawn together: 500 x 10,000 questions are 40 MB

CountsById = Mapping[str, Mapping[str, Counts]]  # question, measure


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before and now, over the questions that both runs asked."""

    measure: str
    before: float
    now: float
    low: float  # 95 % interval of the difference
    high: float
    p_worse: float  # chance of a drop like this one if nothing had changed for the worse
    p_better: float
    cases: int

    @property
    def worse(self) -> bool:
        """Whether the drop is more than chance."""
        return self.now < self.before and self.p_worse < LEVEL

    @property
    def better(self) -> bool:
        """Whether the gain is more than chance."""
        return self.now > self.before and self.p_better < LEVEL


def compare(before: CountsById, now: CountsById) -> list[Change]:
    """Each measure that both runs have, in the usual order."""
    shared = [question for question in now if question in before]
    changes = []
    for name in MEASURES:
        pairs = [(before[one].get(name, (0.0, 0.0)), now[one].get(name, (0.0, 0.0))) for one in shared]
        pairs = [pair for pair in pairs if pair[0][1] or pair[1][1]]
        if sum(old[1] for old, _ in pairs) and sum(new[1] for _, new in pairs):
            changes.append(_change(name, pairs))
    return changes


def _change(name: str, pairs: Sequence[tuple[Counts, Counts]]) -> Change:
    """The bootstrap: questions are drawn with repetition, both runs' shares taken over the same draw."""
    values = np.array([[*old, *new] for old, new in pairs])  # earned and out of, before and now
    before, now = (float(share) for share in _shares(values.sum(axis=0)))
    rng = np.random.default_rng(_SEED)
    differences = np.concatenate([_draw(rng, values) for _ in range(RESAMPLES // _BATCH)])
    low, high = np.percentile(differences, [2.5, 97.5])
    return Change(
        measure=name,
        before=before,
        now=now,
        low=float(low),
        high=float(high),
        p_worse=float(np.mean(differences >= 0)),
        p_better=float(np.mean(differences <= 0)),
        cases=len(pairs),
    )


def _draw(
    rng: np.random.Generator, values: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Differences, now less before, of `_BATCH` resamples."""
    chances = np.full(len(values), 1 / len(values))
    weights = rng.multinomial(len(values), chances, size=_BATCH)  # how often each question is drawn
    before, now = _shares((weights @ values).T)
    return np.asarray(now - before)


def _shares(sums: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[np.ndarray, np.ndarray]:
    """Shares before and now from summed columns; a draw without a case counts as 0."""
    return (
        np.divide(sums[0], np.maximum(sums[1], 1e-12)),
        np.divide(sums[2], np.maximum(sums[3], 1e-12)),
    )
