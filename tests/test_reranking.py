"""The order of passages after reading, and the retriever that has its passages read."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Iterator, Sequence

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import ConfigurableField

from rag.answering.reading.looking import Reranker, by_reading
from rag.answering.reading.ranking import ScoredSentence
from rag.answering.reading.windows import Window
from rag.config import Settings
from rag.errors import ConfigError
from rag.library import Library
from rag.retrieval.retriever import RERANKED, ArticleRetriever
from rag.schema import Article, Candidate, Passage, SentenceReading, WindowReading

TOWNS = ("Aven", "Birle", "Corso", "Dunmar", "Elsting", "Farrow")
QUESTION = "When does the mill open?"


def candidate(name: str, start: int, end: int, article: str = "a") -> Candidate:
    return Candidate(passage=Passage(name, article, 0, start, end, "x" * (end - start)), title=name)


def sentence(start: int, end: int, score: float, article: str = "a") -> ScoredSentence:
    window = Window(candidate("w", 0, 100, article), "x" * 100, 0, 0, ((start, end),))
    return ScoredSentence(window, WindowReading(0.0, ()), SentenceReading(start, end, score), 0, (start, end), score)


def test_the_passage_with_the_surest_sentence_comes_first_and_says_how_sure() -> None:
    found = [candidate("first", 0, 50), candidate("second", 50, 100)]
    order = by_reading(found, [sentence(60, 80, 2.0), sentence(0, 20, 0.0), sentence(80, 100, -1.0)])
    assert [one.passage.id for one in order] == ["second", "first"]
    assert [one.answerable for one in order] == [pytest.approx(0.881, abs=0.001), 0.5]


def test_passages_in_which_nothing_was_read_keep_the_order_of_the_search_behind_the_others() -> None:
    found = [candidate("a", 0, 50, "x"), candidate("b", 0, 50, "y"), candidate("c", 0, 50)]
    order = by_reading(found, [sentence(0, 20, -3.0)])
    assert [(one.passage.id, one.answerable is None) for one in order] == [("c", False), ("a", True), ("b", True)]


class LastFirst:
    """Reverses what was found."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def __call__(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        self.given.append(len(candidates))
        return list(candidates)[::-1]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(library=tmp_path_factory.mktemp("reranked") / "library", reader="none")
    with Library.open(settings=settings, one_shot=True) as opened:
        for number, town in enumerate(TOWNS):
            text = (
                f"The mill of {town} is old. It was painted by a guild. The mill opens at {number + 5} in the morning."
            )
            opened.add(Article(title=f"{town} and its mill", text=text))
        yield opened


def test_the_search_gives_more_than_is_wanted_to_what_reranks_it(library: Library) -> None:
    reverse = LastFirst()
    plain = library.retriever(k=2)
    reranked = ArticleRetriever(search=plain.search, rerank=reverse)
    worst = library.retriever(k=RERANKED).candidates(QUESTION)[-1]
    documents = reranked.invoke(QUESTION)
    assert reverse.given == [len(TOWNS)]
    assert len(documents) == 2
    assert documents[0].id == worst.passage.id
    assert reranked.retrieve(QUESTION).timings.keys() == {*plain.retrieve(QUESTION).timings, "rerank"}


def test_a_reranking_retriever_keeps_the_contract_of_langchain(library: Library) -> None:
    retriever = library.retriever(k=3, rerank=True)
    documents = retriever.invoke(QUESTION)
    assert len(documents) == 3
    for document in documents:
        article = library.article(document.metadata["article_id"])
        assert article is not None
        assert article.text[document.metadata["start"] : document.metadata["end"]] == document.page_content
        assert 0 < document.metadata["answerable"] < 1
        assert 0 < document.metadata["score"] <= 1
    sure = [document.metadata["answerable"] for document in documents]
    assert sure == sorted(sure, reverse=True)
    assert asyncio.run(retriever.ainvoke(QUESTION)) == documents
    assert retriever.batch([QUESTION]) == [documents]
    assert retriever.invoke(QUESTION, k=1) == documents[:1]
    chosen = retriever.configurable_fields(k=ConfigurableField(id="k"))
    assert chosen.invoke(QUESTION, {"configurable": {"k": 2}}) == documents[:2]


def test_copies_of_a_reranking_retriever_find_the_same(library: Library) -> None:
    retriever = library.retriever(k=2, rerank=True)
    found = texts(retriever.invoke(QUESTION))
    for other in (copy.deepcopy(retriever), pickle.loads(pickle.dumps(retriever))):
        assert texts(other.invoke(QUESTION)) == found
        assert isinstance(other.rerank, Reranker)


def texts(documents: Sequence[Document]) -> list[str]:
    return [document.page_content for document in documents]


def test_without_rerank_nothing_is_read(library: Library) -> None:
    (document,) = library.retriever(k=1).invoke(QUESTION)
    assert "answerable" not in document.metadata
    assert library.retriever().rerank is None


def test_less_than_one_passage_is_refused_before_anything_is_read(library: Library) -> None:
    reverse = LastFirst()
    retriever = ArticleRetriever(search=library.retriever().search, rerank=reverse)
    with pytest.raises(ConfigError):
        retriever.invoke(QUESTION, k=0)
    assert reverse.given == []
