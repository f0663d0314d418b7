"""An index in Chroma Cloud: a server that asks for its key and enforces its quotas, before a real Chroma."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
import pytest
from chromas import Chroma
from stores import prepare
from test_store_served import home, ids, index_of, quiet, search, shard_of

from rag.config import load_settings
from rag.errors import ConfigError
from rag.store import chroma_server as servers
from rag.store import served
from rag.store.store import Store

KEY, DATABASE = "ck-secret-0123456789", "articles"
# https://docs.trychroma.com/cloud/quotas-limits
RECORDS, RESULTS, NAME_BYTES, ID_BYTES, METADATA_KEYS, METADATA_BYTES = 300, 300, 128, 128, 32, 256
UNMAPPED = b"<html>upstream connect error</html>"  # what a gateway says; no JSON


class Cloud:
    """Chroma Cloud's door: passes on what is within its quotas."""

    def __init__(self, behind: Chroma, tenant: str) -> None:
        self.broken: list[str] = []  # quotas that somebody asked to go beyond
        self.busy: list[tuple[str, int, bytes]] = []  # ends of paths with the answers to give next
        self.writes: list[int] = []  # records of each
        self.foreign: list[str] = []  # paths out of the tenant's database
        self._lock = Lock()
        self._within = f"/api/v2/tenants/{tenant}/databases/{DATABASE}/"
        self._behind = httpx.Client(base_url=behind.address, trust_env=False)
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = cloud.answer(self.command, self.path, self.headers.get("x-chroma-token"), body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/{tenant}/{DATABASE}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, method: str, path: str, key: str | None, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            if path.endswith("/heartbeat"):
                return 200, b'{"nanosecond heartbeat": 1}'
            if key != KEY:
                return error(401, "AuthError", "Unauthorized")
            if path.endswith("/pre-flight-checks"):
                return 200, json.dumps({"max_batch_size": 1_000}).encode()
            if not f"{urlsplit(path).path}/".startswith(self._within):
                self.foreign.append(path)
                return error(403, "AuthError", "Forbidden")
            for number, (ending, status, said) in enumerate(self.busy):
                if urlsplit(path).path.endswith(ending):
                    del self.busy[number]
                    return status, said
            wrong = beyond(method, path, json.loads(body) if body else {})
            if wrong:
                self.broken.append(wrong)
                return error(422, "QuotaError", wrong)
            if path.endswith("/upsert"):
                self.writes.append(len(json.loads(body)["ids"]))
        passed = self._behind.request(method, path, content=body, headers={"Content-Type": "application/json"})
        return passed.status_code, passed.content

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._behind.close()


def error(status: int, name: str, message: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": name, "message": message}).encode()


def beyond(method: str, path: str, asked: dict[str, Any]) -> str:
    """Which quota a request goes beyond."""
    if path.endswith(("/upsert", "/add", "/update")):
        longest = max(map(len, asked["ids"]))
        return f"records: {len(asked['ids'])}" if len(asked["ids"]) > RECORDS else "id" * (longest > ID_BYTES)
    if path.endswith("/query"):
        return f"results: {asked['n_results']}" if asked["n_results"] > RESULTS else ""
    if method == "POST" and path.endswith("/collections"):
        about = asked.get("metadata") or {}
        too_long = len(about) > METADATA_KEYS or any(len(str(value)) > METADATA_BYTES for value in about.values())
        return "name" * (len(asked["name"]) > NAME_BYTES) or "metadata" * too_long
    listed = [int(part[6:]) for part in urlsplit(path).query.split("&") if part.startswith("limit=")]
    return f"listed: {listed}" if method == "GET" and any(limit > RESULTS for limit in listed) else ""


@pytest.fixture
def cloud(chroma: Chroma, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The cloud, with a tenant and a database."""
    monkeypatch.setattr(servers, "RETRY_S", 0.0)
    admin = chromadb.AdminClient(
        chromadb.Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host="127.0.0.1",
            chroma_server_http_port=chroma.port,
            anonymized_telemetry=False,
        )
    )
    tenant = f"newsroom-{uuid.uuid4().hex[:8]}"
    admin.create_tenant(tenant)
    admin.create_database(DATABASE, tenant)
    admin._server._session.close()  # type: ignore[attr-defined]
    with closing(Cloud(chroma, tenant)) as opened:
        yield opened


@pytest.fixture
def filled(opening: Callable[..., Store], cloud: Cloud) -> Store:
    """400 articles of two passages, all indexed in the cloud."""
    store = opening(chroma=[cloud.address], chroma_token=KEY)
    store.put([prepare(f"a{number}") for number in range(400)])
    assert shard_of(store).upto == 800
    return store


def test_the_index_lives_within_the_quotas(filled: Store, cloud: Cloud) -> None:
    assert cloud.writes == [300, 300, 200]
    assert ids(search(filled, home("a7"))) == ["a7:1"]
    assert len(search(filled, home("a7"), 280).hits) == 280
    found = search(filled, home("a7"), 700)  # more than one answer gives: the nearest of them
    assert (ids(found)[0], len(found.hits)) == ("a7:1", RESULTS)
    filled.remove("a7")
    assert "a7:1" not in ids(search(filled, home("a7"), 280))
    assert index_of(filled).follow(quiet, anew=True)
    assert {finding.severity for finding in filled.check()} == {"ok"}
    assert (cloud.broken, cloud.foreign) == ([], [])


def test_filters_are_right_within_the_quotas(opening: Callable[..., Store], cloud: Cloud) -> None:
    """Where 300 nearest hold too few that fulfil a filter, these are searched exactly."""
    from datetime import date

    from rag.schema import Filters

    store = opening(chroma=[cloud.address], chroma_token=KEY)
    store.put([prepare(f"a{number}", published=date(2020 + number % 8, 1, 1)) for number in range(400)])
    wanted = Filters(since=date(2023, 1, 1), until=date(2023, 12, 31))
    found = search(store, home("a7"), 90, wanted)
    assert len(found.hits) == 90
    assert {int(one.split(":")[0][1:]) % 8 for one in ids(found)} == {3}
    assert cloud.broken == []


@pytest.mark.parametrize(
    "said",
    [(429, error(429, "RateLimitError", "slow down")[1]), (429, UNMAPPED), (503, UNMAPPED)],
    ids=["in its own words", "429", "503"],
)
def test_a_search_that_is_put_off_is_tried_again_and_then_says_so(
    filled: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, said: tuple[int, bytes]
) -> None:
    monkeypatch.setattr(served, "BUSY_S", (0.0, 0.0))
    cloud.busy = [("/query", *said)] * 2
    assert search(filled, home("a7")).note == ""
    cloud.busy = [("/query", *said)] * 3
    found = search(filled, home("a7"))
    assert (ids(found), found.note, cloud.busy) == ([], served.SILENT, [])
    assert ids(search(filled, home("a7"))) == ["a7:1"]  # at once: it was not left alone


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_page_that_is_put_off_is_written_later_and_no_passage_is_called_bad(
    opening: Callable[..., Store], cloud: Cloud, turn: int
) -> None:
    store = opening(chroma=[cloud.address], chroma_token=KEY)
    cloud.busy = [("/upsert", *error(429, "RateLimitError", "slow down"))] * (turn + 1)
    store.put([prepare(f"a{number}") for number in range(400)])
    for _ in range(turn):
        assert not index_of(store).follow(quiet)
        assert ids(search(store, home("a7"))) == ["a7:1"]  # exactly, meanwhile
    assert index_of(store).follow(quiet)
    assert sum(cloud.writes) == shard_of(store).held == 800
    assert "that no index takes" not in " ".join(one.message for one in store.check())


def test_a_wrong_key_costs_meanings_and_is_shown_nowhere(
    filled: Store, cloud: Cloud, opening: Callable[..., Store], caplog: pytest.LogCaptureFixture
) -> None:
    stranger = opening(chroma=[cloud.address], chroma_token="ck-wrong-9876543210")
    assert search(stranger, home("a7")).note == served.SILENT
    assert "Unauthorized" in caplog.text
    assert "ck-wrong" not in caplog.text + repr(stranger.check())
    assert ids(search(filled, home("a7"))) == ["a7:1"]


def test_the_address_names_tenant_and_database_and_the_key_stands_apart() -> None:
    told = load_settings(chroma="https://api.trychroma.com/a-newsroom/articles/", chroma_token=KEY)
    assert told.chroma_servers == ("https://api.trychroma.com:443/a-newsroom/articles",)
    assert KEY not in repr(told)
    with pytest.raises(ConfigError, match="TENANT/DATABASE"):
        load_settings(chroma="https://api.trychroma.com/a-newsroom")
