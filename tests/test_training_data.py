"""Training windows made by program: near misses differ in what they say, and labels stand where the answer is."""

from __future__ import annotations

import random

import pytest
import torch

from training.corrupt import corrupt, negate, splice, swap_name, swap_number, turn
from training.mix import mixed
from training.statements import declarative, statements
from training.windows import Row, make_windows

TEXT = (
    "The Holm bridge was opened by Queen Ingrid in 1921. It is 92 metres long and links Lund with Norrvik. "
    "In 1953, after a flood, the engineer Per Lind rebuilt the eastern pier, which had sunk by 14 centimetres."
)


def row(question: str, answer: str | None, source: str = "squad1") -> Row:
    answers = [{"text": answer, "start": TEXT.index(answer)}] if answer else []
    return {
        "question": question, "title": "Holm_bridge", "context": TEXT, "answers": answers, "answerable": bool(answer),
        "source": source,
    }  # fmt: skip


def test_a_swapped_name_is_another_name_of_the_text() -> None:
    changed = swap_name("When did Queen Ingrid open the Holm bridge?", TEXT, random.Random(1))
    assert changed is not None
    assert any(name in changed for name in ("Lund", "Norrvik", "Per Lind"))


def test_a_swapped_number_is_not_one_of_the_sentence() -> None:
    for seed in range(20):
        changed = swap_number("It is 92 metres long.", TEXT, random.Random(seed))
        assert changed is not None
        assert "92" not in changed
        assert changed.endswith("metres long.")


def test_a_negation_is_put_in_and_taken_out_again() -> None:
    with_it = negate("The bridge was opened in 1921.", TEXT, random.Random(0))
    assert with_it == "The bridge was not opened in 1921."
    assert negate(with_it, TEXT, random.Random(0)) == "The bridge was opened in 1921."


def test_a_word_is_turned_into_its_opposite() -> None:
    assert turn("He rebuilt the eastern pier.", TEXT, random.Random(0)) == "He rebuilt the western pier."


def test_a_spliced_sentence_begins_as_it_did_and_ends_as_another() -> None:
    first, last = (
        "Lind was booked into the jail after turning himself in.",
        "Holm sat still after a row with her mother.",
    )
    made = splice(first, f"{first} {last}", random.Random(0))
    assert made == "Lind was booked into the jail after a row with her mother."
    assert splice(first, first, random.Random(0)) is None  # nothing to splice it with


def test_a_sentence_without_hold_is_not_corrupted() -> None:
    assert corrupt("Rain comes softly.", "Rain comes softly.", random.Random(0)) is None


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("Who opened the Holm bridge?", "Queen Ingrid", "Queen Ingrid opened the Holm bridge."),
        ("Which engineer rebuilt the eastern pier?", "Per Lind", "Per Lind rebuilt the eastern pier."),
        ("When was the Holm bridge opened?", "1921.", "the Holm bridge opened in 1921."),
        ("What is the bridge called?", "Holm", None),  # would need more than moving words
        ("Why did the pier sink?", "a flood", None),
    ],
)
def test_a_question_and_its_answer_become_a_statement(question: str, answer: str, statement: str | None) -> None:
    assert declarative(question, answer) == statement


def test_statements_come_with_one_that_the_passage_supports() -> None:
    rows = [row("Who opened the Holm bridge?", "Queen Ingrid"), row("Who rebuilt the eastern pier?", "Per Lind")]
    for seed in range(10):
        windows = statements(rows, "", random.Random(seed))
        assert windows[0].supported is True
        assert windows[0].answer is not None
        assert all(window.supported is False and window.answer is None for window in windows[1:])


def test_answers_stand_in_their_windows_and_twins_have_none() -> None:
    rows = [
        row("Who opened the Holm bridge?", "Queen Ingrid"),
        row("How long is the Holm bridge?", "92 metres"),
        row("Who closed the Holm bridge?", None, "squad2_unans"),
    ]
    seen = set()
    for seed in range(40):
        for window in (window for group in make_windows(rows, seed) for window in group):
            seen.add(window.source)
            if window.source == "squad1":
                assert window.answer is not None
                assert window.text[slice(*window.answer)] in {"Queen Ingrid", "92 metres"}
            else:
                assert window.answer is None
    assert seen == {"squad1", "squad2_unans", "swapped"}


def test_the_mean_of_runs_counts_by_share_and_takes_a_head_from_the_runs_that_have_it() -> None:
    early = {"layer": torch.tensor([1.0, 2.0])}
    late = {"layer": torch.tensor([3.0, 6.0]), "support": torch.tensor([5.0]), "position": torch.tensor([7])}
    mean = mixed([(early, 0.25), (late, 0.75)])
    assert torch.allclose(mean["layer"], torch.tensor([2.5, 5.0]))
    assert torch.equal(mean["support"], late["support"])
    assert torch.equal(mean["position"], late["position"])
