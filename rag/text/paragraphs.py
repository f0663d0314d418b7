"""Lines to paragraphs: text that was wrapped at a fixed width becomes whole paragraphs again.

In: normalised text. Out: its paragraphs. A line is one unless the whole text shows that it was wrapped.
"""

from __future__ import annotations

import itertools
import re

_LIST_ITEM = re.compile(r"(?:[•●▪■◦‣*►▶➤·+–—−-]|\d{1,3}[.)])\s")
_ENDS_SENTENCE = '.!?:;。！？”"»)'
_LONG_LINE = 0.75  # of the width: a line that ends before it was ended by hand
_NARROWEST, _WIDEST = 45, 110  # plain text is wrapped at 60-80; mail and code at up to 100
_FEWEST_BREAKS = 3  # two short lines below each other may be a heading or a poem
_WRAPPED_SHARE = 0.8  # of the line breaks inside blocks that must be where a wrapping program would have put them


def split_paragraphs(text: str) -> list[str]:
    """The paragraphs of `text`: its lines, or its joined lines where it was hard-wrapped."""
    blocks = [block.strip("\n").split("\n") for block in text.split("\n\n") if block]
    width = _wrap_width(blocks)
    paragraphs: list[str] = []
    for lines in blocks:
        paragraphs.extend(_unwrap(lines, width) if width else lines)
    return [paragraph for paragraph in paragraphs if paragraph]


def _wrap_width(blocks: list[list[str]]) -> int:
    """The width at which the text was wrapped, 0 when it was not."""
    # Lists, addresses, signatures and headings are of short lines, which no program has broken.
    breaks = [
        (first, second)
        for lines in blocks
        for first, second in itertools.pairwise(lines)
        if len(first) >= _NARROWEST and not _LIST_ITEM.match(second)
    ]
    if len(breaks) < _FEWEST_BREAKS:
        return 0
    width = max(len(line) for pair in breaks for line in pair)
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    wrapped = sum(_is_wrap(first, second, width) or _goes_on(first, second, width) for first, second in breaks)
    return width if wrapped >= len(breaks) * _WRAPPED_SHARE else 0


def _is_wrap(line: str, following: str, width: int) -> bool:
    """Whether a program would have broken here: the next word had no room in the line."""
    if not line or not following or _LIST_ITEM.match(following):
        return False
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width


def _goes_on(line: str, following: str, width: int) -> bool:
    """Whether a long line breaks off inside a sentence, in a text that was wrapped."""
    if _LIST_ITEM.match(following) or len(line) < width * _LONG_LINE:
        return False
    return line[-1] not in _ENDS_SENTENCE and (following[0].islower() or following[0].isdigit())


def _unwrap(lines: list[str], width: int) -> list[str]:
    paragraphs = lines[:1]
    last = lines[0]
    for line in lines[1:]:
        if _is_wrap(last, line, width) or _goes_on(last, line, width):
            paragraphs[-1] += _glue(last, line) + line
        else:
            paragraphs.append(line)
        last = line
    return paragraphs


def _glue(line: str, following: str) -> str:
    """What stands between two joined lines: nothing after a hyphen or between characters of a script without spaces."""
    if line.endswith("-") and line[-2:-1].isalpha() and following[0].islower():
        return ""
    return "" if _is_wide(line[-1]) and _is_wide(following[0]) else " "


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
