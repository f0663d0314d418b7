"""The REST application: all routes under /api, health and metrics, errors as problem+json, OpenAPI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response

import rag
from rag.errors import AccessDenied
from rag.export.plain import to_json
from rag.server.adding import add_adding
from rag.server.asking import add_asking
from rag.server.caller import STRANGER
from rag.server.metrics import TYPE, Measured, Metrics
from rag.server.models import model_of
from rag.server.problems import MEDIA_TYPE, Problem, handle_problems
from rag.server.reading import add_reading
from rag.server.service import Health, Service

DESCRIPTION = "Search a collection of articles and ask it; every sentence of an answer cites the exact passage."


def rest_app(service: Service, metrics: Metrics) -> FastAPI:
    """The application, to be mounted at /api."""
    app = FastAPI(
        title="Article Chat",
        version=rag.__version__,
        description=DESCRIPTION,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        responses=_problems(),
        middleware=[Middleware(Measured, metrics=metrics)],
        root_path_in_servers=False,
        # Its own spans would hold the question of a search, which stands in the address.
        telemetry={"tracing": False, "logs": False, "auto_configure": False},
        servers=[{"url": "/api"}],
    )
    handle_problems(app)
    add_reading(app.router, service)
    add_asking(app.router, service, metrics)
    add_adding(app.router, service)
    _add_state(app.router, service, metrics)
    return app


def _add_state(routes: APIRouter, service: Service, metrics: Metrics) -> None:
    @routes.get("/health", response_model=model_of(Health), summary="Whether questions can be answered")
    def health() -> JSONResponse:
        """200 when they can, 503 while the library opens or when it cannot be opened."""
        found = service.health()
        if service.sign_in and service.caller() == STRANGER:
            found = replace(found, problem="")
        return JSONResponse(to_json(found), 200 if found.status == "ok" else 503)

    @routes.get("/metrics", summary="Figures for Prometheus", responses={200: {"content": {TYPE: {}}}})
    def figures() -> Response:
        """Requests, their time, answers and refusals, the size of the library."""
        if service.caller().rights.read is not None:
            hint = "Ask whoever runs the server for the right."
            raise AccessDenied("Figures of the whole server need the right to read the whole library.", hint)
        return Response(metrics.text(service), media_type=TYPE)


def _problems() -> dict[int | str, dict[str, Any]]:
    """The errors that every route may give."""
    described = {"model": Problem, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "4XX": described | {"description": "An error of the request"},
        "5XX": described | {"description": "An error here"},
    }
