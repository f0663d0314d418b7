"""Whether a name is that of a person, by the given name in front, and whether "he" or "she" can stand for it.

The list beside this file is the census of the United States in 1990; names from elsewhere are mostly unknown to it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

Bearer = Literal["male", "female", "either"]

_LIST = Path(__file__).with_suffix(".txt")


def bearer(name: str) -> Bearer | None:
    """Who bears a name such as "Ada Holm", by its first word; None when that is no known given name."""
    words = name.split()
    return _known().get(words[0]) if len(words) > 1 else None


@lru_cache(maxsize=1)
def _known() -> dict[str, Bearer]:
    found: dict[str, Bearer] = {}
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        kind, _, names = line.partition(" ")
        if kind in ("male", "female", "either"):
            found |= dict.fromkeys(names.split(), kind)  # type: ignore[arg-type]
    return found
