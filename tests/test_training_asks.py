"""Labelled questions become examples for the reader's heads."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from readings import window
from tokenizers import Tokenizer

from rag.models.encoder import load_tokenizer
from training.asks import BESIDE, SOFT, Asked, Encoder, Ranked, gold_terms, term_example
from training.talks import Talks
from training.task import CHANNELS, UNKNOWN, VERDICTS, Example, collate, losses
from training.term_head import TERM, fitted

TEXT = (
    "The mill of Port Ellery is old. It opened in 1890, said Ines Vogt. It ground rye. The wheel is of oak. "
    "It never burned down. Swans live there."
)
OWN, OTHER = window(TEXT, "own"), window("A storm closed the harbour. Nobody was hurt.", "other")


def spans(*numbers: int) -> list[tuple[int, int]]:
    return [OWN.sentences[number] for number in numbers]


def asked(**labels: Any) -> Asked:
    row = {
        "id": "q1", "article": "own", "kind": "fact", "question": "When did it open?", "ans": [], "ok": [], "ctx": [],
        "near": [], "fix": [], "short": None, "says": None, "yn": None,
    } | labels  # fmt: skip
    return Asked(row, row["question"], (OWN,), (OTHER,), TEXT)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(None)


def examples(tokenizer: Tokenizer, **labels: Any) -> tuple[Example, Example]:
    """Of the window of its own article, and of that of another one."""
    (_, own), (_, other) = Encoder(tokenizer, random.Random(1)).all(asked(**labels), 10)
    return own, other


def words(tokenizer: Tokenizer, example: Example, first: int, last: int) -> str:
    return str(tokenizer.decode(example.ids[first : last + 1].tolist()))


def test_sentences_are_labelled_by_what_they_are_to_the_answer(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, ans=spans(1), ok=spans(2), ctx=spans(0))
    assert own.evidence.tolist() == pytest.approx(np.asarray([BESIDE, (1, 1), SOFT, (0, 1), (0, 1), (0, 1)]))
    assert own.answers == 1.0


def test_an_answer_that_leans_on_another_teaches_needs_and_forerunner(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, ans=spans(1), ctx=spans(0))
    assert own.needs[1].tolist() == [1.0, 1.0]
    assert own.forerunner[0].tolist() == [1.0, 1.0]
    assert own.forerunner[1, 1] == 0.0
    free, _ = examples(tokenizer, ans=spans(1))
    assert free.needs[1].tolist() == [0.0, 1.0]
    assert free.needs[0, 1] == 0.0


def test_short_answer_and_speaker_are_the_tokens_of_their_words(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, ans=spans(1), short="1890", says="Ines Vogt", yn="yes")
    assert words(tokenizer, own, own.start, own.end) == "1890"
    assert words(tokenizer, own, own.says_start, own.says_end) == "ines vogt"
    assert own.verdict == VERDICTS.index("yes")


def test_an_answer_without_a_short_one_teaches_none(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, ans=spans(1))
    assert (own.start, own.end) == (0, 0)
    assert own.verdict == UNKNOWN


def test_a_near_miss_teaches_silence_and_the_sentence_that_corrects_it(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, question="When did it burn down?", near=spans(3), fix=spans(4))
    assert own.corrects[:, 0].tolist() == [0, 0, 0, 0, 1, 0]
    assert own.evidence[4, 1] == 0.0
    assert own.answers == 0.0


def test_a_window_of_another_article_answers_nothing(tokenizer: Tokenizer) -> None:
    _, other = examples(tokenizer, ans=spans(1), short="1890")
    assert other.evidence[:, 0].sum() == other.answers == 0.0
    assert (other.start, other.end) == (0, 0)


def test_every_token_of_the_window_belongs_to_its_sentence(tokenizer: Tokenizer) -> None:
    own, _ = examples(tokenizer, ans=spans(1))
    inside = own.ids[own.sentences == 2].tolist()
    assert tokenizer.decode(inside) == "it ground rye."
    assert set(own.sentences[own.types == 0].tolist()) == {-1}


def test_examples_to_learn_from_hold_a_labelled_window_and_are_the_same_for_one_seed(tokenizer: Tokenizer) -> None:
    made = [Encoder(tokenizer, random.Random(5)).examples(asked(ans=spans(1))) for _ in range(2)]
    assert [one.ids.tolist() for one in made[0]] == [one.ids.tolist() for one in made[1]]
    assert any(one.answers == 1.0 for one in made[0])


def test_a_batch_keeps_sentences_of_its_windows_apart(tokenizer: Tokenizer) -> None:
    own, other = examples(tokenizer, ans=spans(1))
    batch = collate([own, other])
    assert batch.sentences["evidence"].shape == (len(own.evidence) + len(other.evidence), 2)
    assert batch.cells[1][: len(other.sentences)].max() == len(own.evidence) + len(other.evidence)  # none
    assert set(batch.cells[1].tolist()) >= {6, 7}


HISTORY = ("Who runs Port Ellery?", "Ines Vogt runs it.")
FULL = "Since when has Ines Vogt run Port Ellery?"


def test_the_words_that_the_full_question_has_and_the_short_one_lacks_are_the_terms() -> None:
    assert gold_terms(HISTORY, "Since when?", FULL) == ("Ines Vogt runs", "runs Port Ellery")
    assert gold_terms(HISTORY, FULL, FULL) == ()


def test_terms_are_labels_of_the_tokens_of_their_words(tokenizer: Tokenizer) -> None:
    made = term_example(tokenizer, HISTORY, "Since when?", FULL)
    assert made is not None
    assert made.terms is not None
    assert "ines vogt" in tokenizer.decode(made.ids[made.terms == 1].tolist())
    assert set(made.terms[made.types == 1].tolist()) == {UNKNOWN}
    assert term_example(tokenizer, (), "Since when?", FULL) is None


def test_a_follow_up_is_read_alone_or_with_its_terms_and_their_faults(tokenizer: Tokenizer) -> None:
    history = ("When did the mill of Port Ellery open?", "It opened in 1890, said Ines Vogt.")
    row = {"question": "And when did it burn?", "standalone": "When did the mill of Port Ellery burn?"}
    follow = replace(asked(ans=spans(4), **row), history=history, terms=("mill", "Port Ellery"))
    encoder = Encoder(tokenizer, random.Random(1))
    read = {encoder._question(follow).rstrip("?").lower() for _ in range(300)}
    assert row["standalone"].rstrip("?").lower() in read
    behind = {text.partition("? (")[2] for text in read if "? (" in text}
    assert {"mill, port ellery)", "mill)", "port ellery)"} <= behind
    assert any("vogt" in terms for terms in behind)


def test_some_questions_that_stand_alone_are_read_with_words_of_another_conversation(tokenizer: Tokenizer) -> None:
    encoder = Encoder(tokenizer, random.Random(1), {"other": [["Oakham", "ferry"]]})
    read = [encoder._question(asked(ans=spans(1))) for _ in range(300)]
    assert 5 < sum("oakham" in text.lower() for text in read) < 60


def test_the_term_head_sees_questions_that_need_nothing_of_the_conversation(tokenizer: Tokenizer) -> None:
    history = ("When did the mill of Port Ellery open?", "It opened in 1890.")
    row = {
        "kind": "follow",
        "question": "And when did it burn?",
        "standalone": "When did the mill of Port Ellery burn?",
    }
    follow = replace(asked(ans=spans(4), **row), history=history)
    alone = asked(ans=spans(2), question="What did the mill of Port Ellery grind?")
    made = [one.terms for one in Talks([follow, alone]).examples(tokenizer, random.Random(1)) if one.terms is not None]
    meant = [bool((terms == 1).any()) for terms in made]
    assert sorted(meant) == [False, True]
    assert all((terms == 0).any() for terms in made)


def test_fitting_the_term_head_moves_its_row_alone_towards_the_labels() -> None:
    torch.manual_seed(1)
    weights = {"tokens.weight": torch.randn(len(CHANNELS), 8) * 0.1, "tokens.bias": torch.zeros(len(CHANNELS))}
    hidden = torch.randn(400, 8)
    labels = (hidden[:, 0] > 0.5).float()
    made = fitted(weights, hidden, labels)
    scores = hidden @ made["tokens.weight"][TERM] + made["tokens.bias"][TERM]
    assert ((scores > 0) == labels.bool()).float().mean() > 0.95
    others = [place for place in range(len(CHANNELS)) if place != TERM]
    assert torch.equal(made["tokens.weight"][others], weights["tokens.weight"][others])


def test_a_conversation_about_something_else_is_of_whole_turns(tokenizer: Tokenizer) -> None:
    talks, rng = Talks([asked(ans=spans(1)), asked()]), random.Random(1)
    for turns in (talks.other(rng) for _ in range(20)):
        assert len(turns) in (2, 4, 6)
        assert set(turns[1::2]) <= {"It opened in 1890, said Ines Vogt.", "The articles do not say."}


def test_the_sentences_of_a_window_compete_for_the_first_place(tokenizer: Tokenizer) -> None:
    own, other = examples(tokenizer, ans=spans(1))
    batch = collate([own, other])
    assert batch.sizes == [len(own.evidence), len(other.evidence)]
    tokens = torch.zeros(*batch.ids.shape, len(CHANNELS))
    best, worst = tokens.clone(), tokens.clone()
    best[0, own.sentences == 1, CHANNELS.index("evidence")] = 3.0
    worst[0, own.sentences == 2, CHANNELS.index("evidence")] = 3.0
    answers, verdict = torch.zeros(2), torch.zeros(2, len(VERDICTS))
    costs = [losses(one, answers, verdict, batch)["order"].item() for one in (best, tokens, worst)]
    assert costs == sorted(costs)
    assert costs[0] < 0.5 * costs[2]


def test_a_digest_teaches_which_of_its_sentences_to_show(tokenizer: Tokenizer) -> None:
    best = [
        Ranked(one.article_id, one.sentences[at], one.text[slice(*one.spans[at])], one.title)
        for one, at in ((OTHER, 1), (OWN, 4), (OWN, 1))
    ]
    example = Encoder(tokenizer, random.Random(1)).together(asked(ans=spans(1), yn="no"), best)
    assert example is not None
    assert example.evidence[:, 0].tolist() == [0.0, 1.0, 0.0]  # its own article's in their order, behind the best one
    assert example.answers == 1.0
    assert example.verdict == VERDICTS.index("no")
    assert example.start == UNKNOWN  # the windows teach the short answer
    missed = Encoder(tokenizer, random.Random(1)).together(asked(ans=spans(1)), best[:2])
    assert missed is not None
    assert missed.answers == 0.0
