"""`rag serve`: the chat, REST and MCP on one port."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rag.cli.options import Address, Anybody, Host, HostNames, LibraryPath, Port, settings_for
from rag.cli.service import require_free, require_way_in
from rag.cli.terminal import stdout
from rag.errors import ConfigError
from rag.text.hosts import is_loopback

RATE = 120  # requests a minute of each caller where others can reach the server
INSTALL = 'Install it with: .venv/bin/pip install -c constraints.txt -e ".[serve]"'


def serve(
    context: typer.Context,
    port: Port = 8501,
    host: Host = "127.0.0.1",
    chat: Annotated[bool, typer.Option("--chat/--no-chat", help="Serve the chat's page at /.")] = True,
    anybody: Anybody = False,
    names: HostNames = None,
    address: Address = "",
    sign_in: Annotated[
        bool,
        typer.Option("--sign-in", help="Ask for a token (rag token new NAME); no chat, unless people sign in to it."),
    ] = False,
    rate: Annotated[
        int | None, typer.Option("--rate", min=0, help="Requests a minute of each caller (0: any number).")
    ] = None,
    library: LibraryPath = None,
) -> None:
    """Serve the chat at /, REST under /api and MCP under /mcp. Ctrl-C stops it."""
    settings = settings_for(context, library)
    hint = "Ask for tokens with --sign-in, listen on 127.0.0.1, or let anybody in with --open."
    require_way_in(settings, host, address, anybody=anybody, hint=hint, tokens=sign_in)
    people = bool(settings.oidc_issuer)
    sign_in = sign_in or people
    require_free(host, port, "rag serve")
    try:
        from rag.server.app import Serving, serve_http
    except ImportError as error:
        raise ConfigError(f"rag serve needs the package {error.name}, which is not installed.", INSTALL) from error
    shown = f"[{host}]" if ":" in host else host
    stdout().print(f"Article Chat is on http://{shown}:{port} (REST under /api, MCP under /mcp)", soft_wrap=True)
    if sign_in:
        told = f"People sign in at {settings.oidc_issuer}." if people else "The chat has no sign-in and is not served."
        stdout().print(f"Sign-in by token: rag token new NAME. {told}", markup=False, soft_wrap=True)
    sys.stdout.flush()
    if rate is None:
        rate = 0 if is_loopback(host) and not sign_in else RATE
    serving = Serving(host, port, chat and (people or not sign_in), tuple(names or ()), address, sign_in, rate)
    serve_http(settings, serving)
