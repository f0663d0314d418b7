"""Figures: outcomes in; shares by kind of question, latency by step and the curve of risk and coverage out.

Every measure is a sum over a sum, question by question, so that two runs can be compared question by question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluation import measures
from rag.evaluation.running import Outcome, Reply

ALL = "all"
RIGHT = "answer hit"
Counts = tuple[float, float]  # earned, out of


@dataclass(frozen=True, slots=True)
class Figure:
    """A share, and how many cases it is a share of."""

    value: float
    cases: int


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of a step."""

    p50: float
    p95: float


Figures = dict[str, dict[str, Figure]]  # kind, measure


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted for one question, and what the share says."""

    meaning: str
    count: Callable[[Outcome], Counts]


def right(outcome: Outcome) -> bool:
    """Whether an answerable question got its answer, an unanswerable one its refusal; by rank without answers."""
    reply = outcome.reply
    if reply is None:
        return any(outcome.hits[:10])
    return _hit(outcome, reply) if outcome.asked.answerable else not reply.answered


def right_if_answered(outcome: Outcome) -> bool:
    """Whether the answer that was given, or would have been, is right."""
    reply, asked = outcome.reply, outcome.asked
    if reply is None or not asked.answerable:
        return False
    if asked.answers:
        return any(map(asked.answered_by, reply.tried))
    return any(document in asked.relevant for document in reply.tried_documents)


def counts_of(outcome: Outcome) -> dict[str, Counts]:
    """Of each measure what the question earned and out of how much, measures without a case left out."""
    counted = {name: measure.count(outcome) for name, measure in MEASURES.items()}
    return {name: counts for name, counts in counted.items() if counts[1]}


def figures_of(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of all questions, and of each kind when there are several."""
    kinds = [kind for kind in dict.fromkeys(one.asked.kind for one in outcomes) if kind]
    parts = {ALL: list(outcomes)}
    if len(kinds) > 1:
        parts |= {kind: [one for one in outcomes if one.asked.kind == kind] for kind in kinds}
    return {kind: _shares(part) for kind, part in parts.items()}


def latency_of(outcomes: Sequence[Outcome]) -> dict[str, Spent]:
    """Median and 95th percentile of each step."""
    steps: dict[str, list[float]] = {}
    for one in outcomes:
        for step, spent in one.timings.items():
            steps.setdefault(step, []).append(spent)
    return {
        step: Spent(round(float(np.median(spent)), 2), round(float(np.percentile(spent, 95)), 2))
        for step, spent in steps.items()
    }


