"""Article Chat: its library and its retriever as they come."""

from __future__ import annotations

import sys

from benchmarks.peers.exchange import Found, Job, Search, main
from rag.library import Library
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Article


def ingest(job: Job) -> None:
    """Add the articles."""
    with Library.open(job.index) as library:
        library.add([Article(id=name, title=title, text=text) for name, title, text in job.articles])


def open_index(job: Job) -> Search:
    """The search behind `library.retriever()`."""
    library = Library.open(job.index)
    hybrid = HybridSearch(library.store, lambda: library.embedder, k=job.k)

    def search(question: str) -> Found:
        return [(one.passage.article_id, one.passage.text) for one in hybrid.candidates(question)]

    return search


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:])
