"""The verifier: whether passages say what a statement states, and answer the questions that its parts answer.

The reader of the first release, kept for this task: a cross-encoder of 22M parameters trained on SQuAD and on
statements made from it (see training/ and weights/README.md), run by onnxruntime.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.encoder import length_batches, load_tokenizer, pad
from rag.models.logits import sigmoid
from rag.models.package import package_weights
from rag.models.session import HINT, SHARED, WEIGHTS, Session, checked_graph, make_session
from rag.models.spans import best_span
from rag.models.windows import MAX_STATEMENT, TokenWindow, Windower

_BATCH_TOKENS = 1536  # padded tokens in one run
_LONGEST = 256  # word pieces of a window: its training saw up to 288


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic weights that turn what the network says of a window into a probability that it answers."""

    answerable: float = 1.0
    margin: float = 0.0
    bias: float = 0.0


class Verifier:
    """Judges statements against passages. Thread-safe.

    >>> Verifier.shared().support("It was lit in 1874.", ["They lit the lamp in 1874."])[0] > 0.5  # doctest: +SKIP
    True
    """

    _lock = RenewedLock()
    _loaded: list[Verifier] = []  # noqa: RUF012

    def __init__(self) -> None:
        shared = {f"encoder.{SHARED}": package_weights()[SHARED]}
        self._session: Session = make_session(checked_graph("verifier.onnx"), shared)
        self._tokenizer = load_tokenizer(None)
        self.calibration = _calibration()

    @classmethod
    def shared(cls) -> Verifier:
        """The one verifier of this process, loaded at the first call."""
        with cls._lock:
            if not cls._loaded:
                cls._loaded.append(cls())
            return cls._loaded[0]

    def __reduce__(self) -> tuple[Callable[[], Verifier], tuple[()]]:
        """A copy is the one verifier of the process that unpacks it."""
        return Verifier.shared, ()

    def support(self, statement: str, passages: Sequence[str]) -> list[float]:
        """Probability, for each passage, that it says what `statement` states; of its windows the best counts."""
        windows = self.windows(statement, passages)
        scored = self._scored([window for own in windows for window in own])
        return _surest(len(passages), ((window.passage, support) for window, _, _, support in scored))

    def answerable(self, questions: Sequence[str], passage: str) -> list[float]:
        """Probability, for each question, that the passage answers it; questions may be as long as statements."""
        asked: list[TokenWindow] = []
        for number, question in enumerate(questions):
            (own,) = self.windows(question, [passage])
            asked += [replace(window, passage=number) for window in own]
        scored = self._scored(asked)
        return _surest(
            len(questions), ((one.passage, self._answers(one, tokens, whole)) for one, tokens, whole, _ in scored)
        )

    def windows(self, statement: str, passages: Sequence[str]) -> list[list[TokenWindow]]:
        """The passages cut into what the network sees at once."""
        windower = Windower(self._tokenizer, statement, MAX_STATEMENT, _LONGEST)
        return windower.windows(passages, [""] * len(passages))

    def _scored(
        self, windows: Sequence[TokenWindow]
    ) -> Iterator[tuple[TokenWindow, NDArray[np.float32], float, float]]:
        """Each window with its token scores, answerable and support logits; batched by length."""
        for rows in length_batches([len(window.ids) for window in windows], _BATCH_TOKENS):
            batch = [windows[row] for row in rows]
            ids, mask, types = pad(batch)
            tokens, answerable, support = self._session.run(None, {"ids": ids, "mask": mask, "types": types})
            for row, window in enumerate(batch):
                yield window, tokens[row], float(answerable[row]), float(support[row])

    def parts(self, window: TokenWindow) -> tuple[float, float]:
        """The answerable logit of a window, and the margin of its best span over none: what is calibrated."""
        ((_, tokens, whole, _),) = self._scored([window])
        return whole, _margin(window, tokens)

    def _answers(self, window: TokenWindow, tokens: NDArray[np.float32], whole: float) -> float:
        """The calibrated logit that a window answers."""
        weights = self.calibration
        return whole * weights.answerable + _margin(window, tokens) * weights.margin + weights.bias


def _margin(window: TokenWindow, scores: NDArray[np.float32]) -> float:
    """The best span inside one sentence against none."""
    own = scores[window.offset : window.offset + len(window.starts)]
    best = max(
        best_span(own[inside, 0], own[inside, 1])[2]
        for number in np.unique(window.sentences)
        for inside in (np.flatnonzero(window.sentences == number),)
    )
    return best - float(scores[0, 0] + scores[0, 1])


def _surest(count: int, logits: Iterable[tuple[int, float]]) -> list[float]:
    """The highest probability for each number below `count`; 0 where no window was read."""
    chances = [0.0] * count
    for number, logit in logits:
        chances[number] = max(chances[number], sigmoid(logit))
    return chances


def _calibration() -> Calibration:
    try:
        held = json.loads((WEIGHTS / "calibration.json").read_text(encoding="utf-8"))
        return Calibration(**held["verifier"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"The verifier's calibration cannot be read: {error}.", HINT) from error


class LazyVerifier:
    """The verifier, loaded when it is first asked: answers in the articles' own words need none."""

    def support(self, statement: str, passages: Sequence[str]) -> list[float]:
        """As `Verifier.support`."""
        return Verifier.shared().support(statement, passages)

    def answerable(self, questions: Sequence[str], passage: str) -> list[float]:
        """As `Verifier.answerable`."""
        return Verifier.shared().answerable(questions, passage)
