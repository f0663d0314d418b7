"""Probe questions made from the articles of a library, offline: titles, figures, names, speakers, and swapped names.

Where a name is swapped for one from another article, the articles do not say, so far as search can tell: then a
refusal is right. The same seed over the same library gives the same questions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.errors import LibraryError
from rag.evaluation.cloze import NAME, NUMBER, SPEAKER, Cloze, clozes, full_names
from rag.evaluation.sets import EvalQuestion
from rag.library import Library
from rag.schema import Article, Candidate
from rag.text.names import names_in
from rag.text.sentences import split_sentences
from rag.text.words import stems

TITLE, SWAPPED = "title", "unanswerable"
KINDS = (TITLE, NUMBER, NAME, SPEAKER, SWAPPED)
NOTE = (
    "These questions repeat words of your articles, so they are easier than what people ask: read the figures as the "
    "best case, and use them to compare settings."
)
_VISITED = 8  # articles looked at for each question wanted of a kind, at most
_FEWEST_TITLE_WORDS = 4
_LOOKED_AT = 30  # passages looked at for whether another article says the same
# Share of a question's stems from which a passage is taken to say the same: an answer elsewhere counts as found ...
_SAYS_THE_SAME = 0.7
# ... and from which a swapped question may be answered after all, and is thrown away.
_MAY_ANSWER = 0.5


def make_probes(library: Library, count: int, seed: int = 0) -> tuple[EvalQuestion, ...]:
    """About `count` questions, as many of each kind as the articles give; a LibraryError when they give none."""
    rng = random.Random(seed)  # noqa: S311  # questions are no secrets
    making = _Making(library, rng, max(1, count // len(KINDS)))
    for article in _in_random_order(library, rng, making.wanted * _VISITED):
        if making.enough():
            break
        making.take(article)
    making.swap()
    if not making.made:
        raise LibraryError(
            "No questions can be made from the articles of this library.",
            "Add some with: rag add SOURCE... (titles of four words or more, English text).",
        )
    ordered = sorted(making.made, key=lambda one: KINDS.index(one.kind))
    return tuple(ordered)


def _in_random_order(library: Library, rng: random.Random, most: int) -> Iterator[Article]:
    """At most so many articles, drawn without repetition."""
    total = library.count_articles()
    for offset in rng.sample(range(total), min(most, total)):
        yield from library.articles(limit=1, offset=offset)


@dataclass(frozen=True, slots=True)
class _Source:
    """A question with the article it was made from, kept for swapping."""

    cloze: Cloze
    article: Article


class _Making:
    """Questions of every kind until each has what is wanted."""

    def __init__(self, library: Library, rng: random.Random, wanted: int) -> None:
        self._library = library
        self._rng = rng
        self.wanted = wanted
        self.made: list[EvalQuestion] = []
        self._sources: list[_Source] = []
        self._names: dict[str, str] = {}  # who did or said something, each with the first article that tells it

    def enough(self) -> bool:
        """Whether there is enough of each kind; swapped ones are made from the others."""
        return all(self._count(kind) >= self.wanted for kind in KINDS if kind != SWAPPED)

    def take(self, article: Article) -> None:
        """At most one question of each kind from an article."""
        sentences = [article.text[start:end] for start, end in split_sentences(article.text)]
        self._rng.shuffle(sentences)
        if self._count(TITLE) < self.wanted and len(article.title.split()) >= _FEWEST_TITLE_WORDS:
            self._add(TITLE, f"What do the articles say about “{article.title}”?", "", article)
        here: set[str] = set()
        for sentence in sentences:
            for cloze in clozes(sentence):
                if cloze.kind in here:
                    continue
                here.add(cloze.kind)
                if cloze.kind != NUMBER:
                    self._names.setdefault(cloze.answer, article.id)
                self._sources.append(_Source(cloze, article))
                if self._count(cloze.kind) < self.wanted:
                    self._add(cloze.kind, cloze.question, cloze.answer, article)

    def swap(self) -> None:
        """Questions whose name is another's: the articles do not say."""
        self._rng.shuffle(self._sources)
        for made in (self._swapped, self._not_theirs):
            for source in self._sources:
                if self._count(SWAPPED) >= self.wanted:
                    return
                question = made(source)
                if question and all(question != one.text for one in self.made):
                    name = f"{SWAPPED}-{self._count(SWAPPED) + 1}"
                    self.made.append(EvalQuestion(id=name, text=question, answerable=False, kind=SWAPPED))

    def _swapped(self, source: _Source) -> str | None:
        """The question with a person of another article in the place of its own."""
        asked = source.cloze.question
        persons = full_names(asked)
        new = self._stranger(source.article)
        if not persons or new is None:
            return None
        question = asked.replace(persons[0], new)
        rest = asked.replace(persons[0], " ")
        for candidate in self._near(question):
            text = f"{candidate.title}\n{candidate.passage.text}"
            if new.split()[-1] in text and _share(rest, text) >= _MAY_ANSWER:
                return None
        return question

    def _not_theirs(self, source: _Source) -> str | None:
        """What a person said about something of an article that does not name the person, nor does one near it."""
        topics = [name for name in names_in(source.article.title) if len(name) > 3 and name in source.article.text]
        new = self._stranger(source.article)
        if not topics or new is None:
            return None
        topic = max(topics, key=len)
        texts = {one.passage.article_id for one in self._near(new)} | {self._names[new]}
        for article in map(self._library.article, texts):
            if article is not None and new.split()[-1] in article.text and topic.split()[-1] in article.text:
                return None
        return f"What did {new} say about {topic}?"

    def _stranger(self, article: Article) -> str | None:
        """A person whom the article does not name."""
        others = [name for name in self._names if name.split()[-1] not in article.text]
        return self._rng.choice(others) if others else None

    def _count(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.made)

    def _add(self, kind: str, question: str, answer: str, article: Article) -> None:
        relevant = {article.id: 1.0}
        for candidate in self._near(question):
            text = candidate.passage.text
            same_title = kind == TITLE and candidate.title == article.title
            if same_title or (answer and answer in text and _share(question, text) >= _SAYS_THE_SAME):
                relevant[candidate.passage.article_id] = 1.0
        answers = (answer,) if answer else ()
        name = f"{kind}-{self._count(kind) + 1}"
        self.made.append(EvalQuestion(id=name, text=question, relevant=relevant, answers=answers, kind=kind))

    def _near(self, question: str) -> Sequence[Candidate]:
        return self._library.search(_LOOKED_AT).by_words(question)


def _share(question: str, text: str) -> float:
    """Share of the question's stems that the text holds."""
    asked = set(stems(question))
    return len(asked & set(stems(text))) / len(asked) if asked else 0.0
