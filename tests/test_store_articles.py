"""The store: articles in, articles out, and the lexical index that changes with them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from stores import open_store, prepare

from rag.errors import EmbedderMismatch, LibraryError, LibraryLocked
from rag.schema import Filters
from rag.store.sqlite import lexical
from rag.store.store import Store

EVERYTHING = Filters()


def ids(found: list[tuple[str, float]]) -> list[str]:
    return [passage_id for passage_id, _ in found]


def test_an_article_comes_back_as_it_was_put(store: Store) -> None:
    added = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
    prepared = prepare(
        "a",
        "Überall 🌍 news.",
        "שלום.",
        publisher="The Post",
        published=date(2024, 4, 30),
        added=added,
        url="https://x/y",
    )
    store.put([prepared])
    assert store.article("a") == prepared.article
    assert store.article_passages("a") == list(prepared.passages)
    assert store.passage_counts(["a", "gone"]) == {"a": 2}
    assert store.article("gone") is None


def test_a_changed_article_replaces_the_old_one_and_keeps_its_text_as_a_version(store: Store) -> None:
    old, new = prepare("a", "The old bridge stands."), prepare("a", "The bridge fell.", "Nobody was hurt.")
    store.put([old])
    store.put([new])
    assert store.article("a") == replace(new.article, added=store.article("a").added)
    assert store.count_articles() == 1
    assert store.count_passages() == 2
    assert ids(store.search_lexical(["stands"], 5, EVERYTHING)) == []
    assert store.version("a", old.text_digest) == "The old bridge stands."
    assert store.version("a", new.text_digest) == new.article.text
    assert store.version("a", "unknown") is None


def test_removing_leaves_nothing_of_the_article(store: Store) -> None:
    prepared = prepare("a", "The old bridge stands.")
    store.put([prepared, prepare("b")])
    store.put([prepare("a", "The bridge fell.")])
    assert store.remove("a")
    assert not store.remove("a")
    assert store.article("a") is None
    assert store.version("a", prepared.text_digest) is None
    assert ids(store.search_lexical(["bridge"], 5, EVERYTHING)) == []
    assert store.vectors(["a:0"]) == {}
    assert store.line_counts(prepared.lines) == {prepared.lines[0]: 0}


def test_known_tells_digests_by_id_and_by_text(store: Store) -> None:
    prepared = prepare("a", source="/news/a.txt")
    store.put([prepared])
    known = store.known("a")
    assert known is not None
    assert (known.digest, known.text_digest, known.source) == (prepared.digest, prepared.text_digest, "/news/a.txt")
    assert store.known_text(prepared.text_digest) == known
    assert store.known("b") is None
    assert store.known_text("b") is None


def test_lines_are_counted_once_an_article(store: Store) -> None:
    store.put([prepare("a", "Share this.", "Share this.", "One."), prepare("b", "Share this.", "Two.")])
    line = prepare("a", "Share this.").lines[0]
    assert store.line_counts([line, "unknown"]) == {line: 2, "unknown": 0}


def test_generation_grows_with_each_change_and_only_then(store: Store) -> None:
    seen = [store.generation()]
    store.put([prepare("a"), prepare("b")])
    seen.append(store.generation())
    store.remove("a")
    seen.append(store.generation())
    assert seen == sorted(set(seen))
    store.remove("a")
    store.put([])
    assert store.generation() == seen[-1]


def test_a_bad_article_undoes_the_whole_batch(store: Store) -> None:
    bad = replace(prepare("b"), vectors=np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="vectors"):
        store.put([prepare("a"), bad])
    moved = replace(prepare("b"), article=replace(prepare("b").article, text="Another text altogether."))
    with pytest.raises(ValueError, match="does not stand"):
        store.put([prepare("a"), moved])
    twin = replace(prepare("c"), passages=prepare("d").passages, article=prepare("d").article)
    clash = replace(twin, passages=tuple(replace(p, id="a:0") for p in twin.passages))
    with pytest.raises(LibraryError):
        store.put([prepare("a"), clash])
    assert store.count_articles() == 0
    assert store.generation() == 0


def test_articles_are_listed_newest_first_and_narrowed(store: Store) -> None:
    store.put(
        [
            prepare("old", title="Storm hits coast", publisher="The Post", published=date(2020, 1, 1)),
            prepare("new", title="Storm over", publisher="the post", published=date(2024, 1, 1)),
            prepare("undated", title="100% storm_free", author="A. Storm"),
        ]
    )
    assert [article.id for article in store.articles()] == ["new", "old", "undated"]
    assert [article.id for article in store.articles("STORM post")] == ["new", "old"]
    assert [article.id for article in store.articles("100% m_f")] == ["undated"]
    assert [article.id for article in store.articles(publisher="THE POST", since=date(2021, 1, 1))] == ["new"]
    assert [article.id for article in store.articles(until=date(2020, 1, 1))] == ["old"]
    assert [article.id for article in store.articles(limit=1, offset=1)] == ["old"]
    assert store.count_articles("storm") == 3
    assert store.count_articles(publisher="The Post") == 2
    assert store.publishers() == [("The Post", 1), ("the post", 1)]


def test_lexical_search_stems_folds_accents_and_weighs_titles(store: Store) -> None:
    store.put(
        [
            prepare("title", "It was quiet.", title="Café strikes"),
            prepare("text", "The cafe was struck by a strike of lightning.", title="Weather"),
            *[prepare(f"other{i}") for i in range(10)],
        ]
    )
    found = store.search_lexical(["striking", "café"], 5, EVERYTHING)
    assert set(ids(found)) == {"title:0", "text:0"}
    assert all(score > 0 for _, score in found)
    assert ids(store.search_lexical(["strike"], 1, EVERYTHING, title_weight=50, text_weight=1)) == ["title:0"]
    assert ids(store.search_lexical(["strike"], 1, EVERYTHING, title_weight=0, text_weight=1)) == ["text:0"]


@pytest.mark.parametrize(
    "words",
    [['"'], ["NEAR(a b)"], ["title:mayor"], ["a* OR b"], ["\0"], ["-"], [""], [], ["🌍"], ["'; DROP TABLE articles"]],
)
def test_no_word_is_query_syntax(store: Store, words: list[str]) -> None:
    store.put([prepare("a")])
    store.search_lexical(words, 5, EVERYTHING)
    assert ids(store.search_lexical([*words, "mayor"], 5, EVERYTHING)) == ["a:1"]


@pytest.mark.sqlite
def test_among_many_passages_only_those_with_rare_words_are_scored_and_by_all_words(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    words = ["mayor", "bridge", "council", "river", "budget", "harbour"]  # from common to rare
    with store.writing():
        for number in range(40):
            drawn = [" ".join(rng.choices(words, [40, 20, 10, 6, 3, 2], k=5)) for _ in range(5)]
            store.put([prepare(f"a{number:02}", *drawn, title=rng.choice(words))])
    asked = ["harbour", "budget", "bridge", "mayor", "unheard"]
    whole = store.search_lexical(asked, 200, EVERYTHING)
    monkeypatch.setattr(lexical, "SMALL", 100)
    monkeypatch.setattr(lexical, "FEW", 20)
    monkeypatch.setattr(lexical, "RARE", 60)
    some = store.search_lexical(asked, 10, EVERYTHING)
    exact = dict(whole)
    assert [score for _, score in some] == pytest.approx([exact[name] for name, _ in some])
    assert [score for _, score in some] == pytest.approx([score for _, score in whole[:10]])
    # Where too few passages hold a rare word, the others are scored as well.
    assert len(store.search_lexical(["harbour", "mayor"], 150, EVERYTHING)) == 150


@pytest.mark.sqlite
def test_among_words_that_are_all_common_the_rarest_is_scored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing():
        for number in range(30):
            store.put([prepare(f"a{number:02}", "mayor one", "mayor two", "council" if number % 2 else "river")])
    monkeypatch.setattr(lexical, "SMALL", 10)
    monkeypatch.setattr(lexical, "FEW", 4)
    monkeypatch.setattr(lexical, "RARE", 5)
    found = store.search_lexical(["mayor", "council"], 2, EVERYTHING)
    assert {store.candidates([name])[name].passage.text for name, _ in found} == {"council"}


def test_lexical_search_respects_filters(store: Store) -> None:
    store.put(
        [
            prepare("a", publisher="The Post", published=date(2020, 1, 1)),
            prepare("b", publisher="The Post", published=date(2024, 1, 1)),
            prepare("c"),
        ]
    )

    def found(**filters: object) -> set[str]:
        return set(ids(store.search_lexical(["mayor"], 10, Filters(**filters))))

    assert found() == {"a:1", "b:1", "c:1"}
    assert found(publisher="The Post", since=date(2021, 1, 1)) == {"b:1"}
    assert found(until=date(2024, 1, 1)) == {"a:1", "b:1"}
    assert found(article_ids=("c", "gone")) == {"c:1"}
    assert found(article_ids=()) == set()
    assert found(article_ids=tuple(str(n) for n in range(40_000))) == set()


def test_candidates_carry_passage_and_head(store: Store) -> None:
    prepared = prepare("a", publisher="The Post", published=date(2020, 1, 1))
    store.put([prepared])
    found = store.candidates(["a:1", "gone"])
    assert set(found) == {"a:1"}
    candidate = found["a:1"]
    assert candidate.passage == prepared.passages[1]
    assert (candidate.title, candidate.publisher, candidate.published) == ("News of a", "The Post", date(2020, 1, 1))
    assert np.array_equal(store.vectors(["a:1"])["a:1"], prepared.vectors[1])


# --- opening and trouble


def test_another_embedding_model_is_refused_with_the_hint(opening: Callable[..., Store]) -> None:
    opening()
    with pytest.raises(EmbedderMismatch, match=r"numpy:16 .* other .*RAG_EMBEDDER"):
        opening(fingerprint="other")
    with pytest.raises(EmbedderMismatch, match="17"):
        opening(dimension=17)


def test_a_newer_library_is_refused(opening: Callable[..., Store]) -> None:
    store = opening()
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE library SET schema_version = 99")
    with pytest.raises(LibraryError, match=r"schema 99.*Update"):
        open_store(store.folder)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "library"):
        with pytest.raises(LibraryError, match=r"cannot be made.*RAG_LIBRARY"):
            open_store(folder)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").mkdir()
    with pytest.raises(LibraryError, match="cannot be opened"):
        open_store(tmp_path)


@pytest.mark.sqlite
def test_a_damaged_database_names_doctor_and_backup(opening: Callable[..., Store]) -> None:
    store = opening()
    store.put([prepare("a")])
    store.close()
    (store.folder / "library.sqlite3").write_bytes(b"garbage " * 4096)
    with pytest.raises(LibraryError, match=r"damaged.*rag doctor.*backup"):
        open_store(store.folder)


@pytest.mark.sqlite
def test_a_full_disk_leaves_the_library_as_it_was(opening: Callable[..., Store]) -> None:
    store = opening()
    store.put([prepare("a")])
    with store._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(LibraryError, match="disk is full"):
        store.put([prepare("big", "A long line. " * 10_000)])
    assert [article.id for article in store.articles()] == ["a"]
    store.close()
    again = opening()
    again.put([prepare("b")])
    assert again.count_articles() == 2
    assert {finding.severity for finding in again.check()} == {"ok"}


def test_a_second_writer_is_told_who_writes(opening: Callable[..., Store]) -> None:
    first, second = opening(), opening(lock_timeout=0.1)
    with first.writing():
        with pytest.raises(LibraryLocked, match=r"process \d+ on .* since"):
            second.put([prepare("b")])
        with first.writing():  # re-entrant
            first.put([prepare("a")])
    second.put([prepare("b")])
    assert first.count_articles() == 2