def curve_of(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Share answered against share of wrong answers, the surest answered first; empty without answers."""
    replied = [(one, one.reply) for one in outcomes if one.reply is not None]
    confidences = [reply.confidence for _, reply in replied]
    return measures.risk_coverage(confidences, [right_if_answered(one) for one, _ in replied])


def _shares(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    earned: dict[str, list[Counts]] = {}
    for one in outcomes:
        for name, counts in counts_of(one).items():
            earned.setdefault(name, []).append(counts)
    shares = {name: _share(counts) for name, counts in earned.items()}
    if "answered" in shares and "refusal recall" in shares:
        both = shares["answered"], shares["refusal recall"]
        shares["balanced accuracy"] = Figure((both[0].value + both[1].value) / 2, min(one.cases for one in both))
    return {name: shares[name] for name in MEANINGS if name in shares}


def _share(counts: Sequence[Counts]) -> Figure:
    out_of = sum(one[1] for one in counts)
    return Figure(sum(one[0] for one in counts) / out_of, round(out_of))


# --- what is counted

_NONE: Counts = (0.0, 0.0)


def _ranked(measured: Callable[[Outcome], float]) -> Callable[[Outcome], Counts]:
    """A measure of retrieval: over questions whose documents are known."""

    def count(outcome: Outcome) -> Counts:
        asked = outcome.asked
        return (float(measured(outcome)), 1.0) if asked.answerable and asked.relevant else _NONE

    return count


def _replied(measured: Callable[[Outcome, Reply], Counts]) -> Callable[[Outcome], Counts]:
    """A measure of answers."""

    def count(outcome: Outcome) -> Counts:
        return measured(outcome, outcome.reply) if outcome.reply is not None else _NONE

    return count


def _hit(outcome: Outcome, reply: Reply) -> bool:
    """Whether quotes or words hold an accepted answer; where none is known, whether a right document is cited."""
    if not reply.answered:
        return False
    if outcome.asked.answers:
        return any(map(outcome.asked.answered_by, [*(quote.text for quote in reply.quotes), reply.text]))
    return _cites(outcome, reply)


def _cites(outcome: Outcome, reply: Reply) -> bool:
    return any(quote.document in outcome.asked.relevant for quote in reply.quotes)


def _if_answerable(value: Callable[[Outcome, Reply], float]) -> Callable[[Outcome, Reply], Counts]:
    return lambda outcome, reply: (float(value(outcome, reply)), 1.0) if outcome.asked.answerable else _NONE


def _short(score: Callable[[str, Sequence[str]], float]) -> Callable[[Outcome, Reply], Counts]:
    """SQuAD's score of the short answer, a refusal being the empty answer; over questions with known answers."""

    def count(outcome: Outcome, reply: Reply) -> Counts:
        asked = outcome.asked
        if asked.answerable and not asked.answers:
            return _NONE
        given = (reply.short or " ".join(quote.text for quote in reply.quotes)) if reply.answered else ""
        return score(given, asked.answers), 1.0

    return count


def _precision(outcome: Outcome, reply: Reply) -> Counts:
    if not outcome.asked.answerable or not outcome.asked.relevant:
        return _NONE
    return float(sum(quote.document in outcome.asked.relevant for quote in reply.quotes)), float(len(reply.quotes))


def _refusal_recall(outcome: Outcome, reply: Reply) -> Counts:
    return _NONE if outcome.asked.answerable else (float(not reply.answered), 1.0)


def _refusal_precision(outcome: Outcome, reply: Reply) -> Counts:
    return _NONE if reply.answered else (float(not outcome.asked.answerable), 1.0)


def _standing(_outcome: Outcome, reply: Reply) -> Counts:
    return float(sum(quote.stands for quote in reply.quotes)), float(len(reply.quotes))


MEASURES: Mapping[str, Measure] = {
    "hit@1": Measure("questions whose first passage answers", _ranked(lambda one: any(one.hits[:1]))),
    "hit@5": Measure("questions with a passage that answers among the first 5", _ranked(lambda one: any(one.hits[:5]))),
    "hit@10": Measure("the same among the first 10", _ranked(lambda one: any(one.hits[:10]))),
    "MRR@10": Measure(
        "mean of 1 / rank of the first passage that answers, 0 below rank 10",
        _ranked(lambda one: measures.reciprocal_rank(one.hits)),
    ),
    "recall@10": Measure(
        "share of a question's relevant articles among the first 10 articles",
        _ranked(lambda one: measures.recall(one.documents, one.asked.relevant)),
    ),
    "nDCG@10": Measure(
        "ranking of the first 10 articles, 1 being the ideal order",
        _ranked(lambda one: measures.ndcg(one.documents, one.asked.relevant)),
    ),
    "answered": Measure(
        "answerable questions that got an answer", _replied(_if_answerable(lambda _, reply: reply.answered))
    ),
    RIGHT: Measure("answerable questions whose answer holds an accepted answer", _replied(_if_answerable(_hit))),
    "exact match": Measure(
        "short answers equal to an accepted one, right refusals included", _replied(_short(measures.exact))
    ),
    "F1": Measure(
        "word overlap of short answer and accepted answer, right refusals being 1", _replied(_short(measures.f1))
    ),
    "citation precision": Measure("citations that are to an article which answers", _replied(_precision)),
    "citation recall": Measure(
        "answerable questions that cite an article which answers", _replied(_if_answerable(_cites))
    ),
    "quote accuracy": Measure("citations that stand word for word at the cited place", _replied(_standing)),
    "refusal recall": Measure("unanswerable questions that were refused", _replied(_refusal_recall)),
    "refusal precision": Measure("refusals that were right", _replied(_refusal_precision)),
}
BALANCED = "mean of the shares of answerable questions answered and of unanswerable ones refused"
MEANINGS: Mapping[str, str] = {
    **{name: measure.meaning for name, measure in MEASURES.items()},
    "balanced accuracy": BALANCED,
}
