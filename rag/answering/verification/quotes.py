"""Where the quotations of a text are: double quotes, typographic or straight, and guillemets."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from rag.text.sentences import Span

# A quotation that is never closed ends with its paragraph: news style opens each paragraph of a long one anew.
_PAIRS = {"“": "”", '"': '"', "«": "»", "„": "“"}
_OPEN = re.compile(r"[“\"«„]")
_LONGEST = 3000  # a mark without a partner within this many characters is a slip, not a quotation


@lru_cache(maxsize=512)
def quotations(text: str) -> tuple[Span, ...]:
    """Spans of the quotations of `text`, marks included, in order and without overlap."""
    spans: list[Span] = []
    place = 0
    while opening := _OPEN.search(text, place):
        paragraph = text.find("\n", opening.end())
        paragraph = len(text) if paragraph < 0 else paragraph
        closing = text.find(_PAIRS[opening.group()], opening.end(), paragraph)
        end = closing + 1 if closing >= 0 else paragraph
        if end - opening.start() <= _LONGEST:
            spans.append((opening.start(), end))
        place = max(end, opening.end())
    return tuple(spans)


def quoted_share(span: Span, quotes: tuple[Span, ...]) -> float:
    """How much of a sentence stands inside quotations, 0..1."""
    start, end = span
    inner = sum(min(end, q_end) - max(start, q_start) for q_start, q_end in _touching(start, end, quotes))
    return inner / max(1, end - start)


def inside(position: int, quotes: tuple[Span, ...]) -> bool:
    """Whether a character stands strictly inside a quotation."""
    return any(start < position < end for start, end in _touching(position, position + 1, quotes))


def runs_on(one: Span, two: Span, quotes: tuple[Span, ...]) -> bool:
    """Whether one quotation covers the end of sentence `one` and the beginning of `two`."""
    return any(start < one[1] and two[0] < end for start, end in _touching(one[0], two[1], quotes))


def _touching(start: int, end: int, quotes: tuple[Span, ...]) -> list[Span]:
    """The quotations that overlap start..end; found by bisection, since an article may hold thousands."""
    first = max(0, bisect_right(quotes, (start, start)) - 1)
    found: list[Span] = []
    for number in range(first, len(quotes)):
        if quotes[number][0] >= end:
            break
        if quotes[number][1] > start:
            found.append(quotes[number])
    return found
