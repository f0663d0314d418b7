"""Characters and spaces made plain, before any rule looks at the text.

In: text as it was decoded. Out: the same text in NFC, with plain line ends and single spaces, nothing invisible in it.
"""

from __future__ import annotations

import re
import unicodedata

# Joiners carry meaning inside emoji and in Persian and Indic words; anywhere else they are invisible litter.
_STRAY_JOINER = re.compile(r"(?<![^\x00-\u05ff])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u05ff\u200c\u200d])")
_LINE_ENDS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_TAGS = range(0xE0000, 0xE0080)
_KEPT_FORMAT = "\u200c\u200d"


def normalise(text: str) -> str:
    """`text` in NFC, its lines trimmed, with at most one blank line between them; typographic quotes stay.

    Control characters, zero-width characters, bidirectional marks and overrides, soft hyphens and tag characters go;
    lone surrogates become U+FFFD. Normalising twice equals normalising once.
    """
    text = text.replace("\r\n", "\n").translate(_CHARACTERS)
    text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


class _Characters(dict[int, "int | str | None"]):
    """What becomes of single characters, for `str.translate`: each is looked at when it is first met."""

    def __missing__(self, code: int) -> int | str | None:
        self[code] = made = _made_of(code)
        return made


def _made_of(code: int) -> int | str | None:
    """A space, a line end, U+FFFD, nothing, or the character itself. Beyond the basic plane only tags go."""
    character, category = chr(code), unicodedata.category(chr(code))
    if character in _LINE_ENDS:
        return "\n"
    if character in "\n\t" + _KEPT_FORMAT or not (code < 0x10000 or code in _TAGS):
        return code
    return {"Zs": " ", "Cs": "\ufffd", "Cc": None, "Cf": None}.get(category, code)


_CHARACTERS = _Characters()
