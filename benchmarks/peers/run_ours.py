"""Article Chat: its library and its retriever as they come."""

from __future__ import annotations

import sys

from benchmarks.peers.exchange import Found, Job, Reply, Search, main
from rag.assistant import Assistant
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


def open_answers(job: Job) -> Reply:
    """The offline assistant as it comes, its time for reading included."""
    assistant = Assistant(Library.open(job.index))

    def reply(question: str) -> tuple[str, str]:
        answer = assistant.ask(question)
        return (answer.short or "", " ".join(one.text for one in answer.sentences)) if answer.answered else ("", "")

    return reply


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:], open_answers)
