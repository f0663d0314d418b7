"""`rag serve --sign-in`: tokens, what they may do, how often, and the record of what was done with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from servers import served
from typer.testing import CliRunner

import rag
from rag.cli.app import app as cli
from rag.schema import Article
from rag.server.caller import Caller, caller
from rag.server.guard import Rate
from rag.server.problems import Refused
from rag.store.access import MAX_DETAIL

QUESTION = "When does the first night train leave?"
TRAINS = Article(
    title="Night trains return",
    text="The railway of Norrland will run night trains again. The first train leaves on 14 June with twelve cars.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "library"
    with rag.Library.open(path) as library:
        library.add([TRAINS])
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[httpx.Client]:
    with served(folder, "--sign-in", "--rate", "500") as client:
        yield client


def made(folder: Path, name: str, *options: str) -> dict[str, str]:
    run = CliRunner().invoke(cli, ["--library", str(folder), "token", "new", name, "--json", *options])
    assert run.exit_code == 0, run.output
    return dict(json.loads(run.stdout))


def bearing(token: dict[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {token['token']}"}


def deeds(folder: Path) -> list[tuple[str, str, str]]:
    run = CliRunner().invoke(cli, ["--library", str(folder), "deeds", "--json"])
    return [(one["name"], one["act"], one["detail"]) for one in json.loads(run.stdout)]


@pytest.mark.parametrize(
    "path",
    ["/api/search?q=x", "/api/articles", "/api/articles/x", "/api/metrics", "/api/openapi.json", "/api/x", "/mcp"],
)
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer rag_wrong", "Basic cmFnOnJhZw=="])
def test_without_a_good_token_nothing_is_told(server: httpx.Client, path: str, authorization: str) -> None:
    refused = server.get(path, headers={"authorization": authorization} if authorization else {})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "rag token new" in refused.json()["hint"]


def test_without_a_token_health_says_the_state_and_nothing_of_the_library(server: httpx.Client, folder: Path) -> None:
    health = server.get("/api/health").json()
    assert (health["status"], health["articles"], health["generation"]) == ("ok", None, None)
    assert server.get("/api/health", headers=bearing(made(folder, "watcher"))).json()["articles"] == 1


def test_the_chat_is_not_served_where_it_would_let_anybody_in(server: httpx.Client) -> None:
    assert server.get("/").status_code == 404
    assert server.get("/_stcore/health").status_code == 404


def test_a_token_to_read_asks_and_changes_nothing(server: httpx.Client, folder: Path) -> None:
    reader = bearing(made(folder, "Reader"))
    assert server.post("/api/ask", json={"question": QUESTION}, headers=reader).json()["answered"]
    (article,) = server.get("/api/articles", headers=reader).json()["articles"]
    page = {"articles": [{"title": "New", "text": "A swan came to the canal of Elm this morning."}]}
    refused = [
        server.post("/api/articles", json=page, headers=reader),
        server.post("/api/files", files={"files": ("a.txt", b"x")}, headers=reader),
        server.delete(f"/api/articles/{article['id']}", headers=reader),
    ]
    assert [response.status_code for response in refused] == [403, 403, 403]
    assert "--write" in refused[0].json()["hint"]


def test_what_was_asked_added_and_removed_is_recorded_with_the_name(server: httpx.Client, folder: Path) -> None:
    writer = bearing(made(folder, "Writer", "--write"))
    page = {"articles": [{"title": "A swan", "text": "A swan came to the canal of Elm this morning."}]}
    (added,) = server.post("/api/articles", json=page, headers=writer).json()["added"]
    server.post("/api/ask", json={"question": "Who came to Elm?"}, headers=writer | {"accept": "text/event-stream"})
    server.delete(f"/api/articles/{added['id']}", headers=writer)

    async def ask() -> Any:
        async with httpx2.AsyncClient(headers=writer, timeout=60) as http:
            transport = streamable_http_client(f"{str(server.base_url).rstrip('/')}/mcp", http_client=http)
            async with Client(transport) as client:
                return await client.call_tool("ask", {"question": "What came to Elm?"})

    asyncio.run(ask())
    assert deeds(folder)[:4] == [
        ("Writer", "ask", "What came to Elm?"),
        ("Writer", "remove", added["id"]),
        ("Writer", "ask", "Who came to Elm?"),
        ("Writer", "add", "A swan"),
    ]


def test_a_revoked_token_opens_nothing_from_the_next_request_on(server: httpx.Client, folder: Path) -> None:
    token = made(folder, "Leaver")
    assert server.get("/api/articles", headers=bearing(token)).status_code == 200
    run = CliRunner().invoke(cli, ["--library", str(folder), "token", "revoke", token["id"]])
    assert run.exit_code == 0
    assert server.get("/api/articles", headers=bearing(token)).status_code == 401
    again = CliRunner().invoke(cli, ["--library", str(folder), "token", "revoke", token["id"]])
    assert isinstance(again.exception, rag.ConfigError)
    assert made(folder, "Leaver")["id"] != token["id"]  # the name is free again


def test_a_secret_is_kept_nowhere_and_shown_once(folder: Path) -> None:
    token = made(folder, "Secretive")
    listed = CliRunner().invoke(cli, ["--library", str(folder), "token", "list", "--json"]).stdout
    assert token["id"] in listed
    assert token["token"] not in listed
    held = b"".join(file.read_bytes() for file in folder.glob("library.sqlite3*"))
    assert token["token"].encode() not in held
    assert len(token["token"]) >= 40


def test_a_name_is_used_by_one_token_at_a_time(folder: Path) -> None:
    made(folder, "Twice")
    run = CliRunner().invoke(cli, ["--library", str(folder), "token", "new", "Twice"])
    assert isinstance(run.exception, rag.QuestionError)
    for name in ("", "  ", "x" * 81, "a\x1bb"):
        run = CliRunner().invoke(cli, ["--library", str(folder), "token", "new", name])
        assert isinstance(run.exception, rag.QuestionError)


def test_a_long_detail_is_kept_in_part(tmp_path: Path) -> None:
    with rag.Library.open(tmp_path / "library") as library:
        library.store.deeds.note("A", "t", "ask", "x" * 10_000)
        (deed,) = library.store.deeds.latest()
    assert len(deed.detail) == MAX_DETAIL


def test_each_caller_has_a_rate_of_its_own_and_is_told_how_long_to_wait() -> None:
    rate = Rate(3)
    for _ in range(3):
        rate.check("one")
    with pytest.raises(Refused, match="More than 3 requests a minute") as refused:
        rate.check("one")
    assert refused.value.status == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    rate.check("other")
    for _ in range(1_000):
        Rate(0).check("one")


def test_too_many_requests_are_refused_as_a_problem(folder: Path) -> None:
    with served(folder, "--no-chat", "--rate", "30") as client:
        answers = [client.get("/api/collections") for _ in range(31)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_without_sign_in_nothing_is_recorded() -> None:
    assert caller.get() == Caller()
    assert not caller.get().token
