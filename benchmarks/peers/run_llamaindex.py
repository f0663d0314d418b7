"""LlamaIndex: VectorStoreIndex.from_documents with its default splitter and store, and its default retriever."""

from __future__ import annotations

import sys

from llama_index.core import Document, Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from benchmarks.peers.exchange import Found, Job, Search, main


def ingest(job: Job) -> None:
    """Index the documents and persist the index."""
    Settings.embed_model = HuggingFaceEmbedding(model_name=job.model)
    documents = [
        Document(text=text, metadata={"title": title, "document": name}, excluded_embed_metadata_keys=["document"])
        for name, title, text in job.articles
    ]
    VectorStoreIndex.from_documents(documents).storage_context.persist(persist_dir=job.index)


def open_index(job: Job) -> Search:
    """The default retriever of the index that was persisted."""
    Settings.embed_model = HuggingFaceEmbedding(model_name=job.model)
    index = load_index_from_storage(StorageContext.from_defaults(persist_dir=job.index))
    retriever = index.as_retriever(similarity_top_k=job.k)

    def search(question: str) -> Found:
        return [(one.node.metadata["document"], one.node.get_content()) for one in retriever.retrieve(question)]

    return search


if __name__ == "__main__":
    main(ingest, open_index, sys.argv[1:])
