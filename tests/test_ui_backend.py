"""The backend of the page: what it does before anybody has asked anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import serving

import rag
from rag.ui.backend import Backend
from rag.ui.chat import poll_s


def test_warming_up_calls_no_chat_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "for-the-test")
    text = "The Holm bridge was opened by Queen Ingrid in 1921. It links Lund with Norrvik and is 92 metres long."
    with serving("Queen Ingrid opened it in 1921. [1]") as server:
        settings = rag.Settings(library=tmp_path / "library", llm="openai:scripted", llm_base_url=server.url)
        with rag.Library.open(settings=settings) as library:
            library.add([rag.Article(title="The Holm bridge", text=text)])
        backend = Backend(settings).start()
        assert backend.wait(120)
        assert server.requests == []
        answer = backend.assistant().ask("Who opened the Holm bridge?")
        assert len(server.requests) == 1
        assert "scripted" in answer.model


def test_a_page_looks_less_often_when_many_answers_are_under_way() -> None:
    assert poll_s(1) == poll_s(2) == 0.1
    assert poll_s(4) == 0.2
    assert poll_s(8) == 0.4
    assert poll_s(200) == 1.0
