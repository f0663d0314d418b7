"""Measures: outcomes in, figures from 0 to 1 by kind of question out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.gate.asking import Outcome

ALL = "all"

# What each measure says, in the order of the tables.
MEANINGS = {
    "answered": "answerable questions that got an answer",
    "answer_hit": "answerable questions whose quotes hold an accepted answer (all of them where reports differ)",
    "article_hit": "answerable questions that cite an article which answers",
    "citation_precision": "citations of their answers that are to an article which answers",
    "hit_at_8": "answerable questions whose first 8 retrieved passages hold what is needed",
    "refusal_recall": "unanswerable questions that were refused",
    "refusal_precision": "refusals that were right",
    "balanced_accuracy": "mean of the shares of answerable questions answered and unanswerable ones refused",
    "verbatim": "questions all of whose citations stand word for word at the cited place",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A share and how many cases it is a share of."""

    value: float
    cases: int


Figures = dict[str, dict[str, Figure]]  # kind, measure


def measure(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of each kind, in the order in which the kinds come, and of all questions under `ALL`."""
    kinds = dict.fromkeys(one.asked.kind for one in outcomes)
    by_kind = {kind: [one for one in outcomes if one.asked.kind == kind] for kind in kinds}
    return {kind: _figures(some) for kind, some in (by_kind | {ALL: list(outcomes)}).items()}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Every measure that has cases here."""
    answerable = [one for one in outcomes if one.asked.answerable]
    unanswerable = [one for one in outcomes if not one.asked.answerable]
    cited = [quote.article in one.asked.articles for one in answerable for quote in one.quotes]
    cases = {
        "answered": [one.answered for one in answerable],
        "answer_hit": [one.hit for one in answerable],
        "article_hit": [one.article_hit for one in answerable],
        "citation_precision": cited,
        "hit_at_8": [one.retrieved for one in answerable],
        "refusal_recall": [not one.answered for one in unanswerable],
        "refusal_precision": [not one.asked.answerable for one in outcomes if not one.answered] if unanswerable else [],
        "verbatim": [one.verbatim for one in outcomes],
    }
    figures = {name: Figure(_share(values), len(values)) for name, values in cases.items() if values}
    if answerable and unanswerable:
        balanced = (figures["answered"].value + figures["refusal_recall"].value) / 2
        figures["balanced_accuracy"] = Figure(balanced, min(len(answerable), len(unanswerable)))
    return {name: figures[name] for name in MEANINGS if name in figures}


def _share(values: Iterable[bool]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
