"""A conversation and the question after it as the reader's network sees them: to find the terms that it lacks.

In: the turns, oldest first, and the question. Out: token ids with the place of each token in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.models.windows import CLS, SEP

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TURN = 60  # word pieces of one turn: what it is about stands at its beginning
MAX_HISTORY = 240  # word pieces of all turns; older ones are left out
MAX_ASKED = 64
NOWHERE = (-1, 0, 0)


@dataclass(frozen=True, slots=True)
class TokenTurns:
    """One input of the network: the turns are the first segment, the question is the second."""

    ids: list[int]
    types: list[int]
    places: list[tuple[int, int, int]]  # turn and characters in it of each token; NOWHERE for the others

    @property
    def type_ids(self) -> list[int]:
        """Segment types, one a token."""
        return self.types


def encode_turns(tokenizer: Tokenizer, turns: Sequence[str], question: str) -> TokenTurns:
    """The latest turns that fit, and the question."""
    asked = tokenizer.encode(question[:1000], add_special_tokens=False).ids[:MAX_ASKED]
    kept: list[tuple[list[int], list[tuple[int, int, int]]]] = []
    room = MAX_HISTORY
    for number in range(len(turns) - 1, -1, -1):
        encoding = tokenizer.encode(turns[number][:600], add_special_tokens=False)
        ids = encoding.ids[:MAX_TURN]
        if len(ids) + 1 > room:
            break
        room -= len(ids) + 1
        kept.append(([*ids, SEP], [*((number, a, b) for a, b in encoding.offsets[: len(ids)]), NOWHERE]))
    ids, places = [CLS], [NOWHERE]
    for own_ids, own_places in reversed(kept):
        ids += own_ids
        places += own_places
    types = [0] * len(ids) + [1] * (len(asked) + 1)
    return TokenTurns([*ids, *asked, SEP], types, [*places, *[NOWHERE] * (len(asked) + 1)])
