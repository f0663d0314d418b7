"""The library: the whole way from a source to a found passage, with the built-in embedding model."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import EmbedderMismatch, LibraryError, LibraryLocked
from rag.library import Library
from rag.schema import Article, Progress

FERRY = Article(
    title="Ferry stays in port",
    text="The ferry to Norwick was cancelled on Monday. High waves made the crossing unsafe, the harbour master said.",
    publisher="Coast Daily",
    published=date(2023, 11, 6),
    url="https://coast.example/ferry",
)
BAKERY = Article(
    title="Bakery wins prize",
    text="A bakery in Lunden won the national bread prize. The jury praised its rye loaf.",
    publisher="Food Weekly",
    published=date(2024, 2, 1),
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library with two articles."""
    with Library.open(tmp_path / "library") as library:
        library.add([FERRY, BAKERY])
        yield library


def titles(library: Library, question: str, **narrowed: object) -> list[str]:
    return [document.metadata["title"] for document in library.retriever(k=3, **narrowed).invoke(question)]


def test_what_is_added_can_be_listed_found_and_removed(library: Library) -> None:
    assert [article.title for article in library.articles()] == ["Bakery wins prize", "Ferry stays in port"]
    assert library.count_articles("ferry") == 1
    assert titles(library, "Why did the boat not sail?")[0] == "Ferry stays in port"
    found = library.retriever(k=1).invoke("Why did the boat not sail?")[0]
    article = library.article(found.metadata["article_id"])
    assert article is not None
    assert article.text[found.metadata["start"] : found.metadata["end"]] == found.page_content
    assert library.remove(article.id)
    assert library.article(article.id) is None
    assert titles(library, "Why did the boat not sail?") == ["Bakery wins prize"]


def test_adding_twice_changes_nothing_and_a_changed_article_is_updated(library: Library) -> None:
    before = library.generation
    again = library.add([FERRY, BAKERY])
    assert (len(again.unchanged), again.added, again.updated) == (2, (), ())
    assert library.generation == before
    changed = Article(title=FERRY.title, text="The ferry sails again.", url=FERRY.url)
    assert len(library.add(changed).updated) == 1
    assert library.stats().articles == 2
    assert library.generation > before


def test_the_retriever_is_narrowed(library: Library) -> None:
    assert titles(library, "What happened?", publisher="Food Weekly") == ["Bakery wins prize"]
    assert titles(library, "What happened?", until="2023-12-31") == ["Ferry stays in port"]
    assert titles(library, "What happened?", article_ids=[]) == []


def test_one_failure_does_not_stop_the_others(library: Library, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Harbour opens\n\nThe new harbour opened on Friday. Crowds came to see it.")
    (tmp_path / "empty.txt").write_text("")
    seen: list[Progress] = []
    report = library.add([tmp_path / "good.md", tmp_path / "empty.txt", tmp_path / "missing.txt"], progress=seen.append)
    assert len(report.added) == 1
    assert len(report.failed) == 2
    assert seen[-1].done == 3


def test_an_article_added_by_another_process_is_found_by_the_next_question(library: Library, tmp_path: Path) -> None:
    assert titles(library, "Who climbed the tower?")[0] != "Tower climbed"
    (tmp_path / "new.md").write_text("# Tower climbed\n\nA student climbed the water tower at night. Nobody was hurt.")
    code = "import sys; from rag.library import Library; Library.open(sys.argv[1]).add(sys.argv[2])"
    folder = str(library.settings.library)
    subprocess.run([sys.executable, "-c", code, folder, str(tmp_path / "new.md")], check=True, timeout=120)
    assert titles(library, "Who climbed the tower?")[0] == "Tower climbed"


def test_a_deleted_dense_index_is_rebuilt_without_the_embedding_model(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    library.warm()
    library.close()
    shutil.rmtree(library.settings.library / "dense")
    with caplog.at_level(logging.WARNING, "rag.store"), Library.open(library.settings.library) as again:
        assert titles(again, "Why did the boat not sail?")[0] == "Ferry stays in port"
        assert {finding.severity for finding in again.check()} == {"ok"}
    assert len(caplog.records) == 1
    assert "rebuilt" in caplog.text


def test_a_one_shot_library_finds_the_same_without_chroma(library: Library) -> None:
    code = (
        "import sys; from rag.library import Library\n"
        "library = Library.open(sys.argv[1], one_shot=True)\n"
        "print(library.retriever(k=1).invoke('Why did the boat not sail?')[0].metadata['title'])\n"
        "print('chromadb' in sys.modules, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(library.settings.library)]
    said = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout
    assert said.split("\n")[:2] == ["Ferry stays in port", "False False"]


def test_settings_say_which_library_and_how_long_to_wait(library: Library) -> None:
    settings = Settings(library=library.settings.library, lock_timeout_s=0.1)
    with Library.open(settings=settings) as second, library.store.writing():
        assert second.count_articles() == 2
        with pytest.raises(LibraryLocked, match="is being written by process"):
            second.remove("any")


def test_trouble_is_told_in_the_librarys_words(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="RAG_LIBRARY"):
        Library.open(tmp_path / "file")
    with library.store._database.write() as connection:
        connection.exec_driver_sql("UPDATE library SET fingerprint = 'another-model'")
    with pytest.raises(EmbedderMismatch, match=r"another-model.*RAG_EMBEDDER"):
        Library.open(library.settings.library)
