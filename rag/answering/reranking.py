"""The order of passages after reading: what the retriever and the reader say together.

The best short answer and the best sentence of a passage tell more than the reader's probability that the passage
answers, which is near 0 or 1 for most passages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rag.answering.freshness import freshness
from rag.answering.odds import log_odds
from rag.schema import Candidate, Reading

# Of the fused score (0..1) beside the log-odds of the best short answer and of the best sentence, and of how fresh the
# article was on the day of the question. Passage MRR@10 with these, and with fusion alone: .893 and .854 on 60
# questions of news/dev_300, .853 and .782 on 147 of dev_1000; .914 and .874 on 300 of SQuAD, which have no day. Shares
# half or twice as large lose up to .02.
FUSED, SHORT, READ, FRESH = 8.0, 0.2, 0.2, 2.0
_SLIGHT = 0.01  # chance of passages that were left unread: behind those that were read and answer, before the others


def passage_score(candidate: Candidate, reading: Reading | None, today: date | None = None) -> float:
    """How well a passage answers; higher is better, comparable within one question only."""
    found = FUSED * candidate.score + FRESH * freshness(candidate.published, today)
    if reading is None:
        return found + (SHORT + READ) * log_odds(_SLIGHT)
    short = max((one[2] for one in reading.shorts), default=reading.answerable)
    read = max((one[2] for one in reading.sentences), default=reading.answerable)
    return found + SHORT * log_odds(short) + READ * log_odds(read)


def reranked(
    candidates: Sequence[Candidate], readings: Mapping[str, Reading], today: date | None = None
) -> list[Candidate]:
    """The candidates, best first; `readings` by passage id, where a passage was read."""
    return sorted(candidates, key=lambda one: -passage_score(one, readings.get(one.passage.id), today))
