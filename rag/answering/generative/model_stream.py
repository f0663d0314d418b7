"""The words of a chat model as they come, from its async stream into a plain iterator that can be stopped at any time.

One event loop in a thread of its own runs all streams: ending the iterator cancels the request, which closes its
connection and so frees the model, even while it has not said a word.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import threading
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from rag.answering.generative.chat_models import ChatModel, Model
from rag.answering.generative.model_errors import AttemptFailed, Failure, failure_of
from rag.answering.usage import Usage
from rag.forks import RenewedLock

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

_log = logging.getLogger(__name__)

HEARTBEAT_S = 0.2  # how often whoever watches may look at a stop button while nothing comes
LONGEST_S = 300.0  # a whole answer; a 7B model on a processor alone takes some 120 s for one

_lock = RenewedLock()
_loops: list[asyncio.AbstractEventLoop] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_loops.clear)  # the thread that runs the loop is the parent's


def traced_words(
    chat: ChatModel, model: Model, messages: Sequence[BaseMessage], usage: Usage
) -> Generator[str, None, None]:
    """`words` of a call as it was set, in a span by the names that OpenTelemetry has for calls of chat models."""
    provider, _, name = chat.name.partition(":")
    values = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": name}
    with model.span.step(f"chat {name}", values, client=True) as span:
        span.quote({"gen_ai.input.messages": json.dumps([_as_standard(one.type, one.text) for one in messages])})
        pieces = words(chat.model, messages, timeout_s=model.timeout_s, usage=usage, config=model.config)
        written: list[str] = []
        try:
            for piece in pieces:
                written.append(piece)
                yield piece
        finally:
            pieces.close()
            if usage.read or usage.written:  # not every provider counts
                span.note({"gen_ai.usage.input_tokens": usage.read, "gen_ai.usage.output_tokens": usage.written})
            span.quote({"gen_ai.output.messages": json.dumps([_as_standard("ai", "".join(written))])})


def _as_standard(kind: str, text: str) -> dict[str, Any]:
    """A message in the form that OpenTelemetry's conventions give it."""
    role = {"human": "user", "ai": "assistant"}.get(kind, kind)
    return {"role": role, "parts": [{"type": "text", "content": str(text)}]}


def words(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    timeout_s: float,
    usage: Usage,
    config: RunnableConfig | None = None,
) -> Generator[str, None, None]:
    """Pieces of the answer; '' while waiting, at least each HEARTBEAT_S. Raises AttemptFailed; fills in `usage`."""
    came: queue.SimpleQueue[str | Failure | None] = queue.SimpleQueue()
    running = asyncio.run_coroutine_threadsafe(_pump(model, messages, config, timeout_s, usage, came), _loop())
    began = heard = monotonic()
    try:
        while True:
            try:
                piece = came.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                if monotonic() - heard > timeout_s:
                    raise AttemptFailed(Failure(f"did not answer within {timeout_s:g} s")) from None
                yield ""
                continue
            if piece is None:
                return
            if isinstance(piece, Failure):
                raise AttemptFailed(piece)
            if monotonic() - began > LONGEST_S:
                raise AttemptFailed(Failure(f"was still writing after {LONGEST_S:g} s", again=False))
            heard = monotonic()
            yield piece
    finally:
        running.cancel()


async def _pump(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    config: RunnableConfig | None,
    timeout_s: float,
    usage: Usage,
    came: queue.SimpleQueue[str | Failure | None],
) -> None:
    """Put each piece into the queue, then None, or a Failure."""
    try:
        # What a model's class declares as an iterator is a generator in fact, and must be closed when it is left.
        chunks = cast("Any", model.astream(list(messages), config=config))
        async with aclosing(chunks):
            async for text in _texts(chunks, usage):
                came.put(text)
    except Exception as error:  # any class of any provider's client; each means that this attempt has failed
        _log.warning("The chat model failed: %s: %s", type(error).__name__, error)
        came.put(failure_of(error, timeout_s))
    else:
        came.put(None)


async def _texts(chunks: AsyncIterator[Any], usage: Usage) -> AsyncIterator[str]:
    async for chunk in chunks:
        counted = getattr(chunk, "usage_metadata", None) or {}
        usage.read = max(usage.read, counted.get("input_tokens", 0))
        usage.written = max(usage.written, counted.get("output_tokens", 0))
        usage.cost = max(usage.cost, _cost(getattr(chunk, "response_metadata", None) or {}))
        if text := str(chunk.text):  # the text blocks only: no reasoning, no tool calls
            yield text


def _cost(told: Mapping[str, Any]) -> float:
    """What a call cost, where the provider says so: OpenRouter gives a sum, Perplexity a table with a total."""
    cost = told.get("cost")
    total = cost.get("total_cost") if isinstance(cost, Mapping) else cost
    return float(total) if isinstance(total, int | float) and total > 0 else 0.0


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that all streams share: clients keep connections, which belong to the loop that opened them."""
    with _lock:
        if not _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="chat-models", daemon=True).start()
            _loops.append(loop)
        return _loops[0]
