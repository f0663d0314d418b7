"""Near-identical passages: syndicated copies of one text, told by the runs of three words that they share.

In: passages, best first. Out: the same without the copies of a better one. A text that repeats another with other
figures ("10,000 cases", a week later "12,000 cases") is news and no copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.schema import Candidate

# Share of the shorter passage's runs that the longer one repeats. Read by eye among the best 20 of 132 news questions:
# from .65 up all pairs were copies or the same sentences cut elsewhere, below .55 mostly captions and stock sentences.
COPY_SHARE = 0.7

_WORD = re.compile(r"\d[\d.,]*|\w+")

Run = tuple[str, str, str]  # three words: one changed word costs three runs, so light editing of a copy is forgiven


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of a text: its words, and its runs of words with every figure masked."""

    words: tuple[str, ...]
    masked: frozenset[Run]


def fingerprint(text: str) -> Print:
    """The words and the runs of words of a text."""
    words = tuple(_WORD.findall(text.lower()))
    return Print(words, frozenset(_runs([_mask(word) for word in words])))


def is_copy(one: Print, other: Print) -> bool:
    """Whether one text repeats the other almost word for word, with the same figures."""
    shorter = min(len(one.masked), len(other.masked))
    if not shorter:  # fewer than three words
        return one.words == other.words
    return len(one.masked & other.masked) >= COPY_SHARE * shorter and not _figures_differ(one, other)


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


class DistinctPassages:
    """Collects passages best first and turns copies of those it holds away."""

    def __init__(self) -> None:
        self.kept: list[Candidate] = []
        self._prints: list[Print] = []

    def take(self, candidates: Iterable[Candidate], limit: int) -> None:
        """Adds the candidates that are no copies, until `limit` are held."""
        for candidate in candidates:
            if len(self.kept) >= limit:
                return
            mark = fingerprint(candidate.passage.text)
            if not any(is_copy(mark, held) for held in self._prints):
                self.kept.append(candidate)
                self._prints.append(mark)
