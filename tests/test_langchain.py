"""The assistant and the retriever as LangChain citizens: in chains, with callbacks, as a tool, async."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import create_retriever_tool
from scripted import Reply, serving
from test_assistant import COPY, TREATY
from test_generative import GOOD, QUESTION, assistant_for

from rag.assistant import Assistant
from rag.config import Settings
from rag.library import Library
from rag.schema import Answer, Done, Writing

pytest.importorskip("langchain_openai", reason="needs article-chat[openai]")


class Heard(BaseCallbackHandler):
    """Remembers that a chat model was called."""

    def __init__(self) -> None:
        self.models = 0

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        self.models += 1


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(
        library=tmp_path_factory.mktemp("chained") / "library", reader="none", reader_budget_ms=60_000, llm_timeout_s=20
    )
    with Library.open(settings=settings, one_shot=True) as opened:
        opened.add([TREATY, COPY])
        yield opened


def test_the_assistant_runs_in_a_chain_and_callbacks_reach_the_model(library: Library) -> None:
    heard = Heard()
    with serving(GOOD) as server:
        chain = assistant_for(library, server.url).runnable() | RunnableLambda(lambda answer: answer.text)
        text = chain.invoke({"question": QUESTION, "history": []}, {"callbacks": [heard]})
        assert "[1]" in text
        assert heard.models == 1
        assert asyncio.run(chain.ainvoke(QUESTION)) == text
        assert chain.batch([QUESTION]) == [text]


def test_cancelling_an_async_answer_frees_the_model(library: Library) -> None:
    async def leave(assistant: Assistant) -> None:
        async for event in assistant.astream(QUESTION):
            if isinstance(event, Writing):
                break

    with serving(lambda request, number: Reply(GOOD, endless=True, every_s=0.01)) as server:
        asyncio.run(leave(assistant_for(library, server.url)))
        assert server.left.wait(10)


def test_an_async_stream_ends_with_the_answer(library: Library) -> None:
    async def last(assistant: Assistant) -> object:
        return [event async for event in assistant.astream(QUESTION)][-1]

    done = asyncio.run(last(Assistant(library)))
    assert isinstance(done, Done)
    assert isinstance(done.answer, Answer)
    assert done.answer.model == "plain"


def test_the_retriever_is_a_tool_for_an_agent(library: Library) -> None:
    tool = create_retriever_tool(library.retriever(k=2), "articles", "Finds passages of the articles.")
    assert "a draft at best" in tool.invoke({"query": "lake treaty"})
