"""Which articles a search of the list finds: words in title, outlet, author or text, phrases in quotation marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.library import Library
from rag.schema import Article, Filters
from rag.text.terms import terms


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("finding") / "library") as opened:
        opened.add(
            [
                Article(
                    title="Tidal barrier approved", publisher="Vellmar Post", author="Ilse Brandt",
                    text="The harbour board approved a tidal barrier. It will keep the old quays dry in winter.",
                ),
                Article(
                    title="Eels before cellars", publisher="Coast Weekly",
                    text="Fishing cooperatives object to the tidal barrier. The quays are old, they say.",
                ),
                Article(title="Night trains return", publisher="Vellmar Post", text="The first train leaves at nine."),
            ]
        )  # fmt: skip
        yield opened


def titles(library: Library, query: str, filters: Filters = Filters()) -> set[str]:  # noqa: B008 (frozen)
    ids = library.holding(query, filters)
    return {one.title for one in library.articles(article_ids=ids)}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("quays", {"Tidal barrier approved", "Eels before cellars"}),
        ("quay", {"Tidal barrier approved", "Eels before cellars"}),
        ("vell train", {"Night trains return"}),
        ("ilse winter", {"Tidal barrier approved"}),
        ('"old quays"', {"Tidal barrier approved"}),
        ("“old quays” coast", set()),
        ("zeppelin", set()),
        ('"', set()),
        ("100% _ '; DROP", set()),
    ],
)
def test_each_word_stands_somewhere_in_head_or_text(library: Library, query: str, found: set[str]) -> None:
    assert titles(library, query) == found


def test_filters_narrow_what_is_found(library: Library) -> None:
    assert titles(library, "quays", Filters(publisher="Coast Weekly")) == {"Eels before cellars"}


def test_quotation_marks_make_one_term() -> None:
    assert terms('a "b  c" d “e f') == ["a", "b c", "d", "e f"]


def test_a_library_of_an_earlier_version_keeps_wrong_sources_too(tmp_path: Path) -> None:
    from sqlalchemy import text

    from rag.store.kept import WrongSource

    with Library.open(tmp_path / "library") as library, library.store._database.write() as connection:
        connection.execute(text("DROP TABLE wrong_sources"))
        connection.execute(text("DROP TABLE alembic_version"))
    source = WrongSource(conversation="c", reference="m1-1", question="q", article_id="a", quote="Q.")
    with Library.open(tmp_path / "library") as library:
        library.feedback.call_wrong(source)
        library.feedback.call_wrong(source)
        assert [one.reference for one in library.feedback.wrong_sources("c")] == ["m1-1"]
        library.feedback.call_right("c", "m1-1")
        assert library.feedback.wrong_sources() == []
