"""Factiva exports: a line "Document XXXX0000..." below each article; with two-letter fields (HD, BY, LP) or without."""

from __future__ import annotations

import re

from rag.ingest.formats.press.lines import blocks_of, is_rights, joined, written_by
from rag.schema import Article
from rag.text.foreign_dates import stated_date

_ENDED = re.compile(
    r"^[ \t]*(?:AN[ \t]+)?(?:Document|Dokument|Documento)[ \t]+(?=\w*\d{6})[A-Za-z0-9]{20,30}[ \t]*\r?$", re.MULTILINE
)
_WORDS = re.compile(r"\d[\d.,  ]* (?:words|wörter|mots|palabras|parole|woorden|palavras)", re.IGNORECASE)
_CODES = frozenset(
    "SE HD BY CR WC PD ET SN SC ED PG VOL LA CY LP TD CT RF CO IN NS RE IPC IPD PUB AN ART CLM DLN".split()
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?: ?[AP]M)?(?: GMT)?")
_LANGUAGES = frozenset(
    "english deutsch german french français spanish español italian italiano dutch portuguese".split()
)


def documents(text: str) -> list[str]:
    """The documents of an export, one text each; none when it is no such export."""
    parts = _ENDED.split(text)
    return [part for part in parts[:-1] if part.strip()]


def article(document: str) -> Article:
    """The article of one document; its text is empty when there is none."""
    lines = [line for block in blocks_of(document) for line in block]
    codes = [line for line in lines if line.split(" ", 1)[0] in _CODES]
    return (
        _fielded(document)
        if sum(line[:2] in ("HD", "WC", "PD", "SN", "LP") for line in codes) >= 3
        else _plain(document)
    )


def _fielded(document: str) -> Article:
    fields: dict[str, list[str]] = {}
    name = ""
    for line in document.splitlines():
        code, _, rest = line.strip().partition(" ")
        if code in _CODES and (not rest or line.startswith(code)):
            name = code
            fields.setdefault(name, []).append(rest.strip())
        elif name:
            fields[name].append(line.strip())
    value = {code: joined([part for part in parts if part]) for code, parts in fields.items()}
    text = [joined(block) for code in ("LP", "TD", "CT") for block in blocks_of("\n".join(fields.get(code, [])))]
    return Article(
        title=value.get("HD", ""),
        text="\n\n".join(text),
        publisher=value.get("SN") or None,
        author=written_by(value.get("BY", "")),
        published=stated_date(value.get("PD", "")),
    )


def _plain(document: str) -> Article:
    """Title, author, "212 words", day, time, outlet, code, page, language, rights; then the article."""
    blocks = blocks_of(document)
    lines = [(line, number) for number, block in enumerate(blocks) for line in block]
    counted = next((place for place, (line, _) in enumerate(lines) if _WORDS.fullmatch(line)), None)
    if counted is None:
        return Article(title=lines[0][0] if lines else "", text="\n\n".join(map(joined, blocks[1:])))
    above = [line for line, _ in lines[:counted]]
    below = [line for line, _ in lines[counted + 1 : counted + 12]]
    day = next((place for place, line in enumerate(below) if stated_date(line)), None)
    after = [line for line in below[(day if day is not None else -1) + 1 :] if not _CLOCK.fullmatch(line)]
    end = next((place for place, line in enumerate(below) if is_rights(line)), None)
    if end is None:
        end = next((place for place, line in enumerate(below) if line.lower() in _LANGUAGES), -1)
    start = counted + 2 + end
    body: dict[int, list[str]] = {}
    for line, number in lines[start:]:
        body.setdefault(number, []).append(line)
    author = above[-1] if len(above) > 1 and len(above[-1].split()) <= 12 else ""
    return Article(
        title=above[0] if above else "",
        text="\n\n".join(map(joined, body.values())),
        publisher=after[0] if after else None,
        author=written_by(author),
        published=stated_date(below[day]) if day is not None else None,
    )
