"""`rag serve`: REST, MCP and the chat on one port, over a real server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from mcp.client import Client
from servers import command, environment, free_port, in_mcp, served
from typer.testing import CliRunner

import rag
from rag.cli.app import app as cli
from rag.export.plain import UNWRITTEN, answer_json
from rag.schema import Answer, Article
from rag.server.guard import MOST_BYTES
from rag.server.models import model_of

QUESTION = "When does the first night train leave?"
REFUSED = "Who won the chess final in Oslo?"
TRAINS = Article(
    title="Night trains return",
    text="The railway of Norrland will run night trains again. The first train leaves on 14 June with twelve cars.",
    publisher="The Harbour Post",
    published=date(2024, 3, 2),
    url="https://harbour-post.example/trains",
)
PASTED = Article(title="A tram for Ash", text="The tram of Ash will be late on Monday, the mayor said in a letter.")
WARDS = [
    Article(title=f"Notice {name}", text=f"The library of {name} opens at nine.", published=date(2024, 1, day))
    for day, name in enumerate(("Birch", "Cedar", "Elder", "Fir", "Hazel"), start=1)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "library"
    with rag.Library.open(path) as library:
        library.add([TRAINS, PASTED, *WARDS])
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[httpx.Client]:
    with served(folder) as client:
        yield client


def articles(server: httpx.Client, **query: str | int) -> dict[str, Any]:
    return dict(server.get("/api/articles", params=query).json())


def id_of(server: httpx.Client, title: str) -> str:
    (found,) = articles(server, query=title)["articles"]
    return str(found["id"])


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings"}


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    blocks = response.text.strip().split("\n\n")
    pairs = [block.split("\n", 1) for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    said = dict(response.json())
    assert said["status"] == status
    assert said["detail"]
    return said


# --- one Answer


@pytest.mark.parametrize("question", [QUESTION, REFUSED])
def test_python_command_line_rest_events_and_mcp_give_the_same_answer(
    server: httpx.Client, folder: Path, question: str
) -> None:
    with rag.Library.open(folder) as library:
        expected = untimed(answer_json(rag.Assistant(library).ask(question)))
    run = subprocess.run(
        command("ask", question, "--json", library=folder),
        env=environment(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert untimed(json.loads(run.stdout)) == expected
    asked = {"question": question}
    assert untimed(server.post("/api/ask", json=asked).json()) == expected
    streamed = events(server.post("/api/ask", json=asked, headers={"accept": "text/event-stream"}))
    assert (streamed[-1][0], untimed(streamed[-1][1])) == ("done", expected)
    assert "".join(data["text"] for name, data in streamed if name == "text") in ("", expected["text"])
    told = in_mcp(server, lambda client: client.call_tool("ask", asked)).structured_content
    cited = [one for one in (*told["citations"], *told["closest"]) if one["title"] == PASTED.title]
    assert all(one["url"].startswith(str(server.base_url)) for one in cited)
    assert without_links(untimed(told), server) == expected


def without_links(value: Any, server: httpx.Client) -> Any:
    """The answer without the addresses of this server that MCP gives to citations that have none."""
    if isinstance(value, list):
        return [without_links(item, server) for item in value]
    if isinstance(value, dict):
        return {key: without_links(item, server) for key, item in value.items()}
    return None if isinstance(value, str) and value.startswith(f"{server.base_url}".rstrip("/") + "/?") else value


def test_the_schema_of_an_answer_has_all_its_fields() -> None:
    names = {field.name for field in fields(Answer)} - set(UNWRITTEN)
    assert set(model_of(Answer, without=UNWRITTEN).model_json_schema()["required"]) == names


def test_history_and_filters_reach_the_answer(server: httpx.Client) -> None:
    talk = [{"role": "user", "text": QUESTION}, {"role": "assistant", "content": "On 14 June."}]
    asked = {"question": "and where does it go?", "history": talk}
    assert "train" in server.post("/api/ask", json=asked).json()["question"]
    for filters in ({"publisher": "Nobody"}, {"since": "2024-06-01"}, {"article_ids": []}):
        assert not server.post("/api/ask", json={"question": QUESTION, "filters": filters}).json()["answered"]
    earlier = {"question": QUESTION, "today": "2024-02-20"}
    assert TRAINS.title not in {one["title"] for one in server.post("/api/ask", json=earlier).json()["citations"]}


# --- reading


def test_a_search_finds_passages_that_stand_in_their_articles(server: httpx.Client) -> None:
    found = server.get("/api/search", params={"q": QUESTION, "k": 2}).json()["results"]
    assert [one["title"] for one in found][:1] == [TRAINS.title]
    assert len(found) == 2
    for one in found:
        article = server.get(f"/api/articles/{one['article_id']}").json()
        assert article["text"][one["start"] : one["end"]] == one["text"]
        assert one["link"]


def test_pages_of_articles_go_on_where_the_last_ended_whatever_is_added_between(server: httpx.Client) -> None:
    first = articles(server, limit=3)
    added = server.post("/api/articles", json={"articles": [{"title": "Newest", "text": "A swan came to Elm today."}]})
    seen = [one["title"] for one in first["articles"]]
    cursor = first["cursor"]
    while cursor:
        page = articles(server, limit=3, cursor=cursor)
        seen += [one["title"] for one in page["articles"]]
        cursor = page["cursor"]
    dated = [TRAINS.title, *(one.title for one in reversed(WARDS))]
    assert seen == [*dated, "Newest", PASTED.title]  # those without a date come last, the newest addition first
    server.delete(f"/api/articles/{added.json()['added'][0]['id']}")
    problem(server.get("/api/articles", params={"cursor": "x"}), 422)


def test_versions_and_quotes_check_a_citation_after_the_article_has_changed(server: httpx.Client) -> None:
    page = {"title": "Barrier", "text": "The barrier of Vellmar costs 412 million.", "url": "https://post.example/b"}
    server.post("/api/articles", json={"articles": [page]})
    answer = server.post("/api/ask", json={"question": "What does the barrier of Vellmar cost?"}).json()
    (citation,) = answer["citations"]
    changed = server.post("/api/articles", json={"articles": [page | {"text": "Vellmar will have no barrier at all."}]})
    assert [one["id"] for one in changed.json()["updated"]] == [citation["article_id"]]
    place = f"/api/articles/{citation['article_id']}"
    then = server.get(f"{place}/versions/{citation['version']}").json()
    assert then["text"][citation["start"] : citation["end"]] == citation["quote"]
    asked = {name: citation[name] for name in ("start", "end", "version")}
    assert server.get(f"{place}/quote", params=asked).json()["quote"] == citation["quote"]
    problem(server.get(f"{place}/quote", params={"start": 5, "end": 9_999}), 404)
    problem(server.get(f"{place}/versions/unknown"), 404)
    assert server.delete(place).json() == {"removed": citation["article_id"]}
    problem(server.delete(place), 404)


def test_collections_are_listed_and_can_be_asked(server: httpx.Client, folder: Path) -> None:
    with rag.Library.open(folder) as library:
        library.store.collections.add("Railway", [id_of(server, "Night trains")])
    assert server.get("/api/collections").json() == [{"name": "Railway", "articles": 1}]
    members = server.get("/api/collections/Railway").json()
    asked = {"question": QUESTION, "filters": {"article_ids": members}}
    assert server.post("/api/ask", json=asked).json()["answered"]
    problem(server.get("/api/collections/None"), 404)


# --- adding


def test_files_are_added_with_progress_and_their_place_on_the_server_stays_hidden(server: httpx.Client) -> None:
    text = "A ferry of Juniper\n\nThe ferry of Juniper sank on Sunday, but nobody was hurt, its captain said."
    files = [("files", ("../../etc/ferry.txt", text.encode())), ("files", ("broken.pdf", b"%PDF-1.4 nothing"))]
    told = events(server.post("/api/files", files=files, headers={"accept": "text/event-stream"}))
    assert [name for name, _ in told][-1] == "done"
    assert any(name == "progress" and data["total"] == 2 for name, data in told)
    report = told[-1][1]
    assert [one["source"] for one in report["added"]] == ["ferry.txt"]
    assert [one["source"] for one in report["failed"]] == ["broken.pdf"]
    article = server.get(f"/api/articles/{report['added'][0]['id']}").json()
    assert article["source"] == "ferry.txt"
    server.delete(f"/api/articles/{article['id']}")


@pytest.mark.parametrize("address", ["/etc/passwd", "file:///etc/passwd", "corpus/", "ftp://host/a"])
def test_a_path_of_the_server_is_no_address(server: httpx.Client, address: str) -> None:
    assert "web address" in problem(server.post("/api/articles", json={"addresses": [address]}), 422)["detail"]


def test_a_page_inside_the_network_is_not_fetched(server: httpx.Client) -> None:
    report = server.post("/api/articles", json={"addresses": [f"{server.base_url}/api/health"]}).json()
    assert "not on the public internet" in report["failed"][0]["reason"]


# --- errors, figures, schema


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/ask", {"question": " "}, 422),
        ("POST", "/api/ask", {"question": "x" * 20_001}, 422),
        ("POST", "/api/ask", {"questio": "x"}, 422),
        ("POST", "/api/ask", {"question": "x", "today": 0}, 422),
        ("POST", "/api/ask", {"question": "x", "filters": {"colour": "red"}}, 422),
        ("GET", "/api/search?q=", None, 422),
        ("GET", "/api/search?q=x&k=0", None, 422),
        ("GET", "/api/articles/none", None, 404),
        ("GET", "/api/none", None, 404),
        ("GET", "/api/articles/a%0Ab", None, 404),
        ("PUT", "/api/articles", None, 405),
    ],
)
def test_errors_are_problems_with_a_hint(
    server: httpx.Client, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    said = problem(server.request(method, path, json=body), status)
    assert said["hint"]


def test_a_broken_text_is_refused_and_not_an_error_here(server: httpx.Client) -> None:
    lone = b'{"question": "\\ud800 trains"}'
    problem(server.post("/api/ask", content=lone, headers={"content-type": "application/json"}), 422)
    problem(server.post("/api/ask", content=b"{", headers={"content-type": "application/json"}), 422)


def test_health_and_figures_say_what_the_library_holds(server: httpx.Client) -> None:
    health = server.get("/api/health").json()
    assert (health["status"], health["version"]) == ("ok", rag.__version__)
    server.post("/api/ask", json={"question": QUESTION})
    server.get("/api/secret-path")
    figures = server.get("/api/metrics").text
    assert f"rag_articles {float(health['articles'])}" in figures
    assert 'rag_answers_total{outcome="answered"}' in figures
    assert 'rag_requests_total{method="POST",route="/ask",status="200"}' in figures
    assert "secret-path" not in figures


def test_responses_are_what_openapi_says(server: httpx.Client) -> None:
    described = server.get("/api/openapi.json").json()
    article_id = id_of(server, "Night trains")
    tried = {
        "/search": ("get", server.get("/api/search", params={"q": QUESTION})),
        "/ask": ("post", server.post("/api/ask", json={"question": QUESTION})),
        "/articles": ("get", server.get("/api/articles")),
        "/articles/{article_id}": ("get", server.get(f"/api/articles/{article_id}")),
        "/health": ("get", server.get("/api/health")),
        "/collections": ("get", server.get("/api/collections")),
    }
    for path, (method, response) in tried.items():
        content = described["paths"][path][method]["responses"]["200"]["content"]
        schema = content["application/json"]["schema"] | {"components": described["components"]}
        Draft202012Validator(schema).validate(response.json())


# --- MCP


def test_agents_search_fetch_and_read_articles(server: httpx.Client) -> None:
    async def work(client: Client) -> dict[str, Any]:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "fetch", "ask"}
        assert all(tool.output_schema for tool in tools.values())
        found = (await client.call_tool("search", {"query": QUESTION})).structured_content
        fetched = (await client.call_tool("fetch", {"id": found["results"][0]["id"]})).structured_content
        missing = await client.call_tool("fetch", {"id": "none"})
        listed = (await client.list_resources()).resources
        (read,) = (await client.read_resource(f"article://{fetched['id']}")).contents
        answer = (await client.call_tool("ask", {"question": QUESTION})).structured_content
        (cited,) = answer["citations"]
        (then,) = (await client.read_resource(f"article://{cited['article_id']}/versions/{cited['version']}")).contents
        assert then.text[cited["start"] : cited["end"]] == cited["quote"]
        return {"found": found, "fetched": fetched, "missing": missing, "listed": listed, "read": read.text}

    told = in_mcp(server, work)
    assert told["found"]["results"][0]["url"] == TRAINS.url
    assert all(one["url"] for one in told["found"]["results"])
    assert len({one["id"] for one in told["found"]["results"]}) == len(told["found"]["results"])
    assert (told["fetched"]["text"], told["fetched"]["metadata"]["published"]) == (TRAINS.text, "2024-03-02")
    assert told["missing"].is_error
    assert "no article 'none'" in told["missing"].content[0].text
    assert f"article://{told['fetched']['id']}" in {one.uri for one in told["listed"]}
    assert told["read"] == TRAINS.text


# --- who may come in


@pytest.mark.parametrize("path", ["/api/health", "/mcp", "/mcp/", "/api/articles"])
def test_other_hosts_and_pages_of_other_sites_are_refused(server: httpx.Client, path: str) -> None:
    problem(server.get(path, headers={"host": "rebound.example"}), 421)
    problem(server.post(path, headers={"origin": "https://elsewhere.example"}, json={}), 403)


@pytest.mark.parametrize(("host", "status"), [("", 101), ("localhost", 101), ("rebound.example", 421)])
def test_the_chat_answers_under_no_name_of_others_which_a_page_could_let_point_here(
    server: httpx.Client, host: str, status: int
) -> None:
    """To the browser such a page is of one origin with what answers, so that its origin alone does not give it away."""
    port = server.base_url.port
    asked = f"{host or server.base_url.host}:{port}"
    connection = HTTPConnection(server.base_url.host, port, timeout=30)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    for name, value in {
        "Host": asked, "Origin": f"http://{asked}", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
    }.items():  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()
    assert server.get("/", headers={"host": asked}).status_code == (200 if status == 101 else 421)


def test_a_page_of_the_server_itself_may_ask(server: httpx.Client) -> None:
    origin = str(server.base_url).rstrip("/")
    assert server.get("/api/health", headers={"origin": origin}).status_code == 200


def test_an_overlong_request_is_refused_before_it_is_read(server: httpx.Client) -> None:
    connection = HTTPConnection(server.base_url.host, server.base_url.port, timeout=30)
    connection.putrequest("POST", "/api/ask")
    connection.putheader("Content-Length", str(MOST_BYTES + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["content-type"]) == (413, "application/problem+json")
    connection.close()
    problem(server.post("/api/ask", content=iter([b"{", b"}"])), 411)


def test_the_chat_is_on_the_same_port(server: httpx.Client) -> None:
    page = server.get("/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert server.get("/_stcore/health").text == "ok"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_listening_elsewhere_without_sign_in_is_refused(tmp_path: Path, host: str) -> None:
    run = CliRunner().invoke(cli, ["--library", str(tmp_path / "library"), "serve", "--host", host])
    assert isinstance(run.exception, rag.ConfigError)
    assert "--open" in run.exception.hint
    run = CliRunner().invoke(cli, ["--library", str(tmp_path / "library"), "chat", "--host", host])
    assert isinstance(run.exception, rag.ConfigError)
    assert "--open" in run.exception.hint
    assert not (tmp_path / "library").exists()


def test_without_its_packages_the_command_that_installs_them_is_said(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['fastapi'] = None; from rag.cli.app import run; "
        "sys.exit(run(['--library', sys.argv[1], 'serve', '--port', sys.argv[2]]))"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "library"), str(free_port())]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1
    assert "needs the package fastapi" in run.stderr
    assert '-e ".[serve]"' in run.stderr


def test_the_python_of_the_documentation_asks_the_server(
    server: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "serve.md").read_text(encoding="utf-8")
    example = page.split("```python")[1].split("```")[0]
    example = example.replace("http://127.0.0.1:8501", str(server.base_url).rstrip("/"))
    exec(example.replace("what did the US say about the visit?", QUESTION))
    assert "14 June" in capsys.readouterr().out
