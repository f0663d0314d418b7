"""The pipeline: what becomes of sources, what reaches the store, and what happens when things go wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from embedders import DIMENSION, HashEmbedder, never

from rag.ingest.pipeline import RECURS_IN, add_sources
from rag.models.embedder import load_embedder
from rag.schema import AddReport, Article, Filters, Progress, Vectors
from rag.store.store import Store

NAMES = ("Ash", "Birch", "Cedar", "Elder", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as opened:
        yield opened


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


def story(name: str) -> str:
    return f"The ferry of {name} leaves at dawn. It carries {len(name) * 100} people.\n\nThe mayor of {name} is glad."


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write(tmp_path / "articles", f"{name}.txt", f"News of {name}\n\n{story(name)}")
    return tmp_path / "articles"


def counts(report: AddReport) -> tuple[int, int, int, int, int]:
    several = (report.added, report.updated, report.unchanged, report.duplicates, report.failed)
    return tuple(map(len, several))  # type: ignore[return-value]


def test_a_folder_becomes_articles_passages_and_vectors(store: Store, embedder: HashEmbedder, folder: Path) -> None:
    report = add_sources(store, lambda: embedder, [folder])
    assert counts(report) == (10, 0, 0, 0, 0)
    first = store.article(report.added[0])
    assert first is not None
    assert (first.title, first.text, first.language) == ("News of Ash", story("Ash"), "en")
    assert first.source == str(folder / "Ash.txt") == report.added[0].source
    passages = store.article_passages(first.id)
    assert [passage.text for passage in passages] == [story("Ash")]
    stored = store.vectors([passages[0].id])[passages[0].id]
    assert np.allclose(stored, embedder.embed_query(f"News of Ash\n{story('Ash')}"))
    assert store.search_lexical(["ash"], 5, Filters())[0][0] == passages[0].id


def test_adding_again_changes_nothing_and_loads_no_embedder(store: Store, embedder: HashEmbedder, folder: Path) -> None:
    first = add_sources(store, lambda: embedder, [folder])
    before = store.generation()
    second = add_sources(store, never, [folder, str(folder / "Oak.txt")])
    assert second.unchanged == first.added
    assert second.unchanged[0].title == "News of Ash"
    assert store.generation() == before


def test_a_changed_file_is_updated_in_its_place(store: Store, embedder: HashEmbedder, folder: Path) -> None:
    first = add_sources(store, lambda: embedder, [folder])
    write(folder, "Oak.txt", "News of Oak\n\nThe ferry of Oak has sunk, but nobody was hurt, the mayor said.")
    second = add_sources(store, lambda: embedder, [folder])
    assert counts(second) == (0, 1, 9, 0, 0)
    assert second.updated[0] in first.added
    oak = store.article(second.updated[0])
    assert oak is not None
    assert oak.text.startswith("The ferry of Oak has sunk")
    assert store.count_articles() == 10


def test_the_same_text_elsewhere_is_a_duplicate_of_the_first(
    store: Store, embedder: HashEmbedder, folder: Path
) -> None:
    write(folder, "copy/Zebra.md", f"# News of Ash, again\n\n{story('Ash')}\n\nSubscribe to the Courier today\n")
    first = add_sources(store, lambda: embedder, [folder])
    assert counts(first) == (10, 0, 0, 1, 0)
    assert first.duplicates[0] == first.added[0]
    again = add_sources(store, never, [folder, Article(title="Pasted", text=story("Birch"))])
    assert counts(again) == (0, 0, 10, 2, 0)
    assert again.duplicates[1].title == "News of Birch"


def test_one_bad_source_does_not_stop_the_others(store: Store, embedder: HashEmbedder, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    write(folder, "a.txt", f"News\n\n{story('Ash')}")
    write(folder, "b.txt", b"\x00\x01\x02" * 100)
    write(folder, "c.txt", b"")
    write(folder, "d.html", b"<html><body><a href='/'>Home</a></body></html>")
    write(folder, "e.md", "---\ntitle: Dated\npublished: 2022-13-45\n---\n" + story("Elder"))
    write(folder, "f.txt", "• Oops!\nSomething went wrong.\nPlease try again later.\n")
    (tmp_path / "bare").mkdir()
    sources = [
        folder,
        tmp_path / "bare",
        tmp_path / "missing",
        "https://127.0.0.1/a",
        "",
        "a\0b",
        Article(title="T", text=" "),
    ]
    report = add_sources(store, lambda: embedder, sources)
    assert [one.title for one in report.added] == ["News", "Dated"]
    reasons = {Path(failure.source).name: failure.reason for failure in report.failed}
    assert len(report.failed) == 10
    assert "binary" in reasons["b.txt"]
    assert "empty" in reasons["c.txt"]
    assert "No article text" in reasons["d.html"]
    assert "no text of an article" in reasons["f.txt"]
    assert "no articles" in reasons["bare"]
    assert "no such file" in reasons["missing"]
    assert "not on the public internet" in reasons["a"]


def test_articles_keep_their_head_and_lose_their_furniture(store: Store, embedder: HashEmbedder) -> None:
    text = f"{story('Ash')}\n\n·3-min read\n\nSign up to our newsletter"
    given = Article(
        title="Ferry\u200b news",
        text=text,
        url="https://example.org/a",
        publisher=" The  Courier ",
        author="A. Lee",
        published=date(2022, 5, 25),
        language="sv",
    )
    report = add_sources(store, lambda: embedder, [given])
    kept = store.article(report.added[0])
    assert kept is not None
    assert kept.text == story("Ash")
    assert (kept.title, kept.publisher, kept.author) == ("Ferry news", "The Courier", "A. Lee")
    assert (kept.published, kept.language, kept.url) == (date(2022, 5, 25), "sv", "https://example.org/a")
    assert counts(add_sources(store, never, [given])) == (0, 0, 1, 0, 0)


def test_an_address_that_is_no_web_address_is_not_kept(store: Store, embedder: HashEmbedder) -> None:
    report = add_sources(store, lambda: embedder, [Article(title="T", text=story("Ash"), url="javascript:alert(1)")])
    kept = store.article(report.added[0])
    assert kept is not None
    assert kept.url is None


def test_two_files_with_one_address_stay_two_articles_in_every_run(
    store: Store, embedder: HashEmbedder, tmp_path: Path
) -> None:
    for name in ("Ash", "Birch"):
        write(tmp_path / "two", f"{name}.md", f"---\ntitle: {name}\nurl: https://example.org/a\n---\n{story(name)}")
    assert counts(add_sources(store, lambda: embedder, [tmp_path / "two"])) == (2, 0, 0, 0, 0)
    assert counts(add_sources(store, never, [tmp_path / "two"])) == (0, 0, 2, 0, 0)


def test_a_moved_file_is_the_same_article_when_it_gives_its_address(
    store: Store, embedder: HashEmbedder, tmp_path: Path
) -> None:
    file = write(tmp_path, "old/a.md", f"---\ntitle: A\nurl: https://example.org/a\n---\n{story('Ash')}")
    first = add_sources(store, lambda: embedder, [file])
    (tmp_path / "new").mkdir()
    moved = file.rename(tmp_path / "new" / "b.md")
    assert add_sources(store, never, [moved]).unchanged == first.added


def test_the_later_of_two_articles_with_one_id_stays(store: Store, embedder: HashEmbedder) -> None:
    both = [Article(id="one", title="T", text=story("Ash")), Article(id="one", title="T", text=story("Birch"))]
    report = add_sources(store, lambda: embedder, both)
    assert (report.added, report.updated) == (("one",), ("one",))
    kept = store.article("one")
    assert kept is not None
    assert kept.text == story("Birch")


def test_lines_that_many_articles_hold_are_dropped_when_they_sound_like_promotion(
    store: Store, embedder: HashEmbedder
) -> None:
    line = "HARBOUR LIFE: Ten walks along the coast"
    articles = [
        Article(title=f"News {name}", text=f"{story(name)}\n\n{line}\n\nWhat happens next?")
        for name in NAMES[:RECURS_IN]
    ]
    add_sources(store, lambda: embedder, articles[:-1])
    report = add_sources(store, lambda: embedder, articles[-1:])
    kept = store.article(report.added[0])
    assert kept is not None
    assert line not in kept.text
    assert kept.text.endswith("What happens next?")


def test_passages_of_many_articles_are_embedded_together_from_the_longest_to_the_shortest(
    store: Store, embedder: HashEmbedder, folder: Path
) -> None:
    add_sources(store, lambda: embedder, [folder])
    assert len(embedder.calls) == 1
    lengths = [len(text) for text in embedder.calls[0]]
    assert lengths == sorted(lengths, reverse=True)
    assert len(lengths) == 10


def test_what_progress_has_counted_is_in_the_store(store: Store, embedder: HashEmbedder, folder: Path) -> None:
    seen: list[Progress] = []

    def progress(step: Progress) -> None:
        seen.append(step)
        assert store.count_articles() >= step.done

    add_sources(store, lambda: embedder, [folder], progress=progress, batch_passages=1)
    assert [step.done for step in seen if step.source] == sorted(step.done for step in seen)
    assert (seen[-1].done, seen[-1].total, seen[-1].passages) == (10, 10, 10)
    assert len(embedder.calls) > 3


def test_windows_that_were_stored_stay_when_a_later_one_fails(store: Store, folder: Path) -> None:
    embedder = HashEmbedder()
    embed = embedder.embed_passages

    def failing(texts: Sequence[str]) -> Vectors:
        if len(embedder.calls) == 3:
            raise MemoryError
        return embed(texts)

    embedder.embed_passages = failing  # type: ignore[method-assign]
    with pytest.raises(MemoryError):
        add_sources(store, lambda: embedder, [folder], batch_passages=1)
    stored = store.count_articles()
    assert 0 < stored < 10
    report = add_sources(store, HashEmbedder, [folder])
    assert counts(report) == (10 - stored, 0, stored, 0, 0)


NASTY = [
    "😀 👨‍👩‍👧‍👦 " * 30,
    "שלום עולם. " * 30,
    "x" * 200_000,
    "政府は発表した。" * 60,
    "a\r\nb\rc.\x0b",
    "\ud800 text \udfff",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_any_text_can_be_added_and_is_found_as_it_was_cleaned(store: Store, embedder: HashEmbedder, text: str) -> None:
    article = Article(title=f"T \ud800{text[:30]}", text=text, author=text[:20], source=text[:20])
    report = add_sources(store, lambda: embedder, [article])
    kept = store.article(report.added[0])
    assert kept is not None
    assert all(p.text == kept.text[p.start : p.end] for p in store.article_passages(kept.id))
    assert counts(add_sources(store, never, [article])) == (0, 0, 1, 0, 0)


def test_the_real_embedder_embeds_as_the_pipeline_asks(tmp_path: Path, folder: Path) -> None:
    embedder = load_embedder("builtin")
    with Store.open(tmp_path / "real", fingerprint=embedder.fingerprint, dimension=embedder.dimension) as store:
        report = add_sources(store, lambda: embedder, [folder / "Ash.txt"])
        passage = store.article_passages(report.added[0])[0]
        vector = store.vectors([passage.id])[passage.id]
        query = embedder.embed_query(f"News of Ash\n{passage.text}")
    assert float(vector @ query) > 0.999


class StoppedEmbedder(HashEmbedder):
    """An embedder during whose work the user presses Ctrl-C."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.calls:
            raise KeyboardInterrupt
        return super().embed_passages(texts)


def test_ctrl_c_keeps_what_was_finished_of_one_small_adding_and_the_next_goes_on(store: Store) -> None:
    articles = [Article(title=f"News {number}", text=story(f"Town{number}")) for number in range(300)]
    with pytest.raises(KeyboardInterrupt):
        add_sources(store, StoppedEmbedder, articles)
    kept = store.count_articles()
    assert 10 < kept < 300
    report = add_sources(store, HashEmbedder, articles)
    assert (len(report.unchanged), len(report.added)) == (kept, 300 - kept)
