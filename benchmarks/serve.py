"""Many users at once: threads that ask one assistant as the chat's sessions do, one question after the other.

    python -m benchmarks.serve [--data DATA] [--users 1,2,4,8,16] [--seconds 30] [--write]

Over the demo articles with the questions of the gate; with --data over the thousand articles of news/dev_1000.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import datasets
from benchmarks.gate.asking import load_questions
from benchmarks.machine import made_by
from benchmarks.pages import write_page
from benchmarks.peers.exchange import peak_mb, resident_mb
from benchmarks.reader import news_library
from rag.assistant import Assistant
from rag.library import Library

HERE = Path(__file__).parent
RESULTS = HERE / "serve.md"
HEAD = ["users", "answers", "answers/s", "p50, ms", "p95, ms", "with passages left unread", "memory, MB", "peak, MB"]


@dataclass(frozen=True)
class Served:
    """What so many users got."""

    users: int
    seconds: float
    times_ms: list[float]
    unread: int
    resident: float
    peak: float

    def cells(self) -> list[str]:
        """The row of the table."""
        count = len(self.times_ms)
        p95 = statistics.quantiles(self.times_ms, n=20)[-1] if count > 1 else self.times_ms[0]
        return [
            str(self.users),
            str(count),
            f"{count / self.seconds:.1f}",
            f"{statistics.median(self.times_ms):.0f}",
            f"{p95:.0f}",
            f"{self.unread / count:.0%}",
            f"{self.resident:.0f}",
            f"{self.peak:.0f}",
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the library is kept")
    parser.add_argument("--users", default="1,2,4,8,16")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each number of users")
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    library, questions = prepare(options.data, options.work)
    with library:
        assistant = Assistant(library)
        library.warm()
        assistant.ask(questions[0])
        rows = []
        for users in map(int, options.users.split(",")):
            rows.append(serve(assistant, questions, users, options.seconds))
            print("\t".join(rows[-1].cells()), flush=True)
        page = table(rows, library, "news/dev_1000" if options.data else "the demo articles")
    print(page)
    if options.write:
        write_page(RESULTS, page)


def prepare(data: Path | None, work: Path) -> tuple[Library, list[str]]:
    """A library and questions to ask it."""
    if data is not None:
        questions = [one.text for one in datasets.load("dev_1000", data).questions]
        return news_library("dev_1000", data, work), questions
    library = Library.open(work / "corpus")
    library.add(HERE.parent / "corpus")
    return library, [one.question for one in load_questions(HERE / "gate" / "questions.jsonl") if not one.history]


def serve(assistant: Assistant, questions: Sequence[str], users: int, seconds: float) -> Served:
    """So many threads ask for so long; each takes the next question of one list."""
    asked = itertools.cycle(questions)
    lock = threading.Lock()
    times: list[float] = []
    unread = 0
    began = time.perf_counter()

    def user() -> None:
        nonlocal unread
        while time.perf_counter() - began < seconds:
            with lock:
                question = next(asked)
            started = time.perf_counter()
            answer = assistant.ask(question)
            spent = 1000 * (time.perf_counter() - started)
            with lock:
                times.append(spent)
                unread += any("left unread" in note for note in answer.notes)

    threads = [threading.Thread(target=user) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Served(users, time.perf_counter() - began, times, unread, resident_mb(), peak_mb())


def table(rows: Sequence[Served], library: Library, over: str) -> str:
    """The page of results."""
    stats = library.stats()
    lines = [
        "# Many users at once",
        "",
        made_by("python -m benchmarks.serve --write") + f" Over {over}: {stats.articles:,} articles, "
        f"{stats.passages:,} passages. {library.settings.reader_windows} windows are read a question.",
        "",
        "Every user asks the next question as soon as an answer is there; people think in between, so one user here is",
        "many in life. The reader reads as many passages as its time allows: fewer when the machine is busy.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|--:" * len(HEAD) + "|",
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
