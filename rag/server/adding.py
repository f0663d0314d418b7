"""REST: add articles by text, address or file, with progress as events; remove them."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, File, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from rag.errors import AccessDenied, QuestionError, RagError
from rag.export.plain import report_json, to_json
from rag.schema import AddReport, Article, Progress
from rag.server.caller import note
from rag.server.models import Day, model_of
from rag.server.problems import NotFound, problem_of
from rag.server.service import Service
from rag.server.sse import STREAM, event, event_stream
from rag.store.kept import MAX_COLLECTION
from rag.ui.theme import MAX_UPLOAD_MB

MOST_SOURCES = 100  # of one request
Told = Callable[[Progress], None]
Work = Callable[[Told], AddReport]
ReportModel = model_of(AddReport)
_STREAMED = "Events `progress` with {done, total, passages, source}, and at the end `done` with the report or `error`."
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {STREAM: {"schema": {"type": "string", "description": _STREAMED}}}}
}


class GivenArticle(BaseModel):
    """An article as a program gives it; its text is cleaned."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=2_000)]
    text: Annotated[str, Field(min_length=1, max_length=5_000_000)]
    url: Annotated[str | None, Field(max_length=4_000)] = None
    publisher: Annotated[str | None, Field(max_length=500)] = None
    author: Annotated[str | None, Field(max_length=500)] = None
    published: Day | None = None


class Given(BaseModel):
    """What is to be added."""

    model_config = ConfigDict(extra="forbid")

    addresses: Annotated[list[str], Field(max_length=MOST_SOURCES, description="Of pages on the public internet.")] = []
    articles: Annotated[list[GivenArticle], Field(max_length=MOST_SOURCES)] = []
    collection: Annotated[str | None, Field(max_length=MAX_COLLECTION, description="In which they will be.")] = None


class Removed(BaseModel):
    """What was removed."""

    removed: str


def add_adding(routes: APIRouter, service: Service) -> None:
    """Add the routes that change the library."""

    @routes.post("/articles", response_model=ReportModel, summary="Add articles", responses=_RESPONSES)
    async def add(given: Given, request: Request) -> Response:
        """Add pages by their address and articles by their text; what became of each. One failure stops no other."""
        sources: list[str | Path | Article] = [_address(address) for address in given.addresses]
        sources += [Article(**article.model_dump()) for article in given.articles]
        named = [source.title if isinstance(source, Article) else str(source) for source in sources]
        return await _answered(request, partial(_add, service, sources, named, given.collection))

    @routes.post("/files", response_model=ReportModel, summary="Add files", responses=_RESPONSES)
    async def add_files(
        files: Annotated[
            list[UploadFile], File(description="Text, HTML, PDF, Word, e-mail, ...", max_length=MOST_SOURCES)
        ],
        request: Request,
        collection: Annotated[
            str | None, Query(max_length=MAX_COLLECTION, description="In which they will be.")
        ] = None,
    ) -> Response:
        """Add the articles of uploaded files; what became of each."""
        held = [(upload.filename or "", await upload.read()) for upload in files]
        if sum(len(content) for _, content in held) > MAX_UPLOAD_MB << 20:
            raise QuestionError(f"The files have more than {MAX_UPLOAD_MB} MB.", "Send fewer at a time.")
        return await _answered(request, partial(_add_files, service, held, collection))

    @routes.delete("/articles/{article_id}", response_model=Removed, summary="Remove an article")
    def remove(article_id: str) -> JSONResponse:
        """Remove an article with the copies of its story."""
        note(service, "remove", article_id)
        if not service.library().remove(article_id):
            raise NotFound(f"The library holds no article {article_id!r}.", "Search for it, or list the articles.")
        return JSONResponse({"removed": article_id})


def _address(given: str) -> str:
    """The address; a path of the server's own disk is none."""
    if not given.lower().startswith(("http://", "https://")):
        raise QuestionError(f"{given!r} is not a web address.", "Addresses begin with http:// or https://.")
    return given


def _add_files(service: Service, files: Sequence[tuple[str, bytes]], collection: str | None, told: Told) -> AddReport:
    with tempfile.TemporaryDirectory(prefix="article-chat-") as folder:
        return _add(service, _written(Path(folder), files), [name for name, _ in files], collection, told)


def _add(
    service: Service,
    sources: Sequence[str | Path | Article],
    named: Sequence[str],
    collection: str | None,
    told: Told,
) -> AddReport:
    """Add the sources, once it is noted who adds what. Without a collection, that needs the right to write all."""
    if collection is None and service.caller().rights.write is not None:
        raise AccessDenied("You may add articles to some collections only.", "Name one of them: collection.")
    note(service, "add", "; ".join(named))
    return service.library().add(sources, progress=told, collection=collection)


def _written(folder: Path, files: Sequence[tuple[str, bytes]]) -> list[Path]:
    """The files on disk, each in a folder of its own; of a name only the last part counts, as a label."""
    paths = []
    for number, (name, content) in enumerate(files):
        last = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name[-120:]
        path = folder / str(number) / (last if last.strip(". ") else "file.txt")
        path.parent.mkdir()
        path.write_bytes(content)
        paths.append(path)
    return paths


async def _answered(request: Request, work: Work) -> Response:
    """The report as JSON, or the progress as events."""
    if STREAM in request.headers.get("accept", ""):
        return event_stream(_streamed(work))
    return JSONResponse(_report(await to_thread.run_sync(work, _untold)))


async def _streamed(work: Work) -> AsyncIterator[str]:
    """Progress as it comes. What was begun is finished when the caller is gone: what was reported stays added."""
    loop, steps = asyncio.get_running_loop(), asyncio.Queue[Progress | None]()

    def told(step: Progress) -> None:
        loop.call_soon_threadsafe(steps.put_nowait, step)

    adding = asyncio.ensure_future(asyncio.to_thread(work, told))
    adding.add_done_callback(lambda _: steps.put_nowait(None))
    while (step := await steps.get()) is not None:
        yield event("progress", to_json(step))
    try:
        yield event("done", _report(adding.result()))
    except RagError as error:
        yield event("error", json.loads(bytes(problem_of(error).body)))


def _report(report: AddReport) -> dict[str, Any]:
    """The report without the server's own paths: of a file, the name stays."""
    described = report_json(report)
    for several in described.values():
        for one in several:
            source = one.get("source")
            if source and not source.lower().startswith(("http://", "https://")):
                one["source"] = source.rsplit("/", 1)[-1]
    return described


def _untold(_step: Progress) -> None:
    """Nobody watches."""
