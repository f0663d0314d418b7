"""What is exported, before it takes a form: questions, marked sentences, footnotes numbered through the whole page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from rag.answering.certainty import certainty
from rag.schema import Answer, Citation, Difference
from rag.text.dates import day_in_words
from rag.text.showable import one_line

OTHERWISE = "The articles say otherwise:"


class Exchange(NamedTuple):
    """A question and its answer."""

    question: str
    answer: Answer


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
    source: str  # "Title, outlet, 5 March 2024"
    url: str  # http(s), safe to stand in an attribute; else empty


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is exported, on lines free of control characters."""

    title: str
    sections: tuple[Section, ...]
    footnotes: tuple[Footnote, ...]


def page(exchanges: Sequence[Exchange], title: str = "") -> Page:
    """The exchanges as one page; the same passage is one footnote, however often it is cited."""
    numbers: dict[tuple[str, int, int], int] = {}
    footnotes: list[Footnote] = []

    def numbered(citations: Iterable[Citation]) -> tuple[int, ...]:
        found = []
        for citation in citations:
            place = (citation.article_id, citation.start, citation.end)
            if place not in numbers:
                numbers[place] = len(numbers) + 1
                footnotes.append(_footnote(numbers[place], citation))
            found.append(numbers[place])
        return tuple(found)

    sections = []
    for question, answer in exchanges:
        told = zip(_told(answer), answer.sentences, strict=True)
        said = [Marked(text, numbered(one.citations)) for text, one in told]
        if not answer.answered:
            said = [Marked(one_line(answer.text), ())]
            said += [Marked(f"{OTHERWISE} “{one_line(one.quote)}”", numbered([one])) for one in answer.correction]
        notes = [
            Marked(f"The articles give different figures: {one_line(_side_by_side(one))}.", numbered(one.citations))
            for one in answer.differences
        ]
        notes += [Marked(line, ()) for line in _worth(question, answer)]
        sections.append(Section(one_line(question), tuple(said), tuple(notes)))
    first = exchanges[0].question if exchanges else ""
    return Page(one_line(title) or one_line(first) or "Article Chat", tuple(sections), tuple(footnotes))


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
    """'412 (Vellmar Post, 5 March 2024), 450 (Coast Weekly, 9 March 2024)'."""
    listed = []
    for value, place in zip(one.values, one.citations, strict=True):
        about = (place.publisher or place.title, day_in_words(place.published))
        listed.append(f"{value} ({', '.join(part for part in about if part)})")
    return ", ".join(listed)


def _worth(question: str, answer: Answer) -> list[str]:
    """How sure the answer is, how fresh, and the question that was searched when it is another."""
    latest = max((one.published for one in answer.citations if one.published), default=None)
    parts = [certainty(answer) or "", f"newest source of {day_in_words(latest)}" if latest and answer.answered else ""]
    line = ", ".join(part for part in parts if part)
    searched = one_line(answer.question)
    changed = searched and searched.casefold() != one_line(question).casefold()
    return [*([f"{line[0].upper()}{line[1:]}."] if line else []), *([f"Searched for: {searched}"] if changed else [])]


def _footnote(number: int, citation: Citation) -> Footnote:
    also = ", ".join(dict.fromkeys(one_line(one.publisher or one.title) for one in citation.also))
    about = (
        citation.title,
        citation.publisher or "",
        day_in_words(citation.published),
        f"also in {also}" if also else "",
    )
    parts = [one_line(part) for part in about]
    return Footnote(number, one_line(citation.quote), ", ".join(part for part in parts if part), _web(citation.url))


def _web(url: str | None) -> str:
    """The address if it is one of the web, with everything quoted that could end it."""
    try:
        scheme = urlsplit(url or "").scheme.lower()
    except ValueError:
        return ""
    return quote(url or "", safe="%/:=&?~#+!$,;@*-._") if scheme in ("http", "https") else ""
