"""The data that travels between the steps: frozen, typed, free of behaviour beyond simple views.

Character offsets always count into the cleaned text of an article: `article.text[start:end]`.
Scores are higher-is-better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from rag.readings import Embedder as Embedder
from rag.readings import PassageReader as PassageReader
from rag.readings import Reading as Reading
from rag.readings import SentenceReading as SentenceReading
from rag.readings import Vectors as Vectors
from rag.readings import WindowReading as WindowReading
from rag.reports import AddReport as AddReport
from rag.reports import ArticleId as ArticleId
from rag.reports import Failure as Failure
from rag.reports import Finding as Finding
from rag.reports import Note as Note
from rag.reports import Progress as Progress
from rag.reports import SyncReport as SyncReport
from rag.reports import joined as joined

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_core.messages.content import Annotation

# --- articles and what becomes of them
# ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article. `id`, `language`, `added` and `source` are filled in by the library; `text` is cleaned by it."""

    title: str
    text: str
    id: str = ""
    url: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: date | None = None  # the outlet's date, never that of the import
    language: str | None = None  # ISO 639-1
    added: datetime | None = None  # UTC
    source: str | None = None  # the file or address that it was read from
    notes: tuple[str, ...] = ()  # of reading it, for its user: "Its encoding was guessed"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of sentences of one article, small enough for the embedding model: `text == article.text[start:end]`."""

    id: str
    article_id: str
    position: int  # number of the passage in its article, from 0
    start: int
    end: int
    text: str


# --- retrieval
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles a search may look at; an empty filter means all."""

    publisher: str | None = None
    since: date | None = None  # inclusive
    until: date | None = None  # inclusive
    article_ids: tuple[str, ...] | None = None
    known_on: date | None = None  # what was published later is left out; unlike `until`, undated articles stay
    readable: tuple[str, ...] | None = None  # only articles of these collections: what the asker may read, see Rights

    @property
    def open(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Rights:
    """Which collections somebody may read and write; None is the whole library, with what is in no collection.

    Who may write a collection may read it: `read` holds all of `write`.
    """

    read: frozenset[str] | None = None
    write: frozenset[str] | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing of the library is closed to somebody with these rights."""
        return self.read is None and self.write is None

    @property
    def may_read(self) -> bool:
        """Whether there is anything that somebody with these rights may read."""
        return self.read is None or bool(self.read)

    @property
    def may_write(self) -> bool:
        """Whether there is anything that somebody with these rights may change."""
        return self.write is None or bool(self.write)

    @property
    def manages(self) -> bool:
        """Whether somebody with these rights may change the whole library."""
        return self.write is None

    def reading_only(self) -> Rights:
        """The same rights without any to write."""
        return Rights(self.read, frozenset())


class OtherSource(NamedTuple):
    """Another publisher of a story that the library holds once: a syndicated copy, itself under `article_id`."""

    publisher: str | None
    title: str
    url: str | None
    article_id: str
    published: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A retrieved passage with its article's head and the scores that brought it here."""

    passage: Passage
    title: str
    url: str | None = None
    publisher: str | None = None
    published: date | None = None
    score: float = 0.0  # 0..1, fused
    lexical: float | None = None  # BM25 of the lexical index, None when it did not find the passage
    dense: float | None = None  # cosine similarity, None when the dense index did not find the passage
    answerable: float | None = None  # 0..1, what the reader found in it; None when it was not read
    version: str = ""  # of the article's text: `library.article(id, version=...)` opens it, whatever came after
    also: tuple[OtherSource, ...] = ()  # who else has published this passage


# --- answers
# -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The exact place an answer rests on: `library.article(article_id).text[start:end] == quote`.

    When the article is changed later, `library.article(article_id, version=citation.version)` still says so.
    """

    number: int  # as in the mark [1], in reading order from 1
    article_id: str
    title: str
    start: int
    end: int
    quote: str
    publisher: str | None = None
    published: date | None = None
    url: str | None = None
    version: str = ""  # of the article's text when it was cited
    also: tuple[OtherSource, ...] = ()  # who else has published the story; it counts as one source


@dataclass(frozen=True, slots=True)
class Period:
    """A time named in a question: the articles asked are those published in it, both days included."""

    words: str  # as the question names it
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Reports of the same thing that give different figures or dates: one citation each, newest last."""

    values: tuple[str, ...]  # what each says, verbatim inside its citation's quote
    citations: tuple[Citation, ...]

    @property
    def is_newer_each_time(self) -> bool:
        """Whether each report is of a later day than the one before: newer figures of one story."""
        days = [one.published for one in self.citations]
        return all(one and other and one < other for one, other in pairwise(days))


