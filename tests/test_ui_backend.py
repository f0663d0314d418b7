"""The backend of the page: what it does before anybody has asked anything."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from scripted import serving

import rag
from rag.ui.answer_job import AnswerJob, Draft
from rag.ui.backend import Backend
from rag.ui.chat import poll_s
from rag.ui.lost_page import lost_name


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


def test_a_look_at_an_answer_ends_with_its_next_step() -> None:
    job = AnswerJob(Backend(rag.Settings()), "When did it open?")
    seen = job.draft
    threading.Timer(0.05, lambda: setattr(job, "draft", Draft("reading"))).start()
    assert job.after(seen, 60).stage == "reading"


def test_a_look_at_an_answer_without_news_ends_by_itself() -> None:
    job = AnswerJob(Backend(rag.Settings()), "When did it open?")
    assert job.after(job.draft, 0.01) is job.draft


@pytest.mark.parametrize(
    ("url", "base", "name"),
    [
        ("http://localhost:8501/nowhere", "", "nowhere"),
        ("http://localhost:8501/a%20b", "", "a b"),
        ("https://articles.example/chat-of-ours/old/", "/chat-of-ours", "old"),
        ("https://articles.example/chat-of-ours/", "chat-of-ours", ""),
        ("http://localhost:8501/library?q=sea", "", ""),
        ("http://localhost:8501/", "", ""),
        (None, "", ""),
    ],
)
def test_an_address_that_names_no_page_is_known(url: str | None, base: str, name: str) -> None:
    assert lost_name(url, base, ("", "library")) == name
