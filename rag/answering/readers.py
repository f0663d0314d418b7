"""Which reader reads: the trained one, or the plain one where that is asked for or the trained one cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.answering.selection import PlainReader
from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.schema import Embedder, PassageReader

PLAIN = "none"  # the setting that asks for the plain reader


@dataclass(frozen=True, slots=True)
class Choice:
    """A reader, and what an answer must say about it."""

    reader: PassageReader
    notes: tuple[str, ...] = ()


def choose_reader(name: str, given: PassageReader | None, embedder: Callable[[], Embedder]) -> Callable[[], Choice]:
    """A function that gives the reader; it is loaded at the first call, once, whatever number of threads ask."""
    lock = RenewedLock()
    made: list[Choice] = []

    def choice() -> Choice:
        with lock:
            if not made:
                made.append(Choice(given) if given is not None else _load(name, embedder))
            return made[0]

    return choice


def _load(name: str, embedder: Callable[[], Embedder]) -> Choice:
    if name == PLAIN:
        return Choice(PlainReader(embedder()))
    try:
        from rag.models.reader import Reader

        return Choice(Reader.load(name))
    except (ModelError, ImportError) as error:
        reason = f"The trained reader could not be loaded ({error}); sentences were chosen by the plain selector."
        return Choice(PlainReader(embedder()), (reason,))
