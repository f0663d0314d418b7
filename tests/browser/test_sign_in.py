"""Signing in to the real chat at a real provider, in a real browser: two persons see different things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ARTIFACTS, Server, running
from playwright.sync_api import Browser, BrowserContext, Page, expect
from providers import SWANS, TRAINS, LocalProvider, providing
from talking import LONG, ask, no_serious_faults, rested

import rag
from rag.store.grants import Grant

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    people = {"ann": {"name": "Ann Example"}, "ben": {"name": "Ben Example", "groups": ["wardens"]}, "cleo": {}}
    with providing(people) as made:
        yield made


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed") / "library"
    with rag.Library.open(folder) as library:
        library.add([TRAINS], collection="Rail")
        library.add([SWANS], collection="Birds")
        library.grants.give(Grant("user", "ann", "Rail"))
        library.grants.give(Grant("group", "wardens", "Birds", may_write=True))
    return folder


@pytest.fixture(scope="module")
def chat(articles: Path, provider: LocalProvider) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in provider.settings().items():
            patch.setenv(name, value)
        with running(articles) as started:
            provider.way_back.add(f"{started.address}/oauth2callback")
            yield started


@pytest.fixture
def browsers(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[list[BrowserContext]]:
    """Two browsers that know nothing of each other."""
    made = [chromium.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB") for _ in range(2)]
    yield made
    for number, context in enumerate(made):
        for page in context.pages:
            page.screenshot(path=ARTIFACTS / f"{request.node.name}-{number}.png", timeout=120_000)
        context.close()


def came(browser: BrowserContext, address: str) -> Page:
    """The chat's page before sign-in."""
    page = browser.new_page()
    page.set_default_timeout(LONG)
    page.goto(address)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=LONG)
    rested(page)
    return page


def sign_in(page: Page, person: str) -> Page:
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/authorize"))
    page.get_by_role("link", name=person, exact=True).click()
    return page


def test_two_persons_see_what_their_rights_allow_and_not_each_others_conversations(
    chat: Server, articles: Path, browsers: list[BrowserContext]
) -> None:
    with rag.Library.open(articles) as library:
        swans = next(one.id for one in library.articles() if one.title == SWANS.title)
    link = f"{chat.address}/?article={swans}"
    stranger = came(browsers[0], link)
    assert "Zelthorpe" not in stranger.content()
    assert "Library" not in stranger.content()
    no_serious_faults(stranger)

    ann = sign_in(stranger, "ann")
    expect(ann.get_by_role("alert")).to_contain_text("The article of this link is not in the library", timeout=LONG)
    expect(ann).to_have_url(link)  # back where she wanted to go
    expect(ann.get_by_text("Ann Example")).to_be_visible()
    expect(ann.get_by_role("link", name="Settings")).to_have_count(0)

    ben = sign_in(came(browsers[1], link), "ben")
    expect(ben.get_by_role("region", name="Article: Swans at Zelthorpe")).to_contain_text("Halloran", timeout=LONG)
    shown = ask(ben, "Who fed the swans with barley?")
    expect(shown).to_contain_text("Halloran")
    talk = ben.url

    ann.goto(talk)
    expect(ann.get_by_role("alert")).to_contain_text("The conversation of this link is not here", timeout=LONG)
    refused = ask(ann, "Who fed the swans with barley?")
    for hidden in ("Halloran", "Zelthorpe", "Marsh Gazette"):
        expect(ann.locator("body")).not_to_contain_text(hidden)
    expect(refused).to_be_visible()
    ann.goto(f"{chat.address}/library")
    expect(ann.locator(".st-key-articles")).to_contain_text(TRAINS.title, timeout=LONG)
    expect(ann.locator(".st-key-articles")).not_to_contain_text(SWANS.title)
    expect(ann.get_by_role("button", name="Remove")).to_have_count(0)
    expect(ann.get_by_text("Add articles")).to_have_count(0)
    ben.goto(f"{chat.address}/library")
    expect(ben.locator(".st-key-articles")).to_contain_text(SWANS.title, timeout=LONG)
    expect(ben.locator(".st-key-articles")).not_to_contain_text(TRAINS.title)
    expect(ben.get_by_role("button", name="Remove")).to_have_count(1)


def test_signing_out_closes_all_pages_of_the_browser_and_the_cookie_opens_nothing_more(
    chat: Server, browsers: list[BrowserContext]
) -> None:
    first = sign_in(came(browsers[0], chat.address), "ben")
    expect(first.get_by_test_id("stChatInputTextArea")).to_be_visible(timeout=LONG)
    second = browsers[0].new_page()
    second.goto(f"{chat.address}/library")
    expect(second.locator(".st-key-articles")).to_contain_text(SWANS.title, timeout=LONG)
    rested(second)
    browsers[1].add_cookies(browsers[0].cookies())  # type: ignore[arg-type]
    first.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("button", name="Sign in")).to_be_visible(timeout=LONG)
    second.get_by_role("searchbox").fill("swans")
    second.get_by_role("searchbox").press("Enter")
    expect(second.locator("body")).to_contain_text("Your sign-in has ended", timeout=LONG)
    copied = came(browsers[1], chat.address)
    expect(copied.locator("body")).to_contain_text("Your sign-in has ended")
    assert SWANS.title not in copied.content()


def test_who_has_no_right_who_is_refused_and_whose_token_is_for_another_see_a_clear_page(
    chat: Server, provider: LocalProvider, browsers: list[BrowserContext]
) -> None:
    page = sign_in(came(browsers[0], chat.address), "cleo")
    expect(page.get_by_role("heading", name="Nothing is open to you yet")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("main")).to_contain_text("cleo")
    assert TRAINS.title not in page.content()

    other = sign_in(came(browsers[1], chat.address), "nobody")
    expect(other.get_by_role("alert")).to_contain_text("You could not be signed in", timeout=LONG)
    provider.forge = lambda right: provider.token("another-client", **right | {"azp": "article-chat"})
    try:
        sign_in(other, "ben")
        expect(other.get_by_role("button", name="Sign in")).to_be_visible(timeout=LONG)
        rested(other)
        assert SWANS.title not in other.content()
    finally:
        provider.forge = None
