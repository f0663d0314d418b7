"""LangChain's own standard tests of a retriever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from rag.library import Library
from rag.retrieval.hybrid import HybridSearch
from rag.retrieval.retriever import ArticleRetriever
from rag.schema import Article

WARDS = ("Ash", "Birch", "Cedar", "Elder", "Fir")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridSearch]:
    with Library.open(tmp_path_factory.mktemp("standard") / "library", one_shot=True) as library:
        library.add([Article(title=f"Notice {name}", text=f"The library of {name} opens at nine.") for name in WARDS])
        yield library.retriever().search


@pytest.mark.anyio
class TestArticleRetriever(RetrieversIntegrationTests):
    """`ArticleRetriever` as any program may make it."""

    search: HybridSearch

    @pytest.fixture(autouse=True)
    def over_a_library(self, search: HybridSearch) -> None:
        self.search = search

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return ArticleRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"search": self.search}

    @property
    def retriever_query_example(self) -> str:
        return "When does the library open?"
