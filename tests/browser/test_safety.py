"""Hostile text in title, author, outlet, address, body and file name is text on every page and in every panel."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_server import Server, running
from playwright.sync_api import Page, expect
from talking import LONG, ask, point_at, rested

import rag

sys.path.insert(0, str(Path(__file__).parents[1]))
from payloads import PAYLOADS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG_LINE = "x" * 1_000_000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A chat over articles that are made of payloads, and one with a line of a megabyte."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        {
            "title": f"Keeper {number} {payload}",
            "author": payload,
            "publisher": f"Outlet {payload}",
            "url": f"javascript:window.__pwn=1//{payload}" if number % 2 else f"https://a.example/{payload}",
            "published": "2024-03-05",
            "text": f"The keeper of lighthouse number {number} is called Tamsin {payload} Orle, the board said. "
            "The keeper lights the lamp each evening.",
        }
        for number, payload in enumerate(PAYLOADS, start=1)
    ]
    (folder / "keepers.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "long.txt").write_text(f"The lamp of Orrin was sold on Sunday.\n{LONG_LINE}\n")
    library = folder / "library"
    with rag.Library.open(library) as opened:
        report = opened.add([folder / "keepers.jsonl", folder / "long.txt"])
        assert len(report.added) >= 40
    with running(library) as started:
        yield started


def is_text_only(page: Page) -> None:
    """Nothing ran, nothing was drawn from the articles but text, and no link leads where an article wants.

    The link to itself that Streamlit gives a heading, and the page's own name, are not the articles'.
    """
    assert page.evaluate("window.__pwn") is None
    drawn = page.locator("[data-testid='stMarkdownContainer']").locator(
        "img, script, iframe, object, form, svg:not([data-testid='stHeaderActionElements'] *), math, style, table, "
        "code, pre, .katex, h1:not(#article-chat), input, video"
    )
    assert drawn.count() == 0, drawn.first.evaluate("e => e.outerHTML")
    assert page.locator("h1").count() == 1
    links = page.locator(
        "[data-testid='stMarkdownContainer'] a:not([data-testid='stHeaderActionElements'] *)"
    ).evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert [link for link in links if not link.startswith(("#cite-", "#act-"))] == []


def test_pages_of_payloads_are_pages_of_text(hostile: Server, open_page: Open) -> None:
    page = open_page(f"{hostile.address}/library")
    rows = page.locator(".st-key-articles [class*='st-key-open-'] button")
    expect(rows.first).to_be_visible(timeout=60_000)
    assert len(PAYLOADS) >= 40
    rested(page)
    seen = rows.count()
    is_text_only(page)
    for number in range(2, 2 + len(PAYLOADS) // 20):
        before = rows.first.inner_text()
        page.locator("[class*='st-key-page-']").get_by_text(str(number), exact=True).first.click()
        expect(rows.first).not_to_have_text(before)
        rested(page)
        is_text_only(page)
        seen += rows.count()
    assert seen > 40
    rows.first.click()
    region = page.get_by_role("region", name=re.compile("^Article: "))
    expect(region).to_contain_text("Tamsin")
    assert region.locator("a[href^='javascript' i]").count() == 0
    for tab in ("Passages", "Details"):
        rested(page)
        page.get_by_role("tab", name=tab).click()
        is_text_only(page)


def test_answers_and_panels_show_payloads_as_text(hostile: Server, open_page: Open) -> None:
    page = open_page(hostile.address)
    for number in (1, 28, 41):
        shown = ask(page, f"What is the keeper of lighthouse number {number} called? {PAYLOADS[number]}")
        expect(shown.locator("[class*='st-key-sources-']")).to_be_visible()
        is_text_only(page)
    for panel, name in (("why", "Why this answer"), ("export", "Export")):
        page.locator(f"a[href='#act-{panel}-m1']").click()
        expect(page.locator(".st-key-panel_card").get_by_role("heading", name=name)).to_be_visible()
        rested(page)
        is_text_only(page)
    expect(point_at(page, page.locator("a[href^='#cite-m1-']").first)).to_contain_text("keeper")
    is_text_only(page)


def test_an_uploaded_file_with_a_hostile_name_is_named_as_text(
    hostile: Server, open_page: Open, tmp_path: Path
) -> None:
    file = tmp_path / "<img src=x onerror=window.__pwn=1>.txt"
    file.write_text("")
    page = open_page(f"{hostile.address}/library")
    expect(page.get_by_text("Add articles", exact=True)).to_be_visible()
    rested(page)
    page.get_by_text("Add articles", exact=True).click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_role("tabpanel", name="Files").get_by_role("button", name="Add to the library").click()
    expect(page.get_by_role("alert")).to_contain_text("was not added", timeout=60_000)
    assert page.evaluate("window.__pwn") is None


def test_a_line_of_a_megabyte_does_not_stop_the_page(hostile: Server, open_page: Open) -> None:
    page = open_page(f"{hostile.address}/library")
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible()
    rested(page)
    search.fill("lamp of Orrin")
    search.press("Enter")
    expect(page.get_by_text("1 article with")).to_be_visible(timeout=LONG)
    rested(page)
    page.locator(".st-key-articles [class*='st-key-open-'] button").click()
    expect(page.get_by_role("region", name=re.compile("^Article: "))).to_contain_text("lamp of Orrin", timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
