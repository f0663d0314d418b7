"""Near-identical texts: passages and articles that repeat each other, told by the runs of three words that they share.

A text that repeats another with other figures ("10,000 cases", a week later "12,000 cases") is news and no copy.
Copies of an article are found among thousands by bands: short hashes of which near-identical texts share at least one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Share of the shorter passage's runs that the longer one repeats. Read by eye among the best 20 of 132 news questions:
# from .65 up all pairs were copies or the same sentences cut elsewhere, below .55 mostly captions and stock sentences.
COPY_SHARE = 0.7
# The same for articles, and how much shorter the shorter may be. Measured in benchmarks/copies.md.
STORY_SHARE = 0.7
STORY_LENGTH = 0.5
FEWEST_WORDS = 100  # of an article: short notices may differ in a name alone, so only exact copies of them are told
# 24 bands of 3 minima: of pairs that share half of their runs 96 % have a band in common, of unrelated ones 0.3 %.
BANDS, ROWS = 24, 3

_WORD = re.compile(r"\d[\d.,]*|\w+")

Run = tuple[str, str, str]  # three words: one changed word costs three runs, so light editing of a copy is forgiven


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of a text: its words, and its runs of words with every figure masked."""

    words: tuple[str, ...]
    masked: frozenset[Run]


def fingerprint(text: str) -> Print:
    """The words and the runs of words of a text."""
    words = tuple(word.rstrip(".,") for word in _WORD.findall(text.lower()))
    return Print(words, frozenset(_runs([_mask(word) for word in words])))


def is_copy(one: Print, other: Print) -> bool:
    """Whether one text repeats the other almost word for word, with the same figures."""
    shorter = min(len(one.masked), len(other.masked))
    if not shorter:  # fewer than three words
        return one.words == other.words
    return len(one.masked & other.masked) >= COPY_SHARE * shorter and not _figures_differ(one, other)


def says(whole: Print, part: Print) -> bool:
    """Whether a text says what a part of another one says, almost word for word and with the same figures."""
    return len(part.masked & whole.masked) >= COPY_SHARE * len(part.masked) and not _figures_differ(part, whole)


def same_story(one: Print, other: Print) -> bool:
    """Whether two articles are one story: a syndicated copy, cut or edited a little."""
    shorter, longer = sorted((len(one.words), len(other.words)))
    if shorter < FEWEST_WORDS or shorter < STORY_LENGTH * longer:
        return False
    share = len(one.masked & other.masked) / max(1, min(len(one.masked), len(other.masked)))
    return share >= STORY_SHARE and not _figures_differ(one, other)


def bands(mark: Print) -> tuple[int, ...]:
    """Numbers of which two articles that are one story share at least one; none for a short text."""
    if len(mark.words) < FEWEST_WORDS:
        return ()
    factors, terms = _permutations()
    runs = np.fromiter((zlib.crc32(" ".join(run).encode("utf-8", "surrogatepass")) for run in mark.masked), np.uint64)
    minima = ((runs[:, None] * factors + terms) >> np.uint64(32)).min(axis=0).astype("<u4").reshape(BANDS, ROWS)
    names = (band.tobytes() + bytes([number]) for number, band in enumerate(minima))
    return tuple(zlib.crc32(name) << 8 | name[-1] for name in names)


def _permutations() -> tuple[NDArray[Any], NDArray[Any]]:
    """Odd factors and terms of the hash functions, the same in every run."""
    numbers = np.random.default_rng(19).integers(0, 2**64, size=(2, BANDS * ROWS), dtype=np.uint64)
    return numbers[0] | np.uint64(1), numbers[1]


def _figures_differ(one: Print, other: Print) -> bool:
    """Whether the same words stand around another figure somewhere."""
    ours, theirs = set(_runs(one.words)), set(_runs(other.words))
    changed = {masked for run in ours - theirs if (masked := _masked(run)) != run}
    return any((masked := _masked(run)) != run and masked in changed for run in theirs - ours)


def _runs(words: Sequence[str]) -> Iterable[Run]:
    return zip(words, words[1:], words[2:], strict=False)


def _masked(run: Run) -> Run:
    return _mask(run[0]), _mask(run[1]), _mask(run[2])


def _mask(word: str) -> str:
    return "#" if word[0].isdigit() else word
