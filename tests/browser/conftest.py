"""The real chat on the demo corpus in chromium; pages report their own faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import ARTIFACTS, ROOT, Server, running
from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the demo corpus."""
    import rag

    folder = tmp_path_factory.mktemp("browser") / "library"
    with rag.Library.open(folder) as library:
        report = library.add([str(ROOT / "corpus")])
        assert len(report.added) >= 20
    return folder


@pytest.fixture(scope="session")
def server(corpus: Path) -> Iterator[Server]:
    with running(corpus) as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens pages; at the end no script may have failed and no other host may have been asked for anything."""
    faults: list[str] = []
    pages: list[Page] = []

    def opened(address: str, *, width: int = 1400, height: int = 900, scheme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
        )  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda message: _note(message, faults))
        page.on("request", lambda asked: _only_own(asked.url, address, faults))
        page.goto(address)
        pages.append(page)
        return page

    yield opened
    for number, page in enumerate(pages):
        page.screenshot(path=ARTIFACTS / f"{request.node.name}-{number}.png", timeout=120_000)
        page.context.close()
    assert not faults


def _note(message: Any, faults: list[str]) -> None:
    # A deep link to /library makes the page look for its server there first: two harmless 404s.
    if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
        faults.append(f"console: {message.text}")


def _only_own(url: str, address: str, faults: list[str]) -> None:
    own = address.split("/", 3)[2]
    if not url.startswith(("data:", "blob:")) and url.split("/", 3)[2] != own:
        faults.append(f"outside request: {url}")
