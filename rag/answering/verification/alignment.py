"""What a statement puts in the place of what its source has there: another name, figure or date in the same words.

A swapped name mostly stands somewhere else in the passage, so that looking it up finds it. Laying the statement beside
the sentences it comes from shows the swap. Pure functions.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from rag.answering.verification.facts import holds_name, source
from rag.text.moments import moments
from rag.text.names import STYLES
from rag.text.numbers import figures
from rag.text.words import STOP_WORDS, stem

LONGEST_SWAP = 5  # words: longer stretches that differ are worded anew, not swapped
_TOKEN = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


def swapped(statement: str, run: str, *, names: bool = True) -> tuple[str, ...]:
    """Names (where they can be told by their capitals) and figures that stand where the source has others."""
    mine, theirs = _tokens(statement), _tokens(run)
    matcher = SequenceMatcher(None, [key for key, _ in mine], [key for key, _ in theirs], autojunk=False)
    found: list[str] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "replace" and max(end - start, other_end - other_start) <= LONGEST_SWAP:
            ours = " ".join(word for _, word in mine[start:end])
            held = " ".join(word for _, word in theirs[other_start:other_end])
            found += _differing(ours, held, names=names)
    return tuple(found)


def displaced(statement: str, run: str) -> tuple[str, ...]:
    """Figures and dates of the statement that the run lacks while it has others that the statement lacks."""
    (mine, my_rest), (theirs, their_rest) = moments(statement), moments(run)
    numbers, held = figures(my_rest), figures(their_rest)
    strange = [one.written for one in numbers if not any(one.agrees(other) for other in held)]
    if not strange or all(any(one.agrees(other) for one in numbers) for other in held):
        strange = []
    days = [one.written for one in mine if not any(one.agrees(other) for other in theirs)]
    if not days or all(any(one.agrees(other) for one in mine) for other in theirs):
        days = []
    return (*strange, *days)


def _differing(ours: str, held: str, *, names: bool) -> list[str]:
    """What of our stretch is a name or figure that the other stretch has another of."""
    found: list[str] = []
    numbers, others = figures(ours), figures(held)
    if others:
        found += [one.written for one in numbers if not any(one.agrees(other) for other in others)]
    mine, theirs = (_names(ours), _names(held)) if names else ([], [])
    if theirs and mine:
        known = source(held)
        found += [name for name in mine if not holds_name(name, known)]
        found = [] if any(holds_name(name, source(ours)) for name in theirs) and not numbers else found
    return found


def _names(text: str) -> list[str]:
    """Words with a capital that are not plain openings or titles."""
    return [
        word.removesuffix("'s").removesuffix("’s")
        for word in _TOKEN.findall(text)
        if word[0].isupper() and word.lower() not in STOP_WORDS and word.lower() not in STYLES
    ]


def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text, each with the form by which it is compared."""
    return tuple((stem(word.lower().removesuffix("'s").removesuffix("’s")), word) for word in _TOKEN.findall(text))
