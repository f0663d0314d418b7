"""One question on its way: made stand-alone, searched, read, answered and cited, with events for whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from time import perf_counter

from rag.answering.citations import cited, marked, number, told
from rag.answering.extractive.answer import Draft, closest, corrections, differences, draft, found
from rag.answering.generative.chat_models import Model
from rag.answering.generative.standalone import rewrite
from rag.answering.generative.writer import Found, Writer
from rag.answering.query.analysis import Question, analyse, asks_yes_no, named_figures
from rag.answering.query.rewrite import Rewritten
from rag.answering.query.time_filter import read_period, within, without
from rag.answering.reading.looking import Look, Seen, by_reading, surest
from rag.answering.reading.ranking import ScoredSentence
from rag.answering.reading.readers import Choice
from rag.answering.reading.refusal import (
    REFUSAL,
    confidence,
    holds_phrases,
    missing_terms,
    refusal_text,
    signals,
)
from rag.config import Settings
from rag.library import Library
from rag.schema import (
    Answer,
    Candidate,
    Done,
    Event,
    Filters,
    Period,
    Retrieved,
    Searching,
    Turn,
)
from rag.text.dates import day_in_words
from rag.tracing import UNTRACED, Span

CANDIDATES = 24  # retrieved for a question: hit@24 is within a point of hit@50 on news


@dataclass(frozen=True, slots=True)
class Read:
    """What was found for a question and what the reader says of it."""

    question: Question
    candidates: tuple[Candidate, ...]
    seen: Seen
    confidence: float
    missing: tuple[str, ...]  # names of the question that no article holds
    unsaid: tuple[str, ...] = ()  # parts of the question that nothing answers

    @property
    def ranked(self) -> tuple[ScoredSentence, ...]:
        """Every sentence that was read, best first."""
        return self.seen.ranked


class Pipeline:
    """One question. `events` gives the answer step by step; the last event is `Done`.

    >>> pipeline = Pipeline(library, choice, settings, Filters(), today)  # doctest: +SKIP
    >>> *_, done = pipeline.events("When did it open?", ())  # doctest: +SKIP
    >>> done.answer.text  # doctest: +SKIP
    'The pier opened in 1890. [1]'
    """

    def __init__(
        self,
        library: Library,
        choice: Choice,
        settings: Settings,
        filters: Filters,
        today: date,
        periods: bool = True,
        model: Model | None = None,
        span: Span = UNTRACED,
        otherwise: Callable[[], Answer | None] | None = None,
    ) -> None:
        """`today` is the day of the question: what "last week" counts from, and how fresh an article is. Without
        `periods`, times named in the question are left to the search's words. With a `model`, it writes the answer;
        else the articles' own sentences are the answer. Each step is a step of `span`. `otherwise` gives what is said
        in place of a refusal, or None."""
        self._library, self._settings, self._filters = library, settings, filters
        self._today, self._wants_periods = today, periods
        self._choice = choice
        self._calibration = choice.calibration
        self._notes = [*choice.notes, *_as_on_note(filters, today)]
        self._texts: dict[str, str | None] = {}
        self._timings: dict[str, float] = {}
        self._found: dict[tuple[str, Period | None], tuple[Candidate, ...]] = {}
        self._model, self._span, self._otherwise = model, span, otherwise
        self._writer = Writer(model, settings, choice.verifier, self._text_of) if model else None

    def events(self, question: str, turns: Sequence[Turn]) -> Generator[Event, None, None]:
        """The events of answering `question` after `turns`."""
        with self._timed("follow-up"):
            asked = yield from rewrite(question, turns, self._model, self._choice.reader)
        self._notes += [asked.note] if asked.note else []
        yield Searching(asked.question)
        for period in self._periods(asked.question):
            wanted = replace(analyse(without(asked.question, period)), figures=named_figures(question))
            with self._timed("retrieve") as step:
                candidates = self._candidates(wanted, asked, period)
                step.note({"article_chat.candidates": len(candidates)})
            yield Retrieved(candidates, found(asked.question, candidates))
            read = self.read(wanted, asked, candidates)
            if read.confidence >= self._refuse_below:
                break
        answer = replace(self._assemble(asked.question, read), period=period)
        if self._otherwise and not answer.answered and (other := self._otherwise()):
            notes = tuple(dict.fromkeys([*answer.notes, *other.notes]))
            answer = replace(other, notes=notes, timings=answer.timings)
        if self._writer is None:
            yield from told(answer)
        else:
            passages = by_reading(read.candidates, read.ranked)
            answer = yield from self._writer.events(Found(asked.question, passages, answer, asked.usage))
        yield Done(answer)

    # --- search

    def _periods(self, question: str) -> Iterator[Period | None]:
        """The time that the question names; then, when the articles of that time do not answer, any time."""
        period = read_period(question, self._today) if self._wants_periods else None
        if period is not None:
            yield period
            self._notes.append(f"Articles published “{period.words}” do not answer; those of any time were searched.")
        yield None

    def _candidates(self, wanted: Question, asked: Rewritten, period: Period | None) -> tuple[Candidate, ...]:
        """What is found for the question, and by turns what is found for it behind those before it.

        A follow-up may be about the same story though it names nothing of it, or about something new.
        """
        found = [self.retrieve(wanted.searched, period)]
        if asked.before:
            found.append(self.retrieve(asked.in_context(wanted.searched), period))
        by_turns: dict[str, Candidate] = {}
        for row in zip_longest(*found):
            for one in row:
                if one is not None:
                    by_turns.setdefault(one.passage.id, one)
        return tuple(by_turns.values())[:CANDIDATES]

    def retrieve(self, question: str, period: Period | None) -> tuple[Candidate, ...]:
        """Candidates, best first; the same is searched once."""
        if (question, period) not in self._found:
            filters = within(self._filters, period) if period else self._filters
            made = self._library.search(CANDIDATES, filters).retrieve(question)
            self._notes += [made.note] if made.note else []
            for step, spent in made.timings.items():
                self._timings[step] = self._timings.get(step, 0.0) + spent
            self._found[question, period] = made.candidates
        return self._found[question, period]

    # --- read

    def read(self, question: Question, asked: Rewritten, candidates: tuple[Candidate, ...]) -> Read:
        """What the reader says of the candidates, every sentence with its probability."""
        look = Look(question, self._choice, self._today, self._text_of, self._settings.reader_windows, asked)
        with self._timed("read") as step:
            seen = look.at(candidates)
            step.note({"article_chat.windows": len(seen.windows)})
        with self._timed("answer"):
            missing = missing_terms(question, candidates, self._occurs)
            sure = self._sure(seen, candidates, missing)
            if seen.ranked and holds_phrases(seen.ranked[0], question):
                sure = max(sure, self._refuse_below)
        read = Read(question, candidates, seen, round(sure, 4), missing)
        return self._by_parts(read, asked, look) if len(question.parts) > 1 else read

    def _sure(self, seen: Seen, candidates: Sequence[Candidate], missing: Sequence[str]) -> float:
        """Probability that the best of what was read answers; 0 when nothing can be shown."""
        if not seen.ranked:
            return 0.0
        return confidence(signals(seen.ranked, seen.readings, candidates, missing, seen.whole), self._calibration)

    def _by_parts(self, read: Read, asked: Rewritten, look: Look) -> Read:
        """The reading of a question that asks for several things: as sure as its surest part, the others named.

        A name that no article holds counts against the part that has it, not against the others.
        """
        best = surest(read.ranked)
        sure: dict[str, float] = {}
        with self._timed("read"):
            for part in read.question.parts:
                missing = tuple(name for name in read.missing if name in part)
                sure[part] = self._sure(look.again(asked.with_terms(part), best), read.candidates, missing)
        best_part = max(read.confidence, *sure.values())
        unsaid = tuple(part for part, chance in sure.items() if chance < self._refuse_below)
        all_said = len(unsaid) in (0, len(sure))
        return replace(read, confidence=round(best_part, 4), unsaid=() if all_said else unsaid)

    # --- answer

    @property
    def _refuse_below(self) -> float:
        chosen = self._settings.refuse_below
        return self._calibration.refuse_below if chosen is None else chosen

    def _assemble(self, searched: str, read: Read) -> Answer:
        """The Answer: quoted sentences, or a refusal with what comes nearest."""
        answers = read.confidence >= self._refuse_below
        made = draft(read.ranked, self._calibration, read.question.text) if answers else Draft()
        sentences = number(made.sentences)
        said = [*map(marked, sentences), *(f"{REFUSAL.rstrip('.')}: {part}" for part in read.unsaid)]
        steps = ("follow-up", "retrieve", "read", "answer")
        self._timings["total"] = sum(self._timings.get(step, 0.0) for step in steps)
        return Answer(
            question=searched,
            text=" ".join(said) if sentences else refusal_text(read.missing, read.question.text),
            answered=bool(sentences),
            kind="answer" if sentences else "refusal",
            sentences=sentences,
            citations=cited(sentences),
            closest=() if sentences else closest(read.candidates, self._text_of),
            correction=() if sentences else corrections(read.ranked, self._calibration),
            short=made.short,
            differences=differences(made.reports, sentences),
            verdict=made.verdict if asks_yes_no(read.question.text) else None,
            speakers=made.speakers if any(made.speakers) else (),
            confidence=read.confidence,
            model=self._choice.reader.name,
            notes=tuple(dict.fromkeys(self._notes)),
            candidates=_as_read(read),
            timings={step: round(spent, 2) for step, spent in self._timings.items()},
        )

    def _text_of(self, article_id: str) -> str | None:
        if article_id not in self._texts:
            article = self._library.article(article_id)
            self._texts[article_id] = article.text if article else None
        return self._texts[article_id]

    def _occurs(self, words: Sequence[str]) -> bool:
        """Whether an article holds these words, or has them in its title, outlet or author."""
        phrase = " ".join(words)
        return bool(self._library.store.mentioning([phrase], self._filters)) or self._library.count_articles(phrase) > 0

    @contextmanager
    def _timed(self, step: str) -> Iterator[Span]:
        began = perf_counter()
        with self._span.step(step) as span:
            yield span
        self._timings[step] = self._timings.get(step, 0.0) + 1000 * (perf_counter() - began)


def _as_read(read: Read) -> tuple[Candidate, ...]:
    """The candidates, as they were found, with what was read in them."""
    known = {one.passage.id: one for one in by_reading(read.candidates, read.ranked)}
    return tuple(known[one.passage.id] for one in read.candidates)


def _as_on_note(filters: Filters, today: date) -> tuple[str, ...]:
    """That later articles are left out, where they are."""
    if filters.known_on is None:
        return ()
    return (f"Asked as on {day_in_words(today)}: articles published later were left out.",)
