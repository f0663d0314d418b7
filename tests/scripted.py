"""A chat model's server on loopback that speaks the OpenAI protocol, with SSE streaming, and misbehaves as it is told.

A script is a function from the request (and which one it is) to a Reply. Nothing of the client is replaced.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass
class Reply:
    """What the server does with one request."""

    text: str = ""
    status: int = 200
    error: str = ""  # message of an error status
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # the whole body as it is, in place of a stream of `text`
    first_after_s: float = 0.0  # silence before the first word
    endless: bool = False  # `text` again and again, until the client goes
    every_s: float = 0.0  # between pieces
    piece: int = 5  # characters of a piece, as tokens come
    cut_after: int | None = None  # pieces after which the connection is dropped without an end
    usage: tuple[int, int] | None = None


Script = Callable[[Request, int], Reply]


class Server:
    """What the tests see of the server: its address, the requests so far, and how many clients went away early."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.left = threading.Event()  # a client closed its connection while the server was writing
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def prompt(self, number: int = -1) -> str:
        """All messages of one request as one text."""
        return "\n".join(str(message["content"]) for message in self.requests[number]["messages"])

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(script: Script | str) -> Iterator[Server]:
    """The server while the block runs; a plain text is what it always answers."""
    server = Server((lambda request, number: Reply(script)) if isinstance(script, str) else script)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            server.requests.append(request)
            reply = server.script(request, len(server.requests))
            try:
                _answer(self, request, reply)
            except (BrokenPipeError, ConnectionResetError):
                server.left.set()
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


def _answer(to: BaseHTTPRequestHandler, request: Request, reply: Reply) -> None:
    if reply.status != 200:
        return _send(to, reply.status, json.dumps({"error": {"message": reply.error}}).encode(), reply.headers)
    time.sleep(reply.first_after_s)
    if reply.raw is not None:
        kind = "text/event-stream" if request.get("stream") else "application/json"
        return _send(to, 200, reply.raw, {"Content-Type": kind})
    if not request.get("stream"):
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply.text}}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "scripted", "choices": [choice]}
        return _send(to, 200, json.dumps(body).encode(), {})
    to.send_response(200)
    to.send_header("Content-Type", "text/event-stream")
    to.send_header("Connection", "close")
    to.close_connection = True
    to.end_headers()
    for number, piece in enumerate(_pieces(reply), start=1):
        _event(to, {"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
        if number == reply.cut_after:
            return None
        time.sleep(reply.every_s)
    _event(to, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if reply.usage:
        read, wrote = reply.usage
        counted = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
        _event(to, {"choices": [], "usage": counted})
    to.wfile.write(b"data: [DONE]\n\n")
    return None


def _pieces(reply: Reply) -> Iterator[str]:
    """The text in pieces of a few characters, as tokens come."""
    while True:
        for start in range(0, len(reply.text), reply.piece):
            yield reply.text[start : start + reply.piece]
        if not reply.endless:
            return


def _event(to: BaseHTTPRequestHandler, body: dict[str, object]) -> None:
    whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **body}
    to.wfile.write(b"data: " + json.dumps(whole).encode() + b"\n\n")
    to.wfile.flush()


def _send(to: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    to.send_response(status)
    for name, value in ({"Content-Type": "application/json"} | headers).items():
        to.send_header(name, value)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)
