"""Reference lists as Zotero, EndNote and library catalogues export them (.ris, .bib): one article an abstract.

In: the bytes of a list. Out: an article for each reference with an abstract; the others are named, the first few of
them.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code, web_address
from rag.schema import Article, Failure
from rag.text.dates import parse_date
from rag.text.encoding import decode

MOST_FAILURES = 20  # named one by one
NOTE = ("The text is only the abstract: a list of references holds no more.",)
_DOI = "https://doi.org/"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a list says of one work."""

    title: str
    abstract: str
    authors: Sequence[str]  # "Family, Given", or the name of an organisation
    journal: str
    day: str
    url: str
    doi: str
    language: str


def read_ris(data: bytes) -> Iterator[Article | Failure]:
    """The references of a RIS file that have an abstract."""
    import rispy

    try:
        entries = rispy.loads(decode(data), skip_unknown_tags=True)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise SourceError(f"This is no list of references (RIS): {error}.", "Export it again as RIS.") from error
    return _articles([_of_ris(one) for one in entries])


def read_bibtex(data: bytes) -> Iterator[Article | Failure]:
    """The references of a BibTeX file that have an abstract; what is wrong in one of them leaves the others."""
    from pybtex.database import parse_string
    from pybtex.errors import capture

    with capture() as wrong:
        entries = parse_string(decode(data), "bibtex").entries.values()
    read = [_of_bibtex(one) for one in entries]
    if wrong and not any(one.title for one in read):
        raise SourceError(f"This is no list of references (BibTeX): {wrong[0]}.", "Export it again as BibTeX.")
    return _articles(read)


def _of_ris(entry: Mapping[str, object]) -> Reference:
    def first(*names: str) -> str:
        values = (entry.get(name) for name in names)
        found = (value[0] if isinstance(value, list) and value else value for value in values)
        return next((text for one in found if one and (text := str(one).strip())), "")

    authors = entry.get("authors") or entry.get("first_authors") or []
    return Reference(
        title=first("title", "primary_title"),
        abstract=first("abstract", "notes_abstract"),
        authors=[str(one) for one in authors] if isinstance(authors, list) else [str(authors)],
        journal=first("journal_name", "secondary_title", "alternate_title3", "alternate_title2", "publisher"),
        day=first("date", "publication_year", "year").strip("/").replace("/", "-"),
        url=first("urls", "url"),
        doi=first("doi"),
        language=first("language"),
    )


def _of_bibtex(entry: Any) -> Reference:
    def first(*names: str) -> str:
        return next((text for name in names if (text := _plain(entry.fields.get(name, "")))), "")

    spoken = " ".join(filter(None, map(first, ("day", "month", "year"))))
    return Reference(
        title=first("title"),
        abstract=first("abstract"),
        authors=[_plain(str(one)) for one in entry.persons.get("author", [])],
        journal=first("journal", "journaltitle", "publisher", "howpublished"),
        day=first("date") or spoken,
        url=first("url"),
        doi=first("doi"),
        language=first("langid", "language"),
    )


def _plain(text: str) -> str:
    """The words of a value in LaTeX: "5 %" for "5\\,\\%"."""
    import latexcodec  # noqa: F401  (it makes the name "ulatex" known)

    decoder: Any = codecs.getdecoder("ulatex")  # from text to text, unlike what the type of codecs says
    return " ".join(decoder(text)[0].replace("{", "").replace("}", "").split())


def _articles(references: Sequence[Reference]) -> Iterator[Article | Failure]:
    """An article for each reference with an abstract."""
    if not references:
        raise SourceError("The file holds no references.", "Export the list again, with abstracts.")
    failed = 0
    for number, one in enumerate(references, start=1):
        if one.abstract:
            yield _article(one)
            continue
        failed += 1
        if failed <= MOST_FAILURES:
            yield Failure(one.title or f"reference {number}", "The reference has no abstract. Add the work itself.")
    if failed > MOST_FAILURES:
        yield Failure("the list", f"{failed - MOST_FAILURES:,} more references have no abstract.")


def _article(one: Reference) -> Article:
    doi = one.doi.removeprefix(_DOI).removeprefix("doi:").strip()
    url = web_address(one.url) or (web_address(f"{_DOI}{doi}") if doi else None)
    own = "\x1f".join([one.title, *one.authors, one.day])
    return Article(
        id="" if url else hashlib.sha256(f"reference:{own}".encode("utf-8", "surrogatepass")).hexdigest()[:16],
        title=one.title,
        text=one.abstract,
        url=url,
        publisher=one.journal or None,
        author=", ".join(map(_as_said, one.authors)) or None,
        published=_whole_day(one.day),
        language=language_code(one.language),
        notes=NOTE,
    )


def _as_said(author: str) -> str:
    """ "Rui Falcao" for "Falcao, Rui"."""
    family, _, given = author.partition(",")
    return f"{given.strip()} {family.strip()}".strip()


def _whole_day(text: str) -> date | None:
    """The day; None for a year or a month alone."""
    return parse_date(text) if len(text.replace("-", " ").split()) >= 3 else None
