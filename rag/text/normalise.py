"""Characters and spaces made plain, before any rule looks at the text.

In: text as it was decoded. Out: the same text in NFC, with plain line ends and single spaces, nothing invisible in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Joiners carry meaning inside emoji and in Persian and Indic words; anywhere else they are invisible litter.
_STRAY_JOINER = re.compile(r"(?<![^\x00-\u05ff])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u05ff\u200c\u200d])")
_LINE_ENDS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_KEPT_FORMAT = "\u200c\u200d"


def normalise(text: str) -> str:
    """`text` in NFC, its lines trimmed, with at most one blank line between them; typographic quotes stay.

    Control characters, zero-width characters, bidirectional marks and overrides, soft hyphens and tag characters go;
    lone surrogates become U+FFFD. Normalising twice equals normalising once.
    """
    text = text.replace("\r\n", "\n").translate(_table())
    text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


@cache
def _table() -> dict[int, str | None]:
    """What becomes of single characters, for `str.translate`."""
    table: dict[int, str | None] = {}
    # The basic plane and the tag characters; going through all planes takes 0.4 s.
    for code in (*range(0x10000), *range(0xE0000, 0xE0080)):
        category = unicodedata.category(chr(code))
        if category == "Zs":
            table[code] = " "
        elif category == "Cs":
            table[code] = "\ufffd"
        elif category in ("Cc", "Cf"):
            table[code] = None
    for character in "\n\t" + _KEPT_FORMAT:
        del table[ord(character)]
    table.update(dict.fromkeys(map(ord, _LINE_ENDS), "\n"))
    return table
