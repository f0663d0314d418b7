"""Near-identical passages: syndicated copies of one text, told by the runs of three words that they share.

In: passages, best first. Out: the same without the copies of a better one. A text that repeats another with other
figures ("10,000 cases", a week later "12,000 cases") is news and no copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.schema import Candidate
from rag.text.words import words

RUN = 3  # words in a run: one changed word costs three runs, so light editing of a copy is forgiven
# Share of the shorter passage's runs that the longer one repeats. Measured in benchmarks/retrieval.md.
COPY_SHARE = 0.7

_DIGITS = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of a text: its runs of words, as they stand and with every figure masked."""

    runs: frozenset[str]
    masked: frozenset[str]


def fingerprint(text: str) -> Print:
    """The runs of words of a text; a text shorter than a run is one run."""
    plain = words(text)
    last = max(1, len(plain) - RUN + 1)
    runs = frozenset(" ".join(plain[i : i + RUN]) for i in range(last)) if plain else frozenset()
    return Print(runs, frozenset(_DIGITS.sub("#", run) for run in runs))


def is_copy(one: Print, other: Print) -> bool:
    """Whether one text repeats the other almost word for word, with the same figures."""
    shorter = min(len(one.masked), len(other.masked))
    if not shorter:
        return one.runs == other.runs
    if len(one.masked & other.masked) < COPY_SHARE * shorter:
        return False
    return not _figures_differ(one, other)


def _figures_differ(one: Print, other: Print) -> bool:
    """Whether the same words stand around another figure somewhere."""
    only_one, only_other = one.runs - other.runs, other.runs - one.runs
    masked = {_DIGITS.sub("#", run) for run in only_one if _DIGITS.search(run)}
    return any(_DIGITS.sub("#", run) in masked for run in only_other if _DIGITS.search(run))


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
