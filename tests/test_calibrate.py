"""Fitting a reader's calibration to labelled questions."""

from __future__ import annotations

import numpy as np
import pytest
from readings import PLAIN, place, ranked, reading, window

from rag.answering.pipeline import Read
from rag.answering.query.analysis import analyse
from rag.answering.reading.looking import Seen
from training.calibrate import Labelled, fit, logistic, threshold

TEXT = "The mill of Port Ellery opened in 1890. It ground rye for the valley. Tickets for the mill cost four euros."


def labelled(number: int, *, answers: bool) -> Labelled:
    """A question whose first sentence answers and looks so, or a near-miss that looks less so; with some noise."""
    noise = (number % 5 - 2) * 0.9
    own = window(TEXT)
    short = {0: {"short": place(own, "1890", 3.0 + noise if answers else -1.0)}}
    read = reading(own, [2.0 + noise if answers else -1.0 + noise, -2.0 - noise, -2.5], short, answers=1.0)
    row = {
        "ans": [own.sentences[0]] if answers else [], "short": "1890" if number % 5 else "in May", "says": None,
        "yn": None, "kind": "fact",
    }  # fmt: skip
    spans = {"ans": [own.sentences[0]] if answers else [], "ok": [], "ctx": [], "fix": []}
    question = analyse("When did it open?")
    seen = Seen((own,), (read,), tuple(ranked((own, read))))
    made = Read(question, (own.candidate,), seen, 0.5, ())
    return Labelled(row, made, spans, "a")


def test_a_logistic_regression_is_recomputed_on_a_small_table() -> None:
    inputs = np.asarray([[-2.0], [-1.0], [-1.0], [0.0], [0.0], [1.0], [1.0], [2.0]])
    labels = np.asarray([0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    bias, slope = logistic(inputs, labels)
    chance = 1 / (1 + np.exp(-(bias + slope * inputs[:, 0])))
    assert slope > 0
    assert chance.sum() == pytest.approx(labels.sum(), abs=1e-3)  # where the bias is best, the means agree


def test_an_input_that_never_changes_gets_no_say() -> None:
    inputs = np.asarray([[1.0, 3.0], [2.0, 3.0], [3.0, 3.0], [4.0, 3.0]])
    made = logistic(inputs, np.asarray([0.0, 1.0, 0.0, 1.0]))
    assert np.isfinite(made).all()


def test_a_threshold_is_the_lowest_value_from_which_the_precision_holds() -> None:
    values = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0]
    labels = [True, True, True, True, True, False, False, False]
    assert threshold(values, labels, 0.8) == 4.0
    assert threshold(values, labels, 0.99) == 5.0
    assert threshold(values, [False] * 8, 0.5) > max(values)


def test_a_calibration_tells_answers_from_near_misses() -> None:
    sets = [labelled(number, answers=number % 3 > 0) for number in range(60)]
    made = fit(sets)
    assert made.fitted
    assert made.sentence.evidence > 0
    assert made.answer.best > 0
    assert made.answer.missing <= -0.5
    assert 0 < made.refuse_below < 1
    assert 0 < made.short_from < 1
    assert made == fit(sets)
    assert not PLAIN.fitted
