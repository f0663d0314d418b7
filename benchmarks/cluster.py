"""Twenty users' questions to one `rag serve` on SQLite, and to the cluster of deploy/cluster.py, one after the other.

    python -m benchmarks.cluster [--users 20] [--seconds 60]

Both hold the demo articles and are asked the gate's questions over HTTP on loopback, each user the next one as soon as
an answer is there. Not in the sum: starting, adding, and a first question of each user. With --sqlite the cluster keeps
its library in a file too.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from benchmarks.gate.asking import load_questions
from deploy.cluster import RAG, Cluster, answers, free_ports, start_all

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Load:
    """What the users got."""

    seconds: float
    times_ms: tuple[float, ...]
    failed: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times_ms) / self.seconds

    def line(self, name: str) -> str:
        """The result in words."""
        middle = f"{statistics.median(self.times_ms):.0f} ms" if self.times_ms else "-"
        return f"{name}: {len(self.times_ms)} answers, {self.rate:.2f}/s, p50 {middle}, {self.failed} failed"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each of the two")
    parser.add_argument("--sqlite", action="store_true", help="the cluster without PostgreSQL")
    given = parser.parse_args(arguments)
    questions = [one.question for one in load_questions(HERE / "gate" / "questions.jsonl") if not one.history]
    rates = []
    for name, start in (("one process on SQLite", one_server), ("cluster", partial(several, sqlite=given.sqlite))):
        with tempfile.TemporaryDirectory(prefix="rag-load-") as made:
            Path(made).chmod(0o755)  # PostgreSQL's own user must be able to enter it
            cluster = Cluster(Path(made))
            try:
                address = start(cluster)
                add_corpus(address)
                load = ask_all(address, questions, given.users, given.seconds)
            finally:
                cluster.stop()
        print(load.line(name), flush=True)
        rates.append(load.rate)
    print(f"cluster over one process: {rates[1] / rates[0]:.2f}" if rates[0] else "nothing was answered")


def one_server(cluster: Cluster) -> str:
    """One `rag serve` with a library of its own; its address."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    settings = {"RAG_LIBRARY": str(cluster.folder / "library")}
    cluster.start("serve", [*RAG, "serve", "--port", str(port)], settings, lambda: answers(f"{address}/api/health"))
    return address


def several(cluster: Cluster, *, sqlite: bool) -> str:
    """The cluster; its address."""
    return start_all(cluster, free_ports(1)[0], sqlite=sqlite)


def add_corpus(address: str) -> None:
    """Send the demo articles."""
    articles = sorted(set((HERE.parent / "corpus").glob("*.md")) - {HERE.parent / "corpus" / "README.md"})
    files = [("files", (path.name, path.read_bytes())) for path in articles]
    with httpx.Client(base_url=address, timeout=600, trust_env=False) as client:
        client.post("/api/files", files=files).raise_for_status()


def ask_all(address: str, questions: Sequence[str], users: int, seconds: float) -> Load:
    """So many users ask for so long, each with a browser's cookie of its own, beginning together."""
    asked, lock = itertools.cycle(questions), threading.Lock()
    times: list[float] = []
    failed = 0
    ready = threading.Barrier(users + 1)

    def user() -> None:
        nonlocal failed
        with httpx.Client(base_url=address, timeout=300, trust_env=False) as client:
            client.post("/api/ask", json={"question": questions[0]})
            ready.wait(timeout=600)
            began = time.perf_counter()
            while (started := time.perf_counter()) - began < seconds:
                with lock:
                    question = next(asked)
                answered = client.post("/api/ask", json={"question": question}).status_code == 200
                with lock:
                    failed += not answered
                    times.extend([1000 * (time.perf_counter() - started)] * answered)

    threads = [threading.Thread(target=user, daemon=True) for _ in range(users)]
    for thread in threads:
        thread.start()
    ready.wait(timeout=600)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Load(time.perf_counter() - began, tuple(times), failed)


if __name__ == "__main__":
    main()
