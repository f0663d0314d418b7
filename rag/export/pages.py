"""What is exported, before it takes a form: questions, marked sentences, footnotes numbered through the whole page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from rag.answering.certainty import certainty, differing
from rag.export.fragments import with_fragment
from rag.schema import Answer, Citation, Difference
from rag.text.dates import day_in_words
from rag.text.showable import one_line

OTHERWISE = "The articles say otherwise:"


class Exchange(NamedTuple):
    """A question and its answer."""

    question: str
    answer: Answer
    asked: date | None = None  # the day of the question


class Marked(NamedTuple):
    """A sentence with the numbers of its footnotes."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A question with the sentences that answer it."""

    question: str
    sentences: tuple[Marked, ...]
    notes: tuple[Marked, ...] = ()  # lines of their own below: figures that differ, how sure it is, what was searched


@dataclass(frozen=True, slots=True)
class Footnote:
    """Where a sentence comes from."""

    number: int
    quote: str
    title: str
    outlet: str
    published: date | None
    also: str  # other outlets of the story
    url: str  # http(s), safe to stand in an attribute; else empty
    place: str  # the same, at the passage
    repeated: bool  # whether each sentence that cites it is the quotation itself, so that a short note can leave it out

    @property
    def source(self) -> str:
        """'Title, outlet, 5 March 2024, also in Coast Weekly'."""
        also = f"also in {self.also}" if self.also else ""
        return ", ".join(part for part in (self.title, self.outlet, day_in_words(self.published), also) if part)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is exported, on lines free of control characters."""

    title: str
    sections: tuple[Section, ...]
    footnotes: tuple[Footnote, ...]


def page(exchanges: Sequence[Exchange], title: str = "") -> Page:
    """The exchanges as one page; the same passage is one footnote, however often it is cited."""
    notes = _Footnotes()
    sections = tuple(_section(one, notes) for one in exchanges)
    first = exchanges[0].question if exchanges else ""
    return Page(one_line(title) or one_line(first) or "Article Chat", sections, notes.all())


class _Footnotes:
    """Footnotes, numbered as they are first cited."""

    def __init__(self) -> None:
        self._cited: dict[tuple[str, int, int], tuple[Citation, list[str]]] = {}  # with the sentences that cite it

    def marked(self, text: str, citations: Iterable[Citation]) -> Marked:
        """The sentence with the numbers of what it cites."""
        places = [(one.article_id, one.start, one.end) for one in citations]
        for place, citation in zip(places, citations, strict=True):
            self._cited.setdefault(place, (citation, []))[1].append(text)
        order = list(self._cited)
        return Marked(text, tuple(order.index(place) + 1 for place in places))

    def all(self) -> tuple[Footnote, ...]:
        """The footnotes in order."""
        return tuple(_footnote(number, *one) for number, one in enumerate(self._cited.values(), start=1))


def _section(exchange: Exchange, footnotes: _Footnotes) -> Section:
    question, answer, asked = exchange
    said = [footnotes.marked(text, one.citations) for text, one in zip(_told(answer), answer.sentences, strict=True)]
    if not answer.answered:
        said = [Marked(one_line(answer.text), ())]
        said += [footnotes.marked(f"{OTHERWISE} “{one_line(one.quote)}”", [one]) for one in answer.correction]
    notes = [
        footnotes.marked(f"{differing(one)}: {one_line(_side_by_side(one))}.", one.citations)
        for one in answer.differences
    ]
    notes += [Marked(line, ()) for line in _worth(question, answer, asked)]
    return Section(one_line(question), tuple(said), tuple(notes))


def _told(answer: Answer) -> list[str]:
    """The sentences, each with who speaks where somebody else spoke before, and what the articles do not bear out."""
    speakers = answer.speakers if len(answer.speakers) == len(answer.sentences) else (None,) * len(answer.sentences)
    told, last = [], None
    for sentence, speaker in zip(answer.sentences, speakers, strict=True):
        head = f"{speaker}: " if speaker and speaker != last else ""
        tail = "" if sentence.verified else " [not found in the articles]"
        told.append(one_line(f"{head}{sentence.text}{tail}"))
        last = speaker
    return told


def _side_by_side(one: Difference) -> str:
    """'412 (Vellmar Post, 5 March 2024), later: 450 (Coast Weekly, 9 March 2024)'."""
    listed = []
    for value, place in zip(one.values, one.citations, strict=True):
        about = (place.publisher or place.title, day_in_words(place.published))
        listed.append(f"{value} ({', '.join(part for part in about if part)})")
    return (", later: " if one.is_newer_each_time else ", ").join(listed)


def _worth(question: str, answer: Answer, asked: date | None) -> list[str]:
    """How sure the answer is, how fresh, when it was given, and the question that was searched when it is another."""
    latest = max((one.published for one in answer.citations if one.published), default=None)
    parts = [certainty(answer) or "", f"newest source of {day_in_words(latest)}" if latest and answer.answered else ""]
    parts.append(f"asked on {day_in_words(asked)}" if asked else "")
    line = ", ".join(part for part in parts if part)
    searched = one_line(answer.question)
    changed = searched and searched.casefold() != one_line(question).casefold()
    return [*([f"{line[0].upper()}{line[1:]}."] if line else []), *([f"Searched for: {searched}"] if changed else [])]


def _footnote(number: int, citation: Citation, sentences: Sequence[str]) -> Footnote:
    quoted, url = one_line(citation.quote), _web(citation.url)
    return Footnote(
        number=number,
        quote=quoted,
        title=one_line(citation.title),
        outlet=one_line(citation.publisher or ""),
        published=citation.published,
        also=", ".join(dict.fromkeys(one_line(one.publisher or one.title) for one in citation.also)),
        url=url,
        place=with_fragment(url, citation.quote),
        repeated=all(quoted in sentence for sentence in sentences),
    )


def _web(url: str | None) -> str:
    """The address if it is one of the web, with everything quoted that could end it."""
    try:
        scheme = urlsplit(url or "").scheme.lower()
    except ValueError:
        return ""
    return quote(url or "", safe="%/:=&?~#+!$,;@*-._") if scheme in ("http", "https") else ""
