"""What is exported, before it takes a form: questions, marked sentences, footnotes numbered through the whole page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from rag.schema import Answer, Citation
from rag.text.dates import day_in_words
from rag.text.showable import one_line


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
        said = [Marked(one_line(one.text), numbered(one.citations)) for one in answer.sentences]
        if not answer.answered:
            said = [Marked(one_line(answer.text), ())]
        sections.append(Section(one_line(question), tuple(said)))
    first = exchanges[0].question if exchanges else ""
    return Page(one_line(title) or one_line(first) or "Article Chat", tuple(sections), tuple(footnotes))


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
