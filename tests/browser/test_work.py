"""Working with answers in a real browser: quotes on hover, links, copies, panels, export, conversations, scope."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_server import Server
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
EXAMPLE = "What did the US say about the visit?"
LONG = 120_000  # milliseconds: a busy machine is slow, not wrong


def asked(page: Page, question: str = EXAMPLE) -> Locator:
    """The answer to a question, with its foot."""
    before = page.locator("[class*='st-key-foot-']").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("[class*='st-key-foot-']")).to_have_count(before + 1, timeout=LONG)
    return page.get_by_role("group", name="Chat message from assistant").last


def no_serious_faults(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in serious]


def test_a_chip_shows_its_quote_to_mouse_and_keyboard_and_opens_the_passage_with_its_links(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chip = asked(page).locator("a[href='#cite-m1-1']").first
    chip.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("Northern Ledger · 25 May 2022")
    expect(card).to_contain_text("it was a mistake")
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()
    page.get_by_test_id("stChatInputTextArea").focus()
    chip.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    region = page.get_by_role("region", name=re.compile("^Article: "))
    expect(region.locator("mark").first).to_be_in_viewport()
    original = region.get_by_role("link", name=re.compile("^Original"))
    assert "#:~:text=%22We%20think%20it%20was" in (original.get_attribute("href") or "")
    region.get_by_role("button", name="Copy link").click()
    expect(region.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    region.get_by_role("button", name="Passage after").click()
    expect(region.get_by_text("2 of ")).to_be_visible()
    elsewhere = open_page(link)
    expect(elsewhere.locator("mark").first).to_be_in_viewport(timeout=LONG)
    expect(elsewhere.locator("mark").first).to_contain_text("it was a mistake")


def test_an_answer_is_copied_with_its_sources(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = asked(page)
    shown.get_by_role("link", name="Copy").click()
    expect(shown.get_by_role("link", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"{EXAMPLE}\n\n")
    assert re.search(r"^\[1\] “.*it was a mistake.*” .*Northern Ledger, 25 May 2022\. https://", text, re.M)


def test_the_panels_open_beside_the_answer_and_close_by_key(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    shown = asked(page)
    opened = {"Why this answer": "Milliseconds by step", "Timeline": "20 May 2022", "Export": "with its sources"}
    for name, text in opened.items():
        link = shown.get_by_role("link", name=name, exact=True)
        link.click()
        panel = page.locator(".st-key-panel_card")
        expect(panel).to_contain_text(text)
        if name == "Timeline":
            expect(panel.locator("canvas, svg.marks").first).to_be_visible(timeout=LONG)
        no_serious_faults(page)
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(link).to_be_focused()


def test_an_answer_is_exported_in_three_forms(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(server.address)
    asked(page).get_by_role("link", name="Export").click()
    for name, first in (("Markdown", b"# What did"), ("Web page (HTML)", b"<!doctype html>"), ("PDF", b"%PDF-")):
        with page.expect_download() as waiting:
            page.locator(".st-key-downloads").get_by_role("button", name=name).click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        assert file.stem == "what-did-the-us-say-about-the-visit"
        assert file.read_bytes().startswith(first)


def test_a_conversation_is_renamed_found_and_deleted(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    asked(page, "How high did US inflation go?")
    page.locator(".st-key-talk-menu button").click()
    page.get_by_role("menuitem", name="Rename").or_(page.get_by_role("option", name="Rename")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Prices in June")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_have_count(0)
    listed = page.locator(".st-key-conversations").get_by_role("button", name="Prices in June")
    expect(listed).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("What do the articles say?")
    listed.click()
    expect(page.locator("[class*='st-key-foot-']")).to_be_visible()
    page.locator(".st-key-talk-menu button").click()
    page.get_by_role("menuitem", name="Delete").or_(page.get_by_role("option", name="Delete")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(listed).to_have_count(0)
    expect(page.locator("[class*='st-key-foot-']")).to_have_count(0)


def test_selected_articles_are_asked_alone(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/library")
    search = page.get_by_role("searchbox")
    search.fill("Notre-Dame")
    search.press("Enter")
    expect(page.get_by_text("1 article with")).to_be_visible()
    page.locator("[class*='st-key-select-'] label").click()
    page.locator(".st-key-ask-selected button").click()
    expect(page.get_by_role("button", name="Ask all articles")).to_be_visible()
    shown = asked(page, "What did the US say about the visit?")
    expect(shown).to_contain_text("Asked of: 1 selected article")
    expect(shown).not_to_contain_text("Ned Price")


def test_a_slash_goes_to_the_question_box(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    expect(page.locator(".st-key-suggestions button").first).to_be_visible()
    expect(page.locator(".st-key-cites [role=status]")).to_be_attached()  # the listener is there
    page.get_by_role("heading", level=2).click()
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
    asked(page)
    no_serious_faults(page)
    page.get_by_role("link", name="Library").click()
    page.locator(".st-key-articles [class*='st-key-open-'] button").first.click()
    expect(page.get_by_role("region", name=re.compile("^Article: "))).to_be_visible()
    no_serious_faults(page)
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=2, name="Help")).to_be_visible()
    no_serious_faults(page)
