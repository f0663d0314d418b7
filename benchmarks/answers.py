"""How fast an offline answer comes: `python -m benchmarks.answers DATA [--write]`, over 11,000 passages of news."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks import datasets
from benchmarks.pages import write_page
from benchmarks.reader import news_library
from rag.assistant import Assistant

WARM = 5  # questions asked before the clock counts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--libraries", type=Path, default=Path(tempfile.gettempdir()) / "article-chat-benchmarks")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="write benchmarks/answers.md")
    options = parser.parse_args()
    rows = answers(options.data, options.libraries, options.count)
    table = ["| what | p50, ms | p95, ms |", "|---|---|---|"]
    table += [f"| {what} | {p50:.0f} | {p95:.0f} |" for what, p50, p95 in rows]
    print("\n".join(table))
    if options.write:
        machine = f"{platform.machine()}, two cores, Python {platform.python_version()}"
        head = (
            "# How fast an answer comes\n\n"
            f"Made by `python -m benchmarks.answers DATA --write` on {date.today()}: {machine}. "
            "Goal: an answer at p50 under 400 ms once warm.\n\n"
        )
        write_page(Path("benchmarks/answers.md"), head + "\n".join(table))


def answers(data: Path, libraries: Path, count: int) -> list[tuple[str, float, float]]:
    """Median and 95th percentile of each step, and of the whole, over quiz questions of news/dev_1000."""
    questions = [question.text for question in datasets.load("dev_1000", data).questions][: count + WARM]
    with news_library("dev_1000", data, libraries) as library:
        library.warm()
        assistant = Assistant(library)
        steps: dict[str, list[float]] = {}
        for number, question in enumerate(questions):
            began = time.perf_counter()
            answer = assistant.ask(question)
            whole = 1000 * (time.perf_counter() - began)
            if number >= WARM:
                for step, spent in {**answer.timings, "whole answer": whole}.items():
                    steps.setdefault(step, []).append(spent)
        passages = library.stats()
    rows = [(step, float(np.median(spent)), float(np.percentile(spent, 95))) for step, spent in steps.items()]
    print(f"{len(questions) - WARM} questions; {passages}", file=sys.stderr)
    return rows


if __name__ == "__main__":
    main()
