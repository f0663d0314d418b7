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
from mcp.shared.exceptions import MCPError
from servers import served
from typer.testing import CliRunner

import rag
from rag.cli.app import app as cli
from rag.schema import Article
from rag.server.caller import ANYBODY, STRANGER, caller
from rag.server.guard import Rate
from rag.server.problems import Refused
from rag.server.service import Service
from rag.store.access import MAX_DETAIL
from rag.store.grants import Grant
from rag.ui.backend import Backend

QUESTION = "When does the first night train leave?"
TRAINS = Article(
    title="Night trains return",
    text="The railway of Norrland will run night trains again. The first train leaves on 14 June with twelve cars.",
)

FERRY = Article(
    title="Ferry to Quillon",
    text="The ferry to Quillon sails again from Monday. Captain Brandvold said that repairs cost 412 million crowns.",
    publisher="Quillon Post",
)
SWANS = Article(
    title="Swans at Zelthorpe",
    text="Nineteen swans came to the canal of Zelthorpe this morning. Warden Ostrava fed them with barley.",
    publisher="Zelthorpe Echo",
)
SECRET = ("Zelthorpe", "Ostrava", "barley", "Secret", "Night trains", "Norrland")  # to those of the harbour desk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "library"
    with rag.Library.open(path) as library:
        library.add([TRAINS])
        library.add([FERRY], collection="Harbour")
        library.add([SWANS], collection="Secret")
        for name in ("watcher", "Reader", "Leaver", "Secretive", "Whoever"):
            library.store.grants.give(Grant("user", name, ""))
        library.store.grants.give(Grant("user", "Writer", "", may_write=True))
        library.store.grants.give(Grant("group", "harbour desk", "Harbour", may_write=True))
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
    assert server.get("/api/health", headers=bearing(made(folder, "watcher"))).json()["articles"] == 3


def test_the_chat_is_not_served_where_it_would_let_anybody_in(server: httpx.Client) -> None:
    assert server.get("/").status_code == 404
    assert server.get("/_stcore/health").status_code == 404


def test_a_token_to_read_asks_and_changes_nothing(server: httpx.Client, folder: Path) -> None:
    reader = bearing(made(folder, "Reader"))
    assert server.post("/api/ask", json={"question": QUESTION}, headers=reader).json()["answered"]
    article, *_ = server.get("/api/articles", headers=reader).json()["articles"]
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

    through_mcp(server, writer, lambda client: client.call_tool("ask", {"question": "What came to Elm?"}))
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


def test_without_sign_in_nothing_is_recorded_and_with_it_nobody_is_a_stranger(tmp_path: Path) -> None:
    shared = Backend(rag.Settings(library=tmp_path / "library"))
    assert caller.get() is None
    assert Service(shared).caller() == ANYBODY
    assert not ANYBODY.token
    assert Service(shared, sign_in=True).caller() == STRANGER


def through_mcp(server: httpx.Client, headers: dict[str, str], work: Any) -> Any:
    async def run() -> Any:
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            transport = streamable_http_client(f"{str(server.base_url).rstrip('/')}/mcp", http_client=http)
            async with Client(transport) as client:
                return await work(client)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    with rag.Library.open(folder) as library:
        return {one.title: one.id for one in library.articles()}


def test_rest_shows_those_of_a_collection_nothing_of_the_others(
    server: httpx.Client, folder: Path, ids: dict[str, str]
) -> None:
    desk = bearing(made(folder, "Dockhand", "--group", "harbour desk"))
    hidden, unknown = ids[SWANS.title], "0123456789abcdef"
    heads = server.get("/api/articles", headers=desk).json()["articles"]
    assert [one["title"] for one in heads] == [FERRY.title]
    assert server.get("/api/collections", headers=desk).json() == [{"name": "Harbour", "articles": 1}]
    assert server.get("/api/health", headers=desk).json() | {"version": ""} == {
        "status": "ok", "version": "", "articles": 1, "passages": 1, "generation": None, "index_behind": None,
        "index_answers": None, "problem": ""
    }  # fmt: skip
    for path in ("", "/versions/x", "/quote?start=0&end=9"):
        there, nowhere = (server.get(f"/api/articles/{one}{path}", headers=desk) for one in (hidden, unknown))
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace(hidden, "X") == nowhere.text.replace(unknown, "X")
    for name in ("Secret", "Nowhere"):
        assert server.get(f"/api/collections/{name}", headers=desk).status_code == 404
    assert server.get("/api/metrics", headers=desk).status_code == 403
    found = server.get("/api/search", params={"q": "swans fed with barley", "k": 100}, headers=desk).text
    for question in ("Who fed the swans?", "How many articles are there?", "Which outlets are there?"):
        for accept in ("application/json", "text/event-stream"):
            found += server.post("/api/ask", json={"question": question}, headers=desk | {"accept": accept}).text
    filtered = {"question": "Who came?", "filters": {"article_ids": [hidden]}}
    found += server.post("/api/ask", json=filtered, headers=desk).text
    assert not [name for name in SECRET if name in found]


