"""The server's options and headers: one set of options, only own files load, nothing can frame the page."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.ui.headers import SecurityHeaders, content_security_policy
from rag.ui.theme import OPTIONS

ROOT = Path(__file__).parent.parent


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def test_streamlit_run_and_our_own_launcher_use_the_same_options() -> None:
    file = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert flat(file) == OPTIONS


def test_all_options_are_known_to_streamlit() -> None:
    from streamlit import config

    assert not set(OPTIONS) - set(config._config_options_template)


def test_policy_allows_no_other_host_and_no_inline_script_but_streamlits_own() -> None:
    policy = content_security_policy()
    assert "http" not in policy
    assert "'unsafe-eval'" not in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert "'sha256-" in scripts


def test_headers_are_on_every_response() -> None:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    asyncio.run(SecurityHeaders(app)({"type": "http"}, receive, send))
    names = {name.decode().lower() for name, _ in sent[0]["headers"]}
    assert {"content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"} <= names


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """The address of `streamlit run app.py` on an empty library."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {"RAG_LIBRARY": str(tmp_path / "library"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def test_streamlit_run_app_py_serves_with_our_headers(running: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(running, timeout=5) as response:
                assert response.headers["X-Frame-Options"] == "DENY"
                assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
                return
        except OSError:
            assert time.monotonic() < until, "the server did not answer in time"
            time.sleep(0.2)


def test_the_first_page_is_drawn_without_what_only_answers_panels_and_the_database_need() -> None:
    heavy = ("sqlalchemy", "altair", "fpdf", "chromadb", "onnxruntime", "torch", "trafilatura", "langchain_core")
    code = (
        "import sys; import rag.ui.chat, rag.ui.library_page, rag.ui.help_page, rag.ui.talk_head, rag.ui.launch; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
