"""Fusion: two rankings of passages, by words (BM25) and by meaning (cosine), made into one with scores from 0 to 1.

What the score means: a cosine similarity in which the words have their say. BM25 has no scale of its own (it grows
with the question and with the library), so it is measured within the question: the best BM25 counts as much as the best
cosine of the same question, the others in proportion. A score near 1 says that the passage means what the question says
and holds its words best; where nothing in the library is near the question, its best score is low, whatever words it
shares. So scores can be compared between questions: the best score tells whether news questions can be answered with an
AUC of .956 on dev_1000 and .960 on dev_300, the highest cosine alone with .946 and .957.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Weight of the words against the meaning, chosen on dev_1000. MRR@10 with .5 / .6 / .7: dev_1000 .767 / .781 / .773,
# dev_300 .848 / .854 / .852, squad_dev11 .877 / .873 / .867. Reciprocal rank fusion has .711, .830, .841, the sum of
# standard scores .769, .853, .870 (benchmarks/retrieval.md).
LEXICAL_WEIGHT = 0.6
# A passage that the lexical index did not return has a BM25 below the worst one returned: half of that is assumed.
# When the list was not full, nothing else holds a word of the question, and it is 0. Shares from 0 to 1 measure alike.
MISSING_SHARE = 0.5
LEAST_SCALE = 0.05  # the scale of BM25 when no cosine is above it, so that words still order such passages

Scored = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage of the joint ranking with its BM25 and its cosine, each None where the index did not return it."""

    id: str
    score: float  # 0..1
    lexical: float | None
    dense: float | None


def fuse(
    lexical: Sequence[Scored],
    dense: Sequence[Scored],
    *,
    depth: int,
) -> list[Fused]:
    """The passages of both rankings, best first.

    Args:
        lexical: ids and BM25, best first, at most `depth` of them.
        dense: ids and cosine similarities, best first; what it lacks counts as its worst, which measures as well as
            reading the exact cosines.
        depth: how many the lexical index was asked for; a shorter list holds every passage with a word of the question.
    """
    words, meanings = dict(lexical), dict(dense)
    worst = min(meanings.values(), default=0.0)
    unknown = MISSING_SHARE * min(words.values()) if words and len(lexical) >= depth else 0.0
    best = max(words.values(), default=0.0)
    weight = LEXICAL_WEIGHT if best > 0 else 0.0
    scale = weight * max([LEAST_SCALE, *meanings.values()]) / best if weight else 0.0
    joint = {
        name: (1 - weight) * meanings.get(name, worst) + scale * words.get(name, unknown)
        for name in dict.fromkeys([*words, *meanings])
    }
    order = sorted(joint, key=lambda name: -joint[name])
    return [Fused(name, _unit(joint[name]), words.get(name), meanings.get(name)) for name in order]


def _unit(score: float) -> float:
    return min(1.0, max(0.0, score))
