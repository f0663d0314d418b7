"""The list of conversations: by date, each with a menu; deleting says what is deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chat_server import Server, running
from playwright.sync_api import Browser, Page, expect
from talking import ask, no_serious_faults, rested

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_a_row_of_the_list_renames_exports_and_deletes_a_conversation_that_is_not_open(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    ask(page, "How many articles mention Kiptum?")
    ask(page, "Which outlets reported on Kiptum?")
    rested(page)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What do the articles say?")).to_be_visible()
    expect(page.get_by_role("heading", level=3, name="Today")).to_be_visible()
    rested(page)
    menu = page.get_by_role("button", name="Options for How many articles mention Kiptum?")
    menu.click()
    page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Marathon")
    dialog.get_by_role("button", name="Rename").click()
    menu = page.get_by_role("button", name="Options for Marathon")
    expect(menu).to_be_visible()
    rested(page)
    menu.click()
    page.get_by_role("menuitem", name="Export").click()
    expect(page.locator(".st-key-panel_card")).to_contain_text("The whole conversation")
    rested(page)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What do the articles say?")).to_be_visible()
    rested(page)
    menu.click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(dialog).to_contain_text("All 2 questions and their answers, asked since")
    no_serious_faults(page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(menu).to_be_visible()
    rested(page)
    menu.click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(menu).to_have_count(0)


def test_the_end_of_the_server_is_said_in_the_chats_words(chromium: Browser, tmp_path: Path) -> None:
    page = chromium.new_page()  # not open_page: the browser notes that the server does not answer
    with running(tmp_path / "library") as server:
        page.goto(server.address)
        expect(page.get_by_text("The library is empty")).to_be_visible()
        rested(page)
    expect(page.get_by_role("alert")).to_contain_text("server has ended", timeout=60_000)
    expect(page.get_by_role("dialog")).to_have_count(0)  # Streamlit's own
    page.close()