def test_mcp_shows_those_of_a_collection_nothing_of_the_others(
    server: httpx.Client, folder: Path, ids: dict[str, str]
) -> None:
    desk = bearing(made(folder, "Docker", "--group", "harbour desk"))

    async def look(client: Client) -> tuple[list[str], str, list[str]]:
        listed = [one.title or "" for one in (await client.list_resources()).resources]
        said = str(await client.call_tool("search", {"query": "swans fed with barley"}))
        said += str(await client.call_tool("ask", {"question": "Who fed the swans?"}))
        refused = [str(await client.call_tool("fetch", {"id": one})).replace(one, "X") for one in (hidden, unknown)]
        for uri in (f"article://{hidden}", f"article://{hidden}/versions/x"):
            with pytest.raises(MCPError) as error:
                await client.read_resource(uri)
            said += str(error.value)
        return listed, said, refused

    hidden, unknown = ids[SWANS.title], "0123456789abcdef"
    listed, said, refused = through_mcp(server, desk, look)
    assert listed == [FERRY.title]
    assert refused[0] == refused[1]
    assert not [name for name in SECRET if name in said]


def test_who_may_write_a_collection_adds_to_it_and_to_nothing_else(server: httpx.Client, folder: Path) -> None:
    desk = bearing(made(folder, "Stevedore", "--write", "--group", "harbour desk"))
    page = {"title": "Swans again", "text": SWANS.text, "url": "https://zelthorpe.example/1"}
    for collection in ({}, {"collection": "Secret"}, {"collection": "Nowhere"}):
        assert server.post("/api/articles", json={"articles": [page]} | collection, headers=desk).status_code == 403
    upload = {"files": ("crane.txt", b"The crane of the harbour was painted red by its keeper this week.")}
    assert server.post("/api/files", files=upload, headers=desk).status_code == 403
    assert server.post("/api/files?collection=Harbour", files=upload, headers=desk).json()["added"]
    report = server.post("/api/articles", json={"articles": [page], "collection": "Harbour"}, headers=desk).json()
    (added,) = report["added"]
    assert (report["duplicates"], report["unchanged"]) == ([], [])
    assert server.delete(f"/api/articles/{added['id']}", headers=desk).json() == {"removed": added["id"]}
    assert server.get(f"/api/articles/{added['id']}", headers=bearing(made(folder, "Whoever"))).status_code == 404


def test_rights_are_granted_listed_and_taken_back_by_commands(server: httpx.Client, folder: Path) -> None:
    token = made(folder, "Newcomer")
    assert server.get("/api/articles", headers=bearing(token)).json()["articles"] == []
    rights(folder, "grant", "Newcomer", "Harbour")
    heads = server.get("/api/articles", headers=bearing(token)).json()["articles"]
    assert FERRY.title in [one["title"] for one in heads]
    listed = json.loads(rights(folder, "list", "--json"))
    assert {"kind": "user", "name": "Newcomer", "collection": "Harbour", "may_write": False} in listed
    rights(folder, "revoke", "Newcomer")
    assert server.get("/api/articles", headers=bearing(token)).json()["articles"] == []
    assert "no such collection yet" in rights(folder, "grant", "everybody", "Typo")
    assert "everybody" in rights(folder, "list")
    rights(folder, "revoke", "everybody", "Typo")
    for wrong in (("grant", "Newcomer"), ("grant", "Newcomer", "Harbour", "--all"), ("revoke", "Newcomer")):
        assert CliRunner().invoke(cli, ["--library", str(folder), "rights", *wrong]).exit_code != 0


def rights(folder: Path, *arguments: str) -> str:
    run = CliRunner().invoke(cli, ["--library", str(folder), "rights", *arguments])
    assert run.exit_code == 0, run.output
    return run.stdout
