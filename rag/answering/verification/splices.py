"""Whether a statement is cut and pasted: nearly all in a text's own words, from the middle of more than one sentence.

Such a statement is not worded anew, and not copied: its words are right and what joins them is not the text's. Of the
sentences of qags_cnndm that stand in the text's words, half of those so made are false, and one in ten of the others.
Pure functions over stems.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.models.logits import ramp
from rag.text.sentences import split_sentences
from rag.text.words import stems

LEAST_PIECE = 2  # content words in a row that count as copied
COPIED_FROM, COPIED_FULL = 0.8, 0.9  # share of a statement in copied pieces: from where it counts, and counts whole

Piece = tuple[int, int, int]  # words, sentence of the text, place in it


def spliced(statement: str, text: str) -> float:
    """0 for a statement that is worded anew or copied from one sentence, 1 for one pasted together; 0..1."""
    mine = stems(statement)
    pieces = [piece for piece in _pieces(mine, text) if piece[0] >= LEAST_PIECE]
    if len({sentence for _, sentence, _ in pieces}) < 2:
        return 0.0
    copied = sum(size for size, _, _ in pieces) / len(mine)
    return ramp(copied, COPIED_FROM, COPIED_FULL)


def _pieces(mine: Sequence[str], text: str) -> list[Piece]:
    """The statement as the longest pieces that a sentence of the text has in a row, from left to right."""
    sentences = [stems(text[start:end]) for start, end in split_sentences(text)]
    places = [(number, place) for number, sentence in enumerate(sentences) for place in range(len(sentence))]
    found: list[Piece] = []
    at = 0
    while at < len(mine):
        pieces = ((_common(mine, at, sentences[number], place), number, place) for number, place in places)
        best = max(pieces, key=lambda one: (one[0], _continues(found, *one[1:])), default=(0, 0, 0))
        if best[0]:
            found.append(best)
        at += max(1, best[0])
    return found


def _common(one: Sequence[str], at: int, other: Sequence[str], place: int) -> int:
    """How many words two texts share in a row from these places on."""
    size = 0
    while at + size < len(one) and place + size < len(other) and one[at + size] == other[place + size]:
        size += 1
    return size


def _continues(found: Sequence[Piece], number: int, place: int) -> bool:
    """Whether a piece goes on in the sentence that the last one came from."""
    return bool(found) and found[-1][1] == number and place >= found[-1][2]
