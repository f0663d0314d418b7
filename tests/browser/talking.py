"""How the browser tests talk to the page: ask, wait until it has come to rest, point at a chip, look for faults.

Streamlit draws a page again after most actions, so what a test acts on may be moved or replaced a moment after it came.
Every step that follows a drawing waits for the page to rest first.
"""

from __future__ import annotations

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

EXAMPLE = "What did the US say about the visit?"
LONG = 120_000  # milliseconds: a busy machine is slow, not wrong
_POINTED = """link => {
  const card = document.getElementById('quote-card');
  const { left, top, width, height } = link.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  return JSON.stringify({
    link: link.outerHTML, top, card: card && card.outerHTML, pointed: link.matches(':hover'),
    over: over && over.outerHTML.slice(0, 200), deaf: !window.__cites || window.__cites.signal.aborted,
  });
}"""  # what to know when no card comes
_STILL = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def rested(page: Page) -> None:
    """Wait until no script runs and two frames have been drawn."""
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_attached(timeout=LONG)
    page.evaluate(_STILL)


def listening(page: Page) -> None:
    """Wait until the page rests and hears clicks on chips and keys."""
    expect(page.locator(".st-key-cites [role=status]")).to_be_attached(timeout=LONG)
    rested(page)


def answer(page: Page, number: int = -1) -> Locator:
    """The answer of this number, from 0."""
    return page.get_by_role("group", name="Chat message from assistant").nth(number)


def ask(page: Page, question: str = EXAMPLE) -> Locator:
    """Type the question; the answer, once it has ended and the page rests."""
    number = page.get_by_role("group", name="Chat message from assistant").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    return ended(page, number)


def ask_example(page: Page) -> Locator:
    """Click the example on the first page; its answer."""
    rested(page)
    page.get_by_role("main").get_by_role("button", name=EXAMPLE).click()
    return ended(page, 0)


def ended(page: Page, number: int) -> Locator:
    """The answer of this number, once it has ended and the page rests."""
    shown = answer(page, number)
    expect(shown.locator("[class*='st-key-foot-'], [role=alert]").first).to_be_visible(timeout=LONG)
    listening(page)
    return shown


def chip(shown: Locator, number: int = 1) -> Locator:
    """The first chip of this number."""
    return shown.locator(f"a[href^='#cite-'][href$='-{number}']").first


def point_at(page: Page, link: Locator, patience_s: float = 60) -> Locator:
    """The card with the quote of a chip that the mouse is on; pointed at anew while the page moves under it."""
    card = page.get_by_role("tooltip")
    until = time.monotonic() + patience_s
    while not _stays(page, card):
        assert time.monotonic() < until, f"no card came: {link.evaluate(_POINTED)}"
        page.mouse.move(1, 1)
        link.evaluate("link => link.scrollIntoView({ block: 'center' })")
        link.hover()
    return card


def _stays(page: Page, card: Locator) -> bool:
    """Whether the card is there, and still there a moment later."""
    page.wait_for_timeout(300)
    if not card.is_visible():
        return False
    page.wait_for_timeout(300)
    return card.is_visible()


def no_serious_faults(page: Page) -> None:
    """No serious or critical finding for people who need help to see or click."""
    rested(page)
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in serious]
