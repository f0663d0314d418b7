"""How long the page's own steps take: `python -m benchmarks.page [--rounds 9] [--write]`; needs chromium.

Over the demo articles, models loaded: from Enter to the passages found and to the first sentence, from a click on a
number to the marked passage, a search of the library, and the whole page of a conversation of 30 questions drawn again.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import made_by, plain_environment
from benchmarks.pages import write_page
from benchmarks.paint import wait_for_port
from benchmarks.start import ROOT, demo

if TYPE_CHECKING:
    from playwright.sync_api import Page

RESULTS = Path(__file__).with_suffix(".md")
TURNS = 30
WARM = "What did the US say about the visit?"
QUESTIONS = (
    "How many people died in the Beirut explosion?",
    "Who won the Women's World Cup?",
    "How much did Musk pay for Twitter?",
    "How high did US inflation go?",
    "Who won the Nobel Prize in medicine?",
    "When did Notre-Dame open again?",
    "How fast did Kelvin Kiptum run the marathon?",
    "What did Blinken say about the visit?",
    "Where did India land on the Moon?",
)
WORDS = ("police", "vaccine", "moon", "inflation", "earthquake", "marathon", "treaty", "fire", "visit")
SENTENCES = "[class*='st-key-answer-'] p, [class*='st-key-answer-'] li, [class*='st-key-refusal-'] p"
FOUND = "a[href^='#cite-'][href$='-f1']"  # the nearest passages, while they are read
ENDED = "[class*='st-key-foot-']"
RESTING = "[data-testid='stApp'][data-test-script-state='notRunning']"
MARKED = "[...document.querySelectorAll('*')].some((one) => one.shadowRoot?.querySelector('mark'))"
# True once the script has begun to run and has ended.
RAN = f"(window.__ran = window.__ran || !document.querySelector({RESTING!r})) && !!document.querySelector({RESTING!r})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the demo library is kept")
    parser.add_argument("--rounds", type=int, default=len(QUESTIONS))
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    with opened(demo(options.work).resolve()) as (page, address):
        figures = measured(page, address, options.rounds)
    text = table(figures)
    print(text)
    if options.write:
        write_page(RESULTS, text)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Page, str]]:
    """A tab on a chat of its own."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag.cli", "chat", "--library", str(folder), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=plain_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, server)
        with sync_playwright() as play:
            chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
            page.set_default_timeout(300_000)
            yield page, f"http://127.0.0.1:{port}/"
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def measured(page: Page, address: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each step, round by round."""
    page.goto(address)
    ask(page, WARM)
    asked = [ask(page, question) for question in QUESTIONS[:rounds]]
    passage = [opening(page, number + 1) for number in range(1, rounds + 1)]
    while page.locator("[data-testid='stChatMessageAvatarUser']").count() < TURNS:
        ask(page, QUESTIONS[0])
    thumb = page.locator("[class*='st-key-thumbs-'] button").first  # makes the whole script run
    rerun = []
    for _ in range(rounds):
        page.evaluate("() => { window.__ran = false; }")
        rerun.append(timed(page, RAN, thumb.click))
    page.goto(f"{address}library")
    page.locator(".st-key-articles button").first.wait_for()
    search = [searched(page, word) for word in WORDS[:rounds]]
    found, sentence = map(list, zip(*asked, strict=True))
    return {"found": found, "sentence": sentence, "passage": passage, "rerun": rerun, "search": search}


def timed(page: Page, condition: str, act: Callable[[], object]) -> float:
    """Milliseconds in the browser from just before the act to the first frame in which the condition holds."""
    (milliseconds,) = all_timed(page, [condition], act)
    return milliseconds


def all_timed(page: Page, conditions: Sequence[str], act: Callable[[], object]) -> list[float]:
    """The same for several conditions of one act."""
    looks = ", ".join(f"() => {condition}" for condition in conditions)
    page.evaluate(
        f"""() => {{
          const began = performance.now();
          window.__taken = Promise.all([{looks}].map((holds) => new Promise((done) => {{
            const look = () => holds() ? done(performance.now() - began) : requestAnimationFrame(look);
            look();
          }})));
        }}"""
    )
    act()
    milliseconds = [float(one) for one in page.evaluate("() => window.__taken")]
    page.locator(RESTING).wait_for()
    return milliseconds


def ask(page: Page, question: str) -> list[float]:
    """Milliseconds from Enter to the passages found (or the answer, where it comes first) and to its first sentence.

    Returns when the answer has ended.
    """
    sentences, ended = page.locator(SENTENCES).count(), page.locator(ENDED).count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    shown = f"document.querySelectorAll({SENTENCES!r}).length > {sentences}"
    useful = f"({shown} || !!document.querySelector({FOUND!r}))"
    milliseconds = all_timed(page, [useful, shown], lambda: box.press("Enter"))
    page.locator(ENDED).nth(ended).wait_for()
    page.locator(RESTING).wait_for()
    return milliseconds


def opening(page: Page, message: int) -> float:
    """Milliseconds from a click on the first number of an answer to the marked passage."""
    milliseconds = timed(page, MARKED, page.locator(f"a[href^='#cite-m{message}-']").first.click)
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !{MARKED}")
    return milliseconds


def searched(page: Page, word: str) -> float:
    """Milliseconds from Enter to the list of articles that hold the word."""
    box = page.get_by_role("searchbox")
    box.fill(word)
    return timed(page, f"document.body.innerText.includes('with “{word}”')", lambda: box.press("Enter"))


def table(figures: dict[str, list[float]]) -> str:
    """The page of results."""
    names = {
        "found": "Enter to the passages found, with the titles of their articles",
        "sentence": "Enter to the first sentence of an answer (goal: 500)",
        "passage": "click on a number to the marked passage",
        "rerun": f"the whole page of {TURNS} questions drawn again, as the browser sees it",
        "search": "Enter in the library's search to the list",
    }
    rows = [
        f"| {names[name]} | {statistics.median(taken):.0f} | {min(taken):.0f} | {max(taken):.0f} | {len(taken)} |"
        for name, taken in figures.items()
    ]
    head = "| step | median, ms | least | most | rounds |\n|---|--:|--:|--:|--:|"
    made = made_by("python -m benchmarks.page --write")
    said = "Server and browser share the processor. With a load above the number of cores, times are not to be read."
    return "\n".join(["# The page's own steps", "", made, "", said, "", head, *rows]) + "\n"


if __name__ == "__main__":
    main()
