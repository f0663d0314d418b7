"""What models make of text, readings and vectors, and the protocols of what makes them: a reader, an embedder.

Any object that has these methods can stand in for the built-in models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage. Offsets count into the passage's text."""

    answerable: float  # 0..1: probability that this passage answers the question
    start: int | None = None  # the best short answer; both None when there is none
    end: int | None = None
    sentences: tuple[tuple[int, int, float], ...] = ()  # (start, end, score 0..1) of each sentence, in order
    shorts: tuple[tuple[int, int, float], ...] = ()  # the best short answer in each of these sentences, in order


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """What a reader says of one sentence of a window: logits. Offsets count into the window's text."""

    start: int
    end: int
    evidence: float  # that it belongs in the answer
    needs: float = -10.0  # that it cannot be understood without one before it
    forerunner: float = -10.0  # that it is the one which another needs
    corrects: float = -10.0  # that it contradicts what the question presumes
    short: tuple[int, int, float] | None = None  # the best short answer in it, and its margin over none


@dataclass(frozen=True, slots=True)
class WindowReading:
    """What a reader says of a window of sentences: logits."""

    answers: float  # that the window answers
    sentences: tuple[SentenceReading, ...]
    verdict: tuple[float, ...] = ()  # yes, no, unclear, for a yes/no question
    speaker: tuple[int, int, float] | None = None  # who says it, and the margin over nobody


class PassageReader(Protocol):
    """Reads passages for a question. The trained reader and the plain selector both do."""

    name: str

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order."""
        ...


class Embedder(Protocol):
    """Turns text into unit vectors. `fingerprint` differs for models whose vectors cannot be compared."""

    fingerprint: str
    dimension: int
    max_tokens: int  # what the model can see, special tokens included

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, dimension], in order."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """One unit vector [dimension]."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, without the special ones."""
        ...
