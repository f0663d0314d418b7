"""Passages per second of `library.add` beside a bare `SentenceTransformer.encode` of the same passage texts.

    python benchmarks/ingest.py --articles articles.jsonl.gz [--count 300] [--rounds 3]

Both run in this process, in turns; the bare encoder has the best of three batch sizes, found on a sample. Writes
benchmarks/ingest.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer

from rag.ingest.chunking import chunk_articles, embedding_text
from rag.library import Library
from rag.models.embedder import load_embedder
from rag.models.package import package_folder
from rag.schema import Article

BATCH_SIZES = (16, 32, 64)
SAMPLE = 480  # texts on which the batch size is chosen


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, required=True, help="gzipped JSON lines with title, text, date")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    articles = read(given.articles, given.count)
    texts = passage_texts(articles)
    model = SentenceTransformer(str(package_folder()), device="cpu", local_files_only=True)
    model.encode(texts[:64], show_progress_bar=False)
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    batch = min(BATCH_SIZES, key=lambda size: bare(model, sample, size))
    add(articles[:2])
    rounds = []
    for number in range(given.rounds):  # the order changes, so that a busy minute does not always meet the same side
        sides = [lambda: len(texts) / add(articles), lambda: len(texts) / bare(model, texts, batch)]
        if number % 2:
            theirs, ours = sides[1](), sides[0]()
        else:
            ours, theirs = sides[0](), sides[1]()
        rounds.append((ours, theirs))
    text = table(given.count, len(texts), rounds)
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def read(path: Path, count: int) -> list[Article]:
    """The first articles of the file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in islice(file, count)]
    return [
        Article(id=row["id"], title=row["title"], text=row["text"], published=date.fromisoformat(row["date"][:10]))
        for row in rows
    ]


def passage_texts(articles: list[Article]) -> list[str]:
    """What the library embeds for these articles: read back from one that holds them."""
    embedder = load_embedder()
    with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
        report = library.add(articles)
        stored = [article for one in report.added if (article := library.article(one))]
    chunked = chunk_articles(stored, embedder)
    return [embedding_text(one, passage) for one, part in zip(stored, chunked, strict=True) for passage in part]


def add(articles: list[Article]) -> float:
    """Seconds of adding the articles to a new library."""
    with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
        started = time.perf_counter()
        library.add(articles)
        return time.perf_counter() - started


def bare(model: SentenceTransformer, texts: list[str], batch: int) -> float:
    """Seconds of encoding the texts."""
    started = time.perf_counter()
    model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - started


def table(articles: int, passages: int, rounds: list[tuple[float, float]]) -> str:
    """The results as Markdown."""
    ratio = statistics.median(ours / theirs for ours, theirs in rounds)
    rows = [f"| {n} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |" for n, (ours, theirs) in enumerate(rounds, 1)]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    head = [
        "# Adding articles",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the end; "
        f"{articles} articles, {passages} passages.",
        "",
        f"Median ratio of `library.add` to bare encoding: **{ratio:.2f}** (goal: at least 0.9).",
        "",
        "| round | library.add, passages/s | bare encode, best batch size, passages/s | ratio |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    main()
