"""The settings page: choosing a chat model, trying it on a real server, and the addresses that it may be sent to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted import Reply, serving
from streamlit.testing.v1 import AppTest

from rag.answering.generative.model_stream import probe
from rag.config import Settings
from rag.ui import backend as backends
from rag.ui.backend import Backend
from rag.ui.model_settings import LOCAL, allowed_address

pytest.importorskip("langchain_openai", reason="needs article-chat[openai]")


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    made = Backend(Settings(library=tmp_path_factory.mktemp("chosen") / "library", reader="none", llm_timeout_s=5))
    backends.use(made)
    assert made.start().wait(120)
    yield made
    assert made.library is not None
    made.library.close()


def page() -> None:
    from rag.ui.model_settings import model_page

    model_page()


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:1234/v1", True),
        ("http://[::1]:8080/v1", True),
        ("https://models.example/v1", True),
        ("https://other.example/v1", False),
        ("http://127.0.0.1.other.example/v1", False),
        ("http://127.0.0.1:8080@other.example/v1", False),
        ("http://10.0.0.5/v1", False),
        ("file:///etc/passwd", False),
        ("http://[bad", False),
    ],
)
def test_only_this_machine_and_the_configured_address_may_be_chosen(address: str, allowed: bool) -> None:
    assert allowed_address(address, "https://models.example/v1") is allowed


def test_a_model_is_tried_and_then_used(backend: Backend) -> None:
    with serving("ready") as server:
        shown = AppTest.from_function(page, default_timeout=60).run()
        shown.radio(key="model-kind").set_value(LOCAL).run()
        shown.text_input(key="model-name").set_value("scripted").run()
        shown.text_input(key="model-address").set_value(server.url).run()
        assert server.requests == []
        shown.button(key="model-try").click().run()
        assert not shown.exception
        assert "answers" in shown.success[0].value
        assert len(server.requests) == 1
        shown.button(key="model-use").click().run()
        assert (backend.settings.llm, backend.settings.llm_base_url) == ("openai:scripted", server.url)
        shown.text_input(key="model-address").set_value("https://other.example/v1").run()
        shown.button(key="model-use").click().run()
        assert "this machine" in shown.error[0].value
        assert backend.settings.llm_base_url == server.url


def test_a_model_that_fails_is_told_in_one_line() -> None:
    with serving(lambda request, number: Reply(status=401, error="no")) as server:
        found = probe(Settings(llm="openai:scripted", llm_base_url=server.url, llm_timeout_s=5))
    assert (found.works, found.message) == (False, "openai:scripted refused the key.")
    assert not probe(Settings()).works


def test_a_model_whose_package_is_missing_is_grey_with_the_one_command(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "rag.ui.model_settings.find_spec", lambda name: None if name == "langchain_anthropic" else object()
    )
    shown = AppTest.from_function(page, default_timeout=60).run()
    chosen = shown.radio(key="model-kind")
    assert ":gray[Anthropic]" in chosen.options
    assert "Ollama" in chosen.options
    assert any('-e ".[anthropic]"' in one for one in chosen.proto.captions)
    chosen.set_value("Anthropic").run()
    shown.text_input(key="model-name").set_value("some-model").run()
    assert shown.button(key="model-try").disabled
    assert shown.button(key="model-use").disabled


def test_a_wrong_address_is_named_by_the_error(backend: Backend) -> None:
    shown = AppTest.from_function(page, default_timeout=60).run()
    shown.radio(key="model-kind").set_value(LOCAL).run()
    shown.text_input(key="model-name").set_value("scripted").run()
    shown.text_input(key="model-address").set_value("https://other.example/v1").run()
    shown.button(key="model-try").click().run()
    assert "https://other.example/v1" in shown.error[0].value.replace("\\", "").replace("\u2060", "")
