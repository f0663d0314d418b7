"""Reading within a time budget: as many candidates as the time allows, best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol, runtime_checkable

from rag.schema import Candidate, PassageReader, Reading

FIRST = 8  # candidates read before the clock is looked at: an answer needs them whatever they cost


@runtime_checkable
class _Budgeted(Protocol):
    """A reader that keeps to a budget by itself, as the trained one does."""

    def read_within(
        self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None, budget_ms: float | None
    ) -> list[Reading | None]:
        """Readings in order, None for passages left unread."""
        ...


def read_within(
    reader: PassageReader,
    question: str,
    candidates: Sequence[Candidate],
    budget_ms: float,
    clock: Callable[[], float] = perf_counter,
) -> list[Reading | None]:
    """One reading a candidate in order; None for those that the budget did not reach."""
    if isinstance(reader, _Budgeted):
        texts, titles = _texts(candidates)
        return reader.read_within(question, texts, titles=titles, budget_ms=budget_ms)
    began = clock()
    readings = _read(reader, question, candidates[:FIRST])
    spent = 1000 * (clock() - began)
    rest = candidates[FIRST:]
    if rest and spent < budget_ms:
        affordable = int((budget_ms - spent) / max(spent / FIRST, 0.01))
        readings += _read(reader, question, rest[:affordable])
    return [*readings, *[None] * (len(candidates) - len(readings))]


def _read(reader: PassageReader, question: str, candidates: Sequence[Candidate]) -> list[Reading | None]:
    if not candidates:
        return []
    texts, titles = _texts(candidates)
    return list(reader.read(question, texts, titles=titles))


def _texts(candidates: Sequence[Candidate]) -> tuple[list[str], list[str]]:
    return [one.passage.text for one in candidates], [one.title for one in candidates]
