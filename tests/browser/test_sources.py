"""Reading the sources of an answer that was kept: marks in the article, names for who hears the page, feedback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from chat_server import ROOT, Server
from playwright.sync_api import Page, expect
from talking import listening, no_serious_faults

import rag
from rag.schema import Answer, AnswerSentence, Article, Citation

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
TITLE = 'Washington calls Bachelet\'s trip to China "a mistake"'
FIRST = "The United States has sharpened its criticism"
SECOND = '"We think it was a mistake'


def cited(article: Article, number: int, words: str) -> Citation:
    """The sentence that begins with these words."""
    start = article.text.index(words)
    end = article.text.index(".", start) + 1
    return Citation(
        number=number, article_id=article.id, title=article.title, start=start, end=end,
        quote=article.text[start:end], publisher=article.publisher, published=article.published, url=article.url,
    )  # fmt: skip


@pytest.fixture
def keep(server: Server) -> Iterator[Callable[[Callable[[Article], Answer]], str]]:
    """Keeps a conversation with an answer on the article, as the chat would have; gives its address."""
    kept: list[str] = []

    def made(answered: Callable[[Article], Answer]) -> str:
        name = f"kept-{uuid4().hex}"  # the server remembers the conversations that it has shown
        with rag.Library.open(server.library) as library:
            (article,) = library.articles(query="Washington Bachelet mistake")
            assert article.title == TITLE
            table = library.conversations
            table.begin(name, 1, "Did the US welcome the visit?")
            table.finish(name, 1, "done", answered(article))
        kept.append(name)
        return f"{server.address}/?c={name}"

    yield made
    with rag.Library.open(server.library) as library:
        for name in kept:
            library.conversations.delete(name)


def two_sentences(article: Article) -> Answer:
    """An answer of two sentences of one article."""
    places = (cited(article, 1, FIRST), cited(article, 2, SECOND))
    said = tuple(AnswerSentence(one.quote, (one,), 1.0, True) for one in places)
    text = " ".join(f"{one.quote} [{one.number}]" for one in places)
    return Answer(
        question="q", text=text, answered=True, sentences=said, citations=places, confidence=0.9, model="reader",
        speakers=("Ned Price", "Ned Price"),
    )  # fmt: skip


def correction(article: Article) -> Answer:
    """A refusal with what the article says instead."""
    return Answer(
        question="Did the US welcome the visit?", text="The articles do not say.", answered=False, kind="refusal",
        correction=(cited(article, 1, SECOND),),
    )  # fmt: skip


def test_what_the_articles_say_otherwise_stands_in_the_refusal_and_opens_its_place(
    keep: Callable[..., str], open_page: Open
) -> None:
    page = open_page(keep(correction))
    told = page.locator("[class*='st-key-sources-m1-o']")
    expect(told.get_by_role("heading", name="The articles say otherwise:")).to_be_visible()
    expect(told).to_contain_text("We think it was a mistake to agree to a visit")
    listening(page)
    told.get_by_role("link").first.click()
    expect(page.locator("mark").first).to_contain_text("We think it was a mistake to agree to a visit")
    expect(page).to_have_url(re.compile("src=m1-o1"))


def test_all_cited_sentences_of_the_open_article_are_marked_and_the_chosen_one_stronger(
    keep: Callable[..., str], open_page: Open
) -> None:
    page = open_page(f"{keep(two_sentences)}&src=m1-1")
    region = page.get_by_role("region", name=re.compile("^Article: "))
    expect(region.locator("mark")).to_have_count(1)
    expect(region.locator("mark")).to_contain_text(FIRST)
    expect(region.locator(".also")).to_contain_text("We think it was a mistake")
    listening(page)
    region.get_by_role("button", name="Passage after").click()
    expect(region.locator("mark")).to_contain_text("We think it was a mistake")
    expect(region.locator(".also")).to_contain_text(FIRST)


def test_who_hears_the_page_is_told_what_a_number_leads_to_and_finds_questions_speakers_and_sources_by_headings(
    keep: Callable[..., str], open_page: Open
) -> None:
    page = open_page(keep(two_sentences))
    expect(page.get_by_role("link", name="Source 1, Northern Ledger · 25 May 2022").first).to_be_visible()
    for level, name in ((2, "Did the US welcome the visit?"), (3, "Ned Price"), (3, "Source")):
        expect(page.get_by_role("heading", level=level, name=name, exact=True)).to_be_visible()
    chips = page.locator("[class*='st-key-answer'] a[href^='#cite-']").all()
    assert chips
    for chip in chips:
        box = chip.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    no_serious_faults(page)


def test_a_source_is_called_wrong_kept_listed_and_taken_back(
    server: Server, keep: Callable[..., str], open_page: Open
) -> None:
    page = open_page(f"{keep(two_sentences)}&src=m1-2")
    listening(page)
    page.get_by_role("button", name="Wrong source?").click()
    called = page.get_by_role("button", name="Called a wrong source. Undo")
    expect(called).to_be_visible()
    command = [sys.executable, "-m", "rag", "--library", str(server.library), "feedback", "--json"]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    (wrong,) = [one for one in told if "quote" in one]
    assert wrong["reference"] == "m1-2"
    assert wrong["quote"].startswith(SECOND)
    listening(page)
    page.reload()
    expect(called).to_be_visible()
    listening(page)
    called.click()
    expect(page.get_by_role("button", name="Wrong source?")).to_be_visible()
