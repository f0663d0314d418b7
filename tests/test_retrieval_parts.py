"""Questions, filters and copies: the pure parts of retrieval."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from rag.errors import QuestionError
from rag.retrieval.duplicates import DistinctPassages
from rag.retrieval.filters import make_filters
from rag.retrieval.queries import HEAD, MAX_WORDS, TAIL, make_query
from rag.schema import Candidate, Filters, Passage
from rag.text.copies import fingerprint, is_copy

HARBOUR = (
    "The harbour council voted on Tuesday to close the old ferry pier for two years. Engineers found rust in 14 of "
    "its 60 iron columns, the council said, and repairs will cost about 3.2 million pounds. Ferries to the islands "
    "will leave from the cruise terminal instead, ten minutes further along the front."
)


def candidate(name: str, text: str) -> Candidate:
    return Candidate(passage=Passage(name, f"article-{name}", 0, 0, len(text), text), title="Pier")


# --- questions ---


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\x00"])
def test_an_empty_question_is_refused_with_a_hint(question: str) -> None:
    with pytest.raises(QuestionError, match="empty") as caught:
        make_query(question)
    assert caught.value.hint


def test_only_stop_words_leave_nothing_for_the_lexical_index() -> None:
    query = make_query("who is it?")
    assert query.text == "who is it?"
    assert query.words == ()


def test_words_are_distinct_and_in_order() -> None:
    assert make_query("Ferry, pier and ferry: which pier?").words == ("ferry", "pier")


def test_a_country_in_capitals_is_no_stop_word() -> None:
    assert "us" in make_query("what did the US say about the visit?").words


def test_a_very_long_question_keeps_its_beginning_and_its_end() -> None:
    query = make_query("Why was the pier closed? " + "filler words everywhere " * 500 + "What do repairs cost?")
    assert len(query.text) <= HEAD + TAIL + 3
    assert {"pier", "closed", "repairs", "cost"} <= set(query.words)


def test_a_very_long_question_asks_for_a_bounded_number_of_words() -> None:
    query = make_query(" ".join(f"word{n}" for n in range(2000)))
    assert len(query.words) == MAX_WORDS


def test_ten_thousand_characters_without_a_space_are_cut() -> None:
    assert len(make_query("x" * 10_000).text) <= HEAD + TAIL + 3


@pytest.mark.parametrize("question", ["😀🎉", "ما هو السؤال؟", "\ud800 pier"])
def test_odd_characters_make_a_query_that_can_be_encoded(question: str) -> None:
    assert make_query(question).text.encode("utf-8")


# --- filters ---


def test_no_filters_mean_all() -> None:
    assert make_filters() == Filters()
    assert make_filters(publisher="", since=None).open


def test_days_may_be_text_or_times() -> None:
    filters = make_filters(since="2022-05-28", until=datetime(2022, 6, 1, 12, 30))
    assert (filters.since, filters.until) == (date(2022, 5, 28), date(2022, 6, 1))


def test_a_day_that_is_none_is_refused_with_a_hint() -> None:
    with pytest.raises(QuestionError, match=r"'last week' is not a day\..*2022-05-28"):
        make_filters(since="last week")


def test_one_article_id_is_one_id_and_no_row_of_letters() -> None:
    assert make_filters(article_ids="abc").article_ids == ("abc",)


def test_an_empty_choice_of_articles_is_kept_as_a_choice() -> None:
    assert make_filters(article_ids=[]).article_ids == ()


# --- copies ---


def test_a_lightly_edited_copy_is_a_copy() -> None:
    edited = HARBOUR.replace("The harbour council", "LONDON (Agency) - The council").replace("about", "around")
    assert is_copy(fingerprint(HARBOUR), fingerprint(edited))


def test_a_copy_cut_short_is_a_copy() -> None:
    assert is_copy(fingerprint(HARBOUR), fingerprint(HARBOUR[:180]))


def test_the_same_words_with_another_figure_are_news() -> None:
    assert not is_copy(fingerprint(HARBOUR), fingerprint(HARBOUR.replace("3.2 million", "4.1 million")))


def test_another_text_about_the_same_thing_is_no_copy() -> None:
    other = "Islanders said the closing of the ferry pier for two years came without warning."
    assert not is_copy(fingerprint(HARBOUR), fingerprint(other))


def test_texts_without_words_are_copies_only_of_each_other() -> None:
    assert is_copy(fingerprint("—"), fingerprint("…"))
    assert not is_copy(fingerprint("—"), fingerprint(HARBOUR))


def test_the_better_of_two_copies_stays() -> None:
    distinct = DistinctPassages()
    distinct.take(
        [candidate("a", HARBOUR), candidate("b", HARBOUR + " More soon."), candidate("c", "A new bridge.")], 8
    )
    assert [one.passage.id for one in distinct.kept] == ["a", "c"]
