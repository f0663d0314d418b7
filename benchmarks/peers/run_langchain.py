"""The usual LangChain tutorial: RecursiveCharacterTextSplitter 1000/200, HuggingFaceEmbeddings, Chroma on disk."""

from __future__ import annotations

import sys

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers.exchange import Found, Job, Search, main

BATCH = 5_000  # Chroma takes 5,461 documents a call at most


def ingest(job: Job) -> None:
    """Split and add, as the tutorial does with `vector_store.add_documents`; the title goes where a loader puts it."""
    documents = [
        Document(page_content=text, metadata={"title": title, "document": name}) for name, title, text in job.articles
    ]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    store = _store(job)
    for first in range(0, len(chunks), BATCH):
        store.add_documents(chunks[first : first + BATCH])


def open_index(job: Job) -> Search:
    """The retriever of the store."""
    retriever = _store(job).as_retriever(search_kwargs={"k": job.k})

    def search(question: str) -> Found:
        return [(one.metadata["document"], one.page_content) for one in retriever.invoke(question)]

    return search


def _store(job: Job) -> Chroma:
    embeddings = HuggingFaceEmbeddings(model_name=job.model)
    return Chroma(collection_name="articles", embedding_function=embeddings, persist_directory=job.index)


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:])
