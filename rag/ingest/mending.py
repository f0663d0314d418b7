"""Making passages and vectors of articles anew from their stored texts, where the database has lost them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.ingest.chunking import chunk_articles, embedding_text
from rag.schema import Embedder
from rag.store.store import Prepared, Store
from rag.text.cleaning import recurring_lines
from rag.text.copies import bands, fingerprint


def remake(store: Store, embedder_factory: Callable[[], Embedder], article_ids: Sequence[str]) -> int:
    """Cut and embed these articles anew, each in one step; how many there were."""
    made = 0
    with store.writing():
        for article_id in article_ids:
            article, known = store.article(article_id), store.known(article_id)
            if article is None or known is None:
                continue
            embedder = embedder_factory()
            (passages,) = chunk_articles([article], embedder)
            prepared = Prepared(
                article=article,
                passages=passages,
                vectors=embedder.embed_passages([embedding_text(article, passage) for passage in passages]),
                digest=known.digest,
                text_digest=known.text_digest,
                lines=tuple(sorted(recurring_lines(article.text))),
                bands=bands(fingerprint(article.text)),
            )
            store.put([prepared])
            made += 1
    return made
