"""Starts the chat: the page's server, its security headers, and the models' loading behind it.

`serve` is what `rag chat` and `python app.py` call; `parts` is what `streamlit run app.py` builds its app from.
"""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.config import Settings
from rag.errors import RagError, SignInNeeded
from rag.ui.hosts import ANY, Hosts
from rag.ui.theme import OPTIONS

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.routing import BaseRoute

SCRIPT = str(Path(__file__).with_name("script.py"))
log = logging.getLogger(__name__)


def serve(
    settings: Settings | None = None,
    *,
    port: int = 8501,
    host: str = "127.0.0.1",
    allowed_hosts: Iterable[str] = (),
    address: str = "",
    open_browser: bool = False,
) -> None:
    """Serve the chat until interrupted.

    Args:
        settings: the settings of the library; those in force when None.
        allowed_hosts: names under which it answers, beside those of loopback and of `host`.
        address: where others reach it, as https://articles.example; people come back there from signing in.
        open_browser: show the page in the user's browser as soon as it answers.
    """
    import streamlit as st  # here, not above: the command line imports this module for other commands too

    from rag.ui import backend

    if settings is not None:
        backend.use(backend.Backend(settings))
    if open_browser:
        local = f"http://{'127.0.0.1' if host in ANY else host}:{port}"
        threading.Thread(target=_open_when_up, args=(local,), daemon=True).start()
    config = OPTIONS | {"server.port": port, "server.address": host, "logger.hideWelcomeMessage": True}
    st.App(SCRIPT, **parts(Hosts(host, allowed_hosts), address)).run(config=config)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is served beside the chat on the same port."""

    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware]
    lifespan: Callable[[object], AbstractAsyncContextManager[None]]
    hosts: Hosts
    address: str = ""  # where others reach it


def serve_beside(beside: Beside, *, port: int, host: str) -> None:
    """Serve the chat and what is beside it until interrupted."""
    import streamlit as st

    own = parts(beside.hosts, beside.address)
    headers, *known = own["middleware"]
    own |= {"routes": list(beside.routes), "middleware": [headers, *beside.middleware, *known]}
    config = OPTIONS | {"server.port": port, "server.address": host, "logger.hideWelcomeMessage": True}
    st.App(SCRIPT, **own | {"lifespan": beside.lifespan}).run(config=config)


def parts(hosts: Hosts | None = None, address: str = "") -> dict[str, Any]:
    """The keyword arguments of `st.App`: known hosts, headers, sign-in, warm-up, and what to show when a page fails.

    Without `hosts` any name is answered: `streamlit run` alone knows on which address it listens. A ConfigError when
    people are to sign in and could not.
    """
    from starlette.middleware import Middleware

    from rag.ui.headers import SecurityHeaders
    from rag.ui.hosts import KnownHosts

    known = [Middleware(KnownHosts, hosts=hosts)] if hosts else []
    middleware = [Middleware(SecurityHeaders), *known]
    made = {"middleware": middleware, "lifespan": _warm_up, "on_script_error": _show_failure}
    settings = _settings()
    if settings is None or not settings.oidc_issuer:
        return made
    from rag.ui.openid import secrets_for
    from rag.ui.sign_in_guard import SignInGuard

    middleware.append(Middleware(SignInGuard, settings=settings, tls=address.startswith("https://")))
    return made | {"secrets": secrets_for(settings, address)}


def _settings() -> Settings | None:
    """The settings of the chat; None when they are wrong: the page says so then, and shows nothing else."""
    from rag.ui import backend

    try:
        return backend.settings()
    except RagError as error:
        log.warning("%s", error)
        return None


@asynccontextmanager
async def _warm_up(_app: object) -> AsyncIterator[None]:
    """Start the models' loading when the server starts, so that the first question finds them."""
    from rag.ui import backend

    try:
        backend.shared()
    except RagError as error:  # bad settings: the page tells the user
        log.warning("%s", error)
    yield


def _show_failure(error: BaseException) -> bool:
    """Show one plain line for an unknown error; the trace goes to the log only."""
    import streamlit as st

    if isinstance(error, SignInNeeded):  # a part of a page was drawn or clicked after the sign-in had ended
        st.error(f"{error.message} Reload the page to sign in.")
        return True
    log.error("A page failed.", exc_info=error)
    st.error("Something went wrong on this page. Reload it to go on; the server's log says what happened.")
    return True


def _open_when_up(address: str, patience_s: float = 30.0) -> None:
    """Open the browser once the server answers."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310 (our own address)
                webbrowser.open(address)
                return
        except OSError:
            time.sleep(0.1)
