"""The best sentences side by side: what was found in many windows as one text, to be read once more.

In: sentences, best first, each judged within its own window. Out: one text of them with the place of each. There the
reader compares what stands far apart, in one article or in several, and sees all that an answer has to rest on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.schema import SentenceReading, WindowReading
from rag.text.sentences import Span

MOST = 12  # sentences
LONGEST = 1_350  # characters: with question and title within one input of the reader

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


def digest(ranked: Sequence[Found], most: int = MOST) -> Digest | None:
    """The first `most` of the sentences as one text, as many as it can hold; None when there are none."""
    chosen: dict[Key, str] = {}
    size = 0
    for one in ranked[:most]:
        if one.key not in chosen and (not chosen or size + len(one.text) <= LONGEST):
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
