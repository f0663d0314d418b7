"""The reader: finds the short answer, scores the sentences and says whether a passage answers a question at all.

A cross-encoder of 22M parameters trained for this project (see training/ and weights/README.md), run by onnxruntime.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.encoder import length_batches, load_tokenizer, pad
from rag.models.package import package_weights
from rag.models.session import WEIGHTS, Session, make_session
from rag.models.windows import MAX_STATEMENT, TokenWindow, Windower
from rag.schema import Reading
from rag.text.sentences import split_sentences

MAX_ANSWER_TOKENS = 30  # 99 % of the answers in the training data are shorter
_BATCH_TOKENS = 1536  # padded tokens in one run: small enough to stop within the budget, large enough for full speed
_SHARED = "embeddings.word_embeddings.weight"
MEND = "Install article-chat again, or set RAG_READER=none to answer with the plain sentence selector."


class Reader(ABC):
    """Reads passages for a question. `Reader.load()` gives the built-in one."""

    name: str

    @staticmethod
    def load(name: str = "builtin") -> Reader:
        """The reader called `name`: "builtin", or a Hugging Face extractive QA or cross-encoder checkpoint (name or
        folder)."""
        if name == "builtin":
            return BuiltinReader.shared()
        from rag.models.checkpoints import load_checkpoint

        return load_checkpoint(name)

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; passages longer than a window are read in several."""
        readings = self.read_within(question, passages, titles=titles)
        return [reading if reading is not None else Reading(0.0) for reading in readings]

    def support(self, statement: str, passages: Sequence[str]) -> list[float]:
        """Probability, for each passage, that it says what `statement` states.

        Readers without a head for it give their probability that the passage answers.
        """
        return [reading.answerable for reading in self.read(statement, passages)]

    def answerable(self, questions: Sequence[str], passage: str) -> list[float]:
        """Probability, for each question, that the passage answers it."""
        return [self.read(question, [passage])[0].answerable for question in questions]

    @abstractmethod
    def read_within(
        self,
        question: str,
        passages: Sequence[str],
        *,
        titles: Sequence[str] | None = None,
        budget_ms: float | None = None,
    ) -> list[Reading | None]:
        """As `read`, but stops when the budget is spent; passages are read in the order given, None marks those left
        unread."""


