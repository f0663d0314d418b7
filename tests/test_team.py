"""What several machines share, all at once: PostgreSQL, a Chroma server, `rag work` and `rag serve`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from chromas import Chroma
from postgres import Server
from servers import served as served_by
from stores import prepare
from test_follower import Working
from test_postgresql import end_connections
from test_store_served import quiet

import rag
from rag.cli.app import run
from rag.store import following, served
from rag.store.store import Store

QUESTION = "When does the library of ward 7 open?"


def ward(number: int) -> rag.Article:
    return rag.Article(title=f"Ward {number}", text=f"The library of ward {number} opens at nine. " * 5)


def added(folder: Path, *numbers: int) -> int:
    """Passages of the library, after another process of another machine has added articles to it."""
    with rag.Library.open(folder.with_name("newsroom")) as library:
        assert len(library.add([ward(number) for number in numbers]).added) == len(numbers)
        return library.stats().passages


def asked(client: httpx.Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/api/ask", json={"question": QUESTION}).json()
    return answer


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.3)


def test_a_shared_library_is_followed_and_asked_and_comes_back_from_every_failure(
    tmp_path: Path, postgres: Server, postgres_address: str, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "server"
    monkeypatch.setenv("RAG_READER", "none")
    writer = {"RAG_DATABASE": postgres_address}
    with rag.Library.open(folder):  # the tables are there before anybody follows
        pass
    with Working(folder, "--feeds-every", "0", RAG_CHROMA=chroma.address, **writer) as work:
        work.says("Working on")
        held = added(folder, *range(10))
        assert f"index: {held} passages indexed" in work.says("passages indexed")
        monkeypatch.setenv("RAG_CHROMA", chroma.address)
        with served_by(folder, "--no-chat") as client:
            first = asked(client)
            assert first["answered"]
            assert first["notes"] == []

            postgres.stop("immediate")
            failed = client.post("/api/ask", json={"question": QUESTION})
            assert failed.status_code == 500
            assert failed.json()["hint"]
            postgres.start()
            until(lambda: asked(client)["text"] == first["text"], "no answer after the database came back")

            chroma.kill()
            until(lambda: asked(client)["notes"] == [served.SILENT], "no note that meanings are not searched")
            monkeypatch.delenv("RAG_CHROMA")
            held = added(folder, *range(10, 15))
            chroma.start()
            work.says("passages indexed")
            until(lambda: asked(client)["notes"] == [], "the index is not back")

            work.process.kill()
            work.process.wait()
            with Working(folder, "--feeds-every", "0", RAG_CHROMA=chroma.address, **writer) as successor:
                successor.says("Working on")
                held = added(folder, *range(15, 20))
                successor.says("passages indexed")
            assert len(client.get("/api/articles", params={"limit": 100}).json()["articles"]) == 20
    monkeypatch.setenv("RAG_CHROMA", chroma.address)
    assert run(["--library", str(folder), "doctor"]) == 0
    with rag.Library.open(folder) as library:
        (state,) = library.store._dense.state()  # type: ignore[misc]
        assert (state.shard.held, state.behind) == (held, 0)


def test_a_follower_whose_claim_the_database_forgot_leaves_the_index_to_who_has_it(
    opening_postgres: Callable[..., Store], postgres: Server, chroma: Chroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)
    monkeypatch.setattr(following, "CHECK_S", 0.0)
    first, second = (opening_postgres(chroma=[chroma.address]) for _ in range(2))
    told: list[str] = []
    with first.following(told.append) as one, second.following(quiet) as other:
        first.put([prepare("a")])
        assert one()
        end_connections(postgres)
        assert other()  # has the claim now
        first.put([prepare("b")])
        assert one()
        assert "standing by" in told[-1]
        (state,) = first._dense.state()
        assert state.behind == 2
        assert other()
        (state,) = first._dense.state()
        assert state.behind == 0
