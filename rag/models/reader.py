"""The reader: which sentences of a window answer a question, the short answer or none, who speaks, what it leaves out.

A cross-encoder of 22M parameters trained for this project (see training/ and weights/README.md), run by onnxruntime.
One pass over (question, window of whole sentences) gives everything; the probabilities of an answer are made of it in
`rag/answering/reading/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.forks import RenewedLock
from rag.models.conversation import encode_turns
from rag.models.encoder import length_batches, load_tokenizer, pad
from rag.models.logits import sigmoid
from rag.models.package import package_weights
from rag.models.session import SHARED, Session, checked_graph, fingerprint, make_session
from rag.models.spans import best_span
from rag.models.windows import TokenWindow, Windower
from rag.schema import Reading, SentenceReading, WindowReading
from rag.text.sentences import Span, split_sentences

# Of each token, in the order of the network's output (training/task.py).
START, END, EVIDENCE, NEEDS, FORERUNNER, CORRECTS, SAYS_START, SAYS_END, TERM = range(9)
_BATCH_TOKENS = 2048  # padded tokens in one run

Numbers = NDArray[np.float32]


class Reader(ABC):
    """Reads passages for a question. `Reader.load()` gives the built-in one.

    >>> rag.Reader.load().read("When was it lit?", ["It was lit in 1874."])[0].answerable > 0.5  # doctest: +SKIP
    True
    """

    name: str

    @staticmethod
    def load(name: str = "builtin") -> Reader:
        """The reader called `name`: "builtin", or a Hugging Face extractive QA or cross-encoder checkpoint (name or
        folder)."""
        if name == "builtin":
            return BuiltinReader.shared()
        from rag.models.checkpoints import load_checkpoint

        return load_checkpoint(name)

    @abstractmethod
    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; passages longer than a window are read in several."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """What the network said of one token window."""

    window: TokenWindow
    tokens: Numbers  # [tokens of the passage, heads]
    first: Numbers  # [heads] of the first token, which stands for "none"
    answers: float
    verdict: Numbers


class BuiltinReader(Reader):
    """The trained reader. Thread-safe."""

    name = "reader"
    _lock = RenewedLock()
    _loaded: list[BuiltinReader] = []  # noqa: RUF012

    def __init__(self) -> None:
        shared = {f"encoder.{SHARED}": package_weights()[SHARED]}
        graph = checked_graph("reader.onnx")
        self.fingerprint = fingerprint(graph)
        self._session: Session = make_session(graph, shared)
        self._tokenizer = load_tokenizer(None)

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

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; passages longer than a window are read in several."""
        heads = list(titles) if titles is not None else [""] * len(passages)
        spans = [split_sentences(passage) for passage in passages]
        return [_reading(one) for one in self.read_windows(question, passages, heads, spans)]

    def read_windows(
        self, question: str, texts: Sequence[str], titles: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> list[WindowReading]:
        """What each text says to the question, sentence by sentence; a text that is too long is read in pieces."""
        cut = Windower(self._tokenizer, question).windows(texts, titles, sentences)
        found: list[list[_Scored]] = [[] for _ in texts]
        for one in self._scored([window for own in cut for window in own]):
            found[one.window.passage].append(one)
        return [_window_reading(own, spans) for own, spans in zip(found, sentences, strict=True)]

    def terms(self, turns: Sequence[str], question: str) -> list[list[tuple[int, int, float]]]:
        """For each turn of a conversation its word pieces (start, end) with the probability that the question means
        them, though it does not say so."""
        found: list[list[tuple[int, int, float]]] = [[] for _ in turns]
        made = encode_turns(self._tokenizer, turns, question)
        tokens, _, _ = self._run([made])
        for (turn, start, end), score in zip(made.places, tokens[0][:, TERM].tolist(), strict=True):
            if turn >= 0:
                found[turn].append((start, end, sigmoid(score)))
        return found

    def _scored(self, windows: Sequence[TokenWindow]) -> Iterator[_Scored]:
        """Each window with what the network says of it; batched by length."""
        for rows in length_batches([len(window.ids) for window in windows], _BATCH_TOKENS):
            batch = [windows[row] for row in rows]
            tokens, answers, verdict = self._run(batch)
            for row, window in enumerate(batch):
                own = tokens[row, window.offset : window.offset + len(window.starts)]
                yield _Scored(window, own, tokens[row, 0], float(answers[row]), verdict[row])

    def _run(self, batch: Sequence[TokenWindow] | Sequence[object]) -> tuple[Numbers, Numbers, Numbers]:
        ids, mask, types = pad(batch)  # type: ignore[arg-type]
        tokens, answers, verdict = self._session.run(None, {"ids": ids, "mask": mask, "types": types})
        return tokens, answers, verdict


def _window_reading(found: Sequence[_Scored], spans: Sequence[Span]) -> WindowReading:
    """The pieces of one text as one reading: of a sentence that stands in two pieces, the surer one counts."""
    if not found:
        return WindowReading(answers=-10.0, sentences=())
    best = max(found, key=lambda one: one.answers)
    read: dict[int, SentenceReading] = {}
    for one in found:
        for number in np.unique(one.window.sentences).tolist():
            made = _sentence(one, number, spans[number])
            if number not in read or read[number].evidence < made.evidence:
                read[number] = made
    return WindowReading(
        answers=best.answers,
        sentences=tuple(read[number] for number in sorted(read)),
        verdict=tuple(float(value) for value in best.verdict),
        speaker=_span(best, np.arange(len(best.tokens)), SAYS_START, SAYS_END),
    )


def _sentence(scored: _Scored, number: int, span: Span) -> SentenceReading:
    inside = np.flatnonzero(scored.window.sentences == number)
    means = scored.tokens[inside].mean(axis=0)
    return SentenceReading(
        start=span[0],
        end=span[1],
        evidence=float(means[EVIDENCE]),
        needs=float(means[NEEDS]),
        forerunner=float(means[FORERUNNER]),
        corrects=float(means[CORRECTS]),
        short=_span(scored, inside, START, END),
    )


def _span(scored: _Scored, inside: NDArray[np.int64], start: int, end: int) -> tuple[int, int, float]:
    """The best span of two heads among some tokens: its characters, and its margin over "none"."""
    first, last, score = best_span(scored.tokens[inside, start], scored.tokens[inside, end])
    margin = score - float(scored.first[start] + scored.first[end])
    return int(scored.window.starts[inside[first]]), int(scored.window.ends[inside[last]]), margin


def _reading(read: WindowReading) -> Reading:
    """A window as the plain reading that every reader gives."""
    if not read.sentences:
        return Reading(0.0)
    shorts = [one.short for one in read.sentences if one.short]
    start, end, margin = max(shorts, key=lambda one: one[2])
    none = margin < 0
    return Reading(
        sigmoid(read.answers),
        None if none else start,
        None if none else end,
        tuple((one.start, one.end, round(sigmoid(one.evidence), 4)) for one in read.sentences),
        tuple((first, last, round(sigmoid(value), 4)) for first, last, value in shorts),
    )
