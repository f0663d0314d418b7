"""Nexis exports: "1 of 3 DOCUMENTS" above each article (the older form), or "End of Document" below it."""

from __future__ import annotations

import re

from rag.ingest.formats.press.lines import blocks_of, field_of, is_rights, joined, written_by
from rag.schema import Article
from rag.text.foreign_dates import stated_date

_COUNTED = re.compile(
    r"^[ \t]*(?:(?:document|dokument)[ \t]+)?\d{1,5}[ \t]+(?:of|von|de|sur|di|van)[ \t]+\d{1,5}"
    r"[ \t]+(?:documents?|dokumente?n?|documentos|documenti|documenten)[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_ENDED = re.compile(r"^[ \t]*(?:End of Document|Ende des Dokuments|Fin du document)[ \t]*\r?$", re.MULTILINE | re.I)
_BODY = ("body", "volltext", "corps")
_LONGEST_EDITION = 60  # characters of "Late Edition (East Coast)"
_HEAD = (
    "byline", "section", "length", "headline", "highlight", "dateline", "body", "source", "series", "autor", "länge",
    "rubrik", "copyright",
)  # fmt: skip
# Fields below the article.
_FOOT = (
    "load-date", "language", "publication-type", "graphic", "subject", "geographic", "country", "city", "state",
    "company", "organization", "person", "industry", "type", "acc-no", "journal-code", "document-type", "ticker",
    "category", "classification", "update", "pub-type", "sprache",
)  # fmt: skip
_LONGEST_DAY = 80  # characters of a line that says the day


def documents(text: str) -> list[str]:
    """The documents of an export, one text each; none when it is no such export."""
    if marks := list(_COUNTED.finditer(text)):
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        return [text[mark.start() : end] for mark, end in zip(marks, ends, strict=True)]
    if _ENDED.search(text):
        return [part for part in _ENDED.split(text) if part.strip()]
    return []


def article(document: str) -> Article:
    """The article of one document; its text is empty when there is none."""
    counted = _COUNTED.search(document) is not None
    head, fields, body = _parts(_COUNTED.sub("", document))
    day = next((number for number, text in enumerate(head) if _is_day(text)), None)
    publisher = head[day - 1] if day else ""
    if counted or day is None:  # outlet, day, title
        after = [text for text in head[(day or -1) + 1 :] if not _is_edition(text)]
        title, rest = (after[0], after[1:]) if after else ("", [])
    else:  # title, outlet, day
        title, rest = head[day - 2] if day > 1 else "", head[day + 1 :]
    lead = [fields[name] for name in ("highlight", "body") if fields.get(name)]
    return Article(
        title=fields.get("headline") or title,
        text="\n\n".join([*lead, *(body or rest)]),
        publisher=publisher or None,
        author=written_by(fields.get("byline") or fields.get("autor") or ""),
        published=stated_date(head[day]) if day is not None else None,
    )


def _parts(document: str) -> tuple[list[str], dict[str, str], list[str]]:
    """What stands above the article, its fields, and its paragraphs."""
    blocks = blocks_of(document)
    marked = any(_is_body(line) for lines in blocks for line in lines)
    if marked:  # this form has a line for each thing, with or without blank ones between
        blocks = [[line] for lines in blocks for line in lines]
    head: list[str] = []
    fields: dict[str, str] = {}
    body: list[str] = []
    inside = False
    for lines in blocks:
        foot = field_of(lines[0], _FOOT)
        if foot and body:
            break
        named = None if body else field_of(lines[0], _HEAD)
        if named:
            fields.setdefault(named[0], joined([named[1], *lines[1:]]).strip())
            inside = inside or (named[0] in ("length", "länge", "body") and not marked)
        elif _is_body(lines[0]):
            inside = True
        elif not foot and not all(map(is_rights, lines)):
            (body if inside else head).append(joined(lines))
    return head, fields, body


def _is_day(text: str) -> bool:
    return len(text) <= _LONGEST_DAY and stated_date(text) is not None


def _is_body(line: str) -> bool:
    return line.lower().rstrip(": ") in _BODY


def _is_edition(text: str) -> bool:
    return len(text) <= _LONGEST_EDITION and "edition" in text.lower().split()
