"""Working with answers in a real browser: quotes on hover, links, copies, panels, export, conversations, scope."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from chat_server import Server
from playwright.sync_api import Page, expect
from talking import EXAMPLE, LONG, ask, chip, listening, no_serious_faults, point_at, rested

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


REDRAWN = """async (link) => {
  const copy = link.cloneNode(true);
  copy.setAttribute('title', link.dataset.tip);
  copy.removeAttribute('aria-describedby');
  link.replaceWith(copy);
  for (let frame = 0; frame < 300 && !copy.hasAttribute('aria-describedby'); frame++) {
    await new Promise((drawn) => requestAnimationFrame(drawn));
  }
  const about = copy.getAttribute('aria-describedby');
  copy.replaceWith(link);
  return about;
}"""


def test_a_chip_shows_its_quote_to_mouse_and_keyboard_and_opens_the_passage_with_its_links(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = chip(ask(page), 3)
    card = point_at(page, link)
    expect(card).to_contain_text("Northern Ledger · 25 May 2022")
    expect(card).to_contain_text("a mistake to agree to a visit")
    assert link.evaluate(REDRAWN) == "quote-card"  # the same chip, drawn anew under the mouse
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()
    page.get_by_test_id("stChatInputTextArea").focus()
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    region = page.get_by_role("region", name=re.compile("^Article: "))
    expect(region.locator("mark").first).to_be_in_viewport()
    original = region.get_by_role("link", name=re.compile("^Original"))
    opening = quote(" ".join(region.locator("mark").first.inner_text().split()[:4]))
    assert f"#:~:text={opening}" in (original.get_attribute("href") or "")
    rested(page)
    region.get_by_role("button", name="Copy link").click()
    expect(region.get_by_role("button", name="Link copied")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    elsewhere = open_page(address)
    expect(elsewhere.locator("mark").first).to_be_in_viewport(timeout=LONG)
    expect(elsewhere.locator("mark").filter(has_text="a mistake to agree to a visit")).to_be_visible()


RICH = """async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"""


def test_an_answer_is_copied_with_its_sources(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = ask(page)
    shown.get_by_role("link", name="Copy").click()
    expect(shown.get_by_role("link", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"{EXAMPLE}\n\n")
    assert re.search(r"^\[2\] .*Northern Ledger, 25 May 2022\. https://", text, re.M)
    rich = page.evaluate(RICH)
    assert EXAMPLE in rich
    assert re.search(r'<sup><a href="https://[^"]+#:~:text=[^"]+">\[1\]</a></sup>', rich)


def test_the_panels_open_beside_the_answer_and_close_by_key(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    shown = ask(page)
    opened = {"Why this answer": "Time taken, in milliseconds", "Timeline": "24 May 2022", "Export": "with its sources"}
    for name, text in opened.items():
        link = shown.get_by_role("link", name=name, exact=True)
        link.click()
        panel = page.locator(".st-key-panel_card")
        expect(panel).to_contain_text(text)
        if name == "Timeline":
            expect(panel.locator("canvas, svg.marks").first).to_be_visible(timeout=LONG)
        no_serious_faults(page)
        rested(page)
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(link).to_be_focused()
        rested(page)


def test_an_answer_is_exported_in_four_forms(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.address)
    ask(page).get_by_role("link", name="Export").click()
    expect(page.locator(".st-key-downloads")).to_be_visible()
    rested(page)
    forms = {
        "Markdown": b"# What did",
        "Web page (HTML)": b"<!doctype html>",
        "PDF": b"%PDF-",
        "Word (DOCX)": b"PK\x03\x04",
    }
    for name, first in forms.items():
        with page.expect_download() as waiting:
            page.locator(".st-key-downloads").get_by_role("button", name=name).click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        assert file.stem == "what-did-the-us-say-about-the-visit"
        assert file.read_bytes().startswith(first)


def test_a_conversation_is_renamed_found_and_deleted(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    ask(page, "How high did US inflation go?")
    page.locator(".st-key-talk-menu button").click()
    page.get_by_role("menuitem", name="Rename").or_(page.get_by_role("option", name="Rename")).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_visible()
    rested(page)
    dialog.get_by_role("textbox").fill("Prices in June")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_have_count(0)
    listed = page.locator(".st-key-conversations").get_by_role("button", name="Prices in June", exact=True)
    expect(listed).to_be_visible()
    rested(page)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text("What do the articles say?")
    rested(page)
    listed.click()
    expect(page.locator("[class*='st-key-foot-']")).to_be_visible()
    rested(page)
    page.locator(".st-key-talk-menu button").click()
    page.get_by_role("menuitem", name="Delete").or_(page.get_by_role("option", name="Delete")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(listed).to_have_count(0)
    expect(page.locator("[class*='st-key-foot-']")).to_have_count(0)


def test_selected_articles_are_asked_alone(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/library")
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible()
    rested(page)
    search.fill("Notre-Dame")
    search.press("Enter")
    expect(page.get_by_text("1 article with")).to_be_visible()
    rested(page)
    page.locator("[class*='st-key-select-'] label").click()
    expect(page.locator(".st-key-ask-selected button")).to_be_visible()
    rested(page)
    page.locator(".st-key-ask-selected button").click()
    expect(page.get_by_role("button", name="Ask all articles")).to_be_visible()
    rested(page)
    shown = ask(page, "What did the US say about the visit?")
    expect(shown).to_contain_text("Asked of: 1 selected article")
    expect(shown).not_to_contain_text("Ned Price")


def test_a_slash_goes_to_the_question_box(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    expect(page.locator(".st-key-suggestions button").first).to_be_visible()
    listening(page)
    page.get_by_role("main").get_by_role("heading", level=2).click()
    page.keyboard.press("/")
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_focused()
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_serious_faults_for_people_who_need_help_to_see_or_click(
    server: Server, open_page: Open, scheme: str
) -> None:
    page = open_page(server.address, scheme=scheme)
    expect(page.locator(".st-key-suggestions button").first).to_be_visible()
    no_serious_faults(page)
    ask(page)
    no_serious_faults(page)
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".st-key-articles [class*='st-key-open-'] button").first).to_be_visible()
    rested(page)
    page.locator(".st-key-articles [class*='st-key-open-'] button").first.click()
    expect(page.get_by_role("region", name=re.compile("^Article: "))).to_be_visible()
    no_serious_faults(page)
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("main").get_by_role("heading", level=2, name="Help")).to_be_visible()
    no_serious_faults(page)
