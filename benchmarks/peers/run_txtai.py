"""txtai: a hybrid embeddings database with content, over paragraphs of the articles; its RAG pipeline, extractive."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from txtai import RAG, Embeddings

from benchmarks.peers.exchange import Found, Job, Reply, Search, main

# txtai leaves cutting to its user: its Textractor gives paragraphs of documents. News paragraphs are one sentence or
# two, so they are joined up to about what the model sees (256 word pieces).
PARAGRAPH_CHARACTERS = 900


def ingest(job: Job) -> None:
    """Index the paragraphs with words and vectors, and save."""
    embeddings = Embeddings(path=job.model, hybrid=True, content=True)
    embeddings.index(_sections(job))
    embeddings.save(job.index)


def open_index(job: Job) -> Search:
    """The hybrid search of the saved index."""
    embeddings = Embeddings()
    embeddings.load(job.index)

    def search(question: str) -> Found:
        return [(one["id"].rsplit("#", 1)[0], one["text"]) for one in embeddings.search(question, job.k)]

    return search


def open_answers(job: Job) -> Reply:
    """Its pipeline with our reader's weights: the three best sections as one context, and the best span in it.

    When the reader says "none", its best token is the first, which is no word; txtai fails on that (TypeError). That
    counts as a refusal here.
    """
    embeddings = Embeddings()
    embeddings.load(job.index)
    pipeline = RAG(embeddings, job.reader, task="question-answering", output="flatten")

    def reply(question: str) -> tuple[str, str]:
        try:
            found = pipeline(question) or ""
        except TypeError:
            found = ""
        text = found if isinstance(found, str) else str(found.get("answer") or "")
        return text, text

    return reply


def _sections(job: Job) -> Iterator[tuple[str, str, None]]:
    for name, title, text in job.articles:
        section, number = title, 0
        for paragraph in text.split("\n"):
            if len(section) + len(paragraph) > PARAGRAPH_CHARACTERS and section.strip():
                yield f"{name}#{number}", section, None
                section, number = title, number + 1
            section = f"{section}\n{paragraph}".strip()
        if section.strip():
            yield f"{name}#{number}", section, None


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:], open_answers)
