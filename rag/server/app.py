"""One ASGI application on one port: the chat at /, REST under /api, MCP under /mcp.

`serve_http` is what `rag serve` calls. The library opens when the server has started, never before a fork.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from rag.config import Settings
from rag.server.guard import Guard
from rag.server.mcp import mcp_server
from rag.server.metrics import Metrics
from rag.server.oauth import Issuer
from rag.server.rest import rest_app
from rag.server.service import Service
from rag.tracing import flush
from rag.ui import backend
from rag.ui.backend import Backend
from rag.ui.hosts import ANY, Hosts
from rag.ui.launch import Beside, serve_beside

Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server is started."""

    host: str = "127.0.0.1"
    port: int = 8501
    chat: bool = True
    allowed_hosts: tuple[str, ...] = ()  # names under which it answers, beside those of loopback
    address: str = ""  # under which others reach it: "https://articles.example"
    sign_in: bool = False  # whether REST and MCP ask for a token
    a_minute: int = 0  # requests of each caller; 0 for any number


def serve_http(settings: Settings, serving: Serving) -> None:
    """Serve until interrupted."""
    parts = build(settings, serving)
    if serving.chat:
        serve_beside(parts, port=serving.port, host=serving.host)
        return
    import uvicorn

    app = Starlette(routes=parts.routes, middleware=parts.middleware, lifespan=parts.lifespan)
    uvicorn.run(app, host=serving.host, port=serving.port, log_level="warning")


def build(settings: Settings, serving: Serving) -> Beside:
    """REST and MCP over one library, as routes, middleware and lifespan of an application."""
    shared = Backend(settings)
    backend.use(shared)
    address = serving.address.rstrip("/") or _address(serving)
    issuer = Issuer(settings, address) if serving.sign_in and settings.oauth_issuer else None
    service = Service(shared, address, chat=serving.chat, sign_in=serving.sign_in, issuer=issuer)
    metrics = Metrics()
    server = mcp_server(service, metrics)
    # The guard before it has looked at Host and Origin already.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    spoken = server.streamable_http_app(stateless_http=True, transport_security=unchecked)
    described = issuer.routes() if issuer else []
    routes: Sequence[BaseRoute] = (_mounted("/api", rest_app(service, metrics)), *spoken.routes, *described)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        shared.start()
        if not serving.chat:
            shared.painted()  # there is no page that must come first
        async with server.session_manager.run():
            yield
        await to_thread.run_sync(flush)

    hosts = Hosts(serving.host, serving.allowed_hosts)
    guard = Middleware(Guard, service=service, hosts=hosts, sign_in=serving.sign_in, a_minute=serving.a_minute)
    return Beside(routes, [guard], lifespan, hosts, serving.address)


def _mounted(path: str, app: ASGIApp) -> Mount:
    """The application at a path, also for what is below with a line break in it: such a request gets a problem too."""
    mount = Mount(path, app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _address(serving: Serving) -> str:
    host = "127.0.0.1" if serving.host in ANY else serving.host
    return f"http://{f'[{host}]' if ':' in host else host}:{serving.port}"
