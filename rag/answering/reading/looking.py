"""A question's look at what was found: the best windows, the surest of them moved, the best sentences side by side.

In: a question and its candidates. Out: every sentence that was read with its probability, best first. The work is a
number of windows, so that the same question on the same library reads the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.answering.query.analysis import Question
from rag.answering.reading.digest import Digest, digest
from rag.answering.reading.freshness import fresh_first
from rag.answering.reading.ranking import ScoredSentence, compared, rank
from rag.answering.reading.readers import Choice
from rag.answering.reading.refusal import allowed, named_first, shut_out
from rag.answering.reading.windows import TextOf, Window, make_windows, shifted
from rag.schema import Candidate, WindowReading
from rag.text.numbers import as_written, figures

SUREST = 3  # windows that are read again: moved, and for each part of a question that asks for several things


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read and what the reader says of it."""

    windows: tuple[Window, ...]
    readings: tuple[WindowReading, ...]
    ranked: tuple[ScoredSentence, ...]  # best first
    digest: Digest | None = None
    whole: WindowReading | None = None  # of the digest; None where it was not read


class Look:
    """Reads the candidates of one question."""

    def __init__(self, question: Question, choice: Choice, today: date, text_of: TextOf, most: int) -> None:
        """`most` windows are read, the digest among them; one window and the digest at the least."""
        self._question, self._choice, self._calibration = question, choice, choice.calibration
        self._today, self._text_of, self._most = today, text_of, most

    def at(self, candidates: Sequence[Candidate]) -> Seen:
        """The best windows of the candidates, the surest of them moved, then the digest."""
        first = max(self._most - 2 * SUREST, (self._most + 1) // 2)
        made = make_windows(fresh_first(candidates, self._today), self._text_of)
        windows = [one for one in made if allowed(one, self._question)][:first]
        held = [one for window in windows for one in figures(window.text)] if self._question.figures else []
        asked = as_written(self._question.wanted, held)
        readings = self._choice.read(asked, windows)
        more = max(0, self._most - first - self._compares)
        again = shifted(surest(self._ranked(windows, readings)))[:more]
        return self._compared(asked, [*windows, *again], [*readings, *self._choice.read(asked, again)])

    def again(self, asked: str, windows: Sequence[Window]) -> Seen:
        """The windows read for another question, such as a part of it."""
        return self._compared(asked, windows, self._choice.read(asked, windows))

    def _compared(self, asked: str, windows: Sequence[Window], readings: Sequence[WindowReading]) -> Seen:
        ranked = self._ranked(windows, readings)
        made = digest(ranked) if self._compares else None
        if made is None:
            return Seen(tuple(windows), tuple(readings), ranked)
        (whole,) = self._choice.read(asked, [made])
        best = named_first(compared(ranked, made, whole, self._calibration), self._question)
        return Seen(tuple(windows), tuple(readings), best, made, whole)

    @property
    def _compares(self) -> bool:
        return self._calibration.together.counts

    def _ranked(self, windows: Sequence[Window], readings: Sequence[WindowReading]) -> tuple[ScoredSentence, ...]:
        ranked = rank(windows, readings, self._calibration, self._today)
        return named_first([one for one in ranked if not shut_out(one, self._question)], self._question)


def surest(ranked: Sequence[ScoredSentence]) -> list[Window]:
    """The windows with the best sentences."""
    return list(dict.fromkeys(one.window for one in ranked))[:SUREST]
