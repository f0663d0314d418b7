"""The retriever as LangChain knows it: a question in; Documents out, whose text is verbatim from the article.

Importing this module imports LangChain; `import rag` must not, so the door imports it when a retriever is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from rag.retrieval.hybrid import HybridSearch, Retrieval, SearchableStore, checked_k
from rag.schema import Candidate, Embedder, Filters

Rerank = Callable[[str, Sequence[Candidate]], Sequence[Candidate]]  # the question and what was found; best first

RERANKED = 24  # passages at least that are put in another order: as many as are searched for an answer


class ArticleRetriever(BaseRetriever):
    """A LangChain retriever over a library: `invoke`, `ainvoke`, `batch`, `stream`, `with_config` as for any other.

    `page_content == article.text[start:end]`; the metadata hold passage_id, article_id, title, url, publisher,
    published (ISO 8601 or None), start, end, score (0..1, see `fusion.py`), lexical (BM25) and dense (cosine); with
    `rerank` also answerable (0..1: probability that its best sentence answers, None where it was not read).
    `k` is how many passages a question gets at most. `invoke(question, k=3)` asks for another number in one call, as
    does `{"configurable": {"k": 3}}` in the config of `retriever.configurable_fields(k=ConfigurableField(id="k"))`.
    """

    search: HybridSearch
    rerank: Rerank | None = None
    k: int = Field(default_factory=lambda made_with: made_with["search"].k, ge=1)

    @property
    def filters(self) -> Filters:
        """Which articles are looked at."""
        return self.search.filters

    def candidates(self, question: str, k: int | None = None) -> tuple[Candidate, ...]:
        """The passages as `Candidate`s, best first."""
        return self.retrieve(question, k).candidates

    def retrieve(self, question: str, k: int | None = None) -> Retrieval:
        """The passages as `Candidate`s, with the milliseconds of encode, lexical, dense, fuse and rerank."""
        wanted = checked_k(self.k if k is None else k)
        if self.rerank is None:
            return self.search.retrieve(question, wanted)
        found = self.search.retrieve(question, max(wanted, RERANKED))
        began = perf_counter()
        ordered = tuple(self.rerank(question, found.candidates))
        timings = {**found.timings, "rerank": (perf_counter() - began) * 1000}
        return Retrieval(ordered[:wanted], timings, found.note)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [as_document(one, read=self.rerank is not None) for one in self.candidates(query, k)]


def build_retriever(
    store: SearchableStore,
    embedder_factory: Callable[[], Embedder],
    *,
    k: int = 8,
    filters: Filters | None = None,
    rerank: Rerank | None = None,
) -> ArticleRetriever:
    """A retriever over the store; the embedder is made at the first question."""
    return ArticleRetriever(search=HybridSearch(store, embedder_factory, k=k, filters=filters), rerank=rerank)


def as_document(candidate: Candidate, *, read: bool = False) -> Document:
    """The LangChain Document of a candidate; where passages were read, it says what was found in this one."""
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
    if read:
        metadata["answerable"] = candidate.answerable
    return Document(id=passage.id, page_content=passage.text, metadata=metadata)
