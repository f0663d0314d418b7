"""REST: a question answered at once as JSON, or as it is made, as server-sent events."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from rag.errors import RagError
from rag.export.plain import UNWRITTEN, answer_json, to_json
from rag.schema import Answer, Done, Event, Filters, Retrieved, Searching, SentenceDone, TextDelta, Turn, Writing
from rag.server.caller import note
from rag.server.metrics import Metrics
from rag.server.models import Day, input_of, model_of
from rag.server.problems import UNEXPECTED
from rag.server.service import Service
from rag.server.sse import STREAM, event, event_stream

if TYPE_CHECKING:
    from rag.assistant import Assistant

AT_ONCE = 8  # questions; two cores answer some ten a second, so that more would only wait for each other
LONGEST_TALK = 200  # turns of the history; what a question leaves out stands in the last few

AnswerModel = model_of(Answer, without=UNWRITTEN)
FiltersModel = input_of(Filters, without=("readable",))  # what the asker may read is known already

log = logging.getLogger("rag.server")

NAMES: dict[type, str] = {
    Searching: "searching",
    Retrieved: "retrieved",
    TextDelta: "text",
    Writing: "writing",
    SentenceDone: "sentence",
    Done: "done",
}
STREAMED = (
    "Events `searching`, `retrieved` (how many passages, and the nearest to show meanwhile), `text` (joined, they are "
    "the answer's text), `writing` (a chat model's words, not checked yet), `sentence`, and at the end `done` with the "
    "Answer, or `error` with a problem."
)


class TurnGiven(BaseModel):
    """A turn of the conversation before the question."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=100_000, validation_alias=AliasChoices("text", "content"))]


class Asked(BaseModel):
    """A question, with the conversation before it and the articles that may answer it."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=20_000)]
    history: Annotated[list[TurnGiven], Field(max_length=LONGEST_TALK, description="Oldest first.")] = []
    filters: FiltersModel = FiltersModel()  # type: ignore[valid-type]
    today: Annotated[Day | None, Field(description="Ask as on this day: later articles are left out.")] = None


def add_asking(routes: APIRouter, service: Service, metrics: Metrics) -> None:
    """Add the route that answers."""
    limiter: list[CapacityLimiter] = []  # made inside the event loop

    @routes.post(
        "/ask",
        response_model=AnswerModel,
        summary="An answer, each sentence cited",
        responses={200: {"content": {STREAM: {"schema": {"type": "string", "description": STREAMED}}}}},
    )
    async def ask(asked: Asked, request: Request) -> Response:
        """The answer as JSON, or, for `Accept: text/event-stream`, as events while it is made."""
        arguments = arguments_of(asked)
        if STREAM in request.headers.get("accept", ""):
            assistant = await to_thread.run_sync(_assistant, service, asked.question)
            events = assistant.astream(asked.question, **arguments)
            return event_stream(_streamed(events, metrics))
        if not limiter:
            limiter.append(CapacityLimiter(AT_ONCE))
        work = partial(_answer, service, asked.question, arguments)
        answer = await to_thread.run_sync(work, limiter=limiter[0])
        metrics.answered(answer.answered)
        return JSONResponse(answer_json(answer))


def arguments_of(asked: Asked) -> dict[str, Any]:
    """What `Assistant.ask` takes beside the question."""
    given = asked.filters.model_dump()  # type: ignore[attr-defined]
    if given.get("article_ids") is not None:
        given["article_ids"] = tuple(given["article_ids"])
    turns = tuple(Turn(turn.role, turn.text) for turn in asked.history)
    return {"history": turns, "filters": Filters(**given), "today": asked.today}


def _answer(service: Service, question: str, arguments: Mapping[str, Any]) -> Answer:
    return _assistant(service, question).ask(question, **arguments)


def _assistant(service: Service, question: str) -> Assistant:
    """The assistant, once it is noted who asks what."""
    note(service, "ask", question)
    return service.assistant()


async def _streamed(events: AsyncIterator[Event], metrics: Metrics) -> AsyncIterator[str]:
    """The events as they come; an error ends them with an event of its own."""
    try:
        async for made in events:
            if isinstance(made, Done):
                metrics.answered(made.answer.answered)
            yield event(NAMES[type(made)], _data(made))
    except RagError as error:
        yield event("error", {"detail": error.message, "hint": error.hint})
    except Exception:
        log.exception("An answer failed while it was streamed.")
        yield event("error", {"detail": UNEXPECTED, "hint": ""})


def _data(made: Event) -> Any:
    if isinstance(made, Done):
        return answer_json(made.answer)
    if isinstance(made, Retrieved):
        return {"passages": len(made.candidates), "nearest": to_json(made.nearest)}
    if isinstance(made, SentenceDone):
        return to_json(made.sentence)
    return to_json(made)
