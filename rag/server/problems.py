"""Errors as problem+json (RFC 9457): what happened, with which value, and the hint."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from rag.errors import (
    AccessDenied,
    ChatModelError,
    ConfigError,
    LibraryError,
    LibraryLocked,
    QuestionError,
    RagError,
    SourceError,
)

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "Something went wrong here; the server's log says what."
# The first kind that fits tells the status.
STATUS: tuple[tuple[type[RagError], HTTPStatus], ...] = (
    (AccessDenied, HTTPStatus.FORBIDDEN),
    (QuestionError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SourceError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConfigError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LibraryLocked, HTTPStatus.SERVICE_UNAVAILABLE),
    (ChatModelError, HTTPStatus.BAD_GATEWAY),
    (LibraryError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
RETRY_S = 5  # what a caller is told to wait while another process writes

log = logging.getLogger("rag.server")


class Problem(BaseModel):
    """An error."""

    type: str = "about:blank"
    title: str = Field(description="The kind of error, in words.")
    status: int
    detail: str = Field(description="What happened, with which value.")
    hint: str = Field("", description="How to go on.")


class NotFound(RagError):
    """What was asked for is not there."""


class Refused(RagError):
    """The caller may not do this, or not now."""

    def __init__(self, message: str, hint: str, status: HTTPStatus, headers: dict[str, str] | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = headers or {}


def problem_of(error: RagError) -> JSONResponse:
    """The response for a known error."""
    if isinstance(error, Refused):
        return problem(error.status, error.message, error.hint, error.headers)
    if isinstance(error, NotFound):
        return problem(HTTPStatus.NOT_FOUND, error.message, error.hint)
    status = next((code for kind, code in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {"Retry-After": str(RETRY_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return problem(status, error.message, error.hint, headers)


def problem(status: int, detail: str, hint: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem+json response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, hint=hint)
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Let every error of the application leave it as problem+json."""

    async def known(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RagError)
        return problem_of(error)

    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        said = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(said), "See /api/openapi.json for what is accepted.")

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        hint = "See /api/openapi.json for what there is." if error.status_code in (404, 405) else ""
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_allowed(request))
        return problem(error.status_code, str(error.detail), hint, headers)

    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        log.error("A request failed.", exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED)

    app.add_exception_handler(RagError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unknown)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes of the path; Starlette names those of the first."""
    fitting = (route for route in request.app.router.routes if route.matches(request.scope)[0] != Match.NONE)
    return sorted({method for route in fitting for method in getattr(route, "methods", None) or ()})
