"""Mails inside the text of another one that passes them on, known by their heads as programs for mail write them.

In: the text of a mail. Out: the mail inside, with what its head says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime

from rag.text.foreign_dates import stated_date

_NAMES = {
    "from": "from", "von": "from", "de": "from", "da": "from", "van": "from",
    "subject": "subject", "betreff": "subject", "objet": "subject", "asunto": "subject", "oggetto": "subject",
    "onderwerp": "subject", "date": "date", "sent": "date", "datum": "date", "gesendet": "date", "fecha": "date",
    "envoyé": "date", "enviado": "date", "verzonden": "date",
    "to": "to", "an": "to", "à": "to", "para": "to", "cc": "cc", "aan": "to", "reply-to": "to",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inner:
    """A mail inside the text of another one that passes it on."""

    before: str  # what the sender wrote above it
    sender: str
    subject: str
    sent: date | None
    text: str


def inner_mail(text: str) -> Inner | None:
    """The mail that a text passes on, known by its sender with its day or subject; None when it passes on none."""
    lines = text.strip("\n").split("\n")
    for start in range(len(lines)):
        told, end = _fields(lines, start)
        if _is_head(told):
            before, body = "\n".join(lines[:start]).strip(), "\n".join(lines[end:])
            return Inner(before, told["from"], told.get("subject", ""), _day(told), body)
    return None


def begins_mail(lines: list[str], start: int) -> bool:
    """Whether the head of a mail stands from a line on: its sender with its day or subject."""
    return _is_head(_fields(lines, start)[0])


def _is_head(told: dict[str, str]) -> bool:
    return told.get("from", "").lstrip("\"'<")[:1].isalpha() and bool(told.keys() & {"date", "subject"})


def _fields(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """The fields of a mail's head that stand from a line on, by their English names, and the line after them."""
    told: dict[str, str] = {}
    for number, line in enumerate(lines[start:], start):
        name, _, value = (part.strip(" *\t") for part in line.partition(":"))
        if (field := _NAMES.get(name.lower())) and value:
            told.setdefault(field, value)
        elif line.strip() or not told:
            return told, number
    return told, len(lines)


def _day(told: dict[str, str]) -> date | None:
    written = told.get("date", "")
    try:
        return parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError):
        return stated_date(written)
