"""Which reader reads, with its calibration and the verifier: the trained one, or the plain one where that is asked for
or the trained one cannot be loaded. Readers without the heads for an answer work with what they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rag.answering.reading.baseline import PlainReader
from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.calibration import Calibration, calibration_for
from rag.models.logits import logit
from rag.schema import Embedder, PassageReader, Reading, SentenceReading, WindowReading
from rag.text.sentences import Span

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
