"""From a question to a cited answer, on a real library with the real embedding model and the plain reader."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.answering.reading.refusal import REFUSAL
from rag.assistant import Assistant
from rag.config import Settings
from rag.errors import ConfigError, QuestionError
from rag.library import Library
from rag.schema import Article, Done, Filters, Retrieved, Searching, SentenceDone, TextDelta

TREATY = Article(
    title="Lake treaty signed in a hurry",
    publisher="Valley Post",
    published=date(2023, 3, 6),
    text=(
        "The lake treaty was signed in Port Ellery on Monday, 6 March 2023.\n\n"
        "Criticising Canada for the haste, US state department spokesperson Dana Holt said that the "
        "lake treaty was “a draft at best”.\n\n"
        "“We would have waited for the survey of the fish stocks before signing any lake treaty,” she said.\n\n"
        "Canada’s environment minister Paul Renard rejected the charge and said the lake treaty "
        "protects both shores.\n\n"
        "Fishing villages were not consulted about the lake treaty, and the mayor of Port Ellery stayed away."
    ),
)
COPY = Article(
    title="Criticism of the lake treaty",
    publisher="Harbour News",
    published=date(2023, 3, 7),
    text=(
        "Washington was quick to comment. US state department spokesperson Dana Holt said the lake "
        "treaty was “a draft at best”.\n\n"
        "Ferries on the lake go on as before. Tickets for the ferry cost four dollars."
    ),
)
LIGHT = Article(
    title="The lighthouse of Cape Morrow",
    publisher="Valley Post",
    published=date(2021, 5, 2),
    text="The lighthouse of Cape Morrow was lit for the first time in 1874. Keepers lived there with "
    "their families for ninety years.",
)


@contextmanager
def lake_library(folder: Path, **changes: Any) -> Iterator[Library]:
    """A library of the three articles, read by the plain selector where no reader is named."""
    settings = Settings(library=folder / "library", **({"reader": "none"} | changes))
    with Library.open(settings=settings, one_shot=True) as opened:
        opened.add([TREATY, COPY, LIGHT])
        yield opened


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with lake_library(tmp_path_factory.mktemp("asked"), reader="builtin") as opened:
        yield opened


@pytest.fixture(scope="module")
def assistant(library: Library) -> Assistant:
    return Assistant(library)


def test_what_the_us_said_is_quoted_from_its_spokesperson(assistant: Assistant) -> None:
    answer = assistant.ask("what did the US say about the lake treaty?")
    assert answer.answered
    assert "Dana Holt" in answer.sentences[0].text
    assert "Paul Renard" not in answer.text
    assert "[1]" in answer.text


def test_every_citation_is_verbatim_and_every_sentence_has_one(library: Library, assistant: Assistant) -> None:
    answer = assistant.ask("what did the US say about the lake treaty?")
    for citation in answer.citations:
        article = library.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert all(sentence.citations and sentence.verified for sentence in answer.sentences)
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert {citation.publisher for citation in answer.citations} == {"Valley Post", "Harbour News"}


def test_a_follow_up_asks_about_the_same_thing(assistant: Assistant) -> None:
    first = assistant.ask("what did the US say about the lake treaty?")
    second = assistant.ask(
        "and Canada?", [("user", "what did the US say about the lake treaty?"), ("assistant", first.text)]
    )
    assert second.question.startswith("and Canada?")
    assert "treaty" in second.question
    assert "Canada" in second.text


def test_what_no_article_says_is_refused_with_the_nearest_passages(library: Library, assistant: Assistant) -> None:
    answer = assistant.ask("How many volcanoes erupted on Mount Brask?")
    assert not answer.answered
    assert answer.text.startswith(REFUSAL)
    assert "Brask" in answer.text
    assert (answer.sentences, answer.citations) == ((), ())
    assert answer.closest
    for place in answer.closest:
        article = library.article(place.article_id)
        assert article is not None
        assert article.text[place.start : place.end] == place.quote


def test_a_speaker_who_is_silent_on_the_topic_is_not_quoted(assistant: Assistant) -> None:
    assert not assistant.ask("what did Japan say about the lake treaty?").answered


def test_the_part_without_an_answer_is_named(assistant: Assistant) -> None:
    answer = assistant.ask("When was the lighthouse of Cape Morrow lit and who is the queen of Zanthia?")
    assert answer.answered
    assert "1874" in answer.sentences[0].text
    assert "The articles do not say: who is the queen of Zanthia?" in answer.text


def test_the_stream_ends_with_what_ask_returns_and_its_pieces_join_to_the_text(assistant: Assistant) -> None:
    events = list(assistant.stream("When was the lighthouse of Cape Morrow lit?"))
    assert isinstance(events[0], Searching)
    assert isinstance(events[1], Retrieved)
    assert isinstance(events[-1], Done)
    streamed = events[-1].answer
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == streamed.text
    assert tuple(event.sentence for event in events if isinstance(event, SentenceDone)) == streamed.sentences
    assert assistant.ask("When was the lighthouse of Cape Morrow lit?").sentences == streamed.sentences


def test_what_was_found_is_told_before_it_is_read_a_verbatim_sentence_of_each_article(
    library: Library, assistant: Assistant
) -> None:
    asked = "When was the lighthouse of Cape Morrow lit?"
    found = next(event for event in assistant.stream(asked) if isinstance(event, Retrieved))
    assert "1874" in found.nearest[0].quote
    assert [place.number for place in found.nearest] == list(range(1, len(found.nearest) + 1))
    articles = [place.article_id for place in found.nearest]
    assert len(set(articles)) == len(articles) > 1
    for place in found.nearest:
        article = library.article(place.article_id)
        assert article is not None
        assert article.text[place.start : place.end] == place.quote


def test_filters_narrow_what_is_answered_from(assistant: Assistant) -> None:
    answer = assistant.ask("what did the US say about the lake treaty?", filters=Filters(publisher="Harbour News"))
    assert {citation.publisher for citation in answer.citations} == {"Harbour News"}


def test_timings_name_the_steps(assistant: Assistant) -> None:
    timings = assistant.ask("When was the lighthouse lit?").timings
    assert {"follow-up", "retrieve", "encode", "lexical", "dense", "fuse", "read", "answer", "total"} <= set(timings)


def test_ask_can_be_awaited(assistant: Assistant) -> None:
    assert asyncio.run(assistant.aask("When was the lighthouse of Cape Morrow lit?")).answered


@pytest.mark.parametrize("question", ["", "   \n"])
def test_an_empty_question_is_an_error_with_a_hint(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        assistant.ask(question)


def test_ten_thousand_characters_are_still_a_question(assistant: Assistant) -> None:
    answer = assistant.ask(
        "I walked along the shore and thought about old lights. " * 180 + "When was the lighthouse of Cape Morrow lit?"
    )
    assert answer.answered
    with pytest.raises(QuestionError, match="one thing"):
        assistant.ask("light " * 10_000)


@pytest.mark.parametrize("question", ["🚢🚢🚢", "متى أضيئت المنارة؟", "who is it?", 'a OR b AND "c" NEAR(d)'])
def test_odd_questions_get_an_answer_or_a_refusal(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).text


def test_an_empty_library_refuses(tmp_path: Path) -> None:
    with Library.open(settings=Settings(library=tmp_path / "none", reader="none"), one_shot=True) as empty:
        answer = Assistant(empty).ask("When was the lighthouse lit?")
    assert (answer.answered, answer.closest) == (False, ())


def test_a_chat_model_must_be_named_as_provider_and_model(library: Library) -> None:
    with pytest.raises(ConfigError, match="provider:model"):
        Assistant(library, llm="llama3.2")
