"""`rag chat` and `rag doctor`: the chat in a browser, and the state of the library."""

from __future__ import annotations

import platform
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

import rag
from rag.cli import exits
from rag.cli.options import Address, Anybody, Host, HostNames, Json, LibraryPath, Port, open_library, settings_for
from rag.cli.terminal import plain, print_json, stdout
from rag.errors import ConfigError
from rag.text.hosts import is_loopback

if TYPE_CHECKING:
    from rag.config import Settings

_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


def chat(
    context: typer.Context,
    port: Port = 8501,
    host: Host = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    anybody: Anybody = False,
    names: HostNames = None,
    address: Address = "",
    library: LibraryPath = None,
) -> None:
    """Open the chat in a browser. Ctrl-C stops it."""
    settings = settings_for(context, library)
    hint = "Listen on 127.0.0.1, let people sign in (docs/team.md), or let anybody in with --open."
    require_way_in(settings, host, address, anybody=anybody, hint=hint)
    require_free(host, port, "rag chat")
    stdout().print(
        f"Article Chat is on http://{f'[{host}]' if ':' in host else host}:{port} (Ctrl-C stops it)", soft_wrap=True
    )
    sys.stdout.flush()
    from rag.ui.launch import serve

    serve(settings, port=port, host=host, allowed_hosts=names or (), address=address, open_browser=browser)


def require_way_in(
    settings: Settings, host: str, address: str, *, anybody: bool, hint: str, tokens: bool = False
) -> None:
    """A ConfigError when whoever reaches the server could do anything, or when nobody could sign in.

    `tokens` tells that callers need one; `hint` is for a server without any sign-in.
    """
    people = bool(settings.oidc_issuer)
    if people and anybody:
        raise ConfigError(
            "--open lets anybody in, but people are to sign in.", "Leave out --open, or unset RAG_OIDC_ISSUER."
        )
    if is_loopback(host):
        return
    if not (people or tokens or anybody):
        raise ConfigError(f"Whoever reaches {host} could read and change the library: there is no sign-in.", hint)
    if people and not address:
        hint = "Say where people reach the chat: --address https://articles.example"
        raise ConfigError("People who sign in could not come back to this server.", hint)


def require_free(host: str, port: int, command: str) -> None:
    """A ConfigError when nothing can listen there, before the page's own start says it in many lines."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        hint = f"Choose another port: {command} --port {port + 1 if port < 65535 else 8501}"
        raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror or error}.", hint) from error


def doctor(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without losing anything.")] = False,
    library: LibraryPath = None,
    json: Json = False,
) -> None:
    """Check the library and the models. Exit code 1 when there is an error."""
    settings = settings_for(context, library)
    with open_library(settings) as opened:
        findings = opened.check(fix=fix)
    if settings.oidc_issuer:
        from rag.ui.openid import findings as of_sign_in

        findings += of_sign_in(settings)
    if json:
        print_json(findings)
    else:
        out = stdout()
        out.print(
            f"article-chat {rag.__version__}, Python {platform.python_version()}, library {settings.library.resolve()}",
            soft_wrap=True,
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for finding in findings:
            mend = f" {finding.mend}" if finding.mend else ""
            table.add_row(plain(finding.severity, _STYLES[finding.severity]), plain(finding.message + mend))
        out.print(table)
    raise typer.Exit(exits.ERROR if any(finding.severity == "error" for finding in findings) else exits.OK)
