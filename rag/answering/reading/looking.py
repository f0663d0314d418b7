"""What was found is read: a question's look at its windows and their digest, and passages put in order by reading.

In: a question and its candidates. Out: every sentence that was read with its probability, best first; or the
candidates, best first. The work is a number of windows, so that the same question on the same library reads the same on
every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

from rag.answering.query.analysis import Question
from rag.answering.query.rewrite import Rewritten
from rag.answering.reading.ranking import ScoredSentence, compared, fresh_first, rank
from rag.answering.reading.readers import Choice, Text, choose_reader
from rag.answering.reading.refusal import allowed, named_first, shut_out
from rag.answering.reading.windows import Digest, TextOf, Window, digest, make_windows, shifted
from rag.config import Settings
from rag.schema import Candidate, WindowReading
from rag.text.numbers import as_written, figures

if TYPE_CHECKING:
    from rag.library import Library

SUREST = 3  # windows that are read again for each part of a question that asks for several things
# Windows that are read again in two other cuts. With 3 / 1 / 0 the best sentence answers for .83 / .83 / .81 of the
# questions of asks dev, and near-misses are told apart alike with 3 and 1 (AUC .93).
MOVED = 1
RERANKED = 12  # windows read at the least when passages are put in order


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read and what the reader says of it."""

    windows: tuple[Window, ...]
    readings: tuple[WindowReading, ...]
    ranked: tuple[ScoredSentence, ...]  # best first
    digest: Digest | None = None
    whole: WindowReading | None = None  # of the digest; None where it was not read


class Look:
    """Reads the candidates of one question.

    >>> Look(question, choice, today, text_of, most=12).at(candidates).ranked[0].text  # doctest: +SKIP
    'The pier opened in 1890.'
    """

    def __init__(
        self,
        question: Question,
        choice: Choice,
        today: date,
        text_of: TextOf,
        most: int,
        asked: Rewritten | None = None,
    ) -> None:
        """`most` windows are read, the digest among them; one window and the digest at the least. `asked` tells what
        of the question comes from its conversation, and what that has quoted: a follow-up is mostly about the same
        articles."""
        self._asked = asked or Rewritten(question.text)
        self._question, self._choice, self._calibration = question, choice, choice.calibration
        self._today, self._text_of, self._most = today, text_of, most

    def at(self, candidates: Sequence[Candidate]) -> Seen:
        """The best windows of the candidates, the surest of them moved to either side, then the digest."""
        first = max(self._most - 2 * MOVED - self._compares, (self._most + 1) // 2)
        made = make_windows(fresh_first(candidates, self._today), self._text_of)
        windows = [one for one in made if allowed(one, self._question)][:first]
        held = [one for window in windows for one in figures(window.text)] if self._question.figures else []
        forms = [as_written(one, held) for one in self._asked.forms(self._question.wanted)]
        readings = self._read(forms, windows)
        more = max(0, self._most - first - self._compares)
        again = shifted(surest(self._ranked(windows, readings))[:MOVED])[:more]
        return self._compared(forms, [*windows, *again], [*readings, *self._read(forms, again)])

    def again(self, part: str, windows: Sequence[Window]) -> Seen:
        """The windows read for a part of the question."""
        forms = self._asked.forms(self._asked.with_terms(part))
        return self._compared(forms, windows, self._read(forms, windows))

    def _read(self, forms: Sequence[str], texts: Sequence[Text]) -> list[WindowReading]:
        """What each text says to a question that can be read in several forms."""
        readings = [self._choice.read(form, texts) for form in forms]
        return [reduce(both, several) for several in zip(*readings, strict=True)]

    def _compared(self, forms: Sequence[str], windows: Sequence[Window], readings: Sequence[WindowReading]) -> Seen:
        ranked = self._ranked(windows, readings)
        made = digest(ranked) if self._compares else None
        if made is None:
            return Seen(tuple(windows), tuple(readings), ranked)
        (whole,) = self._read(forms, [made])
        best = named_first(compared(ranked, made, whole, self._calibration), self._question)
        return Seen(tuple(windows), tuple(readings), best, made, whole)

    @property
    def _compares(self) -> bool:
        return self._calibration.together.counts

    def _ranked(self, windows: Sequence[Window], readings: Sequence[WindowReading]) -> tuple[ScoredSentence, ...]:
        told = {one.article_id for one in windows if any(quote in one.article for quote in self._asked.quoted)}
        ranked = rank(windows, readings, self._calibration, self._today, told)
        return named_first([one for one in ranked if not shut_out(one, self._question)], self._question)


def both(found: WindowReading, plain: WindowReading) -> WindowReading:
    """One reading out of that of a question with its terms and that of the question as it was typed.

    Terms that are right help, and wrong ones lead astray: read both ways, the best sentence answers for .69 / .58 of
    the follow-ups of asks own_test / dev, with the terms alone for .58 / .50. The window answers as the surer says.
    """
    by_span = {(one.start, one.end): one.evidence for one in plain.sentences}
    sentences = tuple(
        replace(one, evidence=(one.evidence + by_span.get((one.start, one.end), one.evidence)) / 2)
        for one in found.sentences
    )
    return replace(found, answers=max(found.answers, plain.answers), sentences=sentences)


def surest(ranked: Sequence[ScoredSentence]) -> list[Window]:
    """The windows with the best sentences."""
    return list(dict.fromkeys(one.window for one in ranked))[:SUREST]


# --- passages in the order of what was read in them


class Reranker:
    """Puts passages that were found for a question in the order of what the reader finds in them.

    Safe to share between threads. The reader of the settings is loaded at the first question.

    >>> Reranker(library, library.settings)(question, candidates)[0].answerable  # doctest: +SKIP
    0.93
    """

    def __init__(self, library: Library, settings: Settings) -> None:
        self._library, self._settings = library, settings
        self._choice: Callable[[], Choice] = choose_reader(settings.reader, None, lambda: library.embedder)

    def __reduce__(self) -> tuple[type[Reranker], tuple[Library, Settings]]:
        """A copy loads the reader again when it needs it."""
        return Reranker, (self._library, self._settings)

    def __call__(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, best first, each that was read with its `answerable`."""
        most = max(RERANKED, self._settings.reader_windows)
        return reranked(question, candidates, self._choice(), self._text_of, most)

    def _text_of(self, article_id: str) -> str | None:
        article = self._library.article(article_id)
        return article.text if article else None


def reranked(
    question: str,
    candidates: Sequence[Candidate],
    choice: Choice,
    text_of: TextOf,
    windows: int,
    today: date | None = None,
) -> list[Candidate]:
    """The candidates, best first, after reading `windows` windows of them."""
    made = make_windows(candidates, text_of, windows)
    return by_reading(candidates, rank(made, choice.read(question, made), choice.calibration, today))


def by_reading(candidates: Sequence[Candidate], ranked: Sequence[ScoredSentence]) -> list[Candidate]:
    """The candidates, those with the surest sentence first; those in which nothing was read stay in their order."""
    best: dict[str, float] = {}
    for one in ranked:
        middle = (one.span[0] + one.span[1]) // 2
        for candidate in candidates:
            passage = candidate.passage
            if passage.article_id == one.window.article_id and passage.start <= middle < passage.end:
                best[passage.id] = max(best.get(passage.id, 0.0), one.chance)
    read = [replace(one, answerable=best.get(one.passage.id)) for one in candidates]
    return sorted(read, key=lambda one: -(one.answerable or 0.0))
