"""A real web server on this machine for tests; only fetchers made by it may reach it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from formats import BODY, TITLE

from rag.ingest.web import Fetcher

PAGE = (
    f"<html><head><title>{TITLE}</title><meta property='article:published_time' content='2022-05-25'></head><body>"
    f"<article><h1>{TITLE}</h1>{''.join(f'<p>{line}</p>' for line in BODY)}</article></body></html>"
).encode()
Answer = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Site:
    """A server with answers by path; a path answers its list in turn, the last one for ever.

    An answer with an ETag or Last-Modified is not sent again to those who have it.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {"/page": [(200, HTML, PAGE)]}
        self.asked: list[tuple[str, str]] = []
        self.drip = 0.0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, self.headers["User-Agent"]))
                answers = site.answers.get(self.path, [(404, {}, b"")])
                status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
                marks = {"ETag": self.headers["If-None-Match"], "Last-Modified": self.headers["If-Modified-Since"]}
                if any(mark and headers.get(name) == mark for name, mark in marks.items()):
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self._write(body)
                except OSError:
                    return  # the reader had enough

            def _write(self, body: bytes) -> None:
                for start in range(0, len(body), 10 if site.drip else 65536):
                    time.sleep(site.drip)
                    self.wfile.write(body[start : start + (10 if site.drip else 65536)])
                    self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.waits: list[float] = []

    def fetcher(self, longest: float = 60.0) -> Fetcher:
        """A fetcher that may reach this server, and notes its waits instead of waiting."""
        return Fetcher(permitted=frozenset({"127.0.0.1"}), pause=self.waits.append, longest=longest)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.asked]


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()
