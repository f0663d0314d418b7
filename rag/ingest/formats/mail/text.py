"""The lines of a mail to the text of its article: quotes, signatures, links and the foot of a newsletter told apart.

In: the text of a part of a message. Out: its paragraphs; for a mail that was passed on, what it says of the one inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]  # comes with trafilatura

from rag.ingest.markup import paragraphs_of
from rag.text.dates import parse_date
from rag.text.normalise import normalise

_QUOTE = re.compile(r"(?m)^(?:[ \t]?>)+[ \t]?")
_SIGNATURE = re.compile(r"(?m)^--[ \t]*$")
_LONGEST_SIGNATURE = 12  # lines; below a longer one the mail goes on
_LINK = re.compile(
    r"\s*(?:<\s*(?:https?://|mailto:)[^<>\s]+\s*>|\[\s*https?://[^\[\]\s]+\s*\]|\(\s*https?://[^()\s]+\s*\))"
)
_FOOT = re.compile(
    r"\bunsubscribe\b|\byou(?:'|’)?(?:re| are) (?:receiving|getting|subscribed)|\byou received this|"
    r"\b(?:manage|update|change) (?:your )?(?:e-?mail )?(?:preferences|subscription|settings)|"
    r"\bthis (?:e-?mail|message|newsletter) was sent (?:to|by)|\bno longer (?:wish|want) to receive|\bopt[ -]out\b|"
    r"\babmelden\b|newsletter abbestellen|\bse désabonner\b|\bdarse de baja\b|\bcancelar suscripción\b|"
    r"\bforwarded this e-?mail\b|\bupgrade to paid\b",
    re.IGNORECASE,
)
_LONGEST_FOOT_LINE = 400  # characters; a story about unsubscribing has longer paragraphs
_ONLINE = re.compile(
    r"\b(?:view|read|see|open)\b.{0,40}\b(?:web|online|browser|app)\b|\bim browser\b|\bonline (?:ansehen|lesen)\b|"
    r"\bdans (?:votre|le) navigateur\b|\ben (?:el|tu|su) navegador\b|"
    r"\b(?:html content|cannot display|can ?not be displayed|does not support html|html[ -]capable)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0|font-size\s*:\s*0|mso-hide", re.I)
_FORWARDED = re.compile(
    r"(?mi)^[-_ ]*(?:(?:begin )?forwarded message|original message|(?:anfang der )?weitergeleitete[n]? nachricht|"
    r"ursprüngliche nachricht|message transféré|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht)[-_: ]*$|"
    # Outlook writes the heads alone
    r"^(?=\*?(?:from|von|de|da|van)\*?\s?: .+\n+"
    r"\*?(?:sent|date|gesendet|datum|envoyé|enviado|verzonden|to|an|à|para)\*?\s?: )"
)
_HEADER = re.compile(r"\*?(?P<name>[^\W\d_][\w-]{1,12})\*?\s?:\*?\s+(?P<value>.+)")
_NAMES = {
    "from": "from", "von": "from", "de": "from", "da": "from", "van": "from",
    "subject": "subject", "betreff": "subject", "objet": "subject", "asunto": "subject", "oggetto": "subject",
    "onderwerp": "subject", "date": "date", "sent": "date", "datum": "date", "gesendet": "date", "fecha": "date",
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


def plain_text(text: str, *, flowed: bool = False, joined: bool = False) -> str:
    """The paragraphs of a part in plain text: without signs of quotation, signature, and addresses of links.

    Args:
        flowed: lines that end in a space go on in the next (RFC 3676).
        joined: that space belongs to no word (`DelSp=yes`).
    """
    text = text.replace("\r\n", "\n")
    if flowed:
        text = re.sub(r"(?m)(?<!^--) \n(?!-- ?$)", "" if joined else " ", text)
    return _without_foot(_LINK.sub("", _without_signature(_QUOTE.sub("", text))))


def page_text(markup: str) -> str:
    """The paragraphs of a part in HTML: what a reader sees of it."""
    try:
        root = html.fromstring(markup)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    for element in list(root.iter()):
        if isinstance(element.tag, str) and element is not root and _is_hidden(element):
            element.drop_tree()
    return _without_foot(paragraphs_of(root))


def inner_mail(text: str) -> Inner | None:
    """The mail that a text passes on below a line such as "Forwarded message"; None when it passes on none."""
    mark = _FORWARDED.search(text)
    if mark is None:
        return None
    lines = text[mark.end() :].strip("\n").split("\n")
    told: dict[str, str] = {}
    for number, line in enumerate(lines):
        header = _HEADER.fullmatch(line.strip())
        if header and (name := _NAMES.get(header["name"].lower())):
            told.setdefault(name, header["value"].strip())
        elif line.strip() and (told or number > 1):
            break
    else:
        number = len(lines)
    if not {"from", "subject"} & told.keys():
        return None
    body = "\n".join(lines[number:])
    return Inner(text[: mark.start()].strip(), told.get("from", ""), told.get("subject", ""), _day(told), body)


def web_version(text: str) -> str | None:
    """The address of the same mail as a page, from a line that says so."""
    for line in re.split(r"\n\s*\n", text):
        if _ONLINE.search(line) and len(line) <= _LONGEST_FOOT_LINE and (found := _ADDRESS.search(line)):
            return found.group().rstrip(".,;")
    return None


def _day(told: dict[str, str]) -> date | None:
    written = told.get("date", "")
    try:
        return parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError):
        return parse_date(written)


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _without_signature(text: str) -> str:
    """The text above the last "-- ", when a signature is all that follows."""
    marks = list(_SIGNATURE.finditer(text))
    if marks and text[marks[-1].end() :].strip().count("\n") < _LONGEST_SIGNATURE and text[: marks[-1].start()].strip():
        return text[: marks[-1].start()]
    return text


def _without_foot(text: str) -> str:
    """The text without the lines of a newsletter about itself; below its middle they begin its foot."""
    kept: list[str] = []
    blocks = [block for block in re.split(r"\n[ \t]*\n", normalise(text)) if block.strip()]
    whole, seen = sum(map(len, blocks)), 0
    for block in blocks:
        about_itself = len(block) <= _LONGEST_FOOT_LINE and (_FOOT.search(block) or _ONLINE.search(block))
        if about_itself and _FOOT.search(block) and 2 * seen >= whole - len(block):
            break
        if not about_itself:
            kept.append(block)
        seen += len(block)
    return "\n\n".join(kept)
