"""The network between a library and its servers is cut, frozen or slow in the middle of a call: TCP on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from chromas import Chroma
from postgres import PASSWORD, Server
from stores import open_store, prepare
from test_postgresql_failures import CHANGES, Change, found, hint_of
from test_store_served import EVERYTHING, home, ids, index_of, quiet, search, shard_of
from wires import Way, Wire

from rag.errors import LibraryError
from rag.store import chroma_server as servers
from rag.store import served
from rag.store.postgresql import patience
from rag.store.store import Store

AGAIN = "Try again; the connection comes back by itself."
UNREACHABLE = "Check that the server runs, and host and port in RAG_DATABASE."
POINTS = 5  # of a change, at which the network fails
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


# --- PostgreSQL


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    """The network between the library and PostgreSQL."""
    with closing(Wire(postgres.port)) as laid:
        yield laid


@pytest.fixture
def library(
    tmp_path: Path, postgres: Server, schema: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A library in PostgreSQL, by way of the wire."""
    monkeypatch.setattr(patience, "PATIENCE_S", 0.2)
    monkeypatch.setattr(patience, "REST_S", 0.0)
    through = postgres.address(schema).replace(f":{postgres.port}/", f":{wire.port}/")
    with open_store(tmp_path / "library", database=through) as opened:
        yield opened


@pytest.fixture
def near(tmp_path: Path, postgres: Server, schema: str, library: Store) -> Iterator[Store]:
    """The same library as another machine sees it, without the wire."""
    with open_store(tmp_path / "near", database=postgres.address(schema), lock_timeout=60) as opened:
        yield opened


def sent(wire: Wire, action: Callable[[], object]) -> int:
    """Bytes that go to the server in an action."""
    before = wire.passed["up"]
    action()
    return wire.passed["up"] - before


@changes
@pytest.mark.parametrize("failure", ["cut", "freeze"])
def test_a_network_that_fails_in_the_middle_of_a_change_leaves_nothing_half_done_and_no_lock(
    library: Store, near: Store, wire: Wire, change: Change, failure: str
) -> None:
    library.put([prepare("first")])
    size = sent(wire, partial(change.make, library, "first"))
    wanted = repr(found(near, "first"))
    for number in range(POINTS):
        name = f"tried{number}"
        library.put([prepare(name)])
        before = repr(found(near, name))
        wire.after("up", 1 + size * number // POINTS, getattr(wire, failure))
        refused = hint_of(partial(change.make, library, name))
        wire.cut()  # a frozen network that comes back knows the connections no more
        wire.thaw()
        near.put([prepare(f"later{number}")])  # waits for a lock that is still held
        after = repr(found(near, name)).replace(name, "first")
        assert refused in ("", AGAIN, UNREACHABLE)
        assert after == wanted if not refused else after in (wanted, before.replace(name, "first"))
    change.make(library, "tried0")
    assert repr(found(library, "tried0")).replace("tried0", "first") == wanted
    assert {finding.severity for finding in near.check()} == {"ok"}


@pytest.mark.timeout(60)
def test_a_frozen_server_costs_a_question_one_line_and_is_used_again_when_it_goes_on(
    library: Store, wire: Wire
) -> None:
    library.put([prepare("a")])
    wire.freeze()
    for _ in range(2):  # over a connection that is there, and over a new one
        with pytest.raises(LibraryError, match=r"database .*(Try again|Check that the server runs)"):
            library.articles()
    wire.thaw()
    assert [one.id for one in library.articles()] == ["a"]


@pytest.mark.timeout(60)
def test_stopped_processes_of_the_server_cost_a_question_one_line(near: Store, postgres: Server) -> None:
    """The system takes what is sent to them, and answers for nobody."""
    near.put([prepare("a")])
    first = int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])
    said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first)], capture_output=True, text=True, check=True).stdout
    stopped = [first, *map(int, said.split())]
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(LibraryError, match=r"cannot be reached|has stopped answering"):
            near.articles()
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
    assert [one.id for one in near.articles()] == ["a"]


