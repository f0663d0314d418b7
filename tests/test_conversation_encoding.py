"""A conversation as the reader's network sees it."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from rag.models.conversation import MAX_ASKED, MAX_HISTORY, MAX_TURN, NOWHERE, encode_turns
from rag.models.encoder import load_tokenizer
from rag.models.windows import CLS, SEP

TURNS = ["Who runs Port Ellery?", "Ines Vogt runs it."]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(None)


def test_turns_are_the_first_segment_and_the_question_is_the_second(tokenizer: Tokenizer) -> None:
    made = encode_turns(tokenizer, TURNS, "since when?")
    asked = tokenizer.encode("since when?", add_special_tokens=False).ids
    assert len(made.ids) == len(made.type_ids) == len(made.places)
    assert made.ids[0] == CLS
    assert made.ids[-len(asked) - 1 :] == [*asked, SEP]
    assert made.type_ids == sorted(made.type_ids)
    assert sum(made.type_ids) == len(asked) + 1
    assert made.ids.count(SEP) == len(TURNS) + 1


def test_each_token_of_a_turn_knows_its_place(tokenizer: Tokenizer) -> None:
    made = encode_turns(tokenizer, TURNS, "since when?")
    said = [TURNS[turn][start:end] for turn, start, end in made.places if turn == 1]
    assert "".join(said) == "InesVogtrunsit."
    assert [turn for turn, _, _ in made.places if turn >= 0] == sorted(turn for turn, _, _ in made.places if turn >= 0)
    assert all(at == NOWHERE for at, kind in zip(made.places, made.type_ids, strict=True) if kind == 1)


def test_older_turns_are_left_out_where_they_do_not_fit_and_long_turns_are_cut(tokenizer: Tokenizer) -> None:
    made = encode_turns(tokenizer, [f"turn {n} " + "word " * 90 for n in range(12)], "why? " * 200)
    kept = {turn for turn, _, _ in made.places if turn >= 0}
    assert kept == set(range(min(kept), 12))
    assert min(kept) > 0
    assert max(sum(1 for turn, _, _ in made.places if turn == one) for one in kept) == MAX_TURN
    assert len(made.ids) <= 1 + MAX_HISTORY + MAX_ASKED + 1


def test_without_turns_there_is_only_the_question(tokenizer: Tokenizer) -> None:
    made = encode_turns(tokenizer, [], "why?")
    assert made.ids[0] == CLS
    assert set(made.places) == {NOWHERE}
