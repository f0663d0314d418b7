"""Makes docs/images/chat.png: the example question on the demo corpus. Run `python tests/browser/screenshot.py`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chat_server import ROOT, running
from playwright.sync_api import sync_playwright

import rag

QUESTION = "What did the US say about the visit?"


def main() -> None:
    """Index the corpus, ask, open the first passage, take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "library"
        with rag.Library.open(place) as library:
            library.add([str(ROOT / "corpus")])
        with running(place) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1400, "height": 860}, locale="en-GB", reduced_motion="reduce")
            page.set_default_timeout(90_000)
            page.goto(server.address)
            page.get_by_role("main").get_by_role("button", name=QUESTION).click()
            page.locator("[class*='st-key-sources-']").wait_for()
            page.locator("a[href='#cite-m1-1']").first.click()
            page.locator("mark").first.wait_for()
            page.wait_for_timeout(1500)  # fonts and scrolling settle
            target = ROOT / "docs" / "images" / "chat.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target)
            browser.close()


if __name__ == "__main__":
    main()
