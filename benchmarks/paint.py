"""The page of a chat that has just been started: `python -m benchmarks.paint [--rounds 7] [--write]`; needs chromium.

Over the demo articles, in turns of a new server and a new tab of a browser that is there already.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import made_by, plain_environment
from benchmarks.pages import write_page
from benchmarks.start import ROOT, demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RESULTS = Path(__file__).with_suffix(".md")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


@dataclass(frozen=True)
class Round:
    """Seconds of one start."""

    listening: float  # from the command to the open port
    painted: float  # from the open port to the browser's first contentful paint
    asking: float  # from the open port to the question box
    suggesting: float  # from the open port to the suggested questions, for which the library is open


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m benchmarks.paint", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the demo library is kept")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    folder = demo(options.work).resolve()
    with sync_playwright() as play:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        rounds = [start(browser, folder) for _ in range(options.rounds)]
        browser.close()
    page = table(rounds)
    print(page)
    if options.write:
        write_page(RESULTS, page)


def start(browser: Browser, folder: Path) -> Round:
    """One server and one tab."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag.cli", "chat", "--library", str(folder), "--port", str(port), "--no-browser"]
    tab = browser.new_context().new_page()
    began = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=ROOT, env=plain_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, server)
        listening = time.perf_counter()
        tab.goto(f"http://127.0.0.1:{port}/")
        tab.get_by_test_id("stChatInputTextArea").wait_for()
        asking = time.perf_counter()
        tab.locator(".st-key-suggestions button").first.wait_for()
        suggesting = time.perf_counter()
        painted = float(tab.evaluate(PAINT))
        return Round(listening - began, painted, asking - listening, suggesting - listening)
    finally:
        server.terminate()
        server.wait(20)
        tab.context.close()


def wait_for_port(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server listens; an error when it has ended."""
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server ended with {server.returncode}")


def table(rounds: Sequence[Round]) -> str:
    """The page of results."""
    rows = [
        f"| {number} | " + " | ".join(f"{one:.2f}" for one in astuple(r)) + " |" for number, r in enumerate(rounds, 1)
    ]
    middle = [statistics.median(values) for values in zip(*map(astuple, rounds), strict=True)]
    lines = [
        "# The first page of a chat that has just been started",
        "",
        made_by("python -m benchmarks.paint --write"),
        "",
        f"Median: painted **{middle[1]:.2f} s** after the server listens (goal: 2).",
        "Server and browser share the processor; the browser reads the scripts of Streamlit meanwhile.",
        "",
        "| round | listening, s | first paint, s | question box, s | suggested questions, s |",
        "|--:|--:|--:|--:|--:|",
        *rows,
        _row("median", middle),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, values: Sequence[float]) -> str:
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |"


if __name__ == "__main__":
    main()
