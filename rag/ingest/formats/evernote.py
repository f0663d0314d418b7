"""Evernote exports (.enex): one article a note.

In: the bytes of an export. Out: its notes. The day a note was made is that of the clipping, not of the publication.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from rag.errors import SourceError
from rag.ingest.frontmatter import web_address
from rag.ingest.markup import html_text, local_name, parse_xml
from rag.schema import Article, Failure


def read_notes(data: bytes) -> Iterator[Article | Failure]:
    """The notes with text, each with the address and the author that it was clipped with.

    Two notes that were clipped from one page stay two.
    """
    root = parse_xml(data, huge=True)
    if local_name(root) != "en-export":
        raise SourceError("This is not an Evernote export (.enex).", "Export the notes again as ENEX.")
    addresses: set[str] = set()
    for note in root:
        if local_name(note) == "note":
            article = _note(note, addresses)
            if isinstance(article, Article) and article.url:
                addresses.add(article.url)
            yield article


def _note(note: Any, addresses: set[str]) -> Article | Failure:
    about = _values(note)
    title, made = about.get("title", ""), about.get("created", "")
    text = html_text(about.get("content", "").encode())
    if not text:
        return Failure(title or "untitled note", "The note has no text.")
    url = web_address(about.get("source-url"))
    identity = hashlib.sha256(f"note:{made}\x1f{title}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Article(
        id="" if not made or (url and url not in addresses) else identity,
        title=title,
        text=text,
        url=url,
        author=about.get("author") or None,
    )


def _values(note: Any) -> dict[str, str]:
    """What the note says of itself; its pictures, tasks and reminders have titles, days and addresses of their own."""
    parts = [*note, *(one for part in note if local_name(part) == "note-attributes" for one in part)]
    return {local_name(part): (part.text or "").strip() for part in parts}
