"""Spans of OpenTelemetry: sent where the environment names an exporter, and then without what was asked or written."""

from __future__ import annotations

import asyncio
import gzip
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted import Reply, serving
from servers import environment, served

import rag
from rag import tracing

STEPS = {"understand", "follow-up", "retrieve", "read", "answer"}
QUESTION = "Who directs the Norrland railway?"
ARTICLE = rag.Article(
    title="Night trains return to the northern line",
    text="The railway of Norrland will run night trains to the coast again from June, director Ilse Brandt said.\n\n"
    "The first train leaves on 14 June with twelve sleeping cars, the Norrland railway said on Saturday.",
    publisher="The Harbour Post",
)
SAID = ("Norrland", "Brandt", "sleeping cars", "Night trains", "Harbour Post")
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@pytest.fixture(autouse=True)
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may trace; the tests begin without."""
    for name in (*tracing._NAMES_AN_EXPORTER, "OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_PROTOCOL", CONTENT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tracing, "_own", tracing._Own())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Library]:
    with rag.Library.open(tmp_path_factory.mktemp("traced"), one_shot=True) as opened:
        opened.add([ARTICLE])
        yield opened


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is sent, in place of an exporter to a collector."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_made_provider", lambda: provider)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    return exporter


def named(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = (span for span in exporter.get_finished_spans() if span.name == name)
    return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parents(exporter: InMemorySpanExporter) -> set[tuple[str, int | None]]:
    """Each name with the id of the span it is in."""
    return {(one.name, one.parent.span_id if one.parent else None) for one in exporter.get_finished_spans()}


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector on loopback that takes OTLP over HTTP: its address, and the bodies that came."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies
        server.shutdown()


def received(bodies: list[bytes]) -> list[Any]:
    """The spans in the bodies."""
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    return [span for one in requests for per in one.resource_spans for scope in per.scope_spans for span in scope.spans]


def test_a_collector_gets_the_steps_of_a_question_and_nothing_that_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trains.md"
    file.write_text(f"# {ARTICLE.title}\n\n{ARTICLE.text}\n", encoding="utf-8")
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))
    with collector() as (address, bodies):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        for arguments in (["add", str(file)], ["ask", QUESTION]):
            run = subprocess.run(
                [sys.executable, "-m", "rag", *arguments], env=environment(), capture_output=True, check=True
            )
            assert b"telemetry" not in run.stderr
    spans = {span.name: span for span in received(bodies)}
    assert spans.keys() == {"ask", *STEPS, "add", "embed", "store"}
    assert {spans[name].parent_span_id for name in STEPS} == {spans["ask"].span_id}
    assert {spans[name].parent_span_id for name in ("embed", "store")} == {spans["add"].span_id}
    assert b"article-chat" in bodies[0]
    assert not [word for word in SAID for body in bodies if word.encode() in body]
    assert str(tmp_path).encode() not in b"".join(bodies)


def test_a_server_that_is_ended_by_a_signal_sends_what_waits(
    library: rag.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")  # nothing goes by itself before the end
    with collector() as (address, bodies):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{address}/v1/traces")
        with served(library.store.folder, "--no-chat") as client:
            assert client.post("/api/ask", json={"question": QUESTION}).json()["answered"]
            assert client.get("/api/search", params={"q": QUESTION}).json()
        roots = [span.name for span in received(bodies) if not span.parent_span_id]
        assert roots == ["ask", "ask"]  # the first is the server's own, which warms its models up
        assert not [word for word in SAID for body in bodies if word.encode() in body]


NOTHING = """
import sys, rag
with rag.Library.open(sys.argv[1], one_shot=True) as library:
    library.add([rag.Article(title="Trains", text="The night train leaves on 14 June, the railway said on Saturday.")])
    assert rag.Assistant(library).ask("When does the night train leave?").answered
print([name for name in sys.modules if name.split(".")[0] == "opentelemetry"])
"""


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_SERVICE_NAME": "newsroom", CONTENT: "true", "OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "ADDRESS"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "ADDRESS"},
    ],
    ids=["nothing set", "no exporter", "none", "disabled"],
)
def test_without_an_exporter_nothing_is_imported_or_sent(tmp_path: Path, variables: dict[str, str]) -> None:
    with collector() as (address, bodies):
        given = {name: value.replace("ADDRESS", address) for name, value in variables.items()}
        run = subprocess.run(
            [sys.executable, "-c", NOTHING, str(tmp_path)],
            env=environment() | given,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.stdout.strip(), bodies) == ("[]", []), run.stderr


# The program that uses the package has a provider of its own, and a span around its question.
HOST = """
import sys, rag
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
kept = InMemorySpanExporter()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(kept))
with rag.Library.open(sys.argv[1], one_shot=True) as library:
    with trace.get_tracer("host").start_as_current_span("page") as page:
        rag.Assistant(library).ask(sys.argv[2])
