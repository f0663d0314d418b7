"""The words of a chat model as they come, from its async stream into a plain iterator that can be stopped at any time.

One event loop in a thread of its own runs all streams: ending the iterator cancels the request, which closes its
connection and so frees the model, even while it has not said a word. Providers share no error classes, so status codes
and names of classes decide why one failed, and whether another try may help.
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
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, cast

from rag.answering.generative.chat_models import ChatModel, Model, choose_model
from rag.answering.query.rewrite import Usage
from rag.config import Settings
from rag.errors import RagError
from rag.forks import RenewedLock

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

LONGEST_PAUSE_S = 5.0  # a rate limit that lasts longer is not waited for: the offline answer is there at once
_TOO_LONG = ("context length", "context size", "context window", "too many tokens", "prompt is too long", "max_tokens")

_log = logging.getLogger(__name__)

HEARTBEAT_S = 0.2  # how often whoever watches may look at a stop button while nothing comes
LONGEST_S = 300.0  # a whole answer; a 7B model on a processor alone takes some 120 s for one

_lock = RenewedLock()
_loops: list[asyncio.AbstractEventLoop] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_loops.clear)  # the thread that runs the loop is the parent's

PROBE = "Answer with one word: ready."


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt."""

    reason: str  # continues "The model ...": "did not answer within 60 s"
    again: bool = True  # whether the same prompt may do better
    shorter: bool = False  # whether a shorter prompt may do better
    pause_s: float = 0.0  # how long the provider asks to wait

    @property
    def worth_waiting(self) -> bool:
        """Whether the pause that is asked for is short enough."""
        return self.pause_s <= LONGEST_PAUSE_S


class AttemptFailed(Exception):
    """One attempt failed; `failure` says why. It never leaves this package."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def failure_of(error: Exception, timeout_s: float) -> Failure:
    """What an error of a provider's client means."""
    status = _status(error)
    if status is not None:
        return _by_status(status, error)
    kind = " ".join(one.__name__ for one in type(error).__mro__).lower()
    if "timeout" in kind:
        return Failure(f"did not answer within {timeout_s:g} s")
    if any(word in kind for word in ("connect", "network", "remoteprotocol", "oserror")):
        return Failure("cannot be reached")
    if "unicode" in kind:
        return Failure("sent text in a wrong encoding")
    if any(word in kind for word in ("ratelimit", "quota")):
        return Failure("has reached its rate limit")
    return Failure(f"sent no readable answer ({type(error).__name__})")


def _by_status(status: int, error: Exception) -> Failure:
    said = str(error).lower()
    if status == 429:
        return Failure("has reached its rate limit", again="insufficient_quota" not in said, pause_s=_pause(error))
    if status in (401, 403):
        return Failure("refused the key", again=False)
    if status == 404:
        return Failure("is not known to the server", again=False)
    if status in (400, 413, 422):
        long = any(word in said for word in _TOO_LONG)
        return Failure("found the prompt too long" if long else "refused the request", again=False, shorter=long)
    if status in (408, 504):
        return Failure("was too slow for its server")
    return Failure(f"failed with status {status}")


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    found = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return found if isinstance(found, int) and found > 0 else None


def _pause(error: Exception) -> float:
    """Seconds of the Retry-After header; 0 when there is none."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):
        return 0.0


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


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of the request."""

    works: bool
    message: str


def probe(settings: Settings) -> Probe:
    """Ask the model that `settings` name for one word."""
    try:
        chosen = choose_model(None, settings)
        if chosen is None:
            return Probe(False, "No chat model is set: answers are offline.")
        model = chosen()
    except RagError as error:
        return Probe(False, str(error))
    from langchain_core.messages import HumanMessage

    began = perf_counter()
    pieces = words(model.model, [HumanMessage(PROBE)], timeout_s=settings.llm_timeout_s, usage=Usage())
    try:
        said = next((piece for piece in pieces if piece.strip()), "")
    except AttemptFailed as failed:
        return Probe(False, f"{model.name} {failed.failure.reason}.")
    finally:
        pieces.close()
    if not said:
        return Probe(False, f"{model.name} sent an empty answer.")
    return Probe(True, f"{model.name} answers; its first word took {perf_counter() - began:.1f} s.")
