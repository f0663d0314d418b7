"""The language of an article, offline.

In: text. Out: its ISO 639-1 code, or None when there is too little to tell.
"""

from __future__ import annotations

_SAMPLE = 2000  # characters: the guess no longer changes beyond them, and its time grows with the length
_FEWEST_LETTERS = 20  # below this the guess is noise ("OK" comes out as Welsh)
_NO_LANGUAGE = "zxx"  # ISO 639-2: no linguistic content
_ENOUGH_LETTERS = 150  # of letters put in place of others in any way, all samples of this length are told from language


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the language that `text` is mostly written in, or None for too few letters."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _FEWEST_LETTERS:
        return None
    from py3langid import langid  # 1 s to load its table: only when something is added

    code, _ = langid.classify(sample)
    return str(code) if len(code) == 2 else None


def language_name(code: str) -> str:
    """The English name of a language by its code; the code itself where it has none."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale(code).get_display_name("en") or code)
    except (UnknownLocaleError, ValueError):
        return code


def is_language(text: str) -> bool:
    """Whether `text` may be a language: False only for letters that make no words of any, and enough of them."""
    sample = text[:_SAMPLE]
    if sum(not letter.isspace() for letter in sample) < _ENOUGH_LETTERS:
        return True
    from py3langid import langid

    return bool(langid.classify(sample)[0] != _NO_LANGUAGE)
