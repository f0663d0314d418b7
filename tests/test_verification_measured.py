"""The verification keeps what it reaches: real statements, the real reader; and what its calibration takes off."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.falsified import KINDS, collection
from benchmarks.verification import WRITTEN, is_marked, support, written
from rag.answering.verification.facts import LONG_ENOUGH, is_caseless
from rag.answering.verification.verifier import verified
from rag.models.verifier import Verifier
from training.verification import quantile_regression

CORPUS = Path("corpus")
# Reached: .88 and .61 of written.tsv; 1.00, and .98, .96, .94, .96, 1.00 of all falsified statements. The floors leave
# room for another processor's arithmetic, and for the sample.
TRUE_VERIFIED, WRONG_MARKED = 0.85, 0.57
CAUGHT = {"number": 0.92, "name": 0.9, "negation": 0.85, "speaker": 0.88, "source": 0.97}
SAMPLE = 60


def test_sentences_as_a_chat_model_words_them_are_told_apart() -> None:
    reader = Verifier.shared()
    found = [(row.supported, verified(support(row, reader))) for row in written(CORPUS)]
    true = [sure for supported, sure in found if supported]
    wrong = [sure for supported, sure in found if not supported]
    assert np.mean(true) >= TRUE_VERIFIED
    assert np.mean(wrong) <= 1 - WRONG_MARKED


def test_falsified_statements_are_caught_and_true_ones_let_through() -> None:
    reader = Verifier.shared()
    rows = collection(CORPUS)
    random.Random(3).shuffle(rows)
    shares = {
        kind: float(np.mean([is_marked(row, reader) for row in [one for one in rows if one.kind == kind][:SAMPLE]]))
        for kind in ("true", *KINDS)
    }
    assert shares["true"] <= 0.05
    assert {kind: share for kind, share in shares.items() if share < CAUGHT.get(kind, 0.0)} == {}


def test_the_written_sentences_are_about_demo_articles_and_half_of_them_wrong() -> None:
    lines = [line.split("\t") for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    assert {name for name, _, _ in lines} <= {path.stem for path in CORPUS.glob("*.md")}
    kinds = Counter(kind for _, kind, _ in lines)
    assert set(kinds) == {"true", "false"}
    assert min(kinds.values()) > 0.4 * len(lines)
    assert len({text for _, _, text in lines}) == len(lines)


@pytest.mark.parametrize(
    ("text", "caseless"),
    [
        ("the pier was torn down. Nobody knows why. " * 10, True),
        ("the pier of Port Ellery was torn down. " * 10, False),
        ("the pier was torn down."[:LONG_ENOUGH], False),  # too short to tell
    ],
)
def test_a_text_is_caseless_when_no_word_inside_a_sentence_has_a_capital(text: str, caseless: bool) -> None:
    assert is_caseless(text) is caseless


def test_quantile_regression_finds_what_a_share_lies_under_whatever_the_inputs() -> None:
    draw = np.random.default_rng(1)
    inputs = draw.uniform(0, 2, size=(600, 1))
    values = 3 - 2 * inputs[:, 0] + draw.exponential(1.0, size=600) * (1 + inputs[:, 0])
    level, slope = quantile_regression(inputs, values, 0.25)
    under = values < level + slope * inputs[:, 0]
    assert abs(under.mean() - 0.25) < 0.01
    assert abs(under[inputs[:, 0] < 1].mean() - under[inputs[:, 0] >= 1].mean()) < 0.08
