"""Settings: a name of an earlier version is refused with what to set in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import load_settings
from rag.errors import ConfigError


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_CONFIG", str(tmp_path / "rag.toml"))


def test_a_setting_that_is_gone_names_its_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_READER_BUDGET_MS", "900")
    with pytest.raises(ConfigError, match=r"'reader_budget_ms' is gone.*RAG_READER_WINDOWS"):
        load_settings()


def test_it_is_named_in_the_file_and_as_an_argument_as_well(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="reader_windows"):
        load_settings(reader_budget_ms=900)
    (tmp_path / "rag.toml").write_text("reader_budget_ms = 900\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'reader_budget_ms' is gone.*reader_windows"):
        load_settings()


def test_an_unknown_setting_is_told_from_one_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_READER_BUDGET", "900")
    with pytest.raises(ConfigError, match=r"Unknown setting RAG_READER_BUDGET .*RAG_READER_WINDOWS"):
        load_settings()


@pytest.mark.parametrize("value", ["0", "201", "many"])
def test_the_number_of_windows_has_bounds(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_READER_WINDOWS", value)
    with pytest.raises(ConfigError, match="reader_windows"):
        load_settings()


def test_the_number_of_windows_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_READER_WINDOWS", "24")
    assert load_settings().reader_windows == 24
