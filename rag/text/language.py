"""The language of an article, offline.

In: text. Out: its ISO 639-1 code, or None when there is too little to tell.
"""

from __future__ import annotations

_SAMPLE = 2000  # characters: the guess no longer changes beyond them, and its time grows with the length
_FEWEST_LETTERS = 20  # below this the guess is noise ("OK" comes out as Welsh)


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the language that `text` is mostly written in, or None for too few letters."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _FEWEST_LETTERS:
        return None
    from py3langid import langid  # 1 s to load its table: only when something is added

    code, _ = langid.classify(sample)
    return str(code) if len(code) == 2 else None
