"""`rag work`: the index follows the library, feeds are fetched when they are due, and nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue

import pytest
from chromas import Chroma
from embedders import DIMENSION as HASHED
from embedders import HashEmbedder
from servers import environment, in_mcp
from servers import served as served_by
from sites import Site
from stores import prepare
from test_feeds import TRAMS, WHOLE, item, rss
from test_store_served import home, ids, index_of, quiet, search, shard_of

from rag.ingest.due import due_at
from rag.ingest.work import Worker, working
from rag.store import following, served
from rag.store.feeds import Feed, Trouble
from rag.store.store import Store

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


# --- the index


@pytest.fixture
def behind(opening: Callable[..., Store], chroma: Chroma, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose writers leave the index to those who follow, with 10 articles that are not indexed."""
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)
    store = opening(chroma=[chroma.address])
    store.put([prepare(f"a{i}") for i in range(10)])
    return store


def test_a_follower_brings_the_index_up_to_date_and_says_so(behind: Store) -> None:
    told: list[str] = []
    with behind.following(told.append) as once:
        assert once()
        assert once()
        behind.put([prepare("new")])
        assert once()
    assert [line.split(" on ")[0] for line in told] == [
        "index: 20 passages indexed",
        "index: 2 passages indexed",
    ]
    assert (shard_of(behind).held, ids(search(behind, home("new")))) == (22, ["new:1"])


def test_of_two_followers_one_works_and_the_other_takes_over(behind: Store, opening: Callable[..., Store]) -> None:
    other = opening(chroma=behind._opening["chroma"])
    first_told: list[str] = []
    second_told: list[str] = []
    with other.following(second_told.append) as second:
        with behind.following(first_told.append) as first:
            assert first()
            assert second()
            assert second()
            behind.put([prepare("new")])
            assert second()
            assert shard_of(behind).held == 20
            assert first()
            assert shard_of(behind).held == 22
            (state,) = index_of(behind).state()
            assert state.follower.startswith(f"process {os.getpid()} on ")
        assert [line.split("; ")[1] for line in second_told] == ["standing by"]
        behind.put([prepare("newer")])
        assert second()
        assert shard_of(behind).held == 24
    assert len([line for line in first_told if "passages indexed" in line]) == 2


