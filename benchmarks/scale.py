"""What more articles cost: time to store, time to search, memory, disk and cold start from 1,000 to 500,000 passages.

    python -m benchmarks.scale ARTICLES [--sizes 1000,10000,100000,500000] [--work DIR] [--write]

ARTICLES is a JSON lines file with title and text, a folder such as corpus/, or the folder of a library that `rag add`
has made, whose articles and vectors are taken as they are. Of the first two some 2,000 passages are embedded. What is
wanted beyond is these again, with three words in ten swapped for others of the same length and with vectors moved off
theirs, since embedding 500,000 passages takes hours. Encoding is therefore told apart from storing. One library grows
from size to size. A run that was cut goes on where it was; --again starts anew.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.growing import Copies, Growing, base
from benchmarks.machine import load, made_by, plain_environment
from benchmarks.pages import write_page
from benchmarks.peers.exchange import peak_mb, resident_mb
from benchmarks.retrieval import spent_on
from rag.evaluation import plots
from rag.library import Library
from rag.retrieval.hybrid import HybridSearch

BASE_PASSAGES = 2_000
QUESTIONS = 200
STARTED = "SCALE_STARTED"
HERE = Path(__file__).parent
HEAD = [
    "passages",
    "articles",
    "storing, passages/s",
    "search p50, ms",
    "search p95, ms",
    "encoding alone, ms",
    "ratio to encoding",
    "serving, MB",
    "peak, MB",
    "disk, MB",
    "cold start, s",
    "load",
]


@dataclass(frozen=True)
class Searched:
    """What a process that searches found out."""

    cold_s: float  # from the start of the process to the first passages
    p50: float
    p95: float
    encode_p50: float
    resident_mb: float
    peak_mb: float


@dataclass(frozen=True)
class Size:
    """One row."""

    passages: int
    articles: int
    rate: float  # passages stored a second since the size before
    disk_mb: float
    load: float  # of the machine, after the searches
    searched: Searched

    def cells(self) -> list[str]:
        """The row of the table."""
        one = self.searched
        return [
            f"{self.passages:,}", f"{self.articles:,}", f"{self.rate:.0f}", f"{one.p50:.1f}",
            f"{one.p95:.1f}", f"{one.encode_p50:.1f}", f"{one.p50 / one.encode_p50:.2f}", f"{one.resident_mb:.0f}",
            f"{one.peak_mb:.0f}", f"{self.disk_mb:.0f}", f"{one.cold_s:.1f}", f"{self.load:.1f}",
        ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000,500000")
    parser.add_argument("--base", type=int, default=BASE_PASSAGES, help="passages that are embedded")
    parser.add_argument("--work", type=Path, default=Path("build/scale"), help="where the libraries are made")
    parser.add_argument("--again", action="store_true", help="forget what an earlier run stored and measured")
    parser.add_argument("--write", action="store_true", help="write benchmarks/scale.md and its pictures")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.search:
        sys.stdout.write(json.dumps(asdict(search(options.articles))))
        return
    work = options.work / f"{options.articles.name.partition('.')[0]}-{options.base}"
    if options.again:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    copies, embedded = base(options.articles, work / "base", options.base)
    if embedded:
        print(f"embedded and stored {embedded:.0f} passages a second", file=sys.stderr, flush=True)
    rows = measured(copies, work, sorted(map(int, options.sizes.split(","))))
    page = table(rows, copies.originals)
    print(page)
    if options.write:
        write_page(HERE / "scale.md", page)
        for name, picture in pictures(rows).items():
            (HERE / name).write_text(plots.standalone(picture), encoding="utf-8")


def measured(copies: Copies, work: Path, sizes: Sequence[int]) -> list[Size]:
    """The row of each size; those that an earlier run measured are not measured again."""
    growing = Growing(work / "library", copies)
    rows = []
    for size in sizes:
        kept = work / f"row-{size}.json"
        if not kept.exists():
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps(asdict(measure(growing, size))), encoding="utf-8")
            draft.replace(kept)
        fields = json.loads(kept.read_text(encoding="utf-8"))
        rows.append(Size(**{**fields, "searched": Searched(**fields["searched"])}))
        print("\t".join(rows[-1].cells()), flush=True)
    return rows


def measure(growing: Growing, size: int) -> Size:
    """Let the library grow to this size, then search it from another process."""
    passages, articles, rate = growing.grow(size)
    disk = sum(path.stat().st_size for path in growing.folder.rglob("*") if path.is_file()) / 1e6
    command = [sys.executable, "-m", "benchmarks.scale", str(growing.folder), "--search"]
    environment = {**plain_environment(), STARTED: str(time.time())}
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=HERE.parent)
    return Size(passages, articles, rate, disk, load(), Searched(**json.loads(told.stdout)))


# --- searching


def search(folder: Path) -> Searched:
    """Search a library with the titles of its articles."""
    with Library.open(folder) as library:
        hybrid = HybridSearch(library.store, lambda: library.embedder)
        hybrid.retrieve("Is everything ready?")
        cold = time.time() - float(os.environ.get(STARTED, time.time()))
        library.warm()
        held = library.count_articles()
        places = range(0, held, max(1, held // QUESTIONS))
        titles = [library.articles(limit=1, offset=at)[0].title or "news" for at in places][:QUESTIONS]
        spent = spent_on(hybrid, titles)
        p95 = statistics.quantiles(spent.whole, n=20)[-1]
        p50, encoding = statistics.median(spent.whole), statistics.median(spent.encoding)
        return Searched(cold, p50, p95, encoding, resident_mb(), peak_mb())


# --- results


def table(rows: Sequence[Size], originals: int) -> str:
    """The page of results, where so many passages are no copies."""
    lines = [
        "# What more articles cost",
        "",
        made_by("python -m benchmarks.scale ARTICLES --write"),
        "",
        f"The first {originals:,} passages are articles as they were written, with the vectors that the model gives.",
        "Those beyond are copies: three words in ten are swapped for others of their length, and the vector of a copy",
        "is that of its original moved at random to a cosine of about .9. So time and space are told here, and nothing",
        "of quality.",
        "",
        "One library grows from row to row. Storing is the database, the word index and the dense index since the row",
        "before, without encoding. Searches are titles of articles of the library, in a process of their own; serving",
        "is that process's memory after them, and cold start is from its beginning to its first passages, its files",
        "held in memory by the system. While a library is open, its dense index is on the disk twice.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|--:" * len(HEAD) + "|",
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
        "",
        *_growth(rows),
        "![Time by size](scale-time.svg)",
        "",
        "![Memory and disk by size](scale-space.svg)",
    ]
    return "\n".join(lines) + "\n"


def _growth(rows: Sequence[Size]) -> list[str]:
    """From each size to the next: how much bigger, how much slower."""
    told = [
        f"- {one.passages:,} to {two.passages:,} passages ({two.passages / one.passages:.0f} times): search p50 "
        f"{two.searched.p50 / one.searched.p50:.2f} times"
        for one, two in itertools.pairwise(rows)
    ]
    return [*told, ""] if told else []


def pictures(rows: Sequence[Size]) -> dict[str, str]:
    """Growth drawn, by the file's name."""
    time_of = {
        "search p50": [(row.passages, row.searched.p50) for row in rows],
        "search p95": [(row.passages, row.searched.p95) for row in rows],
        "encoding": [(row.passages, row.searched.encode_p50) for row in rows],
    }
    space_of = {
        "memory": [(row.passages, row.searched.resident_mb) for row in rows],
        "disk": [(row.passages, row.disk_mb) for row in rows],
    }
    return {
        "scale-time.svg": plots.growth(time_of, "passages", "milliseconds"),
        "scale-space.svg": plots.growth(space_of, "passages", "MB"),
    }


if __name__ == "__main__":
    main()
