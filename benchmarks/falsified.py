"""Statements about the demo articles, true and falsified by program, for measuring the verification.

In: the folder `corpus/`. Out: sentences as a chat model might give them back, some as they stand, some reworded without
harm; and the same with another number, another name, a negation, another speaker, or cited to another article.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.ingest.files import parse_file
from rag.schema import Article, Candidate, Passage
from rag.text.names import names_in
from rag.text.sentences import Span, split_sentences
from training.corrupt import names, negate, swap_name, swap_number

PASSAGE_SENTENCES = 5  # as the library cuts these articles
WORDS = (7, 45)  # of a sentence that is used
KINDS = ("number", "name", "negation", "speaker", "source")
_PERSON = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z’'-]+)+\b")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2}) (January|February|March|April|May|June|July|August|September|October|November|December)\b(?! \d{4})"
)
_ASIDE = re.compile(r", (?:which|who|where|including|such as|as well as)\b[^,.;]*(?:,|(?=\.))")
_OPENING = re.compile(r"^(?:However|Meanwhile|In addition|Still|Yet|But|And|So),? ")
_SWAPS = (
    ("about", "around"), ("said that", "said"), ("also ", ""), ("more than", "over"), ("the United States", "the US"),
    ("per cent", "percent"), ("people were", "persons were"), ("began", "started"),
)  # fmt: skip

_SAID = (
    r"(?:said|says|told|added|adds|warned|warns|argued|argues|claimed|claims|stated|insisted|denied|denies|explained|"
    r"noted|announced|called|described|criticis\w+|criticiz\w+|condemned|accused|urged|replied|responded|stressed|"
    r"confirmed|admitted|believes?|thinks?|wrote|reported)"
)
_SPEAKER = re.compile(
    rf"^(?P<who>(?:[^,“\"]|, (?:a|an|the) [^,]+,){{2,80}}?)\s+(?:has |have |had |also |then |later )?{_SAID}\b"
)
_ACCORDING = re.compile(r"\b[Aa]ccording to (?P<who>[^,.;“\"]{2,80})")
_QUOTE_SAID = re.compile(rf"[”\",]\s+(?:{_SAID}\s+(?P<who>[^,.;“\"]{{2,60}})|(?P<who2>[^,.;“\"]{{2,60}}?)\s+{_SAID}\b)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, the passage it is cited to, and what was done to it."""

    text: str
    candidate: Candidate
    article_text: str
    kind: str  # "true", or what was falsified


def articles(corpus: Path) -> list[Article]:
    """The demo articles."""
    files = sorted(path for path in corpus.glob("*.md") if path.name != "README.md")
    return [parse_file(path.name, path.read_bytes()) for path in files]


def collection(corpus: Path, seed: int = 5) -> list[Statement]:
    """True statements and falsified ones, a sentence of an article being the source of one of either."""
    rng = random.Random(seed)
    read = articles(corpus)
    found: list[Statement] = []
    for place, article in enumerate(read):
        for candidate, sentence in _sentences(place, article):
            found.append(Statement(reworded(sentence, rng), candidate, article.text, "true"))
            for kind, change in _CHANGES.items():
                changed = change(sentence, article, rng)
                if changed and changed != sentence:
                    found.append(Statement(reworded(changed, rng), candidate, article.text, kind))
            other = read[(place + rng.randrange(1, len(read))) % len(read)]
            elsewhere = rng.choice(list(_passages(read.index(other), other)))
            found.append(Statement(sentence, elsewhere, other.text, "source"))
    return found


def reworded(sentence: str, rng: random.Random) -> str:
    """The sentence as a model might give it back: other forms of dates, shorter, a word or two changed; as true."""
    text = _OPENING.sub("", sentence)
    if rng.random() < 0.5:
        text = _DAY_MONTH.sub(r"\2 \1", text)
    if rng.random() < 0.5:
        text = _ASIDE.sub("", text, count=1)
    for old, new in _SWAPS:
        if rng.random() < 0.5:
            text = text.replace(old, new, 1)
    return text[:1].upper() + text[1:]


def _sentences(place: int, article: Article) -> Iterator[tuple[Candidate, str]]:
    for candidate in _passages(place, article):
        passage = candidate.passage
        for start, end in split_sentences(passage.text):
            if WORDS[0] <= len(passage.text[start:end].split()) <= WORDS[1] and passage.text[end - 1] in '.”"':
                yield candidate, passage.text[start:end]


def _passages(place: int, article: Article) -> Iterator[Candidate]:
    spans: tuple[Span, ...] = split_sentences(article.text)
    for position, first in enumerate(range(0, len(spans), PASSAGE_SENTENCES)):
        run = spans[first : first + PASSAGE_SENTENCES]
        start, end = run[0][0], run[-1][1]
        passage = Passage(f"{place}:{position}", str(place), position, start, end, article.text[start:end])
        yield Candidate(
            passage=passage, title=article.title, publisher=article.publisher, published=article.published, score=0.5
        )


def _other_name(sentence: str, article: Article, rng: random.Random) -> str | None:
    return swap_name(sentence, article.text, rng)


def _other_number(sentence: str, article: Article, rng: random.Random) -> str | None:
    return swap_number(sentence, article.text, rng)


def _negated(sentence: str, article: Article, rng: random.Random) -> str | None:
    return negate(sentence, article.text, rng)


def speaker_of(statement: str) -> str | None:
    """The name of whoever, by the statement, says something; None when it reports no words or names nobody."""
    for form in (_ACCORDING, _QUOTE_SAID, _SPEAKER):
        if found := form.search(statement):
            who = found.group("who") or found.groupdict().get("who2") or ""
            if named := names_in(who):
                return named[-1]
    return None


def _other_speaker(sentence: str, article: Article, rng: random.Random) -> str | None:
    """The sentence with another person of the article in the place of whoever says it."""
    who = speaker_of(sentence)
    people = {name for name in names(article.text) if _PERSON.fullmatch(name)}
    others = sorted(name for name in people if not set(name.split()) & set(sentence.split()))
    if who is None or not others:
        return None
    return sentence.replace(who, rng.choice(others), 1)


_CHANGES: dict[str, Callable[[str, Article, random.Random], str | None]] = {
    "number": _other_number,
    "name": _other_name,
    "negation": _negated,
    "speaker": _other_speaker,
}
