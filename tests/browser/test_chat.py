"""What a reader of the demo corpus sees and can do, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_server import Server, running
from playwright.sync_api import Page, expect
from talking import EXAMPLE, answer, ask, ask_example, chip, no_serious_faults, rested

import rag

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

BARE = (
    "import sys, streamlit as st; st.App({script!r}).run(config={{'server.port': int(sys.argv[1]),"
    " 'server.address': '127.0.0.1', 'server.headless': True}})"
)


def seconds_to_paint(server: Server, page: Page) -> float:
    """From the start of the server's process to the heading."""
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_be_visible()
    return time.monotonic() - server.started


def test_the_example_is_answered_in_the_spokespersons_words_and_the_chip_opens_them(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text("What do the articles say?")
    shown = ask_example(page)
    expect(shown).to_contain_text("Price")
    expect(shown).to_contain_text("mistake")
    quoted = shown.locator("li, p", has_text="mistake").locator("a[href^='#cite-']").first
    quoted.click()
    region = page.get_by_role("region", name=re.compile("^Article: "))
    mark = region.locator("mark").first
    expect(mark).to_be_in_viewport()
    expect(shown).to_contain_text(mark.inner_text()[:60])
    expect(shown).to_be_visible()
    no_serious_faults(page)
    page.keyboard.press("Escape")
    expect(region).to_have_count(0)
    expect(quoted).to_be_focused()


def test_the_open_passage_is_in_the_address_so_reload_and_back_work(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    chip(ask_example(page)).click()
    expect(page).to_have_url(re.compile("src=m1-1"))
    page.reload()
    expect(page.locator("mark").first).to_be_in_viewport()
    expect(answer(page, 0)).to_contain_text("Price")
    rested(page)
    page.get_by_role("button", name="Close the article").click()
    expect(page.locator("mark")).to_have_count(0)
    rested(page)
    page.go_back()
    expect(page.locator("mark").first).to_be_visible()


def test_the_keyboard_alone_opens_and_closes_a_passage(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    link = chip(ask_example(page))
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_be_in_viewport()
    rested(page)
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_a_phone_shows_the_passage_in_a_sheet_without_sideways_scrolling(server: Server, open_page: Open) -> None:
    page = open_page(server.address, width=390, height=844, scheme="dark")
    answer = ask_example(page)
    titles = answer.locator("[class*='st-key-sources-'] strong a")
    card = answer.locator("[class*='st-key-sources-']").bounding_box()
    assert card is not None
    for title in titles.all():
        box = title.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= card["x"] + card["width"]
    chip(answer).click()
    expect(page.locator("mark").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    no_serious_faults(page)
    page.get_by_role("button", name="Close the article").click()
    expect(page.locator("mark")).to_have_count(0)


def test_a_refusal_shows_the_nearest_passages_and_opens_them(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    shown = ask(page, "What did the mayor of Atlantis pay for the opera tickets?")
    expect(shown).to_contain_text("articles do not say")
    shown.locator("a[href^='#cite-m1-c']").first.click()
    expect(page.locator("mark").first).to_be_in_viewport()


def test_an_article_added_by_another_process_is_found_by_the_next_question(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    ask_example(page)
    text = (
        "The clock tower of Quellenbrunn was repaired for 3,412 crowns, the town's treasurer Ida Marsk said on Monday."
    )
    with rag.Library.open(server.library) as library:
        (article_id,) = library.add([rag.Article(title="Quellenbrunn clock repaired", text=text)]).added
        try:
            expect(ask(page, "How much did the clock tower of Quellenbrunn cost?")).to_contain_text("3,412 crowns")
        finally:
            library.remove(article_id)


def test_uploaded_hostile_text_is_shown_as_text_everywhere(server: Server, open_page: Open, tmp_path: Path) -> None:
    payload = (
        "<img src=x onerror='window.__pwn=1'><script>window.__pwn=1</script> [x](javascript:alert(1)) $a$ :smile: <b>"
    )
    file = tmp_path / "hostile.md"
    file.write_text(
        f'---\ntitle: "Zorvath {payload.replace(chr(34), "")}"\npublisher: "**P** <i>"\n---\n\n'
        f"The archivist of Zorvath keeps nineteen keys {payload} in a tin. He counts them each night before bed.\n"
    )
    page = open_page(f"{server.address}/library")
    expect(page.get_by_text("Add articles", exact=True)).to_be_visible()
    rested(page)
    page.get_by_text("Add articles", exact=True).click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file, tmp_path / "none.txt"][:1])
    page.get_by_role("tabpanel", name="Files").get_by_role("button", name="Add to the library").click()
    expect(page.get_by_text("1 added")).to_be_visible(timeout=60_000)
    rested(page)
    page.get_by_role("button", name=re.compile("^Zorvath")).click()
    region = page.get_by_role("region", name=re.compile("^Article: "))
    expect(region).to_contain_text("Zorvath <img src=x")
    expect(region).to_contain_text("nineteen keys")
    rested(page)
    page.get_by_role("link", name="Chat").click()
    shown = ask(page, "How many keys does the archivist of Zorvath keep?")
    expect(shown).to_contain_text("<script>window.__pwn=1</script> [x](javascript:alert(1)) $a$")
    assert page.evaluate("window.__pwn") is None
    assert page.get_by_role("main").locator("img, script, iframe").count() == 0
    assert all(
        (link.get_attribute("href") or "").startswith(("#cite-", "#act-")) for link in shown.get_by_role("link").all()
    )  # fmt: skip
    with rag.Library.open(server.library) as library:
        for article in library.articles(query="Zorvath"):
            library.remove(article.id)


def test_the_library_page_searches_previews_and_removes(server: Server, open_page: Open) -> None:
    with rag.Library.open(server.library) as library:
        library.add([rag.Article(title="Throwaway gazette", text="The gazette of Plinth closed after ninety years.")])
    page = open_page(f"{server.address}/library")
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible()
    rested(page)
    search.fill("Throwaway")
    search.press("Enter")
    expect(page.get_by_text("1 article with")).to_be_visible()
    rested(page)
    page.get_by_role("button", name="Throwaway gazette", exact=True).click()
    expect(page.get_by_role("region", name="Article: Throwaway gazette")).to_be_visible()
    no_serious_faults(page)
    remove = page.locator(".st-key-articles [class*='st-key-remove-'] button")
    expect(remove).to_have_count(1)
    dialog = page.get_by_role("dialog")
    remove.click()
    expect(dialog).to_contain_text("Throwaway gazette")
    expect(dialog).to_contain_text("Its text is deleted, with 1 passage")
    no_serious_faults(page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("1 article with")).to_be_visible()
    rested(page)
    remove.click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("0 articles with")).to_be_visible()
    expect(dialog).to_have_count(0)
    rested(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 article with")).to_be_visible()
    rested(page)
    remove.click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("0 articles with")).to_be_visible()


def test_the_page_paints_before_the_models_are_there_and_an_early_question_waits(
    corpus: Path, open_page: Open, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.py"
    bare.write_text("import streamlit as st\nst.header('Bare')\n")
    with running(corpus, BARE.format(script=str(bare))) as reference:
        page = open_page(reference.address)
        seconds_bare = seconds_to_paint(reference, page)
        page.goto("about:blank")  # before its server ends, which the page would report
    with running(corpus) as fresh:
        page = open_page(fresh.address)
        seconds = seconds_to_paint(fresh, page)
        expect(ask(page, EXAMPLE)).to_contain_text("Price")
        page.goto("about:blank")
    # Against a page with one heading, so that a busy machine does not matter; models loaded first would make it 5.
    assert seconds < 3 * seconds_bare, f"painted after {seconds:.1f} s, a bare page after {seconds_bare:.1f} s"


def test_an_empty_library_says_how_to_begin(open_page: Open, tmp_path: Path) -> None:
    with running(tmp_path / "library") as empty:
        page = open_page(empty.address)
        expect(page.get_by_text("The library is empty")).to_be_visible()
        rested(page)
        page.get_by_role("button", name="Add articles").click()
        expect(page.get_by_test_id("stFileUploaderDropzoneInput")).to_be_attached()
        page.goto("about:blank")
