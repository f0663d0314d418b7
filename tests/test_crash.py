"""Kill -9 while articles are added, and two processes on one library.

CRASH_TEST_KILLS sets how often the writer is killed (12 unless told; 50 before a release).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stores import open_store, prepare, vector_for

from rag.schema import Filters
from rag.store import dense
from rag.store.store import Store

KILLS = int(os.environ.get("CRASH_TEST_KILLS", "12"))
BATCH = 3
EVERYTHING = Filters()


def batch_of(turn: int) -> list[str]:
    return [f"t{turn}-{number}" for number in range(BATCH)]


def write_for_ever(folder: Path, first: int) -> None:
    """The child: adds a batch a turn and says so once `put` has returned; each fifth batch is removed again."""
    dense.RENEW_BEHIND = dense.BUILT_BY_SEARCH = 12  # snapshots of Chroma are written all the time
    store = open_store(folder)
    store.warm()
    say("ready")
    turn = first
    while True:
        status = prepare("status", f"The status is turn{turn}.", f"It was turn{turn} when this was written.")
        store.put([status, *[prepare(article_id) for article_id in batch_of(turn)]])
        say(f"put {turn}")
        if turn % 5 == 4:
            say(f"removing {turn - 4}")
            for article_id in batch_of(turn - 4):
                store.remove(article_id)
            say(f"removed {turn - 4}")
        turn += 1


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(said: str, word: str) -> set[int]:
    """The turns of which the child said this word."""
    return {int(line.split()[1]) for line in said.split("\n")[:-1] if line.startswith(f"{word} ")}


@contextmanager
def writer(folder: Path, first: int) -> Iterator[subprocess.Popen[str]]:
    """A child process that writes until it is killed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, __file__, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        try:
            yield child
        finally:
            child.kill()


def assert_whole(store: Store, kept: set[int], removed: set[int], last: int) -> None:
    """All that was reported is there, all that is there is whole, and both indexes find it."""
    present = {article.id for article in store.articles(limit=100_000)} - {"status"}
    for turn in kept:
        assert set(batch_of(turn)) <= present
    for turn in removed:
        assert not set(batch_of(turn)) & present
    sentences = [passage.text for passage in store.article_passages("status")]
    reached = int(sentences[0].removeprefix("The status is turn").removesuffix("."))
    assert reached >= last
    assert sentences == [f"The status is turn{reached}.", f"It was turn{reached} when this was written."]
    assert store.search_lexical([f"turn{reached - 1}"], 5, EVERYTHING) == []
    assert len(store.search_lexical([f"turn{reached}"], 5, EVERYTHING)) == 2
    for article_id in sorted(present)[-30:]:
        assert len(store.article_passages(article_id)) == 2
        assert nearest(store, article_id) == f"{article_id}:1"
    assert "error" not in {finding.severity for finding in store.check()}


def nearest(store: Store, article_id: str) -> str:
    """The passage nearest to the second sentence of the article."""
    return store.search_dense(vector_for(f"The mayor of {article_id} went home."), 1, EVERYTHING)[0][0]


@pytest.mark.timeout(60 + 30 * KILLS)
def test_nothing_reported_is_lost_by_kill_9_and_nothing_half_done_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    moments = random.Random(20240501)
    with open_store(folder) as store:
        store.put(
            [
                prepare("status", "The status is turn0.", "It was turn0 when this was written."),
                *map(prepare, batch_of(0)),
            ]
        )
    put, removing, removed = {0}, set[int](), set[int]()
    for _ in range(KILLS):
        first = max(put) + 2  # the turn after the last may have been stored without being reported
        with writer(folder, first) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0, 0.8))
            child.send_signal(signal.SIGKILL)
            said = child.stdout.read()
        put |= told(said, "put")
        removing |= told(said, "removing")
        removed |= told(said, "removed")
        with open_store(folder) as store:
            assert_whole(store, put - removing, removed, max(put))
    with open_store(folder) as store:
        store.check(fix=True)
        assert {finding.severity for finding in store.check()} == {"ok"}
    left = {path.name.split("-")[0] for path in (folder / "dense").iterdir() if path.is_dir()}
    assert left <= {"at"}


def test_an_open_library_sees_what_another_process_adds(tmp_path: Path) -> None:
    with open_store(tmp_path / "library") as store:
        store.put([prepare("here")])
        assert nearest(store, "here") == "here:1"
        with writer(store.folder, 1) as child:
            assert child.stdout is not None
            for line in child.stdout:
                if not line.startswith("put "):
                    continue
                turn = int(line.split()[1])
                article_id = f"t{turn}-0"
                assert nearest(store, article_id) == f"{article_id}:1"
                assert store.search_lexical([f"t{turn}"], 1, EVERYTHING)
                assert store.article(article_id) is not None
                if turn == 12:
                    break


def test_two_writing_processes_take_turns(tmp_path: Path) -> None:
    with open_store(tmp_path / "library", lock_timeout=120) as store, writer(store.folder, 1) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for number in range(10):
            store.put([prepare(f"mine{number}")])
        said = [child.stdout.readline() for _ in range(4)]
        child.kill()
        child.wait()
        assert store.count_articles("mine") == 10
        assert all(store.article(f"t{line.split()[1]}-0") for line in said if line.startswith("put "))
        assert "error" not in {finding.severity for finding in store.check()}


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
