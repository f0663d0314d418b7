"""`rag feedback` lists what the chat has kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import rag
from rag.cli.app import run
from rag.store.kept import Feedback


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with rag.Library.open(tmp_path / "library") as opened:
        opened.store.feedback.give(
            Feedback(
                conversation="c1", position=1, good=False, reason="Wrong \x1b[31myear", question="When?",
                answer="In 1999.", model="reader", given=datetime(2024, 3, 5, 12, tzinfo=UTC),
            )
        )  # fmt: skip
    return tmp_path / "library"


def test_feedback_is_listed_without_what_could_steer_the_terminal(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["feedback", "--library", str(library)]) == 0
    out = capsys.readouterr().out
    assert "2024-03-05" in out
    assert "bad" in out
    assert "Wrong [31myear" in out
    assert "\x1b" not in out


def test_feedback_as_json_holds_question_answer_and_reason(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "--json", "--library", str(library)]) == 0
    (given,) = json.loads(capsys.readouterr().out)
    assert (given["question"], given["answer"], given["good"]) == ("When?", "In 1999.", False)
    assert given["given"] == "2024-03-05T12:00:00+00:00"


def test_no_feedback_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "--library", str(tmp_path / "new")]) == 0
    assert "No feedback yet" in capsys.readouterr().err
