"""Near-identical passages: of syndicated copies of one text, only the best is kept.

In: passages, best first. Out: the same without the copies of a better one.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag.schema import Candidate
from rag.text.copies import Print, fingerprint, is_copy


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