@pytest.mark.timeout(60)
def test_while_a_silent_server_is_left_alone_nobody_waits_for_it(
    library: Store, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    library.put([prepare("a")])
    wire.freeze()
    hint_of(library.articles)
    monkeypatch.setattr(patience, "REST_S", 2.0)
    monkeypatch.setattr(patience, "_silent", dict.fromkeys(patience._silent, clock[0]))
    monkeypatch.setattr(patience, "monotonic", lambda: clock[0])
    wire.thaw()
    with pytest.raises(LibraryError, match="did not answer a moment ago"):
        library.articles()
    clock[0] += 2.1
    assert [one.id for one in library.articles()] == ["a"]


def test_a_statement_that_takes_long_on_a_server_that_lives_is_waited_for(library: Store, near: Store) -> None:
    """A writer that waits for another one's lock waits for many times the patience with a server."""
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with near.writing():
            held.set()
            free.wait(60)

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait(60)
    threading.Timer(1.5, free.set).start()
    library.put([prepare("a")])
    holding.join()
    assert [one.id for one in near.articles()] == ["a"]


def test_a_slow_network_changes_nothing_but_the_time(library: Store, near: Store, wire: Wire) -> None:
    wire.trickle(0.0005)
    library.put([prepare("a")])
    near_found = found(near, "a")
    assert found(library, "a") == near_found


def test_the_server_gives_up_a_machine_that_is_gone_without_a_word(library: Store, postgres: Server) -> None:
    """Its sessions hold locks: the server asks after ten seconds without a word, as it does not by itself for hours."""
    import psycopg

    with library._database.read() as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        }
    assert shown == {
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "25000",
    }
    with closing(psycopg.connect(postgres.address(), password=PASSWORD)) as plain:
        assert plain.execute("SHOW tcp_keepalives_idle").fetchone() != ("10",)


# --- Chroma


@pytest.fixture
def chroma_wire(chroma: Chroma, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The network between the library and its Chroma server."""
    monkeypatch.setattr(servers, "RETRY_S", 0.0)
    with closing(Wire(chroma.port)) as laid:
        yield laid


@pytest.fixture
def filled(opening: Callable[..., Store], chroma_wire: Wire) -> Store:
    """60 articles of two passages, all indexed by way of the wire."""
    store = opening(chroma=[f"http://127.0.0.1:{chroma_wire.port}"])
    store.put([prepare(f"a{i}") for i in range(60)])
    assert shard_of(store).upto == 120
    assert ids(search(store, home("a7"))) == ["a7:1"]
    return store


def failing(wire: Wire, failure: str) -> Callable[[], None]:
    """What happens to the network."""
    return {"cut": wire.cut, "freeze": wire.freeze, "slow": partial(wire.trickle, 0.3)}[failure]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("failure", ["cut", "freeze", "slow"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_network_that_fails_in_the_middle_of_a_search_costs_meanings_and_says_so(
    filled: Store, chroma_wire: Wire, monkeypatch: pytest.MonkeyPatch, failure: str, way: Way
) -> None:
    monkeypatch.setattr(served, "SEARCH_S", 1.0)
    whole = search(filled, home("a7"), 20)
    for count in (1, 100, 400):
        chroma_wire.after(way, count, failing(chroma_wire, failure))
        partly = search(filled, home("a7"), 20)
        assert partly == whole or (ids(partly), partly.note) == ([], served.SILENT)
        assert filled.search_lexical(["mayor"], 1, EVERYTHING)
        chroma_wire.cut()
        chroma_wire.thaw()
        assert search(filled, home("a7"), 20) == whole


@pytest.mark.timeout(120)
@pytest.mark.parametrize("failure", ["cut", "freeze"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_network_that_fails_while_the_index_is_written_loses_no_article_and_no_vector(
    filled: Store, chroma_wire: Wire, monkeypatch: pytest.MonkeyPatch, failure: str, way: Way
) -> None:
    """On the way up the page comes in part; on the way down it was written, and nobody heard of it."""
    monkeypatch.setattr(served, "WRITE_S", 1.0)
    name = shard_of(filled).collection
    for number, count in enumerate((1, 200, 900)):
        chroma_wire.after(way, count, failing(chroma_wire, failure))
        filled.put([prepare(f"new{number}")])
        chroma_wire.cut()
        chroma_wire.thaw()
        assert ids(search(filled, home(f"new{number}"))) == [f"new{number}:1"]
        assert index_of(filled).follow(quiet)
        assert ids(search(filled, home(f"new{number}"))) == [f"new{number}:1"]
    assert (shard_of(filled).collection, shard_of(filled).held) == (name, 126)
    assert len(search(filled, "x", 1_000).hits) == 126
    assert {finding.severity for finding in filled.check()} == {"ok"}
