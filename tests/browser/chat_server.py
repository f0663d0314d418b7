"""A chat server in a process of its own, for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import rag

ROOT = Path(__file__).parent.parent.parent
ARTIFACTS = ROOT / "artifacts"  # screenshots and logs; not in the repository
SERVE = "import sys; from rag.ui.launch import serve; serve(port=int(sys.argv[1]))"


@dataclass(frozen=True)
class Server:
    """A running chat."""

    address: str
    library: Path
    started: float  # time.monotonic() at the start of the process
    log: Path


@contextmanager
def running(library: Path, script: str = SERVE) -> Iterator[Server]:
    """A chat on this library, in a process of its own; `script` may start another server instead."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ARTIFACTS.mkdir(exist_ok=True)
    log = ARTIFACTS / f"server-{port}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(port)],
            cwd=ROOT,
            env=os.environ | {"RAG_LIBRARY": str(library)},
            stdout=output,
            stderr=output,
        )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", process, log)
            yield Server(f"http://127.0.0.1:{port}", library, started, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def demo_chat() -> Iterator[tuple[Server, Browser]]:
    """A chat on the demo articles and a browser, for pictures; SCREENS_LIBRARY may name a library to keep."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(os.environ.get("SCREENS_LIBRARY") or Path(folder) / "library")
        with rag.Library.open(place) as library:
            library.add([str(ROOT / "corpus")])
        with running(place) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            yield server, browser
            browser.close()


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended: {log.read_text()}"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not answer: {log.read_text()}")
