"""Answers by a chat model: through LangChain's own client, from a server on loopback that behaves and misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from scripted import Reply, Script, serving
from test_assistant import lake_library

from rag.answering.reading.refusal import REFUSAL
from rag.assistant import Assistant
from rag.errors import ConfigError
from rag.library import Library
from rag.schema import Answer, Done, SentenceDone, TextDelta, Writing

pytest.importorskip("langchain_openai", reason="needs article-chat[openai]")

QUESTION = "what did the US say about the lake treaty?"
GOOD = "The US spokesperson Dana Holt called the lake treaty “a draft at best”. [1] Canada’s Paul Renard rejected the charge. [2]"  # noqa: E501


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with lake_library(tmp_path_factory.mktemp("written"), llm_timeout_s=30) as opened:
        yield opened


def assistant_for(library: Library, url: str, **changes: object) -> Assistant:
    settings = library.settings.model_copy(update={"llm_base_url": url, **changes})
    return Assistant(library, llm="openai:scripted", settings=settings)


def asked(library: Library, script: Script | str, question: str = QUESTION, **changes: object) -> tuple[Answer, int]:
    """The answer, and how often the server was called."""
    with serving(script) as server:
        answer = assistant_for(library, server.url, **changes).ask(question)
        holds(library, answer)
        return answer, len(server.requests)


def holds(library: Library, answer: Answer) -> None:
    """The rules that no model can break."""
    assert [one.number for one in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in (*answer.citations, *answer.closest):
        article = library.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    for sentence in answer.sentences:
        assert all(citation in answer.citations for citation in sentence.citations)
        assert sentence.citations or not sentence.verified
    assert answer.answered == any(sentence.verified for sentence in answer.sentences)


def test_a_written_answer_is_cited_by_the_sentences_that_bear_it_out(library: Library) -> None:
    answer, calls = asked(library, GOOD)
    assert calls == 1
    assert answer.model == "openai:scripted"
    assert [sentence.verified for sentence in answer.sentences] == [True, True]
    assert "a draft at best" in answer.citations[0].quote
    assert answer.citations[1].quote.startswith("Canada’s environment minister Paul Renard rejected")
    assert answer.text.endswith("Canada’s Paul Renard rejected the charge. [2]")


def test_the_offline_answer_stays_the_default_and_calls_nobody(library: Library) -> None:
    with serving(GOOD) as server:
        settings = library.settings.model_copy(update={"llm_base_url": server.url})
        answer = Assistant(library, settings=settings).ask(QUESTION)
        assert (answer.model, server.requests) == ("plain", [])


def test_events_join_to_the_text_and_tell_of_the_sentence_under_way(library: Library) -> None:
    with serving(GOOD) as server:
        events = list(assistant_for(library, server.url).stream(QUESTION))
    assert isinstance(events[-1], Done)
    answer = events[-1].answer
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
    assert tuple(event.sentence for event in events if isinstance(event, SentenceDone)) == answer.sentences
    assert any(isinstance(event, Writing) and event.text.startswith("The US spoke") for event in events)
    assert answer.timings["first token"] <= answer.timings["write"] + answer.timings["verify"]


def test_numbers_of_passages_that_do_not_exist_are_removed_and_counted(library: Library) -> None:
    answer, _ = asked(library, GOOD.replace("[1]", "[1][7][99]"))
    assert "[7]" not in answer.text
    assert "2 citations of passages that do not exist were removed." in answer.notes


def test_an_uncited_sentence_that_is_true_gets_its_citation(library: Library) -> None:
    answer, _ = asked(library, "Canada’s environment minister Paul Renard rejected the charge.")
    assert answer.sentences[0].verified
    assert "Paul Renard rejected" in answer.citations[0].quote


def test_a_sentence_cited_to_the_wrong_passage_moves_to_the_right_one(library: Library) -> None:
    answer, _ = asked(library, "Canada’s environment minister Paul Renard rejected the charge. [3][1]")
    assert "Paul Renard rejected" in answer.citations[0].quote
    assert "1 sentence was given the passage that bears it out." in answer.notes


def test_what_is_not_supported_is_marked_or_left_out_when_strict(library: Library) -> None:
    written = f"{GOOD} The treaty was signed by 900 ministers. [1]"
    marked, _ = asked(library, written)
    assert [sentence.verified for sentence in marked.sentences] == [True, True, False]
    assert "900 ministers. [not verified]" in marked.text
    assert marked.sentences[2].citations == ()
    strict, _ = asked(library, written, strict=True)
    assert "900" not in strict.text
    assert "1 sentence that the articles do not support was left out." in strict.notes


def test_a_short_answer_stands_only_where_a_verified_sentence_says_it(tmp_path: Path) -> None:
    question = "When was the lake treaty signed?"
    with lake_library(tmp_path, reader="builtin", llm_timeout_s=30) as read:
        signed, _ = asked(read, "The lake treaty was signed in Port Ellery on Monday, 6 March 2023. [1]", question)
        assert signed.short is not None
        assert signed.short in signed.text
        wrong = f"The lake treaty was rejected by 900 ministers on {signed.short}. [1] {GOOD}"
        doubtful, _ = asked(read, wrong, question)
    assert [sentence.verified for sentence in doubtful.sentences] == [False, True, True]
    assert doubtful.short is None


def test_nothing_supported_is_a_refusal_with_the_nearest_passages(library: Library) -> None:
    answer, calls = asked(library, "The moon is made of green cheese. [1] Zanzibar won 9 medals. [2]")
    assert (answer.answered, answer.text, calls) == (False, REFUSAL, 1)
    assert answer.closest
    assert answer.model == "openai:scripted"


def test_a_model_that_refuses_is_heard(library: Library) -> None:
    answer, _ = asked(library, "The passages do not say this.")
    assert (answer.answered, answer.text) == (False, REFUSAL)


def test_a_hopeless_question_is_not_sent_to_the_model(library: Library) -> None:
    answer, calls = asked(library, GOOD, question="How many goals did Pelé score for Santos?")
    assert (answer.answered, calls) == (False, 0)
    assert "was not asked" in answer.notes[-1]


FAILURES: dict[str, tuple[Script, int, str]] = {
    "empty": (lambda request, number: Reply(""), 3, "sent an empty answer"),
    "blank": (lambda request, number: Reply(" \n \n"), 3, "sent an empty answer"),
    "symbols": (lambda request, number: Reply("{}[]();;%%$ 0x00 \ufffd\ufffd"), 3, "sent nothing that can be read"),
    "no JSON": (lambda request, number: Reply(raw=b"data: <html>busy</html>\n\n"), 3, "no readable answer"),
    "wrong shape": (lambda request, number: Reply(raw=b'data: {"choices": [{"delta": 7}]}\n\n'), 3, "no readable"),
    "wrong encoding": (
        lambda request, number: Reply(raw="data: {“é”}\n\n".encode("utf-16")), 3, "openai:scripted sent "),
    "latin-1": (lambda request, number: Reply(raw='data: {"choices": "é"}\n\n'.encode("latin-1")), 3, "wrong encoding"),
    "rate limit": (lambda request, number: Reply(status=429, error="slow down"), 3, "rate limit"),
    "long rate limit": (
        lambda request, number: Reply(status=429, error="slow", headers={"Retry-After": "60"}), 1, "rate limit"),
    "no key": (lambda request, number: Reply(status=401, error="key"), 1, "refused the key"),
    "no such model": (lambda request, number: Reply(status=404, error="model"), 1, "not known to the server"),
    "broken server": (lambda request, number: Reply(status=500, error="oops"), 3, "status 500"),
    "loop": (lambda request, number: Reply("Nothing of it is so. ", endless=True, every_s=0.002), 1, "repeated itself"),
    "no end": (
        lambda request, number: Reply("words, " * 60, endless=True, every_s=0.01, piece=420), 1, "12,000 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_model_is_tried_a_few_times_and_then_the_offline_answer_says_so(
    library: Library, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.answering.generative.writer.PAUSE_S", 0.01)
    script, tries, reason = FAILURES[name]
    answer, calls = asked(library, script)
    assert calls == tries
    assert (answer.model, answer.answered) == ("plain", True)
    assert len(answer.notes) == 1
    assert reason in answer.notes[0]
    assert answer.notes[0].endswith("this is the offline answer.")


def test_silence_ends_after_the_time_that_is_set(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.generative.writer.ATTEMPTS", 1)
    answer, _ = asked(library, lambda request, number: Reply(GOOD, first_after_s=3), llm_timeout_s=0.5)
    assert "did not answer within 0.5 s" in answer.notes[0]


def test_nobody_there(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.generative.writer.PAUSE_S", 0.01)
    with serving(GOOD) as server:
        url = server.url
    answer = assistant_for(library, url).ask(QUESTION)
    assert "cannot be reached" in answer.notes[0]
    assert answer.answered


def test_a_second_try_succeeds(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.generative.writer.PAUSE_S", 0.01)
    answer, calls = asked(
        library, lambda request, number: Reply(status=503, error="busy") if number == 1 else Reply(GOOD)
    )
    assert (calls, answer.model, answer.notes) == (2, "openai:scripted", ())


def test_a_broken_connection_keeps_what_was_told(library: Library) -> None:
    cut = json.dumps({"choices": [{"index": 0, "delta": {"content": GOOD + " And then"}}]}).encode()
    answer, calls = asked(library, lambda request, number: Reply(raw=b"data: " + cut + b"\n\ndata: {broken\n\n"))
    assert (calls, answer.model, len(answer.sentences)) == (1, "openai:scripted", 2)
    assert "may be incomplete" in answer.notes[0]


def test_a_small_window_gets_fewer_passages_and_the_answer_says_so(library: Library) -> None:
    with serving(GOOD) as server:
        answer = assistant_for(library, server.url, llm_context_tokens=900).ask(QUESTION)
        assert "--- passage 1 " in server.prompt()
        assert "--- passage 3 " not in server.prompt()
    assert any("its context window holds no more" in note for note in answer.notes)


def test_a_prompt_that_is_too_long_is_cut_by_half(library: Library) -> None:
    def script(request: dict[str, object], number: int) -> Reply:
        long = "--- passage 2 " in json.dumps(request)
        error = "This model's maximum context length is 512 tokens"
        return Reply(status=400, error=error) if long else Reply(GOOD)

    answer, calls = asked(library, script)
    assert calls == 2
    assert answer.model == "openai:scripted"


def test_tokens_are_shown_where_the_provider_counts_them(library: Library) -> None:
    answer, _ = asked(library, lambda request, number: Reply(GOOD, usage=(812, 44)))
    assert "openai:scripted read 812 tokens and wrote 44." in answer.notes


def test_stopping_closes_the_stream_even_before_the_first_word(library: Library) -> None:
    for reply in (Reply(GOOD, endless=True, every_s=0.01), Reply(GOOD, first_after_s=0.6, endless=True)):
        with serving(lambda request, number, reply=reply: reply) as server:  # type: ignore[misc]
            with closing(assistant_for(library, server.url, llm_timeout_s=30).stream(QUESTION)) as events:
                next(event for event in events if isinstance(event, Writing))
            assert server.left.wait(30), "the server still writes"


def test_the_name_and_the_extra_are_checked_when_the_assistant_is_made(library: Library) -> None:
    with pytest.raises(ConfigError, match="provider:model"):
        Assistant(library, llm="llama3.2")
    with pytest.raises(ConfigError, match="no chat model"):
        Assistant(library, llm=7)


def test_a_provider_that_is_not_installed_leaves_the_offline_answer(library: Library) -> None:
    answer = Assistant(library, llm="groq:some-model").ask(QUESTION)
    assert answer.answered
    assert "pip install langchain-groq" in answer.notes[0]


def test_any_langchain_chat_model_will_do(library: Library) -> None:
    from langchain_openai import ChatOpenAI

    with serving(GOOD) as server:
        model = ChatOpenAI(model="scripted", base_url=server.url, api_key="none", max_retries=0)  # type: ignore[arg-type]
        answer = Assistant(library, llm=model).ask(QUESTION)
    assert answer.model == "openai:scripted"
    assert answer.answered
