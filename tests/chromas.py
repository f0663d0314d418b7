"""A real Chroma server (`chroma run`, which comes with chromadb) in a process of its own, on a port of loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers import environment, free_port

RUN = "import sys; from chromadb_rust_bindings import cli; cli(['chroma', *sys.argv[1:]])"


class Chroma:
    """The server; it can be frozen, killed, emptied and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is None:
            arguments = ["run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
            self._process = subprocess.Popen(
                [sys.executable, "-c", RUN, *arguments], env=environment(), stdout=subprocess.DEVNULL
            )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            assert self._process.poll() is None, "the Chroma server has ended"
            try:
                if httpx.get(f"{self.address}/api/v2/heartbeat", trust_env=False, timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the Chroma server did not get ready")

    def freeze(self) -> None:
        """Let it answer nothing, with its connections open."""
        self._signal(signal.SIGSTOP)
        assert self._process is not None
        os.waitpid(self._process.pid, os.WUNTRACED)  # its threads stop one after the other, on a busy machine late

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def empty(self) -> None:
        """Delete its folder while it does not run, and start it again."""
        self.kill()
        shutil.rmtree(self.folder)
        self.start()

    def mend(self) -> None:
        """Let it run and answer, whatever was done to it."""
        if self._process is not None:
            self.thaw()
        self.start()

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    """One server for all tests of the session."""
    server = Chroma(tmp_path_factory.mktemp("chroma") / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def chroma(chroma_server: Chroma) -> Iterator[Chroma]:
    """The server, running and well at the beginning of a test."""
    chroma_server.mend()
    yield chroma_server
    chroma_server.mend()
