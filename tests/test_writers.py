"""Several processes that add to one library at once: one story stays one, and nothing that was reported is lost.

WRITER_TEST_KILLS sets how often a writer is killed (6 unless told; 50 before a release).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from embedders import DIMENSION, HashEmbedder
from test_crash import say

from rag.ingest.pipeline import add_sources
from rag.schema import Article, Vectors
from rag.store.store import Store

pytestmark = pytest.mark.usefixtures("database")

KILLS = int(os.environ.get("WRITER_TEST_KILLS", "6"))
WRITERS = 4
WORDS = "harbour council ferry bridge storm mayor budget school market river winter train police museum".split()


def story(number: int) -> str:
    """A text of its own for each number, long enough for its copies to be recognised."""
    chosen = random.Random(number)
    sentences = (" ".join(chosen.choices(WORDS, k=9)).capitalize() + f" {number}." for _ in range(12))
    return f"Report {number} from the coast.\n\n" + "\n\n".join(sentences)


def published(outlet: str, number: int) -> Article:
    """Story `number` as this outlet printed it, with its own line below."""
    text = f"{story(number)}\n\nMore of this in the {outlet} of tomorrow."
    return Article(
        title=f"Report {number}", text=text, publisher=outlet, url=f"https://{outlet.lower()}.example/{number}"
    )


def open_library(folder: Path) -> Store:
    database = os.environ.get("RAG_DATABASE", "")
    return Store.open(folder, fingerprint="hash", dimension=DIMENSION, database=database, lock_timeout=120)


class WaitingEmbedder(HashEmbedder):
    """Says that it is at work, and goes on when it is told to."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        say("embedding")
        sys.stdin.readline()
        return super().embed_passages(texts)


def add_one(folder: Path, source: Article | Path) -> None:
    """A child that has read the library, and is overtaken by another writer before it stores."""
    with open_library(folder) as store:
        report = add_sources(store, WaitingEmbedder, [source])
    for name in ("added", "updated", "unchanged", "duplicates", "failed"):
        for one in getattr(report, name):
            say(f"{name} {one}")


def add_for_ever(folder: Path, outlet: str, first: int) -> None:
    """A child that adds one story after the other and says so when it is reported."""
    embedder = HashEmbedder()
    with open_library(folder) as store:
        number = first
        while True:
            report = add_sources(store, lambda: embedder, [published(outlet, number)])
            assert not report.failed
            say(f"stored {number}")
            number += 1


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, __file__, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def overtaken(folder: Path, *arguments: str, by: Article | Path) -> list[str]:
    """What a child reports that looked at the library before `by` was added, and stores after it."""
    with open_library(folder) as store, child("one", str(folder), *arguments) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "embedding\n"
        add_sources(store, HashEmbedder, [by])
        said, _ = process.communicate("go on\n", timeout=60)
        return [line for line in said.splitlines() if line != "embedding"]  # with another id it is embedded again


def carriers(store: Store) -> dict[str, list[str]]:
    """Who has published each story, by its title."""
    held = store.articles(limit=10_000)
    found: dict[str, list[str]] = {}
    for article in held:
        assert article.title not in found, "one story is held twice"
        copies = [copy.article.publisher for copy in store.copies([article.id])]
        found[article.title] = sorted(str(one) for one in [article.publisher, *copies])
    return found


def test_two_writers_with_one_story_from_two_outlets_keep_one_story_with_two_sources(tmp_path: Path) -> None:
    (said,) = overtaken(tmp_path / "library", "Courier", "7", by=published("Herald", 7))
    assert said.startswith("duplicates ")
    with open_library(tmp_path / "library") as store:
        assert carriers(store) == {"Report 7": ["Courier", "Herald"]}


def test_two_writers_with_the_same_article_store_it_once(tmp_path: Path) -> None:
    (said,) = overtaken(tmp_path / "library", "Herald", "7", by=published("Herald", 7))
    assert said.startswith("unchanged ")
    with open_library(tmp_path / "library") as store:
        assert carriers(store) == {"Report 7": ["Herald"]}


def test_two_writers_with_two_files_of_one_address_keep_both(tmp_path: Path) -> None:
    for name, number in (("one", 1), ("two", 2)):
        head = f"---\ntitle: Report {number}\nurl: https://herald.example/live\npublisher: {name}\n---\n"
        (tmp_path / f"{name}.md").write_text(head + story(number), encoding="utf-8")
    (said,) = overtaken(tmp_path / "library", str(tmp_path / "one.md"), by=tmp_path / "two.md")
    assert said.startswith("added ")
    with open_library(tmp_path / "library") as store:
        assert carriers(store) == {"Report 1": ["one"], "Report 2": ["two"]}


@pytest.mark.timeout(120 + 20 * KILLS)
def test_several_writers_that_are_killed_lose_nothing_they_reported(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    open_library(folder).close()
    moments = random.Random(20261130)
    reported: dict[str, set[int]] = {f"Outlet{number}": set() for number in range(WRITERS)}
    rounds = -(-KILLS // WRITERS)
    for _ in range(rounds):
        with ExitStack() as stack:
            started = {
                outlet: stack.enter_context(child("ever", str(folder), outlet, str(max(said, default=0) + 1)))
                for outlet, said in reported.items()
            }
            for outlet, process in started.items():
                assert process.stdout is not None
                said = [process.stdout.readline() for _ in range(moments.randint(1, 4))]
                time.sleep(moments.uniform(0, 0.1))
                process.kill()
                said += process.stdout.read().splitlines(keepends=True)
                reported[outlet] |= {int(line.removeprefix("stored ")) for line in said if line.endswith("\n")}
    with open_library(folder) as store:
        found = carriers(store)
        for outlet, numbers in reported.items():
            assert all(outlet in found[f"Report {number}"] for number in numbers)
        assert "error" not in {finding.severity for finding in store.check()}


if __name__ == "__main__":
    what, library, *rest = sys.argv[1:]
    if what == "ever":
        add_for_ever(Path(library), rest[0], int(rest[1]))
    else:
        add_one(Path(library), published(rest[0], int(rest[1])) if len(rest) > 1 else Path(rest[0]))
