"""haiku.rag: LanceDB with words and vectors, documents cut by docling's hybrid chunker.

Its own environment has Python 3.12. Embeddings come from the server that the command starts for it
(benchmarks/peers/embeddings.py), which is one of the ways that its documentation names.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from docling_core.types.doc import DocItemLabel, DoclingDocument
from haiku.rag.chunkers import get_chunker
from haiku.rag.client import HaikuRAG
from haiku.rag.client.documents import DocumentImport
from haiku.rag.config import AppConfig

from benchmarks.peers.exchange import Found, Job, Search, main

AT_ONCE = 25  # documents imported together


def ingest(job: Job) -> None:
    """Cut the articles as its own command does, and import them."""
    asyncio.run(_ingest(job))


async def _ingest(job: Job) -> None:
    config = _config(job)
    chunker = get_chunker(config)
    async with HaikuRAG(_database(job), config=config, create=True) as client:
        for first in range(0, len(job.articles), AT_ONCE):
            imports = []
            for name, title, text in job.articles[first : first + AT_ONCE]:
                document = _document(title, text)
                chunks = await chunker.chunk(document)
                imports.append(DocumentImport(document, chunks, uri=name, title=title))
            await client.import_documents(imports)


def open_index(job: Job) -> Search:
    """Its hybrid search."""
    runner = asyncio.Runner()
    client = runner.run(HaikuRAG(_database(job), config=_config(job)).__aenter__())

    def search(question: str) -> Found:
        found = runner.run(client.search(question, limit=job.k))
        return [(one.document_uri, one.content) for one in found]

    return search


def _document(title: str, text: str) -> DoclingDocument:
    """The article as docling sees one: a title and paragraphs."""
    document = DoclingDocument(name=title or "article")
    if title:
        document.add_title(title)
    for paragraph in filter(None, map(str.strip, text.split("\n"))):
        document.add_text(DocItemLabel.PARAGRAPH, paragraph)
    return document


def _database(job: Job) -> Path:
    return Path(job.index) / "haiku.lancedb"


def _config(job: Job) -> AppConfig:
    model = {
        "provider": "openai",
        "name": "all-MiniLM-L6-v2",
        "vector_dim": 384,
        "base_url": job.embeddings,
        "api_key": "none",
    }
    return AppConfig.model_validate({"embeddings": {"model": model}, "processing": {"chunking_tokenizer": job.model}})


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:])
