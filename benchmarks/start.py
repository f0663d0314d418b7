"""The first answer of a new process: `rag ask`, beside loading sentence-transformers and encoding one question.

    python -m benchmarks.start [--library DIR] [--rounds 5] [--write]

Both are whole processes, run in turns. Without --library the demo articles are asked, from the work folder.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import made_by, plain_environment
from benchmarks.pages import write_page
from rag.library import Library
from rag.models.package import package_folder

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_suffix(".md")
QUESTION = "What was said about the visit?"
GOAL = 0.5


@dataclass(frozen=True)
class Round:
    """Seconds of the two processes."""

    ours: float
    encoder: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, help="a library with articles")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the demo library is kept")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    folder = (options.library or demo(options.work)).resolve()
    with Library.open(folder) as library:
        passages = library.stats().passages
    commands = ask(folder), encode()
    for command in commands:  # once before: files come into the memory of the system, compiled modules to the disk
        seconds(command)
    page = table([Round(*map(seconds, commands)) for _ in range(options.rounds)], passages)
    print(page)
    if options.write:
        write_page(RESULTS, page)


def demo(work: Path) -> Path:
    """A library of the demo articles, made at the first call."""
    folder = work / "corpus"
    with Library.open(folder) as library:
        library.add(ROOT / "corpus")
    return folder


def ask(library: Path) -> list[str]:
    """The command that asks a library."""
    return [sys.executable, "-m", "rag.cli", "ask", QUESTION, "--library", str(library)]


def encode() -> list[str]:
    """The command that loads the same encoder the usual way and encodes one question."""
    code = "import sys; from sentence_transformers import SentenceTransformer as S; S(sys.argv[1]).encode(sys.argv[2])"
    return [sys.executable, "-c", code, str(package_folder()), QUESTION]


def seconds(command: Sequence[str]) -> float:
    """Seconds that a process takes from start to end; a CalledProcessError when it fails."""
    environment = {**plain_environment(), "HF_HUB_OFFLINE": "1"}
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def table(rounds: Sequence[Round], passages: int) -> str:
    """The page of results."""
    ratio = statistics.median(one.ours / one.encoder for one in rounds)
    lines = [
        "# The first answer of a new process",
        "",
        made_by("python -m benchmarks.start --write") + f" {passages:,} passages.",
        "",
        f"Median ratio: **{ratio:.2f}** (goal: at most {GOAL}). `rag ask` opens the library, encodes, searches,",
        "reads and answers; the other process imports sentence-transformers, loads the encoder and encodes once.",
        "",
        "| round | rag ask, s | sentence-transformers and one question, s | ratio |",
        "|--:|--:|--:|--:|",
        *(
            f"| {number} | {one.ours:.1f} | {one.encoder:.1f} | {one.ours / one.encoder:.2f} |"
            for number, one in enumerate(rounds, 1)
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
