"""What the reader reads: windows of whole sentences around the passages that were found, and the digest of the best.

In: candidates, best first, and their articles' texts. Out: windows, best first, in an order that depends on nothing
else. Neighbouring passages of one article become one window, so that the reader sees what a pronoun stands for. The
digest has the best sentences of many windows side by side: there the reader compares what stands far apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.answering.citations import stands
from rag.schema import Candidate, SentenceReading, WindowReading
from rag.text.sentences import Span, split_sentences

TextOf = Callable[[str], str | None]  # the text of an article by its id, None when it is gone

# About 240 word pieces: 6 to 12 sentences of news, which the reader was trained on.
LONGEST = 1_100
LEAD = 4  # sentences: the opening of the best article is read for every question; it says what the article is about
GAP = 1  # sentences between two passages that are read with them


@dataclass(frozen=True, slots=True)
class Window:
    """A run of sentences of one article that is read at once."""

    candidate: Candidate  # the best passage in it; its article's head
    article: str = field(repr=False)  # the whole text that it is cut from
    start: int  # of its text in the article
    first: int  # position of the first sentence in the article
    sentences: tuple[Span, ...]  # in the article's text

    @property
    def text(self) -> str:
        """The words of the window."""
        return self.article[self.start : self.sentences[-1][1]]

    @property
    def title(self) -> str:
        """Of its article."""
        return self.candidate.title

    @property
    def article_id(self) -> str:
        """The article it is cut from."""
        return self.candidate.passage.article_id

    @property
    def spans(self) -> tuple[Span, ...]:
        """The sentences in the window's own text."""
        return tuple((start - self.start, end - self.start) for start, end in self.sentences)


def make_windows(candidates: Sequence[Candidate], text_of: TextOf, limit: int | None = None) -> list[Window]:
    """At most `limit` windows over the candidates, the one with the best candidate first.

    Passages of an article that has changed since it was searched are left out.
    """
    found: list[tuple[int, int, Window]] = []
    for number, own in enumerate(_by_article(candidates, text_of)):
        text, ranked = own
        spans = split_sentences(text)
        ranks = _ranks(ranked, spans, lead=LEAD if number == 0 else 0)
        for first, last in _cuts(spans, _runs(sorted(ranks))):
            rank = min(ranks.get(position, len(candidates)) for position in range(first, last))
            opened = first - 1 if _can_lean(spans, first) else first
            chosen = spans[opened:last]
            best = dict(ranked).get(rank, ranked[0][1])
            found.append((rank, first, Window(best, text, chosen[0][0], opened, chosen)))
    found.sort(key=lambda one: one[:2])
    return [window for _, _, window in found[:limit]]


def shifted(windows: Sequence[Window]) -> list[Window]:
    """The windows moved by half of their length to either side, to be read again.

    Where a window begins and ends moves what the reader says of its sentences; those in several have the mean.
    """
    return [moved for window in windows for moved in _moved(window)]


