"""Spans of OpenTelemetry: how long each step of a question or of adding took, for a collector that the user runs.

Nothing of OpenTelemetry is imported, nothing is sent, unless the standard OTEL_* environment names an exporter, or the
program that uses this package has set a tracer provider of its own. A span holds counts, names of steps and of models.
Questions, answers and prompts are in it only when OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT asks for them.

    with trace("ask") as span, span.step("retrieve") as step:
        step.note({"article_chat.candidates": 24})
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from rag.forks import RenewedLock

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

_log = logging.getLogger(__name__)

SCOPE = "article-chat"  # the name of the service too, unless OTEL_SERVICE_NAME gives another
INSTALL = 'Install it with: .venv/bin/pip install -c constraints.txt -e ".[telemetry]"'
FLUSH_MS = 5_000  # longest wait of a server that stops; a collector that is gone must not hold it

_NAMES_AN_EXPORTER = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_GROUP = "opentelemetry_traces_exporter"  # of the entry points under which packages offer exporters

Values = Mapping[str, "str | bool | int | float"]


class Span:
    """One step of some work. This one records nothing: it stands where nobody traces."""

    def step(self, name: str, values: Values | None = None, *, client: bool = False) -> AbstractContextManager[Span]:
        """A step inside this one, as long as the context; `client` when it is the call of another service."""
        return nullcontext(self)

    def note(self, values: Values) -> None:
        """Keep numbers and names. Nothing that a user or an article has said belongs here."""

    def quote(self, texts: Mapping[str, str]) -> None:
        """Keep what was said, where the environment asks for content."""


UNTRACED = Span()


class _Recorded(Span):
    """A span that is sent. Steps are given their parent: generators and threads have no current one to rely on."""

    def __init__(self, tracer: Tracer, span: OtelSpan) -> None:
        self._tracer, self._span = tracer, span

    def step(self, name: str, values: Values | None = None, *, client: bool = False) -> AbstractContextManager[Span]:
        from opentelemetry.trace import set_span_in_context

        return _recorded(self._tracer, name, set_span_in_context(self._span), values, client=client)

    def note(self, values: Values) -> None:
        self._span.set_attributes(dict(values))

    def quote(self, texts: Mapping[str, str]) -> None:
        if _captures_content():
            self._span.set_attributes(dict(texts))


@contextmanager
def trace(name: str) -> Iterator[Span]:
    """The span of a whole piece of work, inside the caller's current one; UNTRACED when nobody traces."""
    tracer = _tracer()
    if tracer is None:
        yield UNTRACED
        return
    with _recorded(tracer, name, None, None) as span:
        yield span


def flush() -> None:
    """Send what waits, within FLUSH_MS: for servers that a signal ends, after which no exit handler runs."""
    if _own.provider is not None:
        _own.provider.force_flush(FLUSH_MS)


@contextmanager
def _recorded(
    tracer: Tracer, name: str, context: Context | None, values: Values | None, *, client: bool = False
) -> Iterator[Span]:
    """An error leaves its class only: its message may quote an article."""
    from opentelemetry.trace import SpanKind, StatusCode

    kind = SpanKind.CLIENT if client else SpanKind.INTERNAL
    span = tracer.start_span(name, context=context, kind=kind, attributes=dict(values or {}))
    try:
        yield _Recorded(tracer, span)
    except GeneratorExit:  # whoever followed the events has left
        span.set_attribute("article_chat.stopped", True)
        raise
    except BaseException as error:
        span.set_attribute("error.type", type(error).__qualname__)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()


def _tracer() -> Tracer | None:
    """The tracer of the program's own provider, else of ours where the environment names an exporter."""
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is not None and not isinstance(set_by_program := api.get_tracer_provider(), api.ProxyTracerProvider):
        tracer: Tracer = set_by_program.get_tracer(SCOPE)
        return tracer
    provider = _own.get() if _is_named() else None
    return provider.get_tracer(SCOPE) if provider else None


def _is_named() -> bool:
    """Whether the environment names an exporter. As the standard has it, what is empty is not set."""
    if _set("OTEL_SDK_DISABLED").lower() == "true" or _set("OTEL_TRACES_EXPORTER").lower() == "none":
        return False
    return any(map(_set, _NAMES_AN_EXPORTER))


def _captures_content() -> bool:
    asked = _set("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT").lower()
    return asked in ("true", "span_only", "span_and_event")


def _set(variable: str) -> str:
    return os.environ.get(variable, "").strip()


class _Own:
    """The provider that this package makes, once. It is not made the program's: other packages' spans stay unsent."""

    def __init__(self) -> None:
        self.provider: TracerProvider | None = None
        self._made = False
        self._lock = RenewedLock()

    def get(self) -> TracerProvider | None:
        """The provider; None when nothing can be sent, which the log says once."""
        if not self._made:
            with self._lock:
                if not self._made:
                    self.provider, self._made = _made_provider(), True
        return self.provider


_own = _Own()


def _made_provider() -> TracerProvider | None:
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporters = [_exporter(name.strip()) for name in (_set("OTEL_TRACES_EXPORTER") or "otlp").split(",")]
        provider = TracerProvider(resource=_resource())
    except Exception as error:  # whatever is wrong with it, questions are answered
        _log.warning("No spans are sent: %s: %s. %s", type(error).__name__, error, INSTALL)
        return None
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter(name: str) -> SpanExporter:
    """The exporter of that name; "otlp" speaks the protocol that the environment names, HTTP unless it does."""
    from importlib.metadata import entry_points

    if name == "otlp":
        protocol = _set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or _set("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"
        name = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}.get(protocol, protocol)
    for found in entry_points(group=_GROUP, name=name):
        exporter: SpanExporter = found.load()()
        return exporter
    raise ImportError(f"no installed package offers the exporter {name!r}")


def _resource() -> Any:
    """What the spans are about: the environment's words, with our name where it gives none."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    made = Resource.create()
    named = not str(made.attributes[SERVICE_NAME]).startswith("unknown_service")
    return made if named else made.merge(Resource({SERVICE_NAME: SCOPE}))
