"""Lines of press exports: blocks between blank lines, and fields such as "BYLINE: Petra Quist"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_BY = ("by", "von", "par", "por", "di", "door")
_RIGHTS = ("copyright ", "copyright:", "copyright©", "©", "(c) 1", "(c) 2", "(c)1", "(c)2")  # how such a line begins
_RESERVED = ("all rights reserved", "alle rechte vorbehalten")


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
    name, mark, value = line.partition(":")
    name = name.strip().lower()
    return (name, value.strip()) if mark and name in known and not value[:1].strip() else None


def joined(lines: Sequence[str]) -> str:
    """Wrapped lines as one."""
    return " ".join(lines)


def written_by(value: str) -> str | None:
    """The author of a byline, without "By"; None for an empty one."""
    words = value.split()
    return " ".join(words[1:] if words and words[0].lower() in _BY else words).strip(" .;") or None


def is_rights(line: str) -> bool:
    """Whether the line only says whose the rights are."""
    told = line.lower()
    return told == "copyright" or told.startswith(_RIGHTS) or any(words in told for words in _RESERVED)
