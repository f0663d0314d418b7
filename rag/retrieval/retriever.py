"""The retriever as LangChain knows it: a question in; Documents out, whose text is verbatim from the article.

Importing this module imports LangChain; `import rag` must not, so the door imports it when a retriever is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from rag.retrieval.hybrid import HybridSearch, Retrieval, SearchableStore
from rag.schema import Candidate, Embedder, Filters


class ArticleRetriever(BaseRetriever):
    """A LangChain retriever over a library: `invoke`, `ainvoke`, `batch`, `stream`, `with_config` as for any other.

    `page_content == article.text[start:end]`; the metadata hold passage_id, article_id, title, url, publisher,
    published (ISO 8601 or None), start, end, score (0..1, see `fusion.py`), lexical (BM25) and dense (cosine).
    `k` is how many passages a question gets at most. `invoke(question, k=3)` asks for another number in one call, as
    does `{"configurable": {"k": 3}}` in the config of `retriever.configurable_fields(k=ConfigurableField(id="k"))`.
    """

    search: HybridSearch
    k: int = Field(default_factory=lambda made_with: made_with["search"].k, ge=1)

    @property
    def filters(self) -> Filters:
        """Which articles are looked at."""
        return self.search.filters

    def candidates(self, question: str, k: int | None = None) -> tuple[Candidate, ...]:
        """The passages as `Candidate`s, best first."""
        return self.search.candidates(question, self.k if k is None else k)

    def retrieve(self, question: str, k: int | None = None) -> Retrieval:
        """The passages as `Candidate`s, with the milliseconds of encode, lexical, dense and fuse."""
        return self.search.retrieve(question, self.k if k is None else k)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [as_document(candidate) for candidate in self.candidates(query, k)]


def build_retriever(
    store: SearchableStore,
    embedder_factory: Callable[[], Embedder],
    *,
    k: int = 8,
    filters: Filters | None = None,
) -> ArticleRetriever:
    """A retriever over the store; the embedder is made at the first question."""
    return ArticleRetriever(search=HybridSearch(store, embedder_factory, k=k, filters=filters))


def as_document(candidate: Candidate) -> Document:
    """The LangChain Document of a candidate."""
    passage = candidate.passage
    metadata: dict[str, Any] = {
        "passage_id": passage.id,
        "article_id": passage.article_id,
        "title": candidate.title,
        "url": candidate.url,
        "publisher": candidate.publisher,
        "published": candidate.published.isoformat() if candidate.published else None,
        "start": passage.start,
        "end": passage.end,
        "score": candidate.score,
        "lexical": candidate.lexical,
        "dense": candidate.dense,
    }
    return Document(id=passage.id, page_content=passage.text, metadata=metadata)
