"""What stands in the address: a reload and a shared link show the same; a link that leads nowhere says so."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from chat_server import Server
from playwright.sync_api import Page, expect
from talking import LONG, ask, chip, listening, rested

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
COUNTED = "How many articles mention China?"


def rows(page: Page) -> list[str]:
    """Titles of the listed articles."""
    return page.locator(".st-key-articles [class*='st-key-open-'] button").all_inner_texts()


def test_the_scope_is_in_the_address_and_a_shared_link_asks_the_same_articles(server: Server, open_page: Open) -> None:
    page = open_page(server.address)
    rested(page)
    page.locator(".st-key-scope-button button").click()
    page.get_by_role("combobox", name="Outlet").click()
    page.get_by_role("option", name="Meridian Wire").click()
    expect(page).to_have_url(re.compile(r"only_outlet=Meridian\+Wire"))
    shared = open_page(f"{server.address}/?only_outlet=Meridian+Wire&only_since=2022-05-24&only=..%2F&only_until=soon")
    expect(shared.locator(".st-key-scope-button")).to_contain_text("Meridian Wire, since 24 May 2022")
    shown = ask(shared, COUNTED)
    expect(shown).to_contain_text("Asked of: Meridian Wire, since 24 May 2022")
    expect(shown).not_to_contain_text("Northern Ledger")
    assert "only_since=2022-05-24" in shared.url


def test_the_list_of_the_library_is_in_the_address_and_going_to_the_chat_and_back_keeps_both(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    ask(page, COUNTED).locator("a[href='#cite-m1-2']").click()
    expect(page.locator("mark").first).to_be_visible()
    expect(page).to_have_title(f"{COUNTED} · Article Chat")
    talk = page.url
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("button", name="Page 2")).to_be_visible()
    expect(page).to_have_title("Library · Article Chat")
    rested(page)
    first = rows(page)
    page.get_by_role("button", name="Page 2").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator(".st-key-articles")).not_to_contain_text(first[0])
    listing = page.url
    page.get_by_role("link", name="Chat").click()
    expect(page.locator("mark").first).to_be_visible()
    assert page.url == talk
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".st-key-articles")).not_to_contain_text(first[0])
    assert page.url == listing
    page.go_back()
    expect(page.locator("mark").first).to_be_visible(timeout=LONG)
    page.goto(listing)
    page.reload()  # the session has gone; the tab remembers where the chat was
    expect(page.locator(".st-key-articles")).not_to_contain_text(first[0])
    kept = page.locator(".st-key-pages").get_by_role("link", name="Chat")
    expect(kept).to_have_attribute("href", re.compile(r"[?&]c="))
    rested(page)
    kept.click()
    expect(page.locator("mark").first).to_be_visible(timeout=LONG)
    assert page.url == talk
    shared = open_page(f"{server.address}/library?q=Kiptum&order=Oldest+first&page=7")
    expect(shared.get_by_text("with “Kiptum”")).to_be_visible()
    expect(shared.get_by_role("searchbox")).to_have_value("Kiptum")


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("?c=nobody&src=m1-1", "The conversation of this link is not here"),
        ("?article=nobody", "The article of this link is not in the library"),
        ("library?article=nobody", "The article of this link is not in the library"),
    ],
)
def test_a_link_to_what_is_gone_says_so(server: Server, open_page: Open, link: str, said: str) -> None:
    page = open_page(f"{server.address}/{link}")
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("alert")).to_have_count(1)


def test_a_link_to_a_passage_that_the_conversation_does_not_have_says_so_and_closes(
    server: Server, open_page: Open
) -> None:
    page = open_page(server.address)
    shown = ask(page, COUNTED)
    page.goto(f"{page.url}&src=m1-99")
    expect(page.get_by_role("alert")).to_contain_text("not in this conversation")
    listening(page)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("alert")).to_have_count(0)
    chip(shown).click()
    expect(page.locator("mark").first).to_be_visible()


def test_the_library_search_finds_words_of_the_text_and_opens_them(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/library?q=%22closed+loop%22+guangzhou")
    row = page.locator("[class*='st-key-row-']", has_text="closed loop").first
    expect(row.locator("[class*='st-key-found-']")).to_contain_text(re.compile("closed loop|Guangzhou"))
    listening(page)
    row.get_by_role("button").first.click()
    expect(page.locator("mark").first).to_contain_text(re.compile("closed loop|Guangzhou"))
    search = page.get_by_role("searchbox")
    search.fill("zzzyx")
    search.press("Enter")
    expect(page.get_by_text("0 articles with")).to_be_visible()
