"""Replies that are no answers of a passage, and what binds panel and answer, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chat_server import Server
from playwright.sync_api import Page, expect
from talking import LONG, ask, no_serious_faults, rested

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
COUNTED = "How many articles mention China?"


def current(page: Page) -> list[str]:
    """The links that are marked as open."""
    return page.locator("a[aria-current='true']").evaluate_all("links => links.map(one => one.getAttribute('href'))")


def test_a_list_of_the_library_opens_its_articles_and_the_keys_step(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    shown = ask(page, COUNTED)
    expect(shown.get_by_text("articles mention “China”")).to_be_visible()
    shown.locator("a[href='#cite-m1-2']").click()
    expect(page.locator("mark").first).to_be_visible()
    assert current(page) == ["#cite-m1-2"]
    page.keyboard.press("]")
    expect(page.locator("a[href='#cite-m1-3'][aria-current='true']")).to_be_visible()
    assert "src=m1-3" in page.url
    page.keyboard.press("[")
    expect(page.locator("a[href='#cite-m1-2'][aria-current='true']")).to_be_visible()


def test_the_question_of_a_long_answer_stays_in_view(server: Server, open_page: Open) -> None:
    page = open_page(server.address, height=700)
    ask(page, COUNTED)
    ask(page, "How many articles are there?")
    expect(page.get_by_role("group", name="Chat message from user").last).to_be_in_viewport(timeout=LONG)


def test_no_invisible_letter_stands_in_text_that_people_select(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    ask(page, COUNTED)
    expect(page.locator(".stApp")).not_to_contain_text("\u2060")


def test_a_greeting_is_answered_with_questions_to_ask(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("hi")
    box.press("Enter")
    expect(page.locator("[class*='st-key-next-m1-']").first).to_be_visible(timeout=LONG)


def test_a_text_is_checked_and_its_quotations_open(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/check")
    page.get_by_label("Text to check").fill("Kiptum ran the first half in 71 minutes and 12 seconds.")
    page.get_by_role("main").get_by_role("button", name="Check").click()
    told = page.locator("[class*='st-key-claim-contradicted']")
    expect(told).to_be_visible(timeout=LONG)
    rested(page)
    no_serious_faults(page)
    told.get_by_role("link").first.click()
    expect(page.locator("mark").first).to_contain_text("60 minutes and 48 seconds")


def test_below_1200_pixels_the_article_is_a_sheet(server: Server, open_page: Open) -> None:
    page = open_page(server.address, width=1024)
    shown = ask(page, COUNTED)
    wide = shown.bounding_box()
    shown.locator("a[href='#cite-m1-1']").click()
    expect(page.locator("mark").first).to_be_visible()
    after = shown.bounding_box()
    assert wide is not None
    assert after is not None
    assert after["width"] == wide["width"]
    sheet = page.get_by_role("region", name="Article:").bounding_box()
    assert sheet is not None
    assert sheet["x"] >= 300  # beside the open sidebar, not under it
