"""Twenty people at once: every one is answered, and nobody sees what another has asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chat_server import Server
from playwright.sync_api import Page, expect
from talking import LONG, answer, rested

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
Open = Callable[..., Page]
USERS = 20
# Questions with what their answers must hold; four times five people ask.
ASKED = {
    "What did the US say about the visit?": "Price",
    "How high did consumer prices in the United States rise in June 2022?": "9.1",
    "How many people died in the Beirut explosion, according to Human Rights Watch?": "218",
    "Who struck the main portal of Notre-Dame with his staff?": "Ulrich",
    "How much did Musk pay for Twitter?": "44 billion",
}


def test_twenty_sessions_ask_at_once_and_each_gets_its_own_answer(server: Server, open_page: Open) -> None:
    first = open_page(server.address)
    pages = [first, *(first.context.new_page() for _ in range(USERS - 1))]  # tabs: each is a session of its own
    for page in pages:
        page.set_default_timeout(LONG)
        if page is not first:
            page.goto(server.address)
    for page in pages:
        expect(page.locator(".st-key-suggestions button").first).to_be_visible(timeout=LONG)
        rested(page)
    questions = [list(ASKED)[number % len(ASKED)] for number in range(USERS)]
    for page, question in zip(pages, questions, strict=True):
        page.get_by_test_id("stChatInputTextArea").fill(question)
    for page in pages:
        page.get_by_test_id("stChatInputTextArea").press("Enter")
    for page, question in zip(pages, questions, strict=True):
        shown = answer(page, 0)
        expect(shown.locator("[class*='st-key-foot-']")).to_be_visible(timeout=5 * LONG)
        expect(shown).to_contain_text(ASKED[question])
        expect(page.get_by_role("group", name="Chat message from user")).to_have_count(1)
        expect(page.get_by_role("group", name="Chat message from user")).to_have_text(question)
    assert len({page.url for page in pages}) == USERS  # a conversation each
