"""An OpenAI-style server of embeddings on this machine, for peers that want one: `with serving() as address:`."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from rag.models.embedder import load_embedder


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Vectors of the texts under "input"."""
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors = load_embedder("builtin").embed_passages(texts)
        packed = asked.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": number, "embedding": _packed(row) if packed else row.tolist()}
            for number, row in enumerate(vectors)
        ]
        told = {
            "object": "list",
            "data": data,
            "model": asked.get("model", ""),
            "usage": {"prompt_tokens": 0, "total_tokens": 0},
        }
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _packed(row: np.ndarray) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode()


@contextmanager
def serving() -> Iterator[str]:
    """The address of a running server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
