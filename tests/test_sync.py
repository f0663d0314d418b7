"""Keeping a library like a folder: what sync adds, updates and removes, and what it leaves alone; watching."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedders import DIMENSION, HashEmbedder, never
from formats import zipped
from test_ingest_pipeline import story, write
from test_stories import TEXT

from rag.errors import SourceError
from rag.ingest.pipeline import add_sources
from rag.ingest.sync import sync_folder
from rag.ingest.watch import watch_folder
from rag.schema import SyncReport
from rag.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Ash", "Birch", "Cedar  Double"):
        write(tmp_path / "articles", f"deep/{name}.txt", f"News of {name}\n\n{story(name)}")
    return tmp_path / "articles"


def counts(report: SyncReport) -> tuple[int, int, int, int, int, int]:
    parts = (report.added, report.updated, report.unchanged, report.duplicates, report.failed, report.removed)
    return tuple(map(len, parts))  # type: ignore[return-value]


def titles(store: Store) -> set[str]:
    return {article.title for article in store.articles()}


def test_sync_adds_updates_and_removes(store: Store, folder: Path) -> None:
    assert counts(sync_folder(store, HashEmbedder, folder)) == (3, 0, 0, 0, 0, 0)
    assert counts(sync_folder(store, never, folder)) == (0, 0, 3, 0, 0, 0)
    (folder / "deep" / "Ash.txt").unlink()
    write(folder, "deep/Birch.txt", f"News of Birch\n\n{story('Birchwood')}")
    write(folder, "Oak.txt", f"News of Oak\n\n{story('Oak')}")
    report = sync_folder(store, HashEmbedder, folder)
    assert counts(report) == (1, 1, 1, 0, 0, 1)
    assert [removed.title for removed in report.removed] == ["News of Ash"]
    assert titles(store) == {"News of Birch", "News of Cedar Double", "News of Oak"}


def test_sync_removes_only_what_it_had_added(store: Store, folder: Path, tmp_path: Path) -> None:
    own = write(folder, "Own.txt", f"News of Own\n\n{story('Own')}")
    elsewhere = write(tmp_path, "elsewhere/Elm.txt", f"News of Elm\n\n{story('Elm')}")
    add_sources(store, HashEmbedder, [own, elsewhere])
    sync_folder(store, HashEmbedder, folder)
    for file in (own, elsewhere, folder / "deep" / "Ash.txt"):
        file.unlink()
    assert counts(sync_folder(store, never, folder)) == (0, 0, 2, 0, 0, 1)
    assert {"News of Own", "News of Elm"} <= titles(store)


def test_a_folder_that_is_gone_removes_nothing(store: Store, folder: Path) -> None:
    sync_folder(store, HashEmbedder, folder)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(SourceError, match="nothing was added or removed"):
        sync_folder(store, never, folder)
    assert store.count_articles() == 3


def test_an_empty_folder_is_synced_to_nothing(store: Store, folder: Path) -> None:
    sync_folder(store, HashEmbedder, folder)
    for file in (folder / "deep").iterdir():
        file.unlink()
    assert counts(sync_folder(store, never, folder)) == (0, 0, 0, 0, 0, 3)


def test_a_file_that_cannot_be_read_now_keeps_what_it_gave(store: Store, folder: Path) -> None:
    sync_folder(store, HashEmbedder, folder)
    write(folder, "deep/Ash.txt", "")
    assert counts(sync_folder(store, never, folder)) == (0, 0, 2, 0, 1, 0)
    assert "News of Ash" in titles(store)


def test_rows_and_members_that_are_gone_are_removed(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    rows = [json.dumps({"id": name, "title": name, "text": story(name)}) for name in ("Ash", "Elm", "Fir")]
    write(folder, "rows.jsonl", "\n".join(rows))
    members: dict[str, str | bytes] = {f"{name}.txt": f"{name}\n\n{story(name)}" for name in ("Oak", "Yew")}
    write(folder, "some.zip", zipped(members))
    assert counts(sync_folder(store, HashEmbedder, folder)) == (5, 0, 0, 0, 0, 0)
    write(folder, "rows.jsonl", "\n".join(rows[:2]))
    write(folder, "some.zip", zipped({"Yew.txt": members["Yew.txt"]}))
    assert counts(sync_folder(store, never, folder)) == (0, 0, 3, 0, 0, 2)
    assert titles(store) == {"Ash", "Elm", "Yew"}
    write(folder, "some.zip", b"PK damaged")
    assert counts(sync_folder(store, never, folder)) == (0, 0, 2, 0, 1, 0)
    assert titles(store) == {"Ash", "Elm", "Yew"}


def test_a_moved_file_stays_one_article(store: Store, folder: Path) -> None:
    sync_folder(store, HashEmbedder, folder)
    (folder / "deep" / "Ash.txt").rename(folder / "Ash.txt")
    assert counts(sync_folder(store, HashEmbedder, folder)) == (1, 0, 2, 0, 0, 1)
    assert sorted(titles(store)) == ["News of Ash", "News of Birch", "News of Cedar Double"]


def test_removing_the_first_of_two_copies_leaves_the_other(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    first = write(folder, "a.txt", f"---\ntitle: The day\npublisher: Wire\n---\n{TEXT}")
    write(folder, "b.txt", f"---\ntitle: The day\npublisher: Post\n---\n{TEXT}")
    assert counts(sync_folder(store, HashEmbedder, folder)) == (1, 0, 0, 1, 0, 0)
    first.unlink()
    report = sync_folder(store, HashEmbedder, folder)
    assert counts(report) == (0, 0, 1, 0, 0, 1)
    (left,) = store.articles()
    assert (left.publisher, left.source) == ("Post", str(folder / "b.txt"))
    (folder / "b.txt").unlink()
    assert counts(sync_folder(store, never, folder)) == (0, 0, 0, 0, 0, 1)


# --- watching ---


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("poll", [False, True])
def test_changes_are_told_once_they_have_settled(tmp_path: Path, poll: bool) -> None:
    calls: list[float] = []
    stop = threading.Event()
    options = {"settled": 0.3, "poll": poll}
    watching = threading.Thread(
        target=watch_folder, args=(tmp_path, lambda: calls.append(time.monotonic()), stop), kwargs=options
    )
    watching.start()
    try:
        wait_for(lambda: len(calls) == 1)
        for part in range(5):  # written in steps: one call
            write(tmp_path, "sub/a.txt", "x" * (part + 1))
            time.sleep(0.05)
        last = time.monotonic()
        wait_for(lambda: len(calls) == 2)
        assert calls[1] >= last + 0.2
        (tmp_path / "sub" / "a.txt").read_text()  # reading is no change
        time.sleep(1.0)
        assert len(calls) == 2 or poll  # a poll may have seen the writing in two looks
    finally:
        stop.set()
        watching.join(timeout=10)
    assert not watching.is_alive()


def test_the_command_watches_until_it_is_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write(folder, "Ash.txt", f"News of Ash\n\n{story('Ash')}")
    command = [sys.executable, "-m", "rag.cli", "--library", str(tmp_path / "library"), "watch", str(folder)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        try:
            seen = [child.stdout.readline()]
            while "1 added" not in seen[-1]:
                seen.append(child.stdout.readline())
                assert seen[-1], seen
            (folder / "Ash.txt").unlink()
            while "1 removed" not in seen[-1]:
                seen.append(child.stdout.readline())
                assert seen[-1], seen
            child.send_signal(signal.SIGINT)
            assert "Stopped watching." in child.stdout.read()
            assert child.wait(timeout=20) == 0
        finally:
            child.kill()


def test_the_command_syncs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rag.cli.app import run

    file = write(tmp_path / "articles", "Ash.txt", f"News of Ash\n\n{story('Ash')}")
    write(tmp_path / "articles", "Elm.txt", f"News of Elm\n\n{story('Elm')}")
    command = ["--library", str(tmp_path / "library"), "sync", str(tmp_path / "articles")]
    assert run(command) == 0
    assert "2 added" in capsys.readouterr().out
    file.unlink()
    assert run([*command, "--json"]) == 0
    assert '"title": "News of Ash"' in capsys.readouterr().out.split('"removed"')[1]
    assert run(["--library", str(tmp_path / "library"), "sync", str(tmp_path / "nowhere")]) == 1
