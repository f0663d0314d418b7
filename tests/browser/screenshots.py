"""Pictures of every screen, wide and narrow, light and dark, in artifacts/screens/. Run `make screens`.

Names may be given to make only some: `python tests/browser/screenshots.py answer why`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from chat_server import ARTIFACTS, demo_chat
from playwright.sync_api import Browser, Page

SCREENS = ARTIFACTS / "screens"
QUESTION = "What did the US say about the visit?"
NUMBER = "How high did consumer prices in the United States rise in June 2022?"
VIEWS = {
    "wide-light": (1400, 900, "light"),
    "wide-dark": (1400, 900, "dark"),
    "narrow-light": (390, 844, "light"),
    "narrow-dark": (390, 844, "dark"),
}


def start(page: Page, address: str) -> None:
    """The first page."""
    page.goto(address)
    page.locator(".st-key-suggestions button").first.wait_for()


def asked(page: Page, address: str, question: str = QUESTION) -> None:
    """An answer."""
    start(page, address)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    page.locator("[class*='st-key-sources-']").wait_for()
    page.locator("[class*='st-key-foot-']").wait_for()


def _panel(action: str) -> Callable[[Page, str], None]:
    def show(page: Page, address: str) -> None:
        asked(page, address)
        page.locator(f"a[href='#act-{action}-m1']").click()
        page.locator(".st-key-source_body").wait_for()
        page.wait_for_timeout(1500)

    return show


def passage(page: Page, address: str) -> None:
    """An article at the cited passage."""
    asked(page, address)
    page.locator("a[href='#cite-m1-1']").first.click()
    page.locator("mark").first.wait_for()


def hover(page: Page, address: str) -> None:
    """The quote of a chip."""
    asked(page, address, NUMBER)
    page.locator("[class*='st-key-answer-'] a[href^='#cite-']").first.hover()


def refused(page: Page, address: str) -> None:
    """A refusal."""
    asked(page, address, "What did the mayor of Atlantis pay for the opera tickets?")


def scope(page: Page, address: str) -> None:
    """The choice of articles."""
    start(page, address)
    page.locator(".st-key-scope-button button").click()
    page.get_by_text("Which articles are asked").wait_for()


def shelf(page: Page, address: str) -> None:
    """The library."""
    page.goto(f"{address}/library")
    page.locator(".st-key-articles [class*='st-key-open-']").first.wait_for()


def preview(page: Page, address: str) -> None:
    """An article of the library."""
    shelf(page, address)
    page.locator(".st-key-articles [class*='st-key-open-'] button").first.click()
    page.locator(".st-key-source_body").wait_for()


def helping(page: Page, address: str) -> None:
    """The help page."""
    page.goto(f"{address}/help")
    page.get_by_role("main").get_by_role("heading", level=2).first.wait_for()


STEPS: dict[str, Callable[[Page, str], None]] = {
    "start": start,
    "answer": asked,
    "hover": hover,
    "passage": passage,
    "why": _panel("why"),
    "timeline": _panel("timeline"),
    "export": _panel("export"),
    "refusal": refused,
    "scope": scope,
    "library": shelf,
    "preview": preview,
    "help": helping,
}


def main(names: list[str]) -> None:
    """Make the pictures."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    views = [name for name in names if name in VIEWS] or list(VIEWS)
    steps = [name for name in names if name in STEPS] or list(STEPS)
    with demo_chat() as (server, browser):
        for view in views:
            for step in steps:
                _take(browser, server.address, view, step)


def _take(browser: Browser, address: str, view: str, step: str) -> None:
    width, height, scheme = VIEWS[view]
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", reduced_motion="reduce"
    )  # type: ignore[arg-type]
    page.set_default_timeout(90_000)
    page.on("console", lambda message: message.type == "error" and sys.stderr.write(f"{step}: {message.text}\n"))
    STEPS[step](page, address)
    page.wait_for_timeout(1200)  # fonts and scrolling settle
    page.screenshot(path=SCREENS / f"{step}-{view}.png")
    page.close()


if __name__ == "__main__":
    main(sys.argv[1:])
