"""The dense index on a real Chroma server: right neighbours, or words only with a note, whatever becomes of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import chromadb
import httpx
import numpy as np
import pytest
from chromas import Chroma
from servers import free_port
from sqlalchemy import update
from stores import open_store, prepare, vector_for

from rag.schema import Filters, Vectors
from rag.store import chroma_server as servers
from rag.store import follower, following, served, shards, tables
from rag.store.chroma_server import ChromaServer, ServerFailed, ServerSilent
from rag.store.dense_search import Nearest
from rag.store.store import Prepared, Store

EVERYTHING = Filters()


def quiet(_line: str) -> None:
    """Take a line of progress."""


def home(article_id: str) -> str:
    return f"The mayor of {article_id} went home."


def search(store: Store, text: str, k: int = 1, filters: Filters = EVERYTHING) -> Nearest:
    return store.search_nearest(vector_for(text), k, filters)


def ids(found: Nearest) -> list[str]:
    return [passage_id for passage_id, _ in found.hits]


def shard_of(store: Store) -> shards.Shard:
    """What the library knows of its one collection."""
    (state,) = index_of(store).state()
    assert state.shard is not None
    return state.shard


def index_of(store: Store) -> served.ServedIndex:
    assert isinstance(store._dense, served.ServedIndex)
    return store._dense


@contextmanager
def client(server: Chroma) -> Iterator[Any]:
    """chromadb's own client, for what others do to the server."""
    settings = chromadb.Settings(anonymized_telemetry=False)
    raw = chromadb.HttpClient(host="127.0.0.1", port=server.port, settings=settings)
    yield raw
    raw._server._session.close()


@pytest.fixture(autouse=True)
def trying_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that failed is left alone for five seconds; tests do not wait."""
    monkeypatch.setattr(servers, "RETRY_S", 0.0)


@pytest.fixture
def filled(opening: Callable[..., Store], chroma: Chroma) -> Store:
    """A store with 60 articles of two passages, all indexed on the server."""
    store = opening(chroma=[chroma.address])
    store.put([prepare(f"a{i}", published=date(2020 + i % 5, 1, 1)) for i in range(60)])
    assert shard_of(store).upto == 120
    return store


@pytest.fixture
def noted(filled: Store) -> Callable[[], None]:
    """Searches; fails unless the index of meanings was left out, and a note says so, in under three seconds."""

    def check() -> None:
        began = time.monotonic()
        found = search(filled, home("a7"))
        assert time.monotonic() - began < 3  # the promise of the product, not a speed
        assert ids(found) == []
        assert "found by their words only" in found.note
        assert filled.search_lexical(["mayor"], 1, EVERYTHING)

    return check


# --- as the embedded index


def test_the_server_finds_what_exact_search_finds(filled: Store, opening: Callable[..., Store]) -> None:
    exact = opening(exact_limit=1_000)
    for text in ("anything", home("a7"), "Nothing much happened in a9."):
        found, expected = search(filled, text, 10), search(exact, text, 10)
        assert ids(found) == ids(expected)
        assert np.allclose([score for _, score in found.hits], [score for _, score in expected.hits], atol=1e-5)
        assert found.note == ""


def test_filters_hold_by_overfetching(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.store.dense_search.FEW", 20)
    wanted = Filters(publisher=None, since=date(2021, 1, 1), until=date(2024, 12, 31))
    found = search(filled, home("a3"), 3, wanted)
    assert ids(found)[0] == "a3:1"
    assert {filled.candidates([one])[one].published for one in ids(found)} <= {
        date(2020 + i, 1, 1) for i in range(1, 5)
    }


def test_new_changed_and_removed_articles_count_at_once_though_nobody_follows(
    filled: Store, opening: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)
    reader = opening(chroma=filled._opening["chroma"])
    assert ids(search(reader, home("a3"))) == ["a3:1"]
    filled.put([prepare("new"), prepare("a3", "The mayor of a3 stayed.")])
    assert ids(search(reader, home("new"))) == ["new:1"]
    assert ids(search(reader, "The mayor of a3 stayed.")) == ["a3:0"]
    assert search(reader, home("a3")).hits[0][1] < 0.99
    filled.remove("a5")
    assert "a5:0" not in ids(search(reader, "x", 1_000))


def test_an_index_behind_by_3000_is_no_worse_and_is_brought_up_to_date(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)
    monkeypatch.setattr(follower, "PAGE", 1_000)
    filled.put([prepare(f"b{i}") for i in range(1_500)])
    assert [state.behind for state in index_of(filled).state()] == [3_000]
    assert search(filled, home("b900")) == Nearest([("b900:1", pytest.approx(1, abs=1e-5))])
    told: list[str] = []
    assert index_of(filled).follow(told.append)
    assert [line.split(" on ")[0] for line in told] == [
        "1,000 of 3,000 passages indexed",
        "2,000 of 3,000 passages indexed",
        "3,000 of 3,000 passages indexed",
    ]
    assert shard_of(filled).held == 3_120
    assert ids(search(filled, home("b900"))) == ["b900:1"]
    assert ids(search(filled, home("a7"))) == ["a7:1"]


def test_what_is_too_much_to_be_searched_exactly_is_left_out_with_a_note(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)
    monkeypatch.setattr(served, "TAIL", 10)
    filled.put([prepare(f"b{i}") for i in range(6)])
    found = search(filled, home("a7"))
    assert ids(found) == ["a7:1"]
    assert found.note == "The index of meanings lacks 12 passages; these were found by their words only."
    assert {finding.severity for finding in filled.check()} == {"ok", "warning"}
    assert index_of(filled).follow(quiet)
    assert search(filled, home("b3")) == Nearest([("b3:1", pytest.approx(1, abs=1e-5))])


def test_a_small_library_is_searched_without_asking_the_server_by_a_program_that_ends(
    opening: Callable[..., Store],
) -> None:
    store = opening(chroma=[f"http://127.0.0.1:{free_port()}"], exact_limit=1_000)
    store.put([prepare("a")])
    assert search(store, home("a")) == Nearest([("a:1", pytest.approx(1, abs=1e-5))])


def test_two_servers_share_the_passages(
    opening: Callable[..., Store], chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One server under two names serves as two."""
    store = opening(chroma=[chroma.address, f"http://localhost:{chroma.port}"])
    store.put([prepare(f"a{i}") for i in range(30)])
    assert [state.shard.held for state in index_of(store).state() if state.shard] == [30, 30]
    assert [ids(search(store, home(f"a{i}"))) for i in range(30)] == [[f"a{i}:1"] for i in range(30)]
    index_of(store)._servers[chroma.address].close()
    index_of(store)._servers[chroma.address] = ChromaServer(f"http://127.0.0.1:{free_port()}", 1)
    found = search(store, "x", 100)
    assert len(found.hits) == 30
    assert found.note == served.PARTLY


