"""Fit the weights that tell intents apart: `python -m training.intents [--asks FOLDER]`.

One half of benchmarks/intents.tsv is trained on, by a hash of the phrasing; `python -m benchmarks.intents` measures on
the other. Phrasings get each other's topics, so that a topic is no sign of an intent. `--asks` adds ordinary questions
about articles (folder of questions with their kinds, see benchmarks/datasets.py), none of which may be taken for more.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.models.encoder import shared_encoder
from rag.models.intents import FILE, spoken, tokens, word_runs

PHRASINGS = Path(__file__).resolve().parent.parent / "benchmarks" / "intents.tsv"
BORROWED = 6  # topics of others that a phrasing is trained with
ORDINARY = 500  # questions about articles
SMOOTHING = 10.0  # inverse strength of the penalty: 3, 10 and 30 measured within a point of each other
SEED = 7
SELDOM = 2  # runs of words in fewer examples are left out
UNTAKEN = frozenset({"keyword", "explain"})  # kinds of ordinary questions that look like something else


class Phrasing(NamedTuple):
    """One line of the file."""

    intent: str
    topic: str
    question: str

    @property
    def kept_apart(self) -> bool:
        """Whether it is for measuring."""
        return hashlib.sha256(self.question.encode()).digest()[0] % 2 == 1


class Example(NamedTuple):
    """A question to train on."""

    question: str
    intent: str
    weight: float


def read_phrasings(file: Path = PHRASINGS) -> list[Phrasing]:
    """All phrasings."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Phrasing(row["intent"], row["topic"], row["question"]) for row in rows]


def examples(phrasings: Sequence[Phrasing], ordinary: Sequence[str], chance: random.Random) -> list[Example]:
    """The phrasings with their own topics and with others', and ordinary questions."""
    topics = [one.topic for one in phrasings if one.topic and one.intent != "keywords"]
    made = [Example(one.question, one.intent, 1.0) for one in phrasings]
    for one in phrasings:
        if one.topic and one.intent != "keywords" and one.topic in one.question:
            others = chance.sample(topics, BORROWED)
            made += [Example(one.question.replace(one.topic, other), one.intent, 0.4) for other in others]
    return made + [Example(question, "content", 0.5) for question in ordinary]


def frame_words(phrasings: Sequence[Phrasing]) -> list[str]:
    """The words around the topics."""
    asked = [one for one in phrasings if one.intent not in ("content", "keywords")]
    return sorted({word for one in asked for word in tokens(one.question.replace(one.topic, " "))})


def ordinary_questions(folder: Path, chance: random.Random) -> list[str]:
    """Questions about articles, as people ask them."""
    with gzip.open(folder / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    asked = [str(row["question"]) for row in rows if row["kind"] not in UNTAKEN]
    return chance.sample(asked, ORDINARY)


def fit(made: Sequence[Example], frame: Sequence[str], file: Path) -> None:
    """Fit and write the weights."""
    runs = [word_runs(one.question) for one in made]
    often = Counter(run for one in runs for run in one)
    grams = sorted(run for run, count in often.items() if count >= SELDOM)
    rows = {gram: row for row, gram in enumerate(grams)}
    counted = np.zeros((len(made), len(grams)), dtype=np.float32)
    for row, one in enumerate(runs):
        found = [rows[run] for run in one if run in rows]
        counted[row, found] = 1 / np.sqrt(max(1, len(found)))
    encoded = shared_encoder().encode([spoken(one.question) for one in made])
    model = LogisticRegression(C=SMOOTHING, max_iter=3000)
    weights = [one.weight for one in made]
    model.fit(np.hstack([encoded, counted]), [one.intent for one in made], sample_weight=weights)
    split = encoded.shape[1]
    np.savez_compressed(
        file,
        intents=np.array(model.classes_, dtype=str),
        grams=np.array(grams, dtype=str),
        encoded=model.coef_[:, :split].T.astype(np.float16),
        counted=model.coef_[:, split:].T.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
        frame=np.array(frame, dtype=str),
    )


def main() -> None:
    """Fit on the half that is for training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=Path, help="folder with train.jsonl.gz: ordinary questions about articles")
    parser.add_argument("--to", type=Path, default=FILE)
    given = parser.parse_args()
    chance = random.Random(SEED)
    phrasings = [one for one in read_phrasings() if not one.kept_apart]
    ordinary = ordinary_questions(given.asks, chance) if given.asks else []
    fit(examples(phrasings, ordinary, chance), frame_words(phrasings), given.to)


if __name__ == "__main__":
    main()