(ask,) = (one for one in kept.get_finished_spans() if one.name == "ask")
assert ask.parent.span_id == page.get_span_context().span_id
assert ask.instrumentation_scope.name == "article-chat"
"""


def test_a_program_with_a_provider_of_its_own_gets_the_spans_inside_its_own(library: rag.Library) -> None:
    command = [sys.executable, "-c", HOST, str(library.store.folder), QUESTION]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_question_tells_what_became_of_it_and_quotes_only_when_asked_to(
    library: rag.Library, kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = rag.Assistant(library)
    answer = assistant.ask(QUESTION)
    noted = attributes(named(kept, "ask"))
    assert noted["article_chat.answered"] is True
    assert noted["article_chat.citations"] == len(answer.citations)
    assert attributes(named(kept, "retrieve"))["article_chat.candidates"] > 0
    assert not [word for word in SAID for span in kept.get_finished_spans() if word in str(attributes(span))]
    kept.clear()
    monkeypatch.setenv(CONTENT, "true")
    assistant.ask(QUESTION)
    noted = attributes(named(kept, "ask"))
    assert (noted["article_chat.question"], noted["article_chat.answer"]) == (QUESTION, answer.text)


def test_questions_at_the_same_time_keep_their_steps_apart(library: rag.Library, kept: InMemorySpanExporter) -> None:
    assistant = rag.Assistant(library)

    async def both() -> None:
        await asyncio.gather(assistant.aask(QUESTION), assistant.aask("When does the first night train leave?"))

    asyncio.run(both())
    asks = {one.context.span_id for one in kept.get_finished_spans() if one.name == "ask" and one.context}
    assert len(asks) == 2
    assert {pair for pair in parents(kept) if pair[1]} >= {(step, ask) for step in STEPS for ask in asks}


def test_who_leaves_before_the_end_is_no_error(library: rag.Library, kept: InMemorySpanExporter) -> None:
    events = rag.Assistant(library).stream(QUESTION)
    next(events)
    events.close()
    span = named(kept, "ask")
    assert attributes(span)["article_chat.stopped"] is True
    assert span.status.is_unset


def test_who_takes_the_answer_and_never_comes_back_has_not_left(
    library: rag.Library, kept: InMemorySpanExporter
) -> None:
    events = rag.Assistant(library).stream(QUESTION)
    assert any(isinstance(event, rag.Done) for event in events)  # stops at the first that is
    assert "article_chat.stopped" not in attributes(named(kept, "ask"))


def test_an_error_leaves_its_class_and_not_its_words(
    library: rag.Library, kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise rag.LibraryError(f"Cannot read {SAID[0]}.")

    monkeypatch.setattr("rag.assistant.respond", fails)
    with pytest.raises(rag.LibraryError):
        rag.Assistant(library).ask(QUESTION)
    span = named(kept, "ask")
    assert attributes(span)["error.type"] == "LibraryError"
    assert not span.status.is_ok
    assert SAID[0] not in span.to_json()


def test_the_call_of_a_chat_model_is_a_step_with_its_tokens(
    library: rag.Library, kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = "Ilse Brandt is the director of the railway of Norrland [1]."
    with serving(lambda _request, _number: Reply(written, usage=(300, 12))) as server:
        settings = rag.Settings(library=library.store.folder, llm="openai:tiny", llm_base_url=server.url)
        assistant = rag.Assistant(library, settings=settings)
        assistant.ask(QUESTION)
        call = named(kept, "chat tiny")
        assert call.parent is not None
        assert (call.parent.span_id, call.kind.name) == (named(kept, "ask").context.span_id, "CLIENT")
        assert attributes(call) == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "tiny",
            "gen_ai.usage.input_tokens": 300,
            "gen_ai.usage.output_tokens": 12,
        }
        kept.clear()
        monkeypatch.setenv(CONTENT, "span_only")
        assistant.ask(QUESTION)
        quoted = attributes(named(kept, "chat tiny"))
    assert QUESTION in quoted["gen_ai.input.messages"]
    assert written in quoted["gen_ai.output.messages"]


def test_adding_tells_how_many_of_each_kind(tmp_path: Path, kept: InMemorySpanExporter) -> None:
    with rag.Library.open(tmp_path / "library", one_shot=True) as fresh:
        fresh.add([ARTICLE, ARTICLE, tmp_path / "missing.txt"])
    noted = attributes(named(kept, "add"))
    assert (noted["article_chat.added"], noted["article_chat.failed"]) == (1, 1)
    assert attributes(named(kept, "store"))["article_chat.articles"] == 1


def test_an_exporter_that_is_not_installed_is_said_once_and_questions_are_answered(
    library: rag.Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "nonesuch")
    assistant = rag.Assistant(library)
    with caplog.at_level(logging.WARNING, logger="rag.tracing"):
        assert assistant.ask(QUESTION).answered
        assert assistant.ask(QUESTION).answered
    (said,) = (record.getMessage() for record in caplog.records if record.name == "rag.tracing")
    assert "'nonesuch'" in said
    assert "[telemetry]" in said