def _moved(window: Window) -> Iterator[Window]:
    spans = split_sentences(window.article)
    size, first = len(window.sentences), window.first
    half = max(1, size // 2)
    for begin, end in ((first - half, first + half), (first + size // 2, first + size + half)):
        chosen = _fitting(spans[max(0, begin) : end])
        if chosen and chosen != window.sentences:
            yield Window(window.candidate, window.article, chosen[0][0], max(0, begin), chosen)


def _fitting(spans: Sequence[Span]) -> tuple[Span, ...]:
    """As many of the sentences as a window may hold."""
    return tuple(span for span in spans if span[1] - spans[0][0] <= LONGEST) or tuple(spans[:1])


def _by_article(candidates: Sequence[Candidate], text_of: TextOf) -> Iterator[tuple[str, list[tuple[int, Candidate]]]]:
    """The text of each article with its candidates and their ranks, the best article first."""
    groups: dict[str, list[tuple[int, Candidate]]] = {}
    for rank, candidate in enumerate(candidates):
        groups.setdefault(candidate.passage.article_id, []).append((rank, candidate))
    for article_id, ranked in groups.items():
        text = text_of(article_id)
        standing = [one for one in ranked if text is not None and stands(one[1].passage, text)]
        if text is not None and standing:
            yield text, standing


def _ranks(ranked: Iterable[tuple[int, Candidate]], spans: Sequence[Span], lead: int) -> dict[int, int]:
    """The rank of the best passage that touches each sentence; of the opening, one behind the best."""
    ranks: dict[int, int] = {}
    best = None
    for rank, candidate in ranked:
        best = rank if best is None else best
        passage = candidate.passage
        first = max(0, bisect_right(spans, (passage.start, passage.start)) - 1)
        for position in range(first, bisect_left(spans, (passage.end, passage.end))):
            ranks.setdefault(position, rank)
    for position in range(min(lead, len(spans))):
        ranks.setdefault(position, (best or 0) + 1)
    return ranks


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs (first, behind the last) of neighbouring positions, small gaps closed."""
    first = last = None
    for position in positions:
        if first is None or last is None:
            first = position
        elif position > last + 1 + GAP:
            yield first, last + 1
            first = position
        last = position
    if first is not None and last is not None:
        yield first, last + 1


def _cuts(spans: Sequence[Span], runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The runs cut into parts, none longer than LONGEST unless a single sentence is."""
    for first, behind in runs:
        length = spans[behind - 1][1] - spans[first][0]
        target = length / -(-length // LONGEST)
        begun = first
        for position in range(first, behind):
            size = spans[position][1] - spans[begun][0]
            if position > begun and size > min(LONGEST, target * 1.1):
                yield begun, position
                begun = position
        yield begun, behind


def _can_lean(spans: Sequence[Span], first: int) -> bool:
    """Whether there is a sentence before, short enough to be read with those that may lean on it."""
    return first > 0 and spans[first - 1][1] - spans[first - 1][0] < LONGEST // 3


# --- the best sentences side by side

MOST_COMPARED = 12  # sentences
LONGEST_DIGEST = 1_350  # characters: with question and title within one input of the reader

Key = tuple[str, int]  # an article and a place in it


class Found(Protocol):
    """A sentence that may answer."""

    @property
    def key(self) -> Key:
        """Its article and its place there; sentences of an article are ordered by it."""
        ...

    @property
    def text(self) -> str:
        """Its words."""
        ...

    @property
    def title(self) -> str:
        """Of its article."""
        ...


@dataclass(frozen=True, slots=True)
class Digest:
    """Sentences in the order in which they stand in their articles, the best one's article first."""

    title: str  # of the best one's article
    text: str
    spans: tuple[Span, ...]  # of the sentences in `text`
    keys: tuple[Key, ...]  # their places in the articles

    def said(self, whole: WindowReading) -> dict[Key, SentenceReading]:
        """What a reading of the digest says of each sentence, by its place."""
        read = {(one.start, one.end): one for one in whole.sentences}
        return {key: read[span] for key, span in zip(self.keys, self.spans, strict=True) if span in read}


def digest(ranked: Sequence[Found], most: int = MOST_COMPARED) -> Digest | None:
    """The first `most` of the sentences as one text, as many as it can hold; None when there are none."""
    chosen: dict[Key, str] = {}
    size = 0
    for one in ranked[:most]:
        if one.key not in chosen and (not chosen or size + len(one.text) <= LONGEST_DIGEST):
            chosen[one.key] = one.text
            size += len(one.text) + 1
    if not chosen:
        return None
    articles = list(dict.fromkeys(article for article, _ in chosen))
    keys = sorted(chosen, key=lambda key: (articles.index(key[0]), key[1]))
    spans: list[Span] = []
    for key in keys:
        start = spans[-1][1] + 1 if spans else 0
        spans.append((start, start + len(chosen[key])))
    return Digest(ranked[0].title, " ".join(chosen[key] for key in keys), tuple(spans), tuple(keys))
