"""Where the quotations of a text are: double quotes, typographic or straight, and guillemets."""

from __future__ import annotations

import re

from rag.text.sentences import Span

# A quotation that is never closed ends with its paragraph: news style opens each paragraph of a long one anew.
_PAIRS = {"“": "”", '"': '"', "«": "»", "„": "“"}
_OPEN = re.compile(r"[“\"«„]")
_LONGEST = 3000  # a mark without a partner within this many characters is a slip, not a quotation


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
