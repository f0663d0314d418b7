"""What more articles cost: time to store, time to search, memory, disk and cold start from 1,000 to 500,000 passages.

    python -m benchmarks.scale ARTICLES [--sizes 1000,10000,100000,500000] [--work DIR] [--write]

ARTICLES is a JSON lines file with title and text, or a folder such as corpus/. Some 2,000 passages are embedded; the
rest are these again, with three words in ten swapped for others of the same length and with vectors moved off theirs,
since embedding 500,000 passages takes four hours here. Encoding is therefore told apart from storing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.machine import made_by
from benchmarks.peers.exchange import peak_mb, resident_mb
from rag.evaluation import plots
from rag.library import Library
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Article, Passage, Vectors
from rag.store.store import Prepared
from rag.text.cleaning import line_hash, recurring_lines

BASE_PASSAGES = 2_000
WINDOW = 100  # articles stored together, about as many passages as rag/ingest stores together
SWAPPED = 0.3  # of the words with four letters or more
# Noise beside a unit vector of 384 numbers: cosine of a copy and its original about .9, as of two reports of one event.
NOISE = 0.48
QUESTIONS = 200
_WORD = re.compile(r"\b[^\W\d_]{4,}\b|\d+")
STARTED = "SCALE_STARTED"
HERE = Path(__file__).parent
HEAD = [
    "passages",
    "articles",
    "storing, passages/s",
    "search p50, ms",
    "search p95, ms",
    "of it encoding, ms",
    "ratio to encoding",
    "serving, MB",
    "peak, MB",
    "disk, MB",
    "cold start, s",
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
    stored_s: float
    disk_mb: float
    searched: Searched

    def cells(self) -> list[str]:
        """The row of the table."""
        one = self.searched
        return [
            f"{self.passages:,}", f"{self.articles:,}", f"{self.passages / self.stored_s:.0f}", f"{one.p50:.1f}",
            f"{one.p95:.1f}", f"{one.encode_p50:.1f}", f"{one.p50 / one.encode_p50:.2f}", f"{one.resident_mb:.0f}",
            f"{one.peak_mb:.0f}", f"{self.disk_mb:.0f}", f"{one.cold_s:.1f}",
        ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000,500000")
    parser.add_argument("--base", type=int, default=BASE_PASSAGES, help="passages that are embedded")
    parser.add_argument("--work", type=Path, default=Path("build/scale"), help="where the libraries are made")
    parser.add_argument("--keep", action="store_true", help="keep the libraries, 5 kB a passage")
    parser.add_argument("--write", action="store_true", help="write benchmarks/scale.md and its pictures")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.search:
        sys.stdout.write(json.dumps(asdict(search(options.articles))))
        return
    copies, rate = base(options.articles, options.work, options.base)
    rows = []
    for size in map(int, options.sizes.split(",")):
        folder = options.work / f"size-{size}"
        rows.append(measure(copies, folder, size))
        print("\t".join(rows[-1].cells()), flush=True)
        if not options.keep:
            shutil.rmtree(folder)
    page = table(rows, rate)
    print(page)
    if options.write:
        (HERE / "scale.md").write_text(page, encoding="utf-8")
        for name, picture in pictures(rows).items():
            (HERE / name).write_text(plots.standalone(picture), encoding="utf-8")


# --- filling


@dataclass(frozen=True)
class Original:
    """An article as the library holds it."""

    article: Article
    passages: tuple[Passage, ...]
    vectors: Vectors


def base(source: Path, work: Path, wanted: int) -> tuple[Copies, float | None]:
    """Originals with about `wanted` passages, and passages embedded a second (None when they were there already)."""
    with Library.open(work / f"base-{wanted}") as library:
        rate = None
        if not library.articles(limit=1):
            began = time.perf_counter()
            library.add(list(_articles(source, wanted)))
            rate = library.stats().passages / (time.perf_counter() - began)
        return Copies(list(_originals(library))), rate


def _articles(source: Path, wanted: int) -> Iterator[Article | Path]:
    """Articles for about so many passages, some 600 characters each."""
    if source.is_dir():
        yield source
        return
    from rag.evaluation.layouts import json_rows

    characters = 0
    for number, row in enumerate(json_rows(source)):
        if characters > 600 * wanted:
            return
        characters += len(row["text"])
        yield Article(id=f"base-{number}", title=str(row.get("title") or ""), text=str(row["text"]))


def _originals(library: Library) -> Iterator[Original]:
    for article in library.articles(limit=1_000_000):
        passages = tuple(library.store.article_passages(article.id))
        held = library.store.vectors([one.id for one in passages])
        yield Original(article, passages, np.stack([held[one.id] for one in passages]))


class Copies:
    """Endless articles: the originals, then edited copies of them."""

    def __init__(self, originals: Sequence[Original]) -> None:
        self._originals = originals
        self._rng = random.Random(20_221)
        self._noise = np.random.default_rng(20_221)
        self._words: dict[int, list[str]] = {}
        for one in originals:
            for word in _WORD.findall(one.article.text):
                self._words.setdefault(len(word), []).append(word)

    def prepared(self, passages: int) -> Iterator[list[Prepared]]:
        """Windows of articles, as many as hold the wanted number of passages."""
        held, window, number = 0, list[Prepared](), 0
        while held < passages:
            one = self._originals[number % len(self._originals)]
            window.append(self._copy(one, number // len(self._originals)))
            held += len(one.passages)
            number += 1
            if len(window) == WINDOW or held >= passages:
                yield window
                window = []

    def _copy(self, one: Original, turn: int) -> Prepared:
        text = one.article.text if turn == 0 else _WORD.sub(self._swap, one.article.text)
        title = one.article.title if turn == 0 else _WORD.sub(self._swap, one.article.title)
        name = f"{one.article.id}-{turn}"
        article = replace(one.article, id=name, title=title, text=text)
        passages = tuple(
            Passage(f"{name}:{p.position}", name, p.position, p.start, p.end, text[p.start : p.end])
            for p in one.passages
        )
        vectors = one.vectors
        if turn:
            moved = vectors + NOISE / np.sqrt(vectors.shape[1]) * self._noise.standard_normal(vectors.shape)
            vectors = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
        lines = tuple(sorted(recurring_lines(text)))
        return Prepared(article, passages, vectors, line_hash(name), line_hash(name + text), lines)

    def _swap(self, found: re.Match[str]) -> str:
        word = found.group()
        return self._rng.choice(self._words.get(len(word), [word])) if self._rng.random() < SWAPPED else word


def measure(copies: Copies, folder: Path, size: int) -> Size:
    """Fill a library of this size, then search it from another process."""
    shutil.rmtree(folder, ignore_errors=True)
    stored = 0.0
    with Library.open(folder) as library:
        windows = copies.prepared(size)
        with library.store.writing():
            for window in windows:
                began = time.perf_counter()
                library.store.put(window)
                stored += time.perf_counter() - began
            began = time.perf_counter()
        stored += time.perf_counter() - began  # the dense index is brought up to date when the block ends
        stats = library.stats()
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    command = [sys.executable, "-m", "benchmarks.scale", str(folder), "--search"]
    environment = {**os.environ, STARTED: str(time.time())}
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=HERE.parent)
    return Size(stats.passages, stats.articles, stored, disk, Searched(**json.loads(told.stdout)))


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
        whole, encoding = [], []
        for title in titles:
            spent = hybrid.retrieve(title).timings
            whole.append(sum(spent.values()))
            encoding.append(spent["encode"])
        p95 = statistics.quantiles(whole, n=20)[-1]
        return Searched(cold, statistics.median(whole), p95, statistics.median(encoding), resident_mb(), peak_mb())


# --- results


def table(rows: Sequence[Size], rate: float | None) -> str:
    """The page of results."""
    encoding = f"Encoding and all, the base went in at {rate:.0f} passages a second. " if rate else ""
    lines = [
        "# What more articles cost",
        "",
        made_by("python -m benchmarks.scale ARTICLES --write") + f" {encoding}",
        "",
        "Storing is the database, the word index and the dense index, without encoding. Searches are titles of",
        "articles of the library, in a process of their own. Serving is that process's memory after them.",
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
