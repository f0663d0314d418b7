"""Stories: syndicated copies are one article with several sources; changed articles keep what citations quoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from embedders import DIMENSION, HashEmbedder, never
from test_ingest_pipeline import counts

import rag
from rag.answering.citations import cite
from rag.ingest.frontmatter import split_front_matter
from rag.ingest.pipeline import add_sources
from rag.ingest.stories import remove_source
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Article, Candidate, Filters
from rag.store.store import Store
from rag.text.copies import bands, fingerprint, same_story

CORPUS = Path(__file__).parents[1] / "corpus"
BODIES = [split_front_matter(file.read_text(encoding="utf-8"))[1] for file in sorted(CORPUS.glob("*-*.md"))]
TEXT = BODIES[0].strip()
PARAGRAPHS = TEXT.split("\n\n")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as opened:
        yield opened


def article(publisher: str, text: str = TEXT, title: str = "The day after") -> Article:
    host = publisher.lower().replace(" ", "-")
    return Article(
        title=title, text=text, publisher=publisher, url=f"https://{host}.example/a", published=date(2020, 8, 5)
    )


WIRE = article("Meridian Wire")
POST = article("Harbour Post", f"HARBOUR (Meridian Wire) - {TEXT}\n\nFollow our reporters for more from the coast.")
SHORT = article("Evening Sheet", "\n\n".join(PARAGRAPHS[: len(PARAGRAPHS) * 3 // 4]))


def search(store: Store, filters: Filters | None = None) -> tuple[Candidate, ...]:
    """The passages with the first sentence of the story."""
    found = HybridSearch(store, HashEmbedder, filters=filters).candidates(PARAGRAPHS[0], 50)
    return tuple(one for one in found if PARAGRAPHS[0][:60] in one.passage.text)


# --- telling copies ---


def test_edited_copies_share_bands_and_are_one_story() -> None:
    own = fingerprint(TEXT)
    for copy in (POST.text, SHORT.text, TEXT.replace(" the ", " that ", 4)):
        assert set(bands(fingerprint(copy))) & set(bands(own))
        assert same_story(own, fingerprint(copy))


def test_other_articles_of_the_same_kind_are_other_stories() -> None:
    assert not any(same_story(fingerprint(one), fingerprint(other)) for one, other in combinations(BODIES, 2))


def test_another_figure_makes_it_news() -> None:
    figure = next(word for word in TEXT.split() if word.isdigit())
    assert not same_story(fingerprint(TEXT), fingerprint(TEXT.replace(figure, f"{int(figure) + 7}")))


def test_a_short_notice_is_told_exactly_only() -> None:
    one, other = "The ferry of Ash leaves at dawn from the pier.", "The ferry of Elm leaves at dawn from the pier."
    assert bands(fingerprint(one)) == ()
    assert not same_story(fingerprint(one), fingerprint(other))


# --- one story, several sources ---


@pytest.mark.parametrize("together", [True, False])
def test_copies_are_one_story_with_several_sources(store: Store, together: bool) -> None:
    runs = [[WIRE, POST, SHORT]] if together else [[WIRE], [POST], [SHORT]]
    reports = [add_sources(store, HashEmbedder, run) for run in runs]
    assert sum(len(report.added) for report in reports) == 1
    assert [str(one) for report in reports for one in report.duplicates] == [str(reports[0].added[0])] * 2
    assert store.count_articles() == 1
    assert store.publishers() == [("Evening Sheet", 1), ("Harbour Post", 1), ("Meridian Wire", 1)]
    found = search(store)
    assert {one.passage.article_id for one in found} == {str(reports[0].added[0])}
    assert [source.publisher for source in found[0].also] == ["Harbour Post", "Evening Sheet"]
    copy = store.article(found[0].also[1].article_id)
    assert copy is not None
    assert (copy.publisher, copy.url, copy.text) == (SHORT.publisher, SHORT.url, SHORT.text)


def test_a_citation_names_all_who_published_what_it_quotes_and_no_others(store: Store) -> None:
    add_sources(store, HashEmbedder, [WIRE, POST, SHORT])
    whole = store.article(search(store)[0].passage.article_id)
    assert whole is not None
    last = store.article_passages(whole.id)[-1]
    (end,) = HybridSearch(store, HashEmbedder).candidates(last.text, 1)
    citation = cite(end, whole.text, last.start, last.end)
    assert [source.publisher for source in citation.also] == ["Harbour Post"]  # the short copy lacks the end


def test_copies_without_a_name_or_of_the_same_publisher_are_no_further_source(store: Store) -> None:
    again = replace(WIRE, url="https://meridian-wire.example/amp", text=POST.text)
    nameless = Article(title="Pasted", text=TEXT)
    report = add_sources(store, HashEmbedder, [WIRE, again, nameless])
    assert len(report.duplicates) == 2
    assert search(store)[0].also == ()


def test_copies_that_come_again_change_nothing(store: Store) -> None:
    add_sources(store, HashEmbedder, [WIRE, POST])
    before = store.generation()
    assert counts(add_sources(store, never, [WIRE, POST])) == (0, 0, 1, 1, 0)
    assert store.generation() == before


def test_a_filter_by_publisher_finds_the_stories_that_it_carried(store: Store) -> None:
    add_sources(store, HashEmbedder, [WIRE, POST, article("Quiet Daily", BODIES[5])])
    found = search(store, Filters(publisher="harbour post"))
    assert {one.publisher for one in found} == {"Meridian Wire"}
    assert len(store.articles(publisher="Harbour Post")) == 1


def test_a_copy_that_becomes_another_article_is_one(store: Store) -> None:
    add_sources(store, HashEmbedder, [WIRE, POST])
    changed = replace(POST, text=BODIES[5])
    assert counts(add_sources(store, HashEmbedder, [changed])) == (1, 0, 0, 0, 0)
    assert store.count_articles() == 2
    assert search(store)[0].also == ()


def test_a_copy_stays_in_the_library_when_its_story_is_rewritten(store: Store) -> None:
    (first,) = add_sources(store, HashEmbedder, [WIRE, POST, SHORT]).added
    assert counts(add_sources(store, HashEmbedder, [replace(WIRE, text=BODIES[5])])) == (0, 1, 0, 0, 0)
    assert store.copies([first]) == []
    assert store.count_articles() == 2
    (found,) = search(store)
    assert (found.publisher, [source.publisher for source in found.also]) == ("Harbour Post", ["Evening Sheet"])


def test_removing_an_article_removes_the_story_and_undoing_brings_it_back(store: Store) -> None:
    (story,) = add_sources(store, HashEmbedder, [WIRE, POST]).added
    snapshot = store.snapshot(story)
    assert snapshot is not None
    assert store.remove(story)
    assert store.publishers() == []
    store.restore(snapshot)
    assert [source.publisher for source in search(store)[0].also] == ["Harbour Post"]
    assert counts(add_sources(store, never, [WIRE, POST])) == (0, 0, 1, 1, 0)
    near = add_sources(store, never, [SHORT])
    assert len(near.duplicates) == 1  # its bands came back as well


def test_removing_one_source_leaves_the_others(store: Store) -> None:
    (story,) = add_sources(store, HashEmbedder, [WIRE, POST, SHORT]).added
    post, _ = store.copies([story])
    assert remove_source(store, HashEmbedder, story)
    found = search(store)
    assert found[0].passage.article_id == post.article.id
    assert [source.publisher for source in found[0].also] == ["Evening Sheet"]
    assert remove_source(store, never, store.copies([post.article.id])[0].article.id)
    assert remove_source(store, never, post.article.id)
    assert store.count_articles() == 0
    assert not remove_source(store, never, post.article.id)


# --- versions ---


def test_a_citation_opens_the_text_that_it_quoted_after_an_update(tmp_path: Path) -> None:
    with rag.Library.open(tmp_path / "library") as library:
        page = Article(title="Barrier", text="The barrier of Vellmar costs 412 million.", url="https://post.example/b")
        (story,) = library.add([page]).added
        (candidate,) = library.retriever(k=1).search.candidates("What does the barrier cost?")
        held = library.article(story)
        assert held is not None
        citation = cite(candidate, held.text, 0, len(held.text))
        library.add([replace(page, text="Vellmar will have no barrier after all.")])
        now, then = library.article(story), library.article(story, version=citation.version)
        assert now is not None
        assert then is not None
        assert now.text != held.text
        assert then.text[citation.start : citation.end] == citation.quote
        assert library.article(story, version="unknown") is None
        assert library.sources(story) == ()
