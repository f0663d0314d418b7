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
    """The notes with text, each with the address and the author that it was clipped with."""
    root = parse_xml(data, huge=True)
    if local_name(root) != "en-export":
        raise SourceError("This is not an Evernote export (.enex).", "Export the notes again as ENEX.")
    for note in root:
        if local_name(note) == "note":
            yield _note(note)


def _note(note: Any) -> Article | Failure:
    values = {local_name(part): (part.text or "").strip() for part in note.iter()}
    title, made = values.get("title", ""), values.get("created", "")
    text = html_text(values.get("content", "").encode())
    if not text:
        return Failure(title or "untitled note", "The note has no text.")
    url = web_address(values.get("source-url"))
    identity = hashlib.sha256(f"note:{made}\x1f{title}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Article(
        id="" if url or not made else identity,
        title=title,
        text=text,
        url=url,
        author=values.get("author") or None,
    )