# --- failures


def test_a_frozen_server_costs_one_wait_and_is_used_again_when_it_goes_on(
    filled: Store, chroma: Chroma, noted: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    search(filled, home("a7"))
    chroma.freeze()
    noted()
    noted()
    filled.put([prepare("new")])
    assert ids(search(filled, home("new"))) == ["new:1"]
    assert [one.levelno for one in caplog.records if "cannot be searched" in one.message] == [logging.WARNING]
    chroma.thaw()
    assert search(filled, home("a7")) == Nearest([("a7:1", pytest.approx(1, abs=1e-5))])


def test_a_server_is_tried_again_though_it_is_asked_for_all_the_time(
    filled: Store, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searches that leave the server alone do not count as its failures."""
    clock = [0.0]
    monkeypatch.setattr(servers, "RETRY_S", 5.0)
    monkeypatch.setattr(servers, "monotonic", lambda: clock[0])
    chroma.kill()
    assert search(filled, home("a7")).note == served.SILENT
    chroma.start()
    for second in (1.0, 3.0, 4.9):
        clock[0] = second
        assert search(filled, home("a7")).note == served.SILENT
    clock[0] = 5.1
    assert search(filled, home("a7")) == Nearest([("a7:1", pytest.approx(1, abs=1e-5))])


def test_a_killed_server_is_used_again_when_it_is_back(
    filled: Store, chroma: Chroma, noted: Callable[[], None]
) -> None:
    chroma.kill()
    noted()
    assert "does not answer" in " ".join(finding.message for finding in filled.check())
    chroma.start()
    assert search(filled, home("a7")) == Nearest([("a7:1", pytest.approx(1, abs=1e-5))])


def test_a_server_whose_folder_was_deleted_is_filled_again(
    filled: Store, chroma: Chroma, noted: Callable[[], None]
) -> None:
    search(filled, home("a7"))
    chroma.empty()
    noted()
    assert index_of(filled).follow(quiet)
    assert search(filled, home("a7")) == Nearest([("a7:1", pytest.approx(1, abs=1e-5))])
    assert {finding.severity for finding in filled.check()} == {"ok"}


def test_a_collection_of_another_embedder_is_not_searched_and_is_replaced(
    filled: Store, chroma: Chroma, opening: Callable[..., Store]
) -> None:
    name = shard_of(filled).collection
    with client(chroma) as raw:
        raw.delete_collection(name)
        about = {"fingerprint": "another", "dimension": 16}
        foreign = raw.create_collection(name, metadata=about, embedding_function=None)
        foreign.add(ids=[str(number) for number in range(1, 121)], embeddings=np.eye(120, 16, dtype=np.float32) + 0.1)
    reader = opening(chroma=[chroma.address])
    found = search(reader, home("a7"))
    assert (ids(found), found.note) == ([], served.LOST)
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).collection != name
    assert ids(search(reader, home("a7"))) == ["a7:1"]


@pytest.mark.parametrize("missing", [1, 100])
def test_a_collection_that_lost_vectors_is_replaced(filled: Store, chroma: Chroma, missing: int) -> None:
    name = shard_of(filled).collection
    with client(chroma) as raw:
        raw.get_collection(name, embedding_function=None).delete(ids=[str(n) for n in range(1, missing + 1)])
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).collection != name
    assert len(search(filled, "x", 1_000).hits) == 120


def test_a_collection_with_wrong_vectors_is_replaced(filled: Store, chroma: Chroma) -> None:
    """As many as were written, of the right model, and none where it was."""
    name = shard_of(filled).collection
    numbers = [str(number) for number in range(1, 121)]
    wrong = np.random.default_rng(0).standard_normal((120, 16)).astype(np.float32)
    with client(chroma) as raw:
        raw.get_collection(name, embedding_function=None).update(ids=numbers, embeddings=wrong)
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).collection != name
    assert ids(search(filled, home("a7"))) == ["a7:1"]


def built_anew(filled: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[Nearest]]:
    """Build the index anew, page by page: the old collection, and what was found after each page."""
    monkeypatch.setattr(follower, "KEEP_OLD_S", 0.0)
    monkeypatch.setattr(following, "CHECK_S", 0.0)
    monkeypatch.setattr(follower, "PAGE", 50)
    old = shard_of(filled).collection
    found: list[Nearest] = []
    index_of(filled).follow(lambda _line: found.append(search(filled, home("a7"))), anew=True)
    return old, found


def test_while_another_is_built_the_old_collection_is_searched_and_it_goes_a_while_after(
    filled: Store, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, found = built_anew(filled, monkeypatch)
    assert len(found) == 3
    assert {(*ids(one), one.note) for one in found} == {("a7:1", "")}
    with filled.following(quiet) as once:
        assert once()
        assert once()
    new = shard_of(filled).collection
    assert new != old
    assert index_of(filled)._servers[chroma.address].names(new[:16]) == [new]


def test_a_collection_is_built_anew_when_much_of_it_is_dead(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "REBUILD_DEAD", 20)
    before = shard_of(filled).collection
    with filled.writing():
        for number in range(30):
            filled.remove(f"a{number}")
    assert index_of(filled).follow(quiet)
    assert (shard_of(filled).collection == before, shard_of(filled).held) == (False, 60)
    assert len(search(filled, "x", 1_000).hits) == 60


def test_an_emptied_library_has_no_collection(filled: Store) -> None:
    with filled.writing():
        for number in range(60):
            filled.remove(f"a{number}")
    assert index_of(filled).follow(quiet)
    assert search(filled, "x", 5) == Nearest([])
    filled.put([prepare("new")])
    assert len(ids(search(filled, "x", 5))) == shard_of(filled).held == 2


def test_killed_between_write_and_mark_costs_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page lies on the server, the library does not know: it is written again, and once."""
    name = shard_of(filled).collection

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(follower.Follower, "_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            filled.put([prepare("new"), prepare("newer")])
    assert shard_of(filled).upto == 120
    assert ids(search(filled, home("new"))) == ["new:1"]
    assert len(search(filled, "x", 1_000).hits) == 124
    assert index_of(filled).follow(quiet)
    assert (shard_of(filled).collection, shard_of(filled).held) == (name, 124)
    assert len(search(filled, "x", 1_000).hits) == 124


def test_a_building_that_was_killed_is_gone_on_with(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "PAGE", 50)
    told: list[str] = []

    def stop(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_of(filled).follow(stop, anew=True)
    with filled._database.write() as connection:  # what was live is lost meanwhile
        place = shards.place_of(connection, index_of(filled)._identity())
        shards.forget(connection, index_of(filled)._parts[0], "live", place)
    assert index_of(filled).follow(told.append)
    assert [line.split(" on ")[0] for line in told[2:]] == ["20 passages indexed"]
    assert shard_of(filled).held == 120


@pytest.mark.sqlite  # a copied folder of a library in PostgreSQL is the same library
def test_a_copied_library_does_not_touch_the_collection_of_the_original(
    filled: Store, chroma: Chroma, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import shutil

    filled.close()
    copied = shutil.copytree(filled.folder, tmp_path_factory.mktemp("copy") / "library")
    with open_store(copied, chroma=[chroma.address]) as copy:
        copy.put([prepare("only in the copy")])
        assert shard_of(copy).collection != shard_of(filled).collection
        assert ids(search(copy, home("a7"))) == ["a7:1"]
    filled.put([prepare("only in the original")])
    assert ids(search(filled, home("only in the original"))) == ["only in the original:1"]
    assert shard_of(filled).held == 122


# --- vectors that no index takes


def poisoned(name: str, vector: Vectors) -> Prepared:
    made = prepare(name)
    made.vectors[1] = vector
    return made


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_passage_without_a_vector_is_found_by_words_and_hinders_no_other(
    filled: Store, opening: Callable[..., Store], value: float
) -> None:
    filled.put([poisoned("sick", np.full(16, value, np.float32)), prepare("well")])
    assert shard_of(filled).held == 123
    for store in (filled, opening(exact_limit=1_000)):
        assert ids(search(store, home("well"))) == ["well:1"]
        assert "sick:1" not in ids(search(store, home("well"), 1_000))
    assert [one for one, _ in filled.search_lexical(["sick"], 5, EVERYTHING)]
    assert "1 passages have a vector that no index takes" in " ".join(one.message for one in filled.check())


def test_a_vector_of_another_length_hinders_no_search(filled: Store) -> None:
    with filled._database.write() as connection:
        connection.execute(update(tables.vectors).where(tables.vectors.c.number == 5).values(vector=b"\0\0"))
    assert index_of(filled).follow(quiet, anew=True)
    assert shard_of(filled).held == 119
    assert ids(search(filled, home("a7"))) == ["a7:1"]


class Picky:
    """A proxy before the Chroma server that lets no page pass with a certain passage, and counts the pages."""

    def __init__(self, behind: Chroma) -> None:
        self.refused: set[str] = set()
        self.pages = 0
        picky, target = self, httpx.Client(base_url=behind.address, trust_env=False)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.endswith("/upsert"):
                    picky.pages += 1
                    if any(f'"{one}"'.encode() in body for one in picky.refused):
                        self._send(500, b'{"error":"InternalError","message":"it fails at this one"}')
                        return
                answer = target.request(
                    self.command, self.path, content=body, headers={"Content-Type": "application/json"}
                )
                self._send(answer.status_code, answer.content)

            do_GET = do_POST  # noqa: N815

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._target = target

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._target.close()


@pytest.fixture
def picky(chroma: Chroma) -> Iterator[Picky]:
    proxy = Picky(chroma)
    yield proxy
    proxy.close()


def test_a_page_that_fails_is_halved_until_the_poison_is_alone(opening: Callable[..., Store], picky: Picky) -> None:
    picky.refused = {"77"}
    store = opening(chroma=[picky.address])
    store.put([prepare(f"a{i}") for i in range(60)])
    assert (shard_of(store).upto, shard_of(store).held) == (120, 119)
    assert ids(search(store, home("a7"))) == ["a7:1"]
    assert "1 passages" in " ".join(one.message for one in store.check())
    tried = picky.pages
    store.put([prepare("new")])
    assert picky.pages == tried + 1  # the poison is not tried again


def test_a_server_that_refuses_everything_marks_no_passage(opening: Callable[..., Store], picky: Picky) -> None:
    picky.refused = {str(number) for number in range(1, 200)}
    store = opening(chroma=[picky.address])
    store.put([prepare(f"a{i}") for i in range(60)])
    assert index_of(store).state()[0].shard is None
    assert ids(search(store, home("a7"))) == ["a7:1"]  # exactly, meanwhile
    assert "that no index takes" not in " ".join(one.message for one in store.check())
    picky.refused = set()
    assert index_of(store).follow(quiet)
    assert shard_of(store).held == 120


# --- every call is bounded


def test_every_call_to_a_frozen_server_ends(filled: Store, chroma: Chroma) -> None:
    name = shard_of(filled).collection
    server = ChromaServer(chroma.address, 0.2)
    server.ready()
    vectors = vector_for("x")[None, :]
    calls: list[Callable[[], object]] = [
        lambda: server.make("rag-never", {}),
        lambda: server.about(name),
        lambda: server.names("rag"),
        lambda: server.drop("rag-never"),
        lambda: server.count(name),
        lambda: server.put(name, np.array([1]), vectors),
        lambda: server.nearest(name, vectors, 1),
    ]
    assert server.count(name) == 120
    chroma.freeze()
    assert not server.answers()
    for call in calls:
        with pytest.raises(ServerSilent):
            call()
    server.close()


def test_what_is_no_chroma_server_is_an_index_that_does_not_answer(
    opening: Callable[..., Store], picky: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of a proxy, a wrong port: an answer that nobody expects."""
    store = opening(chroma=[picky.address])
    store.put([prepare("a")])
    monkeypatch.setattr(servers, "_client", lambda *_arguments: None)
    index_of(store)._servers[picky.address].close()
    found = search(store, home("a"))
    assert (ids(found), found.note) == ([], served.SILENT)
    with pytest.raises(ServerFailed):
        index_of(store)._servers[picky.address].names("x")
