"""Libraries of any size for `benchmarks/scale.py`: articles that were embedded once, and edited copies of them.

A copy depends on its name alone, so a library that was cut short grows on as if it had not been.
"""

from __future__ import annotations

import json
import random
import re
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rag.library import Library
from rag.schema import Article, Passage, Vectors
from rag.store.sqlite.backend import FILE_NAME
from rag.store.store import Prepared
from rag.text.cleaning import line_hash, recurring_lines

WINDOW = 100  # articles stored together, about as many passages as rag/ingest stores together
SWAPPED = 0.3  # of the words with four letters or more
# Noise beside a unit vector of 384 numbers: cosine of a copy and its original about .9, as of two reports of one event.
NOISE = 0.48
_WORD = re.compile(r"\b[^\W\d_]{4,}\b|\d+")


@dataclass(frozen=True)
class Original:
    """An article as the library holds it."""

    article: Article
    passages: tuple[Passage, ...]
    vectors: Vectors


def base(source: Path, folder: Path, wanted: int) -> tuple[Copies, float | None]:
    """Originals with about `wanted` passages, and passages embedded a second (None when they were there already).

    When `source` is the folder of a library, they are all its articles.
    """
    if (source / FILE_NAME).exists():
        with Library.open(source) as library:
            return Copies(list(_originals(library))), None
    with Library.open(folder) as library:
        began, before = time.perf_counter(), library.stats().passages
        library.add(list(_articles(source, wanted)))  # those of an earlier run are unchanged
        came = library.stats().passages - before
        rate = came / (time.perf_counter() - began) if came > wanted // 2 else None
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
        yield Article(id=f"base-{number:05}", title=str(row.get("title") or ""), text=str(row["text"]))


def _originals(library: Library) -> Iterator[Original]:
    for article in sorted(library.articles(limit=1_000_000), key=lambda one: one.id):
        passages = tuple(library.store.article_passages(article.id))
        held = library.store.vectors([one.id for one in passages])
        yield Original(article, passages, np.stack([held[one.id] for one in passages]))


class Copies:
    """Endless articles: the originals, which have `originals` passages, then edited copies of them."""

    def __init__(self, originals: Sequence[Original]) -> None:
        self._originals = originals
        self.originals = sum(len(one.passages) for one in originals)
        self._words: dict[int, list[str]] = {}
        for one in originals:
            for word in _WORD.findall(one.article.text):
                self._words.setdefault(len(word), []).append(word)

    def prepared(self, passages: int, *, held: int = 0, articles: int = 0) -> Iterator[list[Prepared]]:
        """Windows of articles until there are so many passages, after those `articles` that hold `held` passages."""
        window = list[Prepared]()
        while held < passages:
            one = self._originals[articles % len(self._originals)]
            window.append(self._copy(one, articles // len(self._originals)))
            held += len(one.passages)
            articles += 1
            if len(window) == WINDOW or held >= passages:
                yield window
                window = []

    def _copy(self, one: Original, turn: int) -> Prepared:
        name = f"{one.article.id}-{turn}"
        rng = random.Random(name)
        text = one.article.text if turn == 0 else self._edited(one.article.text, rng)
        title = one.article.title if turn == 0 else self._edited(one.article.title, rng)
        article = replace(one.article, id=name, title=title, text=text)
        passages = tuple(
            Passage(f"{name}:{p.position}", name, p.position, p.start, p.end, text[p.start : p.end])
            for p in one.passages
        )
        vectors = one.vectors if turn == 0 else _moved(one.vectors, zlib.crc32(name.encode()))
        lines = tuple(sorted(recurring_lines(text)))
        return Prepared(article, passages, vectors, line_hash(name), line_hash(name + text), lines)

    def _edited(self, text: str, rng: random.Random) -> str:
        """The text with words swapped for others of their length, each as often drawn as it occurs."""

        def swap(found: re.Match[str]) -> str:
            word = found.group()
            return rng.choice(self._words.get(len(word), [word])) if rng.random() < SWAPPED else word

        return _WORD.sub(swap, text)


def _moved(vectors: Vectors, seed: int) -> Vectors:
    moved = vectors + NOISE / np.sqrt(vectors.shape[1]) * np.random.default_rng(seed).standard_normal(vectors.shape)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


class Growing:
    """A library that grows, with what storing has cost so far; a later run goes on with both."""

    def __init__(self, folder: Path, copies: Copies) -> None:
        self.folder = folder
        self._copies = copies
        self._told = folder.with_suffix(".json")

    def grow(self, size: int) -> tuple[int, int, float]:
        """Store until there are so many passages: passages and articles then, passages stored a second on the way.

        The rate is without making the copies, and of this size alone, whether or not a run was cut on the way.
        """
        with Library.open(self.folder) as library:
            held = library.stats()
            stored, seconds = self._spent(size)
            with library.store.writing():
                for window in self._copies.prepared(size, held=held.passages, articles=held.articles):
                    began = time.perf_counter()
                    library.store.put(window)
                    seconds += time.perf_counter() - began
                    stored += sum(len(one.passages) for one in window)
                    self._tell(size, stored, seconds)
                began = time.perf_counter()
            seconds += time.perf_counter() - began  # the dense index follows when the block ends
            held = library.stats()
        return held.passages, held.articles, stored / seconds

    def _spent(self, size: int) -> tuple[int, float]:
        """Passages that earlier runs stored on the way to this size, and the seconds that it took them."""
        with suppress(FileNotFoundError):
            told = json.loads(self._told.read_text(encoding="utf-8"))
            if told["size"] == size:
                return int(told["stored"]), float(told["seconds"])
        return 0, 0.0

    def _tell(self, size: int, stored: int, seconds: float) -> None:
        draft = self._told.with_suffix(".draft")
        draft.write_text(json.dumps({"size": size, "stored": stored, "seconds": seconds}), encoding="utf-8")
        draft.replace(self._told)
