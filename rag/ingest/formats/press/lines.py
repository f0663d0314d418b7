"""Lines of press exports: blocks between blank lines, and fields such as "BYLINE: Petra Quist"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_FIELD = re.compile(r"([^\W\d_][\w /&'-]{1,40}?)[ \t]*:(?:[ \t]+|$)(.*)")
_BY = re.compile(r"(?:by|von|par|por|di|door)\s+", re.IGNORECASE)
RIGHTS = re.compile(
    r"copyright\b.*|.*\ball rights reserved\b.*|©.*|\(c\) ?\d{4}.*|.*alle rechte vorbehalten.*", re.IGNORECASE
)


def blocks_of(text: str) -> list[list[str]]:
    """The lines between blank ones, without the white space around them."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(" ".join(line.split()))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def field_of(line: str, known: Collection[str]) -> tuple[str, str] | None:
    """Name (in lower case) and value of a line that states a known field, else None."""
    match = _FIELD.fullmatch(line)
    name = match[1].lower() if match else ""
    return (name, match[2].strip()) if match and name in known else None


def joined(lines: Sequence[str]) -> str:
    """Wrapped lines as one."""
    return " ".join(lines)


def written_by(value: str) -> str | None:
    """The author of a byline, without "By"; None for an empty one."""
    return _BY.sub("", value.strip(), count=1).strip(" .;") or None


def is_rights(line: str) -> bool:
    """Whether the line only says whose the rights are."""
    return bool(RIGHTS.fullmatch(line))
