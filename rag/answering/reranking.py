"""The order of passages after reading: what the retriever and the reader say together.

The best short answer of a passage against "none here" tells more than the reader's probability that the passage
answers, which is near 0 or 1 for most passages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.answering.ranking import log_odds
from rag.schema import Candidate, Reading

# Of the fused score (0..1) beside the log-odds of the best short answer. Fitted with training/selection.py.
FUSED, SHORT = 8.0, 0.3
_SLIGHT = 0.01  # chance of passages that were left unread: behind those that were read and answer, before the others


def passage_score(candidate: Candidate, reading: Reading | None) -> float:
    """How well a passage answers; higher is better, comparable within one question only."""
    if reading is None:
        return FUSED * candidate.score + SHORT * log_odds(_SLIGHT)
    chance = max((short[2] for short in reading.shorts), default=reading.answerable)
    return FUSED * candidate.score + SHORT * log_odds(chance)


def reranked(candidates: Sequence[Candidate], readings: Mapping[str, Reading]) -> list[Candidate]:
    """The candidates, best first; `readings` by passage id, where a passage was read."""
    return sorted(candidates, key=lambda one: -passage_score(one, readings.get(one.passage.id)))