class AnswerSentence(NamedTuple):
    """A sentence of an answer with what it rests on. `text` carries no marks."""

    text: str
    citations: tuple[Citation, ...]
    support: float  # 0..1
    verified: bool  # found word for word, or checked against the cited passage


class Turn(NamedTuple):
    """One turn of a conversation: who spoke ("user" or "assistant") and what was said."""

    role: str
    text: str


Kind = Literal["answer", "refusal", "library", "story", "reply"]
Verdict = Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, or an honest refusal with the nearest passages."""

    question: str  # the stand-alone question that was searched
    text: str  # sentences with marks such as [1]
    answered: bool
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()  # the nearest passages when nothing answers
    short: str | None = None  # the short answer, verbatim inside a quoted sentence
    confidence: float = 0.0  # 0..1: that the articles answer the question
    differences: tuple[Difference, ...] = ()  # where the cited articles disagree
    speakers: tuple[str | None, ...] = ()  # who speaks in each sentence, when somebody's words are asked for
    period: Period | None = None  # the time that the question names, where only articles of that time were asked
    model: str = ""  # what wrote the answer
    notes: tuple[str, ...] = ()  # one-line remarks for the reader: candidates left unread, reader missing, ...
    candidates: tuple[Candidate, ...] = ()  # what was retrieved, best first
    kind: Kind = "answer"  # what sort of reply this is; "refusal" where `answered` is False
    verdict: Verdict | None = None  # what the sentences say to a yes/no question, where the reader is sure; else None
    correction: tuple[Citation, ...] = ()  # in a refusal: what the articles say against what the question presumes
    suggestions: tuple[str, ...] = ()  # questions that could be asked next
    typed: str = ""  # the question as it was typed, where misspelt words of it were corrected
    timings: Mapping[str, float] = field(default_factory=dict)  # milliseconds by step

    def as_message(self) -> AIMessage:
        """The answer as a LangChain message: its text with a standard citation annotation a sentence and source.

        An annotation's indices count into the message's text; its extras say where the quote stands in the article.
        """
        from langchain_core.messages import AIMessage
        from langchain_core.messages.content import create_text_block

        block = create_text_block(self.text, annotations=_annotations(self.text, self.sentences))
        about = {"model_name": self.model, "answered": self.answered, "confidence": self.confidence}
        return AIMessage(content_blocks=[block], response_metadata=about)


def _annotations(text: str, sentences: Sequence[AnswerSentence]) -> list[Annotation]:
    """A citation for each source of each sentence, placed where the sentence stands in the text."""
    from langchain_core.messages.content import create_citation

    made: list[Annotation] = []
    reached = 0
    for sentence in sentences:
        start = text.find(sentence.text, reached)
        end = start + len(sentence.text) if start >= 0 else None
        reached = reached if end is None else end
        for citation in sentence.citations:
            made.append(
                create_citation(
                    url=citation.url,
                    title=citation.title,
                    start_index=None if end is None else start,
                    end_index=end,
                    cited_text=citation.quote,
                    number=citation.number,
                    article_id=citation.article_id,
                    version=citation.version,
                    start=citation.start,
                    end=citation.end,
                    publisher=citation.publisher,
                    published=citation.published.isoformat() if citation.published else None,
                )
            )
    return made


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a text that was checked: whether the articles say it, and the places that show it."""

    text: str
    verdict: Literal["said", "contradicted", "not_found"]
    citations: tuple[Citation, ...] = ()  # numbered from 1 in each claim; none where nothing was found
    note: str = ""  # what could not be searched for it; without that, "not_found" says less


@dataclass(frozen=True, slots=True)
class Searching:
    """Event: the stand-alone question that is searched now."""

    question: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Event: candidates are here and are being read; of a second such event, those before did not answer."""

    candidates: tuple[Candidate, ...]
    nearest: tuple[Citation, ...] = ()  # a sentence of each of the best articles, to show meanwhile; no answer yet


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Event: more text of the answer, marks included; the deltas joined are the answer's text so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Writing:
    """Event: a chat model's words of the sentence under way, not checked yet; each such event replaces the one before.

    It also comes, with the same text, while nothing else happens, so that whoever watches can stop.
    """

    text: str


@dataclass(frozen=True, slots=True)
class SentenceDone:
    """Event: a sentence is complete, with its citations."""

    sentence: AnswerSentence


@dataclass(frozen=True, slots=True)
class Done:
    """The last event: the same Answer that `Assistant.ask` returns."""

    answer: Answer


Event = Searching | Retrieved | TextDelta | Writing | SentenceDone | Done
