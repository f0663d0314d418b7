"""How sure an answer is: what speaks for it and against it, each with its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from readings import PLAIN, SURE, UNSURE, candidate, ranked, reading, window

from rag.answering.reading.refusal import Signals, confidence, signals
from rag.models.calibration import AnswerWeights

TEXT = "The tide mill of Port Ellery opened in 1890. Understanding the hunt under way took years. Vogt’s son left."
MILL = window(TEXT)
OTHERS = [candidate(text, article=f"other{number}") for number, text in enumerate(["The mill burned.", "Rain fell."])]


def found(lacking: Sequence[str] = (), evidence: float = SURE) -> Signals:
    read = reading(MILL, [evidence, UNSURE, UNSURE], {1: {"corrects": 1.5}}, answers=1.0)
    return signals(ranked((MILL, read)), [read], [MILL.candidate, *OTHERS], lacking)


def sure(one: Signals, **weights: float) -> float:
    return confidence(one, replace(PLAIN, answer=replace(AnswerWeights(), **weights)))


def test_confidence_is_a_probability_that_grows_with_the_best_sentence() -> None:
    assert 0 < sure(found(evidence=UNSURE)) < sure(found(evidence=0.0)) < sure(found()) < 1


def test_a_missing_name_makes_an_answer_less_sure_and_two_count_most() -> None:
    none, one, two, three = (sure(found(lacking=["Brask", "Gorm", "Holm"][:count])) for count in range(4))
    assert none > one > two == three


def test_the_signals_say_what_was_read() -> None:
    told = found()
    assert told.best == SURE
    assert told.several == pytest.approx((SURE + UNSURE + UNSURE) / 3)
    assert (told.answers, told.fused, told.corrects, told.missing) == (1.0, 0.5, 1.5, 0.0)


@pytest.mark.parametrize("name", ["several", "answers", "fused", "corrects"])
def test_each_weight_of_the_calibration_counts(name: str) -> None:
    told = found(evidence=0.0)
    by = getattr(told, name)
    assert (sure(told, **{name: 1.0}) > sure(told)) is (by > 0)
    assert sure(told, **{name: 1.0}) != sure(told)
