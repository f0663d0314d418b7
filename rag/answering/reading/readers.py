"""Which reader reads, with its calibration and the verifier: the trained one, or the plain one where that is asked for
or the trained one cannot be loaded. Readers without the heads for an answer work with what they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.calibration import Calibration, calibration_for
from rag.models.logits import logit, sigmoid
from rag.schema import Embedder, PassageReader, Reading, SentenceReading, WindowReading
from rag.text.sentences import Span, split_sentences
from rag.text.words import stems

PLAIN = "none"  # the setting that asks for the plain reader


class Text(Protocol):
    """What is read at once."""

    @property
    def text(self) -> str:
        """The words."""
        ...

    @property
    def title(self) -> str:
        """Of its article."""
        ...

    @property
    def spans(self) -> tuple[Span, ...]:
        """Its sentences."""
        ...


@runtime_checkable
class WindowReader(Protocol):
    """A reader with heads for sentences, short answers and speakers."""

    def read_windows(
        self, question: str, texts: Sequence[str], titles: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> list[WindowReading]:
        """What each text says to the question."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A reader, its calibration, what judges statements, and what an answer must say about them."""

    reader: PassageReader
    calibration: Calibration
    verifier: object = None
    notes: tuple[str, ...] = ()

    def read(self, question: str, texts: Sequence[Text]) -> list[WindowReading]:
        """What each text, a window or a digest, says to the question."""
        if not texts:
            return []
        words, titles = [one.text for one in texts], [one.title for one in texts]
        if isinstance(self.reader, WindowReader):
            return self.reader.read_windows(question, words, titles, [one.spans for one in texts])
        readings = self.reader.read(question, words, titles=titles)
        return [_with_logits(one) for one in readings]


def choose_reader(name: str, given: PassageReader | None, embedder: Callable[[], Embedder]) -> Callable[[], Choice]:
    """A function that gives the reader; it is loaded at the first call, once, whatever number of threads ask."""
    lock = RenewedLock()
    made: list[Choice] = []

    def choice() -> Choice:
        with lock:
            if not made:
                made.append(_choice(given, ()) if given is not None else _load(name, embedder))
            return made[0]

    return choice


def _load(name: str, embedder: Callable[[], Embedder]) -> Choice:
    if name == PLAIN:
        return _choice(PlainReader(embedder()), ())
    try:
        from rag.models.reader import Reader

        return _choice(Reader.load(name), ())
    except (ModelError, ImportError) as error:
        reason = f"The trained reader could not be loaded ({error}); sentences were chosen by the plain selector."
        return _choice(PlainReader(embedder()), (reason,))


def _choice(reader: PassageReader, notes: tuple[str, ...]) -> Choice:
    """The reader with its calibration; one that was never calibrated is noted."""
    calibration = calibration_for(getattr(reader, "fingerprint", reader.name))
    if not calibration.fitted:
        notes = (*notes, f"The reader “{reader.name}” has no calibration: confidence is a rough guess.")
    return Choice(reader, calibration, _verifier() if isinstance(reader, WindowReader) else None, notes)


def _verifier() -> object:
    """The trained judge of statements, loaded when it is first asked; None where its weights are missing."""
    from rag.models.verifier import LazyVerifier

    return LazyVerifier()


def _with_logits(reading: Reading) -> WindowReading:
    """A plain reading as that of a window: of the heads that the reader lacks, nothing is said."""
    shorts = {one[:2]: one for one in reading.shorts}
    sentences = []
    for start, end, score in reading.sentences:
        short = next((one for span, one in shorts.items() if start <= span[0] < end), None)
        if short is None and reading.start is not None and reading.end is not None and start <= reading.start < end:
            short = (reading.start, min(reading.end, end), reading.answerable)
        margin = (short[0], short[1], logit(short[2])) if short else None
        sentences.append(SentenceReading(start, end, logit(score), short=margin))
    return WindowReading(logit(reading.answerable), tuple(sentences))


# --- the plain reader

MAX_EMBEDDED = 32  # sentences embedded a call: 32 cost about 80 ms on two cores; the others are judged by words alone
UNSEEN_SIMILARITY = 0.25  # what a sentence that was not embedded is taken to have: the median over news questions

# Logistic weights (bias, best similarity, best coverage) of "this passage answers": AUC .986 on news.
_BIAS, _SIMILARITY, _COVERAGE = -6.0, 6.0, 4.5


class PlainReader:
    """Scores sentences by embedding similarity and shared words.

    >>> PlainReader(embedder).read("When was it lit?", ["It was lit in 1874."])[0].answerable  # doctest: +SKIP
    """

    name = "plain"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, passages: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Reading]:
        """One reading a passage, in the same order; no short answers."""
        asked = frozenset(stems(question))
        heads = list(titles) if titles is not None else [""] * len(passages)
        spans = [split_sentences(passage) for passage in passages]
        around = [_coverage(asked, f"{head}\n{passage}") for head, passage in zip(heads, passages, strict=True)]
        words = [
            [0.75 * _coverage(asked, passage[slice(*span)]) + 0.25 * whole for span in own]
            for passage, own, whole in zip(passages, spans, around, strict=True)
        ]
        similar = self._similarities(question, passages, spans, words)
        return [
            _reading(own, whole, score, near)
            for own, whole, score, near in zip(spans, around, words, similar, strict=True)
        ]

    def _similarities(
        self, question: str, passages: Sequence[str], spans: Sequence[tuple[Span, ...]], words: Sequence[list[float]]
    ) -> list[list[float]]:
        """Cosine of question and sentence for the sentences that look best by words, the median for the rest."""
        ranked = sorted(
            (
                (score - 0.01 * place, place, number)
                for place, own in enumerate(words)
                for number, score in enumerate(own)
            ),
            reverse=True,
        )[:MAX_EMBEDDED]
        similar = [[UNSEEN_SIMILARITY] * len(own) for own in spans]
        if ranked:
            texts = [passages[place][slice(*spans[place][number])] for _, place, number in ranked]
            cosines = self._embedder.embed_passages(texts) @ self._embedder.embed_query(question)
            for (_, place, number), cosine in zip(ranked, cosines.tolist(), strict=True):
                similar[place][number] = float(cosine)
        return similar


def _coverage(asked: frozenset[str], text: str) -> float:
    """Share of the question's stems that a text holds; 1.0 for a question without any."""
    return len(asked & frozenset(stems(text))) / len(asked) if asked else 1.0


def _reading(spans: tuple[Span, ...], around: float, words: list[float], similar: list[float]) -> Reading:
    scored = tuple(
        (*span, round(min(1.0, 0.5 * max(0.0, near) + 0.45 * word), 4))
        for span, word, near in zip(spans, words, similar, strict=True)
    )
    if not scored:
        return Reading(0.0)
    return Reading(sigmoid(_BIAS + _SIMILARITY * max(similar) + _COVERAGE * around), sentences=scored)
