"""Days of publication whose month is written in another language: "Montag, 9. Februar 2026", "9 de febrero de 2026".

In: what a program states as a date. Out: the date, or None when it holds none that is sure.
"""

from __future__ import annotations

from datetime import date

from rag.text.dates import parse_date

# Those of common exports. Others use the same name for another month, such as the Croatian "listopad".
_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs")
_BETWEEN = ("de", "del")  # day, month and year
_FIRST = ("1er", "1º", "1o")  # of a month


def stated_date(text: str) -> date | None:
    """The date that `text` states, in figures or with its month in a common European language; None when it has none.

    It is for values that are meant to be a date. Within an article, "9 mars 2026" is no date of its publication.
    """
    if when := parse_date(text):
        return when
    apart = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    words = ["1" if word in _FIRST else word for word in apart.split() if word not in _BETWEEN]
    dated = [place for place in zip(words, words[1:], words[2:], strict=False) if _is_day(place[0], place[2])]
    months = _months() if dated else {}
    return next((found for day, month, year in dated if (found := _date(year, months.get(month), day))), None)


def _is_day(day: str, year: str) -> bool:
    return day.isdecimal() and len(day) <= 2 and year.isdecimal() and len(year) == 4


def _months() -> dict[str, int]:
    """The numbers of the months by their names, but for names that languages use for different ones."""
    from babel import Locale  # 0.1 s

    known: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        forms = Locale.parse(language).months
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in forms[use][width].items():
                    known.setdefault(name.lower().rstrip("."), set()).add(number)
    return {name: min(numbers) for name, numbers in known.items() if len(numbers) == 1}


def _date(year: str, month: int | None, day: str) -> date | None:
    try:
        return date(int(year), month or 0, int(day))
    except ValueError:
        return None
