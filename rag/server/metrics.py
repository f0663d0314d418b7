"""Figures for Prometheus: requests by route and status, their time, answers and refusals, the size of the library."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.service import Service

TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of creation beside each figure, which nobody asked for
        self.registry = CollectorRegistry()
        labels = ("route", "method")
        self.requests = Counter(
            "rag_requests", "Requests by route and status.", (*labels, "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "rag_request_seconds", "Time until the whole response.", labels, buckets=BUCKETS, registry=self.registry
        )
        self.answers = Counter("rag_answers", "Questions by their outcome.", ("outcome",), registry=self.registry)
        self._held = {
            name: Gauge(f"rag_{name}", f"{name.capitalize()} in the library.", registry=self.registry)
            for name in ("articles", "passages", "generation")
        }
        self._held["index_behind"] = Gauge(
            "rag_index_behind", "Passages that the index of meanings lacks.", registry=self.registry
        )
        self._held["index_answers"] = Gauge(
            "rag_index_answers", "1: the index answered at the last search; 0: words only.", registry=self.registry
        )

    def text(self, service: Service) -> bytes:
        """All figures in Prometheus' text format."""
        health = service.health()
        for name, gauge in self._held.items():
            gauge.set(getattr(health, name) or 0)
        return generate_latest(self.registry)

    def answered(self, answered: bool) -> None:
        """Count an answer or a refusal."""
        self.answers.labels("answered" if answered else "refused").inc()


def _route(scope: Scope) -> tuple[str, str]:
    """Template and method of a route of ours. What is none gets no label of its own: it may hold anything."""
    route = scope.get("route")
    return (route.path, scope["method"]) if isinstance(route, Route) else ("none", "none")


class Measured:
    """ASGI middleware that counts and times the requests of an application by the template of their route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; count it when its response is complete."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = "500", perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route, method = _route(scope)
            self._metrics.requests.labels(route, method, status).inc()
            self._metrics.seconds.labels(route, method).observe(perf_counter() - started)
