"""Dense search with Chroma on a server beside Chroma inside the program, over the same made vectors, in one run.

    python -m benchmarks.chroma_server [--passages 119043] [--write]

Both are asked by turns, so that other work on the machine meets both. The vectors are made: clusters as stories make
them, of 384 numbers; texts are of one word, so nothing is said of the lexical search, which is the same in both.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from benchmarks.machine import made_by
from rag.schema import Article, Filters, Passage, Vectors
from rag.store.store import Prepared, Store

DIMENSION = 384
EACH = 15  # passages of an article, a story: their vectors lie about one centre
BATCH = 200  # articles stored together
QUESTIONS = 300
RUN = "import sys; from chromadb_rust_bindings import cli; cli(['chroma', *sys.argv[1:]])"
PAGE = Path(__file__).with_suffix(".md")


def main(passages: int, write: bool) -> None:
    """Measure, print, and keep the page."""
    with tempfile.TemporaryDirectory() as scratch, _server(Path(scratch) / "chroma") as (address, server):
        rows = list(_measured(Path(scratch) / "library", address, server, passages))
    page = "\n".join(["# Chroma on a server beside Chroma inside the program", "", *rows, ""])
    print(page)
    if write:
        PAGE.write_text(page, encoding="utf-8")


def _measured(folder: Path, address: str, server: int, passages: int) -> Iterator[str]:
    rng = np.random.default_rng(7)
    with _open(folder) as embedded, _open(folder, address) as served:
        with embedded.following(print):  # builds nothing meanwhile
            for first in range(0, passages // EACH, BATCH):
                embedded.put(list(_articles(rng, first, min(BATCH, passages // EACH - first))))
        held = embedded.count_passages()
        built = {"inside the program": _timed(embedded.rebuild_dense), "on a server": _timed(served.rebuild_dense)}
        questions = _questions(embedded, rng)
        searches = {"inside the program": embedded, "on a server": served}
        for store in searches.values():
            store.warm()
            store.search_nearest(questions[0], 50, Filters())
        spent, same = _by_turns(searches, questions)
    yield made_by("python -m benchmarks.chroma_server --write")
    yield ""
    yield f"{held:,} made vectors of {DIMENSION} numbers, {len(questions)} searches for 50 passages, by turns."
    yield ""
    yield "| | built in s | search p50 ms | p95 ms | memory MB |"
    yield "|---|---|---|---|---|"
    memory = {
        "inside the program": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "on a server": _memory(server),
    }
    for name, times in spent.items():
        p50, p95 = 1000 * float(np.percentile(times, 50)), 1000 * float(np.percentile(times, 95))
        yield f"| {name} | {built[name]:,.0f} | {p50:.1f} | {p95:.1f} | {memory[name]:,} |"
    ratio = float(np.percentile(spent["on a server"], 50) / np.percentile(spent["inside the program"], 50))
    yield ""
    yield f"Server against program: {ratio:.2f} x at the median; {same:.1%} of the passages found are the same."


def _by_turns(searches: dict[str, Store], questions: Sequence[Vectors]) -> tuple[dict[str, list[float]], float]:
    """Seconds of each search, and which share of what one found the other found too."""
    spent: dict[str, list[float]] = {name: [] for name in searches}
    agreed = []
    for question in questions:
        found = []
        for name, store in searches.items():
            began = time.perf_counter()
            nearest = store.search_nearest(question, 50, Filters())
            spent[name].append(time.perf_counter() - began)
            assert not nearest.note, nearest.note
            found.append({passage for passage, _ in nearest.hits})
        agreed.append(len(set.intersection(*found)) / len(set.union(*found)))
    return spent, float(np.mean(agreed))


def _open(folder: Path, *addresses: str) -> Store:
    return Store.open(folder, fingerprint="made", dimension=DIMENSION, chroma=addresses)


def _articles(rng: np.random.Generator, first: int, count: int) -> Iterator[Prepared]:
    for number in range(first, first + count):
        name, text = f"a{number}", " ".join(["word"] * EACH)
        passages = tuple(Passage(f"{name}:{i}", name, i, 5 * i, 5 * i + 4, "word") for i in range(EACH))
        centre = rng.standard_normal(DIMENSION)
        vectors = (centre + 0.7 * rng.standard_normal((EACH, DIMENSION))).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield Prepared(Article(id=name, title=name, text=text), passages, vectors, name, name, ())


def _questions(store: Store, rng: np.random.Generator) -> list[Vectors]:
    """Near stored passages, as questions are."""
    names = [article.id for article in store.articles(limit=QUESTIONS)]
    vectors = store.vectors([f"{name}:0" for name in names]).values()
    return [np.asarray(one + 0.04 * rng.standard_normal(DIMENSION), dtype=np.float32) for one in vectors]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory(process: int) -> int:
    """Megabytes that a process has at most had."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int]]:
    """A Chroma server on loopback: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [sys.executable, "-c", RUN, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, env=os.environ) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/api/v2/heartbeat")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.kill()


def _wait(address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(address, trust_env=False, timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the Chroma server did not start")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--passages", type=int, default=119_043)
    parser.add_argument("--write", action="store_true", help="keep the figures in benchmarks/chroma_server.md")
    options = parser.parse_args()
    main(options.passages, options.write)
