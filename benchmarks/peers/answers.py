"""Answers without a chat model: which peers give them, and how many are right."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.peers.exchange import Answered
from rag.evaluation.sets import EvalQuestion

HEAD = ["", "answered", "short answer right", "right in all that is read", "refused rightly", "p50 / p95, ms"]


@dataclass(frozen=True)
class AnswerRow:
    """What a peer answered to questions that the articles answer, and to others."""

    name: str
    answered: Answered

    def cells(self, questions: Sequence[EvalQuestion]) -> list[str]:
        """The row of the table."""
        given = self.answered.answers
        known = [one for one in questions if one.answerable]
        others = [one for one in questions if not one.answerable]
        times = self.answered.times_ms
        shares = (
            statistics.fmean(bool(given[one.id][1]) for one in known),
            statistics.fmean(one.answered_by(given[one.id][0]) for one in known),
            statistics.fmean(one.answered_by(given[one.id][1]) for one in known),
            statistics.fmean(not given[one.id][1] for one in others),
        )
        spent = f"{statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[-1]:.0f}"
        return [self.name, *(f"{share:.2f}" for share in shares), spent]


def answers_table(rows: Sequence[AnswerRow], questions: Sequence[EvalQuestion]) -> list[str]:
    """The lines of the table."""
    known = sum(one.answerable for one in questions)
    return [
        "",
        "## Answers without a chat model",
        "",
        f"{known} questions that the articles answer and {len(questions) - known} that they do not. Right: holds an",
        "accepted answer. The peer reads with our reader's weights, as a Hugging Face checkpoint.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|---|" + "--:|" * (len(HEAD) - 1),
        *("| " + " | ".join(row.cells(questions)) + " |" for row in rows),
    ]
