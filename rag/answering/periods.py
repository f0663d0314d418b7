"""Periods named by another one: 'the month before' June 2022 is May 2022. Rules only."""

from __future__ import annotations

import re

from rag.text.dates import MONTHS

_MONTH = "|".join(MONTHS)
_YEAR = r"(?:1[89]|20)\d\d"
_MONTH_AND_YEAR = re.compile(rf"\b({_MONTH})\s+({_YEAR})\b")
_ONLY_YEAR = re.compile(rf"\b({_YEAR})\b")
_RELATIVE = re.compile(
    r"^(?:in\s+)?(?:the|a|one)\s+(?:(?P<way>previous|following|next)\s+(?P<unit>month|year)"
    r"|(?P<unit_first>month|year)\s+(?P<way_last>before|earlier|after|later))(?:\s+(?:that|this))?$",
    re.I,
)
_DATE = re.compile(rf"(?:(?:\d{{1,2}}|{_MONTH}|{_YEAR}|[Ee]arly|[Ll]ate|[Mm]id)[\s,-]*)+")
_AT_THE_END = re.compile(rf"\s+(?:in|on|by|since|during|from|until|before|after)\s+(?:the\s+)?{_DATE.pattern}\s*\??$")


def is_date(name: str) -> bool:
    """Whether a name is only a date: 'July 2022', '5 May', '2023'."""
    return bool(_DATE.fullmatch(name))


def without_date(question: str) -> str:
    """The question without the date that it ends with."""
    return _AT_THE_END.sub("", question)


def is_relative(words: str) -> bool:
    """Whether the words name a period by another one: 'the month before', 'a year later'."""
    return bool(_RELATIVE.match(words.strip(" ?.")))


def shifted(question: str, words: str) -> str | None:
    """The question with its month or year moved as `words` say; None when it names no such period."""
    relative = _RELATIVE.match(words.strip(" ?."))
    if relative is None:
        return None
    unit = (relative.group("unit") or relative.group("unit_first")).lower()
    way = (relative.group("way") or relative.group("way_last")).lower()
    step = -1 if way in {"before", "earlier", "previous"} else 1
    if found := _MONTH_AND_YEAR.search(question):
        months = 12 * int(found.group(2)) + MONTHS.index(found.group(1)) + step * (1 if unit == "month" else 12)
        moved = f"{MONTHS[months % 12]} {months // 12}"
    elif unit == "year" and (found := _ONLY_YEAR.search(question)):
        moved = str(int(found.group(1)) + step)
    else:
        return None
    return f"{question[: found.start()]}{moved}{question[found.end() :]}"
