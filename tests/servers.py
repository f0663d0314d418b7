"""A real `rag serve` in a process of its own, on a free port of loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*arguments: str, library: Path) -> list[str]:
    return [sys.executable, "-m", "rag", "--library", str(library), *arguments]


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[1])
    return os.environ | {"PYTHONPATH": os.pathsep.join([root, *sys.path])}


@contextmanager
def served(library: Path, *options: str) -> Iterator[httpx.Client]:
    """A client of a server that is ready to answer."""
    port = free_port()
    arguments = command("serve", "--port", str(port), *options, library=library)
    with subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client:
                _wait(client, process)
                yield client
        finally:
            process.terminate()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "the server has ended"
        try:
            if client.get("/api/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not get ready")


def in_mcp(server: httpx.Client, work: Any) -> Any:
    """What the work, a coroutine that gets an MCP client of the server, gives."""
    from mcp.client import Client  # a second, which tests of other things need not wait for

    async def run() -> Any:
        async with Client(f"{server.base_url}/mcp".replace("//mcp", "/mcp")) as client:
            return await work(client)

    return asyncio.run(run())
