"""The retriever over a real store with the real embedding model."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ConfigError, QuestionError
from rag.models.embedder import load_embedder
from rag.retrieval.filters import make_filters
from rag.retrieval.hybrid import HybridSearch
from rag.retrieval.retriever import ArticleRetriever, build_retriever
from rag.schema import Article, Filters, Passage
from rag.store.store import Prepared, Store

PIER = (
    "The harbour council of Wexcombe voted on Tuesday to close the old ferry pier for two years.",
    "Engineers found rust in 14 of its 60 iron columns, and repairs will cost about 3.2 million pounds.",
    "Islanders said the decision came without warning and asked for an early boat from the cruise terminal.",
)
ARTICLES = (
    ("pier", "Ferry pier to close", "Coast Courier", date(2024, 3, 5), PIER),
    ("wire", "Old pier shut for repairs", "Evening Wire", date(2024, 3, 6), (PIER[0] + " More soon.", PIER[1])),
    (
        "bees",
        "Wild bees return to the city",
        "Green Weekly",
        date(2023, 6, 1),
        (
            "Researchers counted 41 species of wild bee on the roofs of Lindal, twice as many as ten years ago.",
            "The flowers were sown by pupils of six schools.",
        ),
    ),
    (
        "orbit",
        "Satellite XK-2210 falls silent",
        None,
        None,
        ("Ground stations lost the signal of the weather satellite XK-2210 on its ninth orbit.",),
    ),
)


def prepared(
    article_id: str, title: str, publisher: str | None, published: date | None, parts: tuple[str, ...]
) -> Prepared:
    text = "\n".join(parts)
    url = f"https://news.example/{article_id}"
    article = Article(id=article_id, title=title, text=text, url=url, publisher=publisher, published=published)
    starts = [text.index(part) for part in parts]
    passages = tuple(
        Passage(f"{article_id}-{n}", article_id, n, start, start + len(part), part)
        for n, (start, part) in enumerate(zip(starts, parts, strict=True))
    )
    vectors = load_embedder("builtin").embed_passages([f"{title}\n{part}" for part in parts])
    return Prepared(article, passages, vectors, digest=article_id, text_digest=article_id)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    embedder = load_embedder("builtin")
    folder = tmp_path_factory.mktemp("library")
    with Store.open(folder, fingerprint=embedder.fingerprint, dimension=embedder.dimension, exact_limit=1000) as opened:
        opened.put([prepared(*article) for article in ARTICLES])
        yield opened


def retriever_over(store: Store, k: int = 8, filters: Filters | None = None) -> ArticleRetriever:
    return build_retriever(store, lambda: load_embedder("builtin"), k=k, filters=filters)


def articles_found(retriever: ArticleRetriever, question: str) -> set[str]:
    return {document.metadata["article_id"] for document in retriever.invoke(question)}


def test_documents_are_verbatim_and_carry_where_they_stand(store: Store) -> None:
    documents = retriever_over(store).invoke("How many kinds of bees live in Lindal?")
    for document in documents:
        article = store.article(document.metadata["article_id"])
        assert article is not None
        assert document.page_content == article.text[document.metadata["start"] : document.metadata["end"]]
    head = dict(documents[0].metadata)
    assert head.pop("score") == pytest.approx(head.pop("dense"), abs=0.2)
    assert head.pop("lexical") > 0
    assert head == {
        "passage_id": "bees-0",
        "article_id": "bees",
        "title": "Wild bees return to the city",
        "url": "https://news.example/bees",
        "publisher": "Green Weekly",
        "published": "2023-06-01",
        "start": 0,
        "end": len(documents[0].page_content),
    }


def test_an_article_without_head_has_none_there(store: Store) -> None:
    metadata = retriever_over(store).invoke("Which satellite lost its signal?")[0].metadata
    assert (metadata["article_id"], metadata["publisher"], metadata["published"]) == ("orbit", None, None)


def test_scores_fall_and_lie_between_0_and_1(store: Store) -> None:
    scores = [document.metadata["score"] for document in retriever_over(store).invoke("Why was the pier closed?")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_question_the_library_answers_scores_higher_than_one_it_does_not(store: Store) -> None:
    retriever = retriever_over(store)
    near = retriever.candidates("What will repairs of the ferry pier cost?")[0].score
    far = retriever.candidates("Who won the chess championship in Reykjavik?")[0].score
    assert near > far + 0.2


def test_a_rare_name_is_found_by_its_word(store: Store) -> None:
    assert retriever_over(store, k=1).candidates("XK-2210")[0].passage.article_id == "orbit"


def test_other_words_for_the_same_thing_are_found_by_meaning(store: Store) -> None:
    assert retriever_over(store, k=1).candidates("insects thriving in towns")[0].passage.article_id == "bees"


def test_no_two_nearly_identical_passages(store: Store) -> None:
    found = [one.passage.id for one in retriever_over(store).candidates("Why was the old ferry pier closed?")]
    assert not {"pier-0", "wire-0"} <= set(found)
    assert not {"pier-1", "wire-1"} <= set(found)
    assert {"pier-0", "wire-0"} & set(found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"publisher": "evening wire"}, {"wire"}),
        ({"since": "2024-03-05", "until": date(2024, 3, 5)}, {"pier"}),
        ({"until": date(2023, 12, 31)}, {"bees"}),
        ({"article_ids": ["orbit", "bees"]}, {"orbit", "bees"}),
        ({"article_ids": []}, set()),
        ({"publisher": "Nobody"}, set()),
        ({"since": "2024-03-05", "until": "2023-01-01"}, set()),
    ],
)
def test_filters_leave_only_what_fulfils_them(store: Store, given: dict[str, object], expected: set[str]) -> None:
    filters = make_filters(**given)  # type: ignore[arg-type]
    assert (
        articles_found(retriever_over(store, filters=filters), "What is new about the pier and the bees?") == expected
    )


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    embedder = load_embedder("builtin")
    with Store.open(tmp_path, fingerprint=embedder.fingerprint, dimension=embedder.dimension) as empty:
        assert retriever_over(empty).invoke("Is there anything?") == []


def test_k_bounds_the_result_and_may_differ_by_question(store: Store) -> None:
    retriever = retriever_over(store, k=2)
    assert len(retriever.invoke("the pier")) == 2
    assert len(retriever.invoke("the pier", k=1)) == 1
    assert len(retriever.candidates("the pier", k=3)) == 3


def test_less_than_one_passage_cannot_be_asked_for(store: Store) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        retriever_over(store, k=0)
    for other in ("three", 2.5):
        with pytest.raises(ConfigError, match="whole number"):
            retriever_over(store, k=3).invoke("ferry", k=other)


def test_an_empty_question_is_refused_with_a_hint(store: Store) -> None:
    with pytest.raises(QuestionError, match="empty"):
        retriever_over(store).invoke("  ")


@pytest.mark.parametrize("question", ["who is it?", "😀🎉", "ما هو السؤال عن النحل؟", '" OR NEAR( * bees', "a\x00b"])
def test_odd_questions_are_answered_by_meaning(store: Store, question: str) -> None:
    assert retriever_over(store, k=3).invoke(question)


def test_ten_thousand_characters_find_the_question_at_their_end(store: Store) -> None:
    question = (
        "Lorem ipsum dolor sit amet consectetur. " * 250 + "How many species of wild bee are on the roofs of Lindal?"
    )
    retriever = retriever_over(store)
    assert "bees" in articles_found(retriever, question)


def test_timings_name_every_step(store: Store) -> None:
    timings = retriever_over(store).retrieve("the pier").timings
    assert list(timings) == ["encode", "lexical", "dense", "fuse"]
    assert all(spent >= 0 for spent in timings.values())


class RemovedBetween:
    """A store from which an article is removed after its words were sought and before its meaning is."""

    def __init__(self, store: Store, article_id: str) -> None:
        self._store, self._article_id = store, article_id
        self._removed, self._main = threading.Event(), threading.current_thread()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def search_lexical(self, *given: Any, **named: Any) -> list[tuple[str, float]]:
        found = self._store.search_lexical(*given, **named)
        writer = threading.Thread(target=self._store.remove, args=(self._article_id,))
        writer.start()
        writer.join(10)
        self._removed.set()
        return found

    def generation(self) -> int:
        if threading.current_thread() is not self._main:
            assert self._removed.wait(10)
        return self._store.generation()


def test_a_search_sees_one_state_of_the_library_though_somebody_writes_meanwhile(tmp_path: Path) -> None:
    embedder = load_embedder("builtin")
    with Store.open(tmp_path, fingerprint=embedder.fingerprint, dimension=embedder.dimension) as own:
        own.put([prepared(*article) for article in ARTICLES])
        store: Any = RemovedBetween(own, "bees")
        first = HybridSearch(store, lambda: embedder).candidates("insect pollination above urban streets")[0]
        assert (first.passage.article_id, own.article("bees")) == ("bees", None)
        assert first.dense is not None


def test_an_embedder_sees_the_context_of_whoever_asks(store: Store) -> None:
    asking = ContextVar("asking", default="nobody")
    seen: list[str] = []

    class Seeing:
        def __getattr__(self, name: str) -> Any:
            return getattr(load_embedder("builtin"), name)

        def embed_query(self, text: str) -> Any:
            seen.append(asking.get())
            return load_embedder("builtin").embed_query(text)

    asking.set("Ada")
    made: Any = Seeing()
    HybridSearch(store, lambda: made).candidates("the pier")
    assert seen == ["Ada"]


def test_async_batch_stream_and_config_give_what_invoke_gives(store: Store) -> None:
    retriever = retriever_over(store, k=3)
    questions = ["Why was the pier closed?", "Where do bees live?"]
    expected = [retriever.invoke(question) for question in questions]
    assert retriever.batch(questions) == expected
    assert asyncio.run(retriever.ainvoke(questions[0])) == expected[0]
    assert asyncio.run(retriever.abatch(questions)) == expected
    assert list(retriever.stream(questions[0])) == [expected[0]]
    assert retriever.with_config(tags=["test"], run_name="articles").invoke(questions[0]) == expected[0]


def test_the_retriever_is_a_step_of_a_chain(store: Store) -> None:
    chain = retriever_over(store, k=1) | (lambda documents: documents[0].metadata["article_id"])
    assert chain.invoke("wild bees on roofs") == "bees"


def test_searching_without_langchain_never_imports_it() -> None:
    code = (
        "import sys, rag.retrieval.hybrid; sys.exit(any(m.split('.')[0].startswith('langchain') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
