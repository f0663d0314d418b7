"""What somebody who types into a chat wants: an answer from the articles, a list of them, a summary, help, ...

In: a question in which names of outlets stand as OUTLET and OTHER. Out: the probability of each intent. Logistic
weights over the vector of the built-in sentence encoder and over runs of one to three words; `python -m
training.intents` fits them on one half of benchmarks/intents.tsv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.encoder import shared_encoder
from rag.models.session import WEIGHTS

FILE = WEIGHTS / "intents.npz"
OUTLET, OTHER = "OUTLET", "OTHER"  # stand for the first and the second outlet that a question names
_SPOKEN = {OUTLET: "the newspaper", OTHER: "the magazine"}  # what the encoder reads for them
_TOKEN = re.compile(r"[a-z0-9'’.]*[a-z0-9]|[?%$€£]")
LONGEST = 6  # words, beyond which lengths are alike


@dataclass(frozen=True)
class IntentClassifier:
    """Tells intents apart. Made by `load_intents`.

    >>> load_intents().probabilities("how many articles mention Kenya?")  # doctest: +SKIP
    {'articles': 0.02, 'count': 0.95, ...}
    """

    intents: tuple[str, ...]
    grams: dict[str, int]  # runs of words, and the row of their weights
    encoded: NDArray[np.float32]  # [dimension, intents]
    counted: NDArray[np.float32]  # [grams, intents]
    bias: NDArray[np.float32]  # [intents]
    frame: frozenset[str]  # words of the training phrasings around the topic they ask about

    def opens(self, word: str) -> bool:
        """Whether requests begin with this word ("Summarise", "List"): its capital there makes no name of it."""
        return f"<s> {word.lower()}" in self.grams

    def probabilities(self, question: str) -> dict[str, float]:
        """The probability of each intent; they sum to 1."""
        vector = shared_encoder().encode([spoken(question)])[0]
        found = [self.grams[one] for one in word_runs(question) if one in self.grams]
        values = vector @ self.encoded + self.bias
        if found:
            values = values + self.counted[found].sum(axis=0) / np.sqrt(len(found))
        grown = np.exp(values - values.max())
        return dict(zip(self.intents, (grown / grown.sum()).tolist(), strict=True))


@lru_cache(maxsize=1)
def load_intents(file: Path = FILE) -> IntentClassifier:
    """The trained classifier; its weights are read once, the encoder loads at the first question."""
    with np.load(file) as kept:
        return IntentClassifier(
            intents=tuple(map(str, kept["intents"])),
            grams={str(gram): row for row, gram in enumerate(kept["grams"])},
            encoded=kept["encoded"].astype(np.float32),
            counted=kept["counted"].astype(np.float32),
            bias=kept["bias"].astype(np.float32),
            frame=frozenset(map(str, kept["frame"])),
        )


def spoken(question: str) -> str:
    """The question as the encoder reads it: placeholders are common nouns."""
    return re.sub(rf"\b(?:{OUTLET}|{OTHER})\b", lambda found: _SPOKEN[found.group()], question)


def tokens(question: str) -> list[str]:
    """Lower-case words, figures and the signs that tell something, in order."""
    return _TOKEN.findall(question.lower().replace("’", "'"))


def word_runs(question: str) -> set[str]:
    """Runs of one to three tokens, with the ends of the question, and how long it is."""
    said = tokens(question)
    row = ["<s>", *said, "</s>"]
    runs = {" ".join(row[at : at + size]) for size in (1, 2, 3) for at in range(len(row) - size + 1)}
    return runs | {f"length {min(len(said) // 2, LONGEST)}"}
