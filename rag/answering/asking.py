"""One question on its way: made stand-alone, searched, read, answered and cited, with events for whoever watches."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from time import perf_counter
from typing import Protocol

from rag.answering.chat_models import Model
from rag.answering.citations import cited, marked, number
from rag.answering.extractive import differences, merge
from rag.answering.generative import Found, Searched, Writer
from rag.answering.occasions import period_of, read_occasion
from rag.answering.offline import Part, answer_part, closest
from rag.answering.questions import analyse, core
from rag.answering.readers import Choice
from rag.answering.reading import read_within
from rag.answering.refusal import REFUSAL, refusal_text
from rag.answering.rewording import reword
from rag.answering.speakers import grouped, speakers
from rag.answering.statements import speaker_first
from rag.answering.telling import told
from rag.answering.timeframe import read_period, within, without
from rag.config import Settings
from rag.retrieval.hybrid import HybridSearch, SearchableStore
from rag.schema import (
    Answer,
    AnswerSentence,
    Article,
    Candidate,
    Done,
    Embedder,
    Event,
    Filters,
    Period,
    Reading,
    Retrieved,
    Searching,
    Turn,
)
from rag.text.dates import day_in_words

CANDIDATES = 24  # retrieved for a question: hit@24 is within a point of hit@50 on news
SPEAKER_CANDIDATES = 12  # retrieved once more with the speaker's other names, when somebody's words are asked for


class Shelf(Protocol):
    """What an answer needs of a library."""

    @property
    def store(self) -> SearchableStore:
        """Search by words and by vectors."""
        ...

    @property
    def embedder(self) -> Embedder:
        """The model that made the vectors."""
        ...

    def article(self, article_id: str) -> Article | None:
        """An article with its whole text."""
        ...


class Asking:
    """One question. `events` gives the answer step by step; the last event is `Done`."""

    def __init__(
        self,
        shelf: Shelf,
        choice: Choice,
        settings: Settings,
        filters: Filters,
        today: date,
        periods: bool = True,
        model: Model | None = None,
    ) -> None:
        """`today` is the day of the question: what "last week" counts from, and how fresh an article is. Without
        `periods`, times named in the question are left to the search's words. With a `model`, it writes the answer;
        else the articles' own sentences are the answer."""
        self._shelf = shelf
        self._today, self._wants_periods = today, periods
        self._reader, self._notes = choice.reader, [*choice.notes, *_as_on_note(filters, today)]
        self._settings = settings
        self._filters = filters
        self._texts: dict[str, str | None] = {}
        self._timings: dict[str, float] = {}
        self._searched: list[Searched] = []  # what was found and read for each part, in the time looked at last
        self._found: dict[tuple[str, Period | None], list[Candidate]] = {}  # an event is dated from what answers, too
        self._model = model
        self._writer = Writer(model, settings, choice.reader, self._text_of) if model else None

    def events(self, question: str, turns: Sequence[Turn]) -> Generator[Event, None, None]:
        """The events of answering `question` after `turns`."""
        with self._timed("follow-up"):
            asked = yield from reword(question, turns, self._model)
        self._notes += [asked.note] if asked.note else []
        yield Searching(asked.question)
        for period in self._periods(asked.question):
            wanted = [without(part, period) for part in asked.parts]
            self._searched.clear()
            with self._timed("retrieve"):
                found = [self._retrieve(part, period) for part in wanted]
            candidates = tuple({one.passage.id: one for several in found for one in several}.values())
            yield Retrieved(candidates)
            answered = [self._answer(part, several, len(wanted)) for part, several in zip(wanted, found, strict=True)]
            if any(part.draft.sentences for part in answered):
                break
        answer = replace(self._assemble(asked.question, candidates, answered), period=period)
        if self._writer is None:
            yield from told(answer)
        else:
            found_all = Found(asked.question, tuple(self._searched), answer, self._today, asked.usage)
            answer = yield from self._writer.events(found_all)
        yield Done(answer)

    def _periods(self, question: str) -> Iterator[Period | None]:
        """The time that the question names; then, when the articles of that time do not answer, any time."""
        period = self._named_period(question) if self._wants_periods else None
        if period is not None:
            yield period
            self._notes.append(f"Articles published “{period.words}” do not answer; those of any time were searched.")
        yield None

    def _named_period(self, question: str) -> Period | None:
        """The time that the question names by its date, or by an event that the articles date."""
        period = read_period(question, self._today)
        occasion = None if period else read_occasion(question)
        if occasion is None:
            return period
        with self._timed("retrieve"):
            found = {one.passage.id: one for words in (question, occasion.event) for one in self._retrieve(words, None)}
        period = period_of(occasion, list(found.values()), self._today)
        if period is None:
            self._notes.append(
                f"The articles do not tell when “{occasion.event}” was; those of any time were searched."
            )
        return period

    def _retrieve(self, question: str, period: Period | None) -> list[Candidate]:
        """Candidates for one part, best first; the same is searched once."""
        if (question, period) not in self._found:
            self._found[question, period] = self._search(question, period)
        return self._found[question, period]

    def _search(self, question: str, period: Period | None) -> list[Candidate]:
        """Candidates for one part, best first; a speaker's words are searched under all the speaker's names."""
        filters = within(self._filters, period) if period else self._filters
        search = HybridSearch(self._shelf.store, lambda: self._shelf.embedder, k=CANDIDATES, filters=filters)
        rounds = [search.retrieve(question)]
        asked = analyse(core(question))
        if asked.search_words:
            rounds.append(search.retrieve(f"{question} {asked.search_words}", SPEAKER_CANDIDATES))
        for one in rounds:
            for step, spent in one.timings.items():
                self._timings[step] = self._timings.get(step, 0.0) + spent
        merged = {candidate.passage.id: candidate for one in reversed(rounds) for candidate in one.candidates}
        return speaker_first(list(merged.values()), asked.speaker, self._text_of, self._today)

    def _answer(self, question: str, candidates: Sequence[Candidate], of_parts: int) -> Part:
        wanted = core(question)
        with self._timed("read"):
            readings = read_within(self._reader, wanted, candidates, self._settings.reader_budget_ms / of_parts)
        self._note_unread(readings)
        read = {one.passage.id: made for one, made in zip(candidates, readings, strict=True) if made}
        self._searched.append(Searched(candidates, read))
        with self._timed("answer"):
            return answer_part(
                wanted,
                candidates,
                readings,
                reader_name=self._reader.name,
                refuse_below=self._settings.refuse_below,
                text_of=self._text_of,
                occurs=self._occurs,
                today=self._today,
            )

    def _assemble(self, searched: str, candidates: tuple[Candidate, ...], answered: Sequence[Part]) -> Answer:
        """The Answer: the sentences of all parts, and which part got none."""
        quoted = merge([part.draft for part in answered]).sentences
        quoted, names = grouped(quoted, self._speakers(answered, quoted))
        sentences = number(quoted)
        unsaid = [part for part in answered if not part.draft.sentences]
        missing = tuple(dict.fromkeys(term for part in unsaid for term in part.missing))
        text = " ".join(
            [*map(marked, sentences), *(_unsaid(part) for part in unsaid)] if sentences else [refusal_text(missing)]
        )
        self._timings["total"] = sum(
            self._timings.get(step, 0.0) for step in ("follow-up", "retrieve", "read", "answer")
        )
        return Answer(
            question=searched,
            text=text,
            answered=bool(sentences),
            sentences=sentences,
            citations=cited(sentences),
            closest=() if sentences else closest(candidates, self._text_of),
            short=answered[0].draft.short if len(answered) == 1 else None,
            differences=differences([part.draft.reports for part in answered], sentences),
            speakers=names,
            confidence=round(max(part.confidence for part in answered), 4),
            model=self._reader.name,
            notes=tuple(dict.fromkeys(self._notes)),
            candidates=tuple(self._as_read(candidate) for candidate in candidates),
            timings={step: round(spent, 2) for step, spent in self._timings.items()},
        )

    def _as_read(self, candidate: Candidate) -> Candidate:
        """The candidate with what the reader found in it."""
        readings = (one.readings.get(candidate.passage.id) for one in self._searched)
        reading = next(filter(None, readings), None)
        return replace(candidate, answerable=round(reading.answerable, 4)) if reading else candidate

    def _note_unread(self, readings: Sequence[Reading | None]) -> None:
        unread = sum(reading is None for reading in readings)
        if unread:
            budget = self._settings.reader_budget_ms
            self._notes.append(
                f"{unread} of {len(readings)} passages were left unread: the time for reading is {budget} ms."
            )

    def _speakers(self, answered: Sequence[Part], sentences: Sequence[AnswerSentence]) -> tuple[str | None, ...]:
        """Who speaks in each sentence, where somebody's words are asked for."""
        if not any(analyse(part.question).wants_statement for part in answered):
            return ()
        return speakers([sentence.citations[0] for sentence in sentences], self._text_of)

    def _text_of(self, article_id: str) -> str | None:
        if article_id not in self._texts:
            article = self._shelf.article(article_id)
            self._texts[article_id] = article.text if article else None
        return self._texts[article_id]

    def _occurs(self, words: Sequence[str]) -> bool:
        return bool(self._shelf.store.search_lexical(words, 1, self._filters))

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self._timings[step] = self._timings.get(step, 0.0) + 1000 * (perf_counter() - began)


def _as_on_note(filters: Filters, today: date) -> tuple[str, ...]:
    """That later articles are left out, where they are."""
    if filters.known_on is None:
        return ()
    return (f"Asked as on {day_in_words(today)}: articles published later were left out.",)


def _unsaid(part: Part) -> str:
    """The sentence that names a part without an answer: 'The articles do not say: whom did she meet?'"""
    return f"{REFUSAL.rstrip('.')}: {part.question}"
