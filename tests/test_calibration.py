"""A reader's calibration: held by the fingerprint of its weights, neutral for a reader without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ModelError
from rag.models import calibration as module
from rag.models import session
from rag.models.calibration import AnswerWeights, Calibration, calibration_for

ENTRY: dict[str, Any] = {
    "together": {"score": 0.8, "evidence": 0.3},
    "sentence": {"evidence": 1.2, "answers": 0.4, "fused": 0.0, "fresh": 0.5, "bias": -0.3},
    "answer": {"best": 0.9, "answers": 0.2, "fused": 0.0, "missing": -1.5, "bias": 0.1},
    "short": {"margin": 0.8, "bias": -1.0},
    "refuse_below": 0.41,
}


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts a text in the place of the shipped calibrations."""
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)

    def write(text: str) -> None:
        (tmp_path / "calibration.json").write_text(text, encoding="utf-8")
        module._entries.cache_clear()

    yield write
    module._entries.cache_clear()


def held(**changes: Any) -> str:
    return json.dumps({"readers": {"abc": {**ENTRY, **changes}}})


def test_a_reader_gets_the_weights_and_thresholds_of_its_entry(hold: Callable[[str], None]) -> None:
    hold(held())
    found = calibration_for("abc")
    assert found.fitted
    assert found.refuse_below == 0.41
    assert found.answer == AnswerWeights(best=0.9, answers=0.2, missing=-1.5, bias=0.1)
    assert found.short_from == Calibration().short_from  # an entry need not name every threshold


def test_a_reader_without_an_entry_gets_neutral_values_that_say_so(hold: Callable[[str], None]) -> None:
    hold(held())
    found = calibration_for("another")
    assert found == Calibration()
    assert not found.fitted


@pytest.mark.parametrize(
    "text",
    [
        held(refuse_bellow=0.4),
        held(short={"margin": 1.0, "slope": 2.0}),
        json.dumps({"readers": {"abc": {"refuse_below": 0.5}}}),
        json.dumps({"reader": {}}),
        "not JSON",
    ],
)
def test_an_unknown_or_missing_name_is_an_error_with_the_hint(text: str, hold: Callable[[str], None]) -> None:
    hold(text)
    with pytest.raises(ModelError, match=r"calibration cannot be read.*RAG_READER=none"):
        calibration_for("abc")


def test_the_shipped_calibrations_can_be_read() -> None:
    module._entries.cache_clear()
    for name in json.loads((session.WEIGHTS / "calibration.json").read_text(encoding="utf-8"))["readers"]:
        found = calibration_for(name)
        assert found.fitted
        assert 0 <= found.refuse_below <= 1
        assert found.sentence.evidence > 0
