"""What the reader reads: windows of whole sentences around the passages that were found."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from readings import candidate

from rag.answering.reading.windows import LEAD, LONGEST, Window, make_windows
from rag.schema import Candidate
from rag.text.sentences import split_sentences

LONG = " ".join(
    f"In year {year} the council of Port Ellery met and spoke about the old tide mill." for year in range(100)
)
SPANS = split_sentences(LONG)
OTHER = "A storm closed the harbour on Friday. Nobody was hurt. The ferries sail again today."
TEXTS = {"long": LONG, "other": OTHER}


def of_sentence(number: int, score: float = 0.5) -> Candidate:
    """A candidate that is one sentence of the long article."""
    return candidate(LONG, "long", *SPANS[number], score=score)


def windows(candidates: Sequence[Candidate], limit: int = 10) -> list[Window]:
    return make_windows(candidates, TEXTS.get, limit)


def positions(window: Window) -> list[int]:
    return list(range(window.first, window.first + len(window.sentences)))


def test_a_window_is_a_run_of_whole_sentences_of_its_article() -> None:
    cut = candidate(LONG, "long", SPANS[40][0] + 5, SPANS[41][1] - 5)  # in the middle of sentences
    for one in windows([cut]):
        assert one.sentences == SPANS[one.first : one.first + len(one.sentences)]
        assert one.text == LONG[one.sentences[0][0] : one.sentences[-1][1]]
        assert [one.text[start:end] for start, end in one.spans] == [LONG[start:end] for start, end in one.sentences]
    assert {40, 41} <= {number for one in windows([cut]) for number in positions(one)}


def test_the_window_of_the_best_passage_comes_first() -> None:
    made = windows([of_sentence(50), of_sentence(20), candidate(OTHER, "other")])
    assert 50 in positions(made[0])
    assert made[0].candidate.passage.start == SPANS[50][0]
    ranks = [next(n for n, one in enumerate(made) if wanted in positions(one) and one.article_id == "long")
             for wanted in (50, 20)]  # fmt: skip
    assert ranks == sorted(ranks)


def test_windows_depend_on_the_candidates_and_on_nothing_else() -> None:
    found = [of_sentence(number) for number in random.Random(3).sample(range(100), 12)]
    assert windows(found) == windows(list(found))


def test_neighbouring_passages_become_one_window_and_small_gaps_are_read_with_them() -> None:
    made = windows([of_sentence(50), of_sentence(52)])
    (together,) = [one for one in made if 50 in positions(one)]
    assert {50, 51, 52} <= set(positions(together))


def test_passages_far_apart_are_windows_of_their_own() -> None:
    made = windows([of_sentence(50), of_sentence(80)])
    (one,) = [one for one in made if 50 in positions(one)]
    assert 80 not in positions(one)
    assert any(80 in positions(other) for other in made)


def test_the_sentence_before_a_window_is_read_with_it() -> None:
    (one,) = [one for one in windows([of_sentence(50)]) if 50 in positions(one)]
    assert 49 in positions(one)


def test_the_opening_of_the_best_article_is_read_and_that_of_others_is_not() -> None:
    first = windows([of_sentence(50)])
    assert any(positions(one)[:LEAD] == list(range(LEAD)) for one in first)
    second = windows([candidate(OTHER, "other"), of_sentence(50)])
    assert not any(0 in positions(one) for one in second if one.article_id == "long")


@pytest.mark.parametrize("text", [None, "Something else stands here now. " + OTHER])
def test_an_article_that_changed_or_is_gone_is_left_out(text: str | None) -> None:
    held = {"long": LONG, "other": text}
    made = make_windows([candidate(OTHER, "other"), of_sentence(50)], held.get, 10)
    assert {one.article_id for one in made} == {"long"}


def test_passages_of_a_changed_article_that_still_stand_are_read() -> None:
    longer = OTHER + " Tickets cost four euros."
    (made,) = make_windows([candidate(OTHER, "other")], lambda _: longer, 10)
    assert made.text.startswith("A storm closed the harbour")


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_no_more_windows_are_made_than_asked_for(limit: int) -> None:
    found = [of_sentence(number) for number in range(5, 95, 6)]
    assert len(windows(found, limit)) == limit
    assert windows(found, limit) == windows(found, 50)[:limit]


def test_a_long_run_is_cut_into_windows_that_the_reader_can_take() -> None:
    made = windows([candidate(LONG, "long")], 50)
    read = sorted({number for one in made for number in positions(one)})
    assert read == list(range(100))
    assert max(len(one.text) for one in made) <= LONGEST * 4 // 3 + 1  # with the sentence before it


@pytest.mark.parametrize(
    "text",
    [
        "A lone sentence about a mill.",
        "NO FULL STOP\nANYWHERE IN THIS TEXT\nAND ALL CAPITALS",
        "no full stop and no line break " * 200,
        "THE MILL BURNED DOWN ON FRIDAY. NOBODY WAS HURT. THE WHEEL IS SAVED.",
        "x" * 20_000,
        "«La marée monte.» Le moulin tourne…\n\n- un\n- deux",
    ],
)
def test_odd_articles_are_read_whole(text: str) -> None:
    made = make_windows([candidate(text)], lambda _: text, 100)
    spans = split_sentences(text)
    read = {span for one in made for span in one.sentences}
    assert read == set(spans)
    assert all(one.sentences for one in made)


def test_nothing_found_is_nothing_to_read() -> None:
    assert windows([]) == []
    assert make_windows([candidate("   ")], lambda _: "   ", 10) == []


def test_an_article_of_20000_sentences_is_read_around_what_was_found() -> None:
    text = " ".join(f"Line {number} of the log says that the pump ran." for number in range(20_000))
    at = text.index("Line 15000 of")
    made = make_windows([candidate(text, "a", at, at + 47)], lambda _: text, 10)
    assert len(made) <= 3
    assert any("Line 15000 of the log" in one.text for one in made)
    assert all(len(one.text) < 2 * LONGEST for one in made)
