"""Judged answers summed up: the figures of a set, of each kind of question, and how far confidence can be trusted."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.asks.judging import Judged
from benchmarks.asks.questions import FOLLOW, NEAR_MISS, YES_NO

BINS = 10

Key = TypeVar("Key", str, int)


@dataclass(frozen=True, slots=True)
class Shown:
    """Means over the answerable questions among some; precision over those that were answered."""

    questions: int
    held: float
    first: float
    precision: float
    recall: float
    f1: float
    answered: float
    shorts: Counter[str]  # by judgement
    milliseconds: float  # median

    @property
    def shorts_wrong(self) -> float:
        """Share of the short answers shown that are wrong."""
        shown = self.shorts["right"] + self.shorts["wrong"]
        return self.shorts["wrong"] / shown if shown else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence."""

    answers: int
    confidence: float  # mean
    right: float  # share


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is said of a set."""

    single: Shown  # neither follow-ups nor near-misses
    follow: Shown
    alone: Shown  # the questions of `behind`, asked by themselves
    behind: Shown  # asked again behind questions about other articles
    refused_behind: tuple[float, float]  # near-misses among these: alone, and behind others
    kinds: dict[str, Shown]
    near_misses: int
    refused: float  # share of the near-misses
    refused_by_reason: dict[str, tuple[float, int]]  # share, how many
    verdicts: tuple[int, int]  # right, of how many yes/no questions
    headings: tuple[int, int]  # of how many lines shown
    bins: tuple[Bin | None, ...]  # None where no answer is so confident
    milliseconds: float

    @property
    def balanced(self) -> float:
        """Mean of near-misses refused and single questions answered."""
        return (self.refused + self.single.answered) / 2

    @property
    def ece(self) -> float:
        """Expected calibration error: how far confidence and share of right answers lie apart, over the bins."""
        held = [one for one in self.bins if one]
        total = sum(one.answers for one in held)
        return sum(one.answers * abs(one.confidence - one.right) for one in held) / total if total else 0.0


def sum_up(judged: Sequence[Judged]) -> Figures:
    """The figures of a set."""
    again = [one for one in judged if one.behind]
    judged = [one for one in judged if not one.behind]
    twice = {one.ask.id for one in again}
    first = [one for one in judged if one.ask.id in twice]
    near = _near(judged)
    follow = [one for one in judged if one.ask.kind == FOLLOW]
    single = [one for one in judged if one.ask.kind not in (NEAR_MISS, FOLLOW)]
    by_kind, by_reason = _grouped(single, lambda one: one.ask.kind), _grouped(near, lambda one: one.ask.why)
    decided = [one for one in single if one.ask.kind == YES_NO and one.ask.verdict]
    return Figures(
        single=_shown(single),
        follow=_shown(follow),
        alone=_shown(first),
        behind=_shown(again),
        refused_behind=(_refused(_near(first)), _refused(_near(again))),
        kinds={kind: _shown(of) for kind, of in by_kind.items()},
        near_misses=len(near),
        refused=_refused(near),
        refused_by_reason={reason: (_refused(of), len(of)) for reason, of in by_reason.items()},
        verdicts=(sum(one.verdict == one.ask.verdict for one in decided), len(decided)),
        headings=(sum(one.headings for one in judged), sum(one.shown for one in judged)),
        bins=_bins([one for one in single + near if one.answered]),
        milliseconds=_median(judged),
    )


def _near(judged: Iterable[Judged]) -> list[Judged]:
    return [one for one in judged if one.ask.kind == NEAR_MISS]


def _shown(judged: Iterable[Judged]) -> Shown:
    asked = [one for one in judged if one.ask.answerable]
    return Shown(
        questions=len(asked),
        held=_mean(one.held for one in asked),
        first=_mean(one.first for one in asked),
        precision=_mean(one.precision for one in asked if one.answered),
        recall=_mean(one.recall for one in asked),
        f1=_mean(one.f1 for one in asked),
        answered=_mean(one.answered for one in asked),
        shorts=Counter(one.short for one in asked),
        milliseconds=_median(asked),
    )


def _bins(answers: Sequence[Judged]) -> tuple[Bin | None, ...]:
    """The answers by confidence, from 0 to 1 in BINS steps."""
    held = _grouped(answers, lambda one: min(BINS - 1, int(BINS * one.confidence)))
    return tuple(_bin(held[number]) if number in held else None for number in range(BINS))


def _bin(answers: Sequence[Judged]) -> Bin:
    return Bin(len(answers), _mean(one.confidence for one in answers), _mean(one.right for one in answers))


def _refused(near: Iterable[Judged]) -> float:
    return _mean(not one.answered for one in near)


def _grouped(judged: Iterable[Judged], key: Callable[[Judged], Key]) -> dict[Key, list[Judged]]:
    groups: dict[Key, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[key(one)].append(one)
    return dict(sorted(groups.items()))


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return statistics.fmean(held) if held else 0.0


def _median(judged: Sequence[Judged]) -> float:
    return statistics.median(one.milliseconds for one in judged) if judged else 0.0
