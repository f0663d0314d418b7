"""ProQuest exports: lines of underscores between the articles, with fields around the full text."""

from __future__ import annotations

import re

from rag.ingest.formats.press.lines import blocks_of, field_of, joined, written_by
from rag.ingest.frontmatter import web_address
from rag.schema import Article
from rag.text.foreign_dates import stated_date

_RULE = re.compile(r"^[ \t]*_{20,}[ \t]*\r?$", re.MULTILINE)
_TOLD = re.compile(r"^(?:ProQuest document (?:link|ID)|Publication title:|Full text:|FULL TEXT)", re.MULTILINE)
_FULL_TEXT = "full text"
_DETAILS = ("details", "abstract", "links", "indexing (details)", "contact proquest")
# "Petra Quist. The Oakham Mail; Oakham [Oakham]October 27, 2023 Friday: 4."
_CITED = re.compile(
    r"(?:(?P<author>[^.;]{2,200})\.\s+)?(?P<outlet>[^;]{2,120});[^\[\]]{0,80}(?:\[[^\]]*\])?\s*(?P<day>.{6,60})"
)
_FIELDS = (
    "title", "author", "publication title", "publication date", "publication year", "document url", "full text",
    "proquest document id", "language of publication", "language", "abstract", "links", "copyright", "last updated",
    "database", "source type", "document type", "publisher", "place of publication", "country of publication",
    "publication subject", "issn", "eissn", "section", "first page", "last page", "pages", "subject", "location",
    "company / organization", "company", "people", "identifier / keyword", "word count", "volume", "issue", "dateline",
    "column", "classification", "credit", "url",
)  # fmt: skip


def documents(text: str) -> list[str]:
    """The documents of an export, one text each; none when it is no such export."""
    if len(_TOLD.findall(text)) < 2 or not _RULE.search(text):
        return []
    return [part for part in _RULE.split(text) if _TOLD.search(part)]


def article(document: str) -> Article:
    """The article of one document; its text is empty when there is none."""
    blocks = blocks_of(document)
    fields, body = _fields(blocks)
    cited = next((match for lines in blocks[1:3] if (match := _CITED.fullmatch(joined(lines)))), None)
    first = joined(blocks[0]) if blocks and not field_of(blocks[0][0], _FIELDS) else ""
    outlet = fields.get("publication title") or (cited["outlet"] if cited else "")
    day = fields.get("publication date") or (cited["day"] if cited else "")
    author = fields.get("author") or (cited["author"] if cited else "") or ""
    return Article(
        title=fields.get("title") or first,
        text="\n\n".join(body) or fields.get("abstract", ""),
        url=web_address(fields.get("document url")),
        publisher=outlet.split(";")[0].strip() or None,
        author=written_by(author),
        published=stated_date(day),
    )


def _fields(blocks: list[list[str]]) -> tuple[dict[str, str], list[str]]:
    """The fields of a document, and the paragraphs of its full text."""
    fields: dict[str, str] = {}
    body: list[str] = []
    name = ""
    for lines in blocks:
        paragraph: list[str] = []
        for line in lines:
            if line.lower() in (_FULL_TEXT, *_DETAILS):
                name = _FULL_TEXT if line.lower() == _FULL_TEXT else ""
            elif named := field_of(line, _FIELDS):
                name = named[0]
                fields.setdefault(name, named[1])
                if name == _FULL_TEXT and named[1]:
                    paragraph.append(named[1])
            elif name == _FULL_TEXT:
                paragraph.append(line)
            elif name:
                fields[name] = f"{fields[name]} {line}"
        if paragraph:
            body.append(joined(paragraph))
        if name != _FULL_TEXT:
            name = ""  # other values end with their block
    return fields, body
