"""Changing what is known about an article (title, publisher, author, date, address); its text stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rag.errors import SourceError
from rag.ingest.chunking import embedding_prefix, embedding_text
from rag.ingest.frontmatter import web_address
from rag.schema import Article, Embedder
from rag.store.store import Store
from rag.text.normalise import normalise

EDITABLE = frozenset(("title", "publisher", "author", "published", "url"))


def edit_article(
    store: Store, embedder_factory: Callable[[], Embedder], article_id: str, changes: Mapping[str, Any]
) -> Article:
    """The article with the changes, stored in one step. Passages are embedded anew when title or date change them."""
    with store.writing():
        snapshot = store.snapshot(article_id)
        if snapshot is None:
            raise SourceError("The article is not in the library any more.", "Reload the list.")
        prepared = snapshot.prepared
        edited = replace(prepared.article, **{name: _clean(name, value) for name, value in changes.items()})
        if not edited.title:
            raise SourceError("An article needs a title.", "Type one.")
        if edited == prepared.article:
            return edited
        vectors = prepared.vectors
        if prepared.passages and embedding_prefix(edited) != embedding_prefix(prepared.article):
            texts = [embedding_text(edited, passage) for passage in prepared.passages]
            vectors = embedder_factory().embed_passages(texts)
        store.put([replace(prepared, article=edited, vectors=vectors)])
        return edited


def _clean(name: str, value: Any) -> Any:
    if name not in EDITABLE:
        raise ValueError(f"{name!r} of an article cannot be edited")
    if name == "url":
        return web_address(value)
    if isinstance(value, str):
        return " ".join(normalise(value).split()) or (None if name != "title" else "")
    return value
