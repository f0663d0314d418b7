"""The cited articles as references for a reference manager: RIS, BibTeX and CSL-JSON. An article stands once.

In: citations, and authors by article id where they are known. Out: text in one of these forms; article text is data in
each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.schema import Citation
from rag.text.showable import one_line

_BIBTEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    letter: f"\\{letter}" for letter in "&%$#_{}"
}


@dataclass(frozen=True, slots=True)
class Reference:
    """An article as a reference manager knows it; every field on one line."""

    key: str
    title: str
    author: str
    outlet: str
    published: date | None
    url: str


def references(citations: Iterable[Citation], authors: Mapping[str, str] | None = None) -> list[Reference]:
    """The cited articles in the order of their first citation."""
    found: dict[str, Reference] = {}
    for one in citations:
        if one.article_id not in found:
            author = one_line((authors or {}).get(one.article_id, ""))
            outlet = one_line(one.publisher or "")
            key = _key(outlet or one.title, one.published, len(found) + 1)
            found[one.article_id] = Reference(
                key, one_line(one.title), author, outlet, one.published, one_line(one.url or "")
            )
    return list(found.values())


def to_ris(several: Iterable[Reference]) -> str:
    """RIS, as Zotero, EndNote and Citavi read it: newspaper articles."""
    blocks = []
    for one in several:
        day = f"{one.published:%Y/%m/%d}" if one.published else ""
        fields = {"TY": "NEWS", "TI": one.title, "AU": one.author, "T2": one.outlet, "DA": day, "UR": one.url}
        lines = [f"{tag}  - {value}" for tag, value in fields.items() if value]
        blocks.append("\r\n".join([*lines, "ER  - "]))
    return "\r\n\r\n".join(blocks) + "\r\n"


def to_bibtex(several: Iterable[Reference]) -> str:
    """BibTeX: an `@article` for each."""
    blocks = []
    for one in several:
        fields = {
            "title": f"{{{_escaped(one.title)}}}",
            "author": _escaped(one.author),
            "journal": _escaped(one.outlet),
            "year": str(one.published.year) if one.published else "",
            "date": one.published.isoformat() if one.published else "",
            "url": one.url.translate({ord(sign): f"%{ord(sign):02X}" for sign in "{}\\"}),
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value and value != "{}")
        blocks.append(f"@article{{{one.key},\n{lines}\n}}")
    return "\n\n".join(blocks) + "\n"


def to_csl(several: Iterable[Reference]) -> str:
    """CSL-JSON, which Zotero and pandoc read."""
    return json.dumps([_csl(one) for one in several], ensure_ascii=False, indent=2) + "\n"


def _csl(one: Reference) -> dict[str, Any]:
    item: dict[str, Any] = {"id": one.key, "type": "article-newspaper", "title": one.title}
    if one.author:
        item["author"] = [{"literal": one.author}]
    if one.outlet:
        item["container-title"] = one.outlet
    if one.published:
        item["issued"] = {"date-parts": [[one.published.year, one.published.month, one.published.day]]}
    if one.url:
        item["URL"] = one.url
    return item


def _key(name: str, published: date | None, number: int) -> str:
    """A key of plain letters: "northernledger2022-3"."""
    plain = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:24] or "article"
    return f"{plain}{published.year if published else ''}-{number}"


def _escaped(text: str) -> str:
    return "".join(_BIBTEX.get(letter, letter) for letter in text)
