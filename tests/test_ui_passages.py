"""What the article view gets: paragraphs with the cited passage marked, also when the article has changed or gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import rag
from rag.schema import Article, Citation
from rag.ui import passages
from rag.ui.markdown import byline
from rag.ui.passages import ALSO, CHOSEN, Segment, open_citation, paragraphs
from rag.ui.references import Reference, parse_action, parse_place, parse_reference, parse_span

TEXT = "First paragraph here.\n\nThe gates close at noon. They open at six.\nThird one."


def marked(pieces: tuple[tuple[Segment, ...], ...], kind: str = CHOSEN) -> str:
    return "|".join(text for piece in pieces for text, marked in piece if marked == kind)


def test_exactly_the_cited_characters_are_marked() -> None:
    start = TEXT.index("They open")
    shown = paragraphs(TEXT, (start, start + len("They open at six.")))
    assert len(shown) == 3
    assert marked(shown) == "They open at six."
    assert "".join(text for text, _ in shown[1]) == "The gates close at noon. They open at six."


def test_a_passage_over_two_paragraphs_is_marked_in_both() -> None:
    start, end = TEXT.index("here."), TEXT.index(" close")
    assert marked(paragraphs(TEXT, (start, end))) == "here.|The gates"


def test_other_cited_passages_are_marked_apart_also_where_they_overlap() -> None:
    gates, noon = TEXT.index("The gates"), TEXT.index("noon.")
    shown = paragraphs(TEXT, (gates, gates + 9), [(gates, noon), (TEXT.index("Third"), len(TEXT))])
    assert marked(shown) == "The gates"
    assert marked(shown, ALSO) == " close at |Third one."
    assert "".join(text for text, _ in shown[1]) == "The gates close at noon. They open at six."


def test_nothing_is_marked_without_a_passage() -> None:
    assert marked(paragraphs(TEXT, (0, 0))) == ""


def test_a_very_long_article_is_cut_far_from_the_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "MAX_SIDE", 20)
    text = "a" * 50 + " THE PASSAGE " + "b" * 50
    start = text.index("THE")
    shown = paragraphs(text, (start, start + 11))
    assert marked(shown) == "THE PASSAGE"
    assert shown[0] == shown[-1] == (("[…]", ""),)


def test_reordering_marks_are_taken_out_without_moving_the_passage() -> None:
    text = "\u202eabc def\u202c ghi"
    start = text.index("def")
    assert marked(paragraphs(text, (start, start + 3))) == "def"


def test_byline_names_what_is_known() -> None:
    assert byline("The Courier", date(2022, 5, 4), "3 passages") == "The Courier · 4 May 2022 · 3 passages"
    assert byline(None, None) == ""


@pytest.fixture
def library(tmp_path: Path) -> rag.Library:
    return rag.Library.open(tmp_path / "library")


def cited(article_id: str, text: str, quote: str) -> Citation:
    start = text.find(quote)
    return Citation(
        number=1, article_id=article_id, title="Old title", start=start, end=start + len(quote), quote=quote
    )


def test_an_article_that_is_gone_still_shows_what_was_quoted(library: rag.Library) -> None:
    opened = open_citation(library, "m1-1", cited("nowhere", TEXT, "Third one."))
    assert opened.notice == passages.GONE
    assert marked(opened.paragraphs) == "Third one."


def test_a_changed_article_is_searched_for_the_quote_and_says_so_when_it_is_not_there(library: rag.Library) -> None:
    body = "The council met on Monday. The gates close at noon on every weekday. Boats wait outside until six."
    (article_id,) = library.add([Article(title="Gates", text=body)]).added
    text = library.article(article_id).text  # type: ignore[union-attr]
    moved = cited(article_id, "x" * 7 + text, "The gates close at noon on every weekday.")
    assert marked(open_citation(library, "m1-1", moved).paragraphs) == moved.quote
    other = open_citation(library, "m1-1", cited(article_id, "The gates never close.", "The gates never close."))
    assert other.notice == passages.CHANGED
    assert marked(other.paragraphs) == "The gates never close."


@pytest.mark.parametrize("text", ["", "m", "m1", "m1-", "m1-x1", "m1-c", "x1-1", "m1-1-1", "m١-1", "m1-" + "1" * 20])
def test_an_address_that_names_no_citation_names_nothing(text: str) -> None:
    assert parse_reference(text) is None


def test_addresses_name_citations_spans_and_actions() -> None:
    assert parse_reference("m12-3") == Reference("m12", "", 3)
    assert parse_reference("m2-c1") == Reference("m2", "c", 1)
    assert parse_span("120-240") == (120, 240)
    assert parse_span("120-") is parse_span("-1-2") is None
    assert parse_place("at-an-article-120-240") == ("an-article", "120-240")
    assert parse_place("at-120-240") is parse_place("an-article-120-240") is None
    assert parse_action("export-all") == ("export", "all")
    assert parse_action("delete-m1") is parse_action("copy-everything") is None