def test_a_follower_goes_on_when_the_server_is_back_and_tells_it_once(
    behind: Store, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RETRY_S", 0.0)
    told: list[str] = []
    with behind.following(told.append) as once:
        chroma.kill()
        assert not once()
        assert not once()
        assert len(told) == 1
        assert "does not answer; trying again" in told[0]
        chroma.start()
        assert once()
    assert told[-1].startswith("index: up to date again")
    assert shard_of(behind).held == 20


def test_a_follower_finds_out_by_itself_that_a_server_was_emptied(
    behind: Store, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "CHECK_S", 0.0)
    with behind.following(quiet) as once:
        assert once()
        chroma.empty()
        assert once()
    assert (shard_of(behind).held, ids(search(behind, home("a7")))) == (20, ["a7:1"])


def test_the_index_inside_the_program_is_followed_as_well(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.store.dense.BUILT_BY_SEARCH", 10)
    told: list[str] = []
    with store.following(told.append) as once:
        store.put([prepare(f"a{i}") for i in range(10)])
        assert store._snapshots.current() is None  # left to the follower
        assert once()
        assert once()
    assert told == ["index: 20 passages indexed"]


# --- feeds


@pytest.fixture
def news(site: Site) -> str:
    """The address of a feed with two entries."""
    site.answers["/feed"] = [(200, {}, rss(item("one", site=site, text=WHOLE), item("two", site=site, text=TRAMS)))]
    return f"{site.url}/feed"


@pytest.fixture
def hashed(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "hashed", fingerprint="hash", dimension=HASHED) as opened:
        yield opened


@contextmanager
def worker(store: Store, site: Site, told: list[str], every: timedelta | None = HOUR) -> Iterator[Worker]:
    with working(store, HashEmbedder, told.append, every=every, fetcher=site.fetcher()) as made:
        yield made


def known(store: Store, url: str, *, hours_ago: int) -> None:
    """Let the feed have been visited so long ago."""
    store.feeds.visited(Feed(url, "Harbour Post"))
    with store._database.write() as connection:
        moment = (datetime.now(UTC) - timedelta(hours=hours_ago)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.exec_driver_sql("UPDATE feeds SET checked = ?", (moment,))


def test_a_feed_is_fetched_when_it_is_due_and_only_then(hashed: Store, site: Site, news: str) -> None:
    known(hashed, news, hours_ago=2)
    told: list[str] = []
    with worker(hashed, site, told) as made:
        assert made.round()
        assert made.round()
    assert told == [f"feed {news}: fetching", f"feed {news}: 2 added"]
    assert site.paths().count("/feed") == 1


def test_without_an_interval_no_feed_is_fetched(hashed: Store, site: Site, news: str) -> None:
    known(hashed, news, hours_ago=200)
    with worker(hashed, site, [], every=None) as made:
        assert made.round()
    assert site.paths() == []


def test_a_feed_that_another_fetches_is_left_to_it(hashed: Store, site: Site, news: str) -> None:
    known(hashed, news, hours_ago=2)
    with worker(hashed, site, []) as made:
        with hashed.claims.held(f"feed {news}") as ours:
            assert ours
            assert made.round()
            assert site.paths() == []
        assert made.round()
    assert len(hashed.articles()) == 2


def test_two_workers_at_once_fetch_a_feed_once(hashed: Store, site: Site, news: str, tmp_path: Path) -> None:
    known(hashed, news, hours_ago=2)
    told: list[str] = []

    def work() -> None:
        with (
            Store.open(tmp_path / "hashed", fingerprint="hash", dimension=HASHED) as opened,
            worker(opened, site, told) as made,
        ):
            made.round()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [f"feed {news}: fetching", f"feed {news}: 2 added"]
    assert site.paths().count("/feed") == 1


def test_a_feed_that_fails_does_not_stop_the_others_and_is_tried_later_and_later(
    hashed: Store, site: Site, news: str
) -> None:
    broken = f"{site.url}/broken"
    hashed.feeds.visited(Feed(broken))
    known(hashed, news, hours_ago=2)
    told: list[str] = []
    with worker(hashed, site, told) as made:
        assert not made.round()
        made.round()
    assert site.paths().count("/broken") == 1
    assert len(hashed.articles()) == 2
    assert "could not be fetched" in " ".join(told)
    assert hashed.feeds.troubles()[broken].failures == 1
    assert "answered 404" in " ".join(finding.message for finding in hashed.check())
    site.answers["/broken"] = site.answers["/feed"]
    with hashed._database.write() as connection:
        connection.exec_driver_sql("UPDATE feed_troubles SET tried = '2020-01-01 00:00:00.000000'")
    with worker(hashed, site, told) as made:
        assert made.round()
    assert hashed.feeds.troubles() == {}


@pytest.mark.parametrize(("failures", "hours"), [(0, 1), (1, 2), (3, 8), (4, 16), (5, 24), (99, 24)])
def test_a_feed_waits_twice_as_long_after_each_failure_up_to_a_day(failures: int, hours: int) -> None:
    trouble = Trouble(failures, NOON, "it answered 404") if failures else None
    feed = Feed("https://harbour-post.example/feed", checked=NOON - timedelta(days=2) if failures else NOON)
    assert due_at(feed, trouble, HOUR) == NOON + timedelta(hours=hours)


def test_a_worker_goes_on_after_trouble_with_the_database(hashed: Store, site: Site) -> None:
    told: list[str] = []
    with worker(hashed, site, told) as made:
        with hashed._database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE feeds RENAME TO away")
        assert not made.round()
        assert not made.round()
        with hashed._database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO feeds")
        assert made.round()
    assert len(told) == 1
    assert "no such table" in told[0]


# --- the command


class Working:
    """`rag work` in a process of its own."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        arguments = [sys.executable, "-m", "rag", "--library", str(folder), "work", *options]
        self.process = subprocess.Popen(
            arguments, env=environment() | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def says(self, wanted: str) -> str:
        """The next line with these words."""
        seen: list[str] = []
        while not seen or wanted not in seen[-1]:
            try:
                seen.append(self._lines.get(timeout=120))
            except Empty:
                raise AssertionError(f"{wanted!r} is not in {seen}") from None
        return seen[-1]

    def __enter__(self) -> Working:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty library of the built-in embedding model, as the command opens it."""
    import rag

    with rag.Library.open(tmp_path / "library"):
        return tmp_path / "library"


@pytest.fixture
def articles() -> list[object]:
    import rag

    return [rag.Article(title=f"Ward {n}", text=f"The library of ward {n} opens at nine. " * 5) for n in range(30)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_follows_the_library_and_stops_when_it_is_told_to(
    folder: Path, chroma: Chroma, articles: list[object], number: signal.Signals
) -> None:
    import rag

    with Working(folder, RAG_CHROMA=chroma.address) as work:
        work.says("Working on")
        with rag.Library.open(folder) as library:
            library.add(articles)  # type: ignore[arg-type]
            held = library.stats().passages
        assert f"index: {held} passages indexed" in work.says("passages indexed")
        work.process.send_signal(number)
        work.says("Stopped.")
        assert work.process.wait(timeout=60) == 0


def test_killed_at_any_moment_the_next_one_goes_on(folder: Path, chroma: Chroma, articles: list[object]) -> None:
    import rag

    settings = rag.Settings(library=folder, chroma=chroma.address)
    for turn in range(3):
        with rag.Library.open(folder) as library:  # without the setting: nothing follows but the command
            library.add(articles[turn * 10 : turn * 10 + 10])  # type: ignore[arg-type]
        with Working(folder, RAG_CHROMA=chroma.address) as work:
            work.says("Working on")
            if turn == 2:
                work.says("passages indexed")
            work.process.kill()
            work.process.wait()
    with rag.Library.open(settings=settings) as library, library.working(quiet) as last:
        assert last.round()
        shard = shard_of(library.store)
        assert library.store.check()[-1].severity == "ok"
        assert shard.held == library.stats().passages
        found = library.retriever(k=3).invoke("When does the library of ward 7 open?")
        assert len(found) == 3


def test_once_does_what_is_due_and_leaves(folder: Path, chroma: Chroma) -> None:
    with Working(folder, "--once", RAG_CHROMA=chroma.address) as work:
        assert work.process.wait(timeout=120) == 0


def test_once_says_when_the_index_cannot_be_reached(folder: Path, articles: list[object]) -> None:
    import rag

    with rag.Library.open(folder) as library:
        library.add(articles[:1])  # type: ignore[arg-type]
    with Working(folder, "--once", "--feeds-every", "0", RAG_CHROMA="http://127.0.0.1:9") as work:
        work.says("does not answer")
        assert work.process.wait(timeout=120) == 1


# --- rag serve


def test_a_server_answers_while_the_index_is_frozen_says_so_and_recovers(
    folder: Path, chroma: Chroma, articles: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import rag

    monkeypatch.setenv("RAG_CHROMA", chroma.address)
    with rag.Library.open(folder) as library:
        library.add(articles)  # type: ignore[arg-type]
    question = {"question": "When does the library of ward 7 open?"}
    with served_by(folder, "--no-chat") as client:

        def asked() -> tuple[list[str], str, bool]:
            answer = client.post("/api/ask", json=question).json()
            found = client.get("/api/search", params={"q": question["question"]}).json()
            agent = in_mcp(client, lambda mcp: mcp.call_tool("search", {"query": question["question"]}))
            assert answer["answered"]
            assert found["results"]
            assert agent.structured_content["results"]
            assert agent.structured_content["note"] == found["note"]
            return answer["notes"], found["note"], client.get("/api/health").json()["index_answers"]

        assert asked() == ([], "", True)
        chroma.freeze()
        assert asked() == ([served.SILENT], served.SILENT, False)
        assert "rag_index_answers 0.0" in client.get("/api/metrics").text
        chroma.thaw()
        until = time.monotonic() + 120
        while asked() != ([], "", True):
            assert time.monotonic() < until, "it is not back"
            time.sleep(0.5)
