"""What a large table costs beside the encoding: `python -m benchmarks.bulk ARTICLES [--counts 800,8000] [--write]`.

ARTICLES is a table such as articles.jsonl.gz. The whole way of `rag add` is gone (reading, cleaning, copies, cutting,
database, both indexes), but vectors are drawn at random: encoding 8,000 articles of 6 kB takes an hour on two cores and
costs the same for each. How fast it goes is measured on a sample, and the two are put together. Random vectors have no
near neighbours, which makes the dense index work harder than real ones. Each count runs in a process of its own.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import made_by, plain_environment
from benchmarks.pages import write_page
from benchmarks.peers.exchange import peak_mb
from rag.ingest.chunking import chunk_articles, embedding_text
from rag.ingest.pipeline import add_sources
from rag.models.embedder import load_embedder
from rag.schema import Vectors
from rag.store.store import Store

HERE = Path(__file__).parent
DIMENSION = 384
SAMPLE = 640  # passages that are really encoded


class DrawnVectors:
    """An embedder that counts tokens as the real one does and draws its vectors."""

    fingerprint, dimension, max_tokens = "drawn", DIMENSION, 256

    def __init__(self) -> None:
        self._counter = load_embedder("builtin")
        self._drawn = np.random.default_rng(5)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one a text."""
        made = self._drawn.standard_normal((len(texts), DIMENSION), dtype=np.float32)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        """One more of them."""
        return np.asarray(self.embed_passages([text])[0], dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self._counter.count_tokens(texts)


@dataclass(frozen=True)
class Added:
    """One run without encoding."""

    asked: int  # articles given
    articles: int  # stories: copies of one text count once
    passages: int
    seconds: float
    peak_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--counts", default="800,8000")
    parser.add_argument("--write", action="store_true", help="write benchmarks/bulk.md")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        sys.stdout.write(json.dumps(asdict(add(options.articles, options.alone))))
        return
    runs = [in_its_own_process(options.articles, int(count)) for count in options.counts.split(",")]
    page = table(runs, encoding_rate(options.articles))
    print(page)
    if options.write:
        write_page(HERE / "bulk.md", page)


def in_its_own_process(articles: Path, count: int) -> Added:
    """`add`, so that the memory is that of this count alone."""
    command = [sys.executable, "-m", "benchmarks.bulk", str(articles.resolve()), "--alone", str(count)]
    environment = plain_environment()
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE.parent, env=environment)
    return Added(**json.loads(told.stdout))


def add(articles: Path, count: int) -> Added:
    """Add the first `count` articles of the table to a new library, as `rag add` does, but for the vectors."""
    embedder = DrawnVectors()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "articles.jsonl.gz"
        with gzip.open(articles, "rt", encoding="utf-8") as rows, gzip.open(part, "wt", encoding="utf-8") as out:
            out.writelines(itertools.islice(rows, count))
        with Store.open(Path(folder) / "library", fingerprint="drawn", dimension=DIMENSION) as store:
            began = time.perf_counter()
            add_sources(store, lambda: embedder, [part])
            took = time.perf_counter() - began
            return Added(count, store.count_articles(), store.count_passages(), took, peak_mb())


def encoding_rate(articles: Path) -> float:
    """Passages that the real model encodes a second, over a sample of the table."""
    embedder = load_embedder("builtin")
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "articles.jsonl.gz"
        with gzip.open(articles, "rt", encoding="utf-8") as rows, gzip.open(part, "wt", encoding="utf-8") as out:
            out.writelines(itertools.islice(rows, SAMPLE // 8))
        with Store.open(Path(folder) / "library", fingerprint="drawn", dimension=DIMENSION) as store:
            drawn = DrawnVectors()
            add_sources(store, lambda: drawn, [part])
            held = store.articles(limit=SAMPLE)
        cut = chunk_articles(held, embedder)
    texts = [embedding_text(one, passage) for one, own in zip(held, cut, strict=True) for passage in own][:SAMPLE]
    embedder.embed_passages(texts[:32])
    began = time.perf_counter()
    embedder.embed_passages(texts)
    return len(texts) / (time.perf_counter() - began)


def table(runs: Sequence[Added], rate: float) -> str:
    """The page of results."""
    lines = [
        "# Adding thousands of articles",
        "",
        made_by("python -m benchmarks.bulk ARTICLES --write"),
        "",
        f"Encoding alone: {rate:.1f} passages a second (our encoder, {SAMPLE} passages). All else is measured with",
        "vectors drawn at random in its place; the share of encoding speed puts the two together.",
        "",
        "| articles | stories | passages | all but encoding, s | ms a passage | share of encoding speed | peak, MB |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    costs = []
    for one in runs:
        other = one.seconds / one.passages
        costs.append((one.seconds + one.passages / rate) / one.asked)
        share = (1 / rate) / (1 / rate + other)
        lines.append(
            f"| {one.asked:,} | {one.articles:,} | {one.passages:,} | {one.seconds:.0f} | {1000 * other:.2f} | "
            f"{share:.2f} | {one.peak_mb:.0f} |"
        )
    lines += [
        "",
        f"Cost of an article, encoding included: {costs[-1] / costs[0]:.2f} times at {runs[-1].asked:,} what it is at "
        f"{runs[0].asked:,} (goal: at most 1.3).",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
