"""The verifier: whether passages say what a statement states, and which questions they answer."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models import session, verifier
from rag.models.verifier import LazyVerifier, Verifier

BRIDGE = (
    "The old harbour bridge was closed for repairs in March. Engineers found rust in four of its cables. "
    "It reopened to traffic on 12 September 2021."
)
BAKERY = "The bakery on Mill Lane sells rye bread and plum cake. Its owner, Tomas Brandt, bakes through the night."


@pytest.fixture(scope="module")
def judge() -> Verifier:
    return Verifier.shared()


def test_a_passage_that_says_it_supports_more_than_one_that_does_not(judge: Verifier) -> None:
    says, silent = judge.support("The bridge reopened on 12 September 2021.", [BRIDGE, BAKERY])
    assert says > 0.5 > silent


def test_each_question_is_answered_or_not_by_the_passage(judge: Verifier) -> None:
    owner, bridge = judge.answerable(["Who is the owner of the bakery?", "When did the bridge reopen?"], BAKERY)
    assert owner > bridge


def test_of_a_long_passage_the_best_window_counts(judge: Verifier) -> None:
    long = "The council met and talked about parking fees again. " * 80 + BRIDGE
    assert len(judge.windows("It reopened in 2021.", [long])[0]) > 1
    assert judge.support("The bridge reopened on 12 September 2021.", [long])[0] > 0.5


@pytest.mark.parametrize("passage", ["", "  \n"])
def test_a_passage_without_words_supports_nothing(judge: Verifier, passage: str) -> None:
    assert judge.support("It rained.", [passage]) == [0.0]
    assert judge.answerable(["Did it rain?"], passage) == [0.0]
    assert judge.support("It rained.", []) == []


def test_there_is_one_for_a_process_and_a_lazy_one_judges_alike(judge: Verifier) -> None:
    assert Verifier.shared() is judge
    assert pickle.loads(pickle.dumps(judge)) is judge
    assert LazyVerifier().support("It rained.", [BRIDGE]) == judge.support("It rained.", [BRIDGE])


def test_damaged_weights_or_calibration_are_said_with_the_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(session.WEIGHTS, folder)
    monkeypatch.setattr(session, "WEIGHTS", folder)
    monkeypatch.setattr(verifier, "WEIGHTS", folder)
    (folder / "calibration.json").write_text(json.dumps({"readers": {}}), encoding="utf-8")
    with pytest.raises(ModelError, match="calibration cannot be read"):
        Verifier()
    with (folder / "verifier.onnx").open("r+b") as file:
        file.seek(100_000)
        file.write(b"\0" * 1000)
    with pytest.raises(ModelError, match="damaged"):
        Verifier()