class BuiltinReader(Reader):
    """The trained reader. Thread-safe."""

    name = "reader"
    _lock = RenewedLock()
    _loaded: list[BuiltinReader] = []  # noqa: RUF012

    def __init__(self) -> None:
        self._session: Session = make_session(_checked_graph(), {f"encoder.{_SHARED}": package_weights()[_SHARED]})
        self._tokenizer = load_tokenizer(None)
        self.calibration = _calibration()
        self._speed = 20.0  # tokens per millisecond, corrected with each run

    @classmethod
    def shared(cls) -> BuiltinReader:
        """The one reader of this process, loaded at the first call."""
        with cls._lock:
            if not cls._loaded:
                cls._loaded.append(cls())
            return cls._loaded[0]

    def __reduce__(self) -> tuple[Callable[[], BuiltinReader], tuple[()]]:
        """A copy is the one reader of the process that unpacks it."""
        return BuiltinReader.shared, ()

    def read_within(
        self,
        question: str,
        passages: Sequence[str],
        *,
        titles: Sequence[str] | None = None,
        budget_ms: float | None = None,
    ) -> list[Reading | None]:
        """As `read`, but stops when the budget is spent; None marks passages left unread. The first batch is always
        read."""
        stop = None if budget_ms is None else time.monotonic() + budget_ms / 1000
        heads = list(titles) if titles is not None else [""] * len(passages)
        windows = Windower(self._tokenizer, question).windows(passages, heads)
        readings: list[Reading | None] = [None if own else Reading(0.0) for own in windows]
        for group in _groups(windows):
            tokens = sum(len(window.ids) for number in group for window in windows[number])
            if stop is not None and group[0] > 0 and time.monotonic() + tokens / self._speed / 1000 > stop:
                break
            found = self._run([window for number in group for window in windows[number]])
            for number in group:
                readings[number] = _reading(passages[number], [one for one in found if one.window.passage == number])
        return readings

    def support(self, statement: str, passages: Sequence[str]) -> list[float]:
        """Probability, for each passage, that it says what `statement` states; of its windows the best counts."""
        windows = Windower(self._tokenizer, statement, MAX_STATEMENT).windows(passages, [""] * len(passages))
        scored = self._scored([window for own in windows for window in own])
        return _surest(len(passages), ((window.passage, support) for window, _, _, support in scored))

    def answerable(self, questions: Sequence[str], passage: str) -> list[float]:
        """Probability, for each question, that the passage answers it; questions may be as long as statements."""
        asked: list[TokenWindow] = []
        for number, question in enumerate(questions):
            (own,) = Windower(self._tokenizer, question, MAX_STATEMENT).windows([passage], [""])
            asked += [replace(window, passage=number) for window in own]
        return _surest(len(questions), ((found.window.passage, found.logit) for found in self._run(asked)))

    def _run(self, windows: Sequence[TokenWindow]) -> list[_Found]:
        """What the windows gave for a question."""
        return [self._decode(window, tokens, whole) for window, tokens, whole, _ in self._scored(windows)]

    def _scored(
        self, windows: Sequence[TokenWindow]
    ) -> Iterator[tuple[TokenWindow, NDArray[np.float32], float, float]]:
        """Each window with its token scores, answerable and support logits; batched by length."""
        for rows in length_batches([len(window.ids) for window in windows], _BATCH_TOKENS):
            batch = [windows[row] for row in rows]
            started = time.monotonic()
            ids, mask, types = pad(batch)
            tokens, answerable, support = self._session.run(None, {"ids": ids, "mask": mask, "types": types})
            speed = ids.size / max(1e-6, (time.monotonic() - started) * 1000)
            self._speed += 0.2 * (speed - self._speed)
            for row, window in enumerate(batch):
                yield window, tokens[row], float(answerable[row]), float(support[row])

    def _decode(self, window: TokenWindow, scores: NDArray[np.float32], whole: float) -> _Found:
        size = len(window.starts)
        own = scores[window.offset : window.offset + size]
        none = float(scores[0, 0] + scores[0, 1])
        shorts = {}
        for sentence in np.unique(window.sentences):
            inside = np.flatnonzero(window.sentences == sentence)
            first, last, best = best_span(own[inside, 0], own[inside, 1])
            shorts[int(sentence)] = int(inside[first]), int(inside[last]), best - none
        first, last, margin = max(shorts.values(), key=lambda one: one[2])
        logit = whole * self.calibration.answerable + margin * self.calibration.margin + self.calibration.bias
        return _Found(window, first, last, own[:, 2], whole, margin, logit, shorts)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic weights that turn what the network says of a window into a probability."""

    answerable: float = 1.0
    margin: float = 0.0
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    """What one window gave."""

    window: TokenWindow
    first: int  # tokens of the best span, counted in the passage's part
    last: int
    evidence: NDArray[np.float32]  # logit of each token that its sentence answers
    whole: float  # logit of the answerable head
    margin: float  # best span against "none"
    logit: float  # of "this window answers", calibrated
    shorts: dict[int, tuple[int, int, float]]  # by sentence: the best span in it, and its margin


def _surest(count: int, logits: Iterable[tuple[int, float]]) -> list[float]:
    """The highest probability for each number below `count`; 0 where no window was read."""
    chances = [0.0] * count
    for number, logit in logits:
        chances[number] = max(chances[number], logistic(logit))
    return chances


def _reading(passage: str, found: Sequence[_Found]) -> Reading:
    """The windows of one passage as one reading: its surest window answers; a sentence has its best score."""
    best = max(found, key=lambda one: one.logit)
    spans = split_sentences(passage)
    scores = np.full(len(spans), -np.inf)
    shorts: list[tuple[int, int, float]] = [(*span, -np.inf) for span in spans]
    for one in found:
        sums = np.bincount(one.window.sentences, weights=one.evidence, minlength=len(spans))
        sizes = np.bincount(one.window.sentences, minlength=len(spans))
        seen = sizes > 0
        scores[seen] = np.maximum(scores[seen], sums[seen] / sizes[seen])
        for number, (first, last, margin) in one.shorts.items():
            if margin > shorts[number][2]:
                shorts[number] = int(one.window.starts[first]), int(one.window.ends[last]), margin
    start, end = int(best.window.starts[best.first]), int(best.window.ends[best.last])
    sentences = tuple((*span, round(logistic(score), 4)) for span, score in zip(spans, scores, strict=True))
    sure = tuple((first, last, round(logistic(margin), 4)) for first, last, margin in shorts)
    return Reading(logistic(best.logit), start, end, sentences, sure)


def best_span(start: NDArray[np.float32], end: NDArray[np.float32]) -> tuple[int, int, float]:
    """First and last token of the best span of at most MAX_ANSWER_TOKENS, and its score."""
    size = len(start)
    total = start[:, None] + end[None, :]
    reach = np.arange(size)[None, :] - np.arange(size)[:, None]
    total = np.where((reach >= 0) & (reach < MAX_ANSWER_TOKENS), total, -np.inf)
    first, last = divmod(int(total.argmax()), size)
    return first, last, float(total[first, last])


def _groups(windows: Sequence[Sequence[TokenWindow]]) -> list[list[int]]:
    """Passage numbers in order, grouped to about one run each."""
    groups: list[list[int]] = []
    size = _BATCH_TOKENS
    for number, own in enumerate(windows):
        tokens = sum(len(window.ids) for window in own)
        if not own:
            continue
        if size + tokens > _BATCH_TOKENS:
            groups.append([])
            size = 0
        groups[-1].append(number)
        size += tokens
    return groups


def _checked_graph() -> Path:
    """The reader's file, after a look at its checksum."""
    file = WEIGHTS / "reader.onnx"
    try:
        expected = json.loads((WEIGHTS / "sha256.json").read_text(encoding="utf-8"))[file.name]
        found = sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The reader's weights cannot be read: {error}.", MEND) from error
    if found != expected:
        raise ModelError(f"The reader's weights in {file} are damaged.", MEND)
    return file


def _calibration() -> Calibration:
    try:
        return Calibration(**json.loads((WEIGHTS / "calibration.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"The reader's calibration cannot be read: {error}.", MEND) from error


def logistic(value: float) -> float:
    """Probability of a logit."""
    return float(1.0 / (1.0 + np.exp(-np.clip(value, -50, 50))))
