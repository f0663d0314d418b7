"""Sources to a library: read, clean, tell duplicates, cut into passages, embed across articles, store in batches.

In: a store, a way to get the embedder, and sources. Out: an AddReport. What it reports as added is on disk.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from rag.ingest.chunking import chunk_articles, embedding_text
from rag.ingest.formats.stated import names_of
from rag.ingest.frontmatter import web_address
from rag.ingest.intake import Item, Raw, Source, Unchanged, list_items, name_of, take, take_again
from rag.ingest.pace import WINDOW_PASSAGES, Pace
from rag.ingest.stories import Marked, Stories, marked
from rag.schema import AddReport, Article, ArticleId, Embedder, Failure, Note, Passage, Progress, Vectors
from rag.store.store import Copy, Prepared, Store
from rag.text.cleaning import CleanText, clean, line_hash, recurring_lines
from rag.text.language import detect_language
from rag.text.normalise import normalise
from rag.tracing import UNTRACED, Span, trace

# Passages embedded between two calls of the progress callback, at least. The embedder takes small sets (up to 320) for
# the sign of a small job, which it does without loading torch.
_STEP_PASSAGES = 512
_CHARACTERS_A_PASSAGE = 700  # of news, for sizing windows before anything is cut
# Articles in which a line that sounds like boilerplate must stand to be taken for it. Measured: benchmarks/cleaning.md
RECURS_IN = 5
_OUTCOMES = ("added", "updated", "unchanged", "duplicates", "failed")
_Outcome = TypeVar("_Outcome")


def add_sources(
    store: Store,
    embedder_factory: Callable[[], Embedder],
    sources: Iterable[Source],
    *,
    progress: Callable[[Progress], None] | None = None,
    batch_passages: int = WINDOW_PASSAGES,
    fields: Mapping[str, str] | None = None,
    owner: str | None = None,
    seen: set[str] | None = None,
    space: str = "",
) -> AddReport:
    """Add sources to the store; what became of each. The embedder is loaded only when there is something new.

    A failure does not stop the others. Articles are stored in windows of up to about `batch_passages` passages, so
    a crash loses at most the window that was not reported to `progress` yet. `fields` maps fields of articles to the
    columns of tables whose names do not tell. `owner` is noted for what is new; `seen` receives the id of each article
    and copy that the sources hold. Ids made in one `space` never meet those of another.
    """
    with trace("add") as span:
        adding = _Adding(store, embedder_factory, progress, owner, claimed=set() if seen is None else seen, span=span)
        adding.space = space
        _add_all(adding, list_items(sources, fields), Pace(batch_passages))
        report = adding.report()
        span.note({f"article_chat.{name}": len(getattr(report, name)) for name in _OUTCOMES})
    return report


def _add_all(adding: _Adding, items: Sequence[Item], pace: Pace) -> None:
    """Take each item, store what waits whenever a window is full."""
    adding.total = len(items)
    try:
        for item in items:
            taken = take(item, adding.store.known, adding.claimed, adding.space)
            if isinstance(taken, Raw):
                adding.wait(taken)
                if pace.due(adding.waiting_passages):
                    adding.flush()
                    pace.stored()
            elif isinstance(taken, Unchanged):
                adding.leave(taken, name_of(item))
            else:
                adding.settle(adding.failed, taken, taken.source)
        adding.flush()
    finally:
        if adding.writing:
            adding.store.finish()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A cleaned article that will be stored."""

    marked: Marked
    digest: str  # of the raw content
    lines: tuple[str, ...]
    raw: Raw | None  # None: a former copy, which is no source of this run

    @property
    def article(self) -> Article:
        """The article itself."""
        return self.marked.article


@dataclass
class _Sorted:
    """A window sorted by what becomes of each article, in one state of the library."""

    generation: int
    ready: list[_Ready] = field(default_factory=list)
    copies: list[tuple[Copy, ArticleId | None]] = field(default_factory=list)  # each with its story; None: no outcome
    unchanged: list[tuple[Unchanged, str]] = field(default_factory=list)  # each with its name
    failed: list[Failure] = field(default_factory=list)


_Embedded = dict[Article, tuple[tuple[Passage, ...], Vectors]]


@dataclass
class _Adding:
    """One run of `add_sources`: what waits for the next window, and what became of the rest."""

    store: Store
    embedder_factory: Callable[[], Embedder]
    progress: Callable[[Progress], None] | None
    owner: str | None = None
    total: int = 0
    waiting: list[Raw] = field(default_factory=list)
    waiting_passages: int = 0  # about so many; known only when the articles are cut
    claimed: set[str] = field(default_factory=set)
    added: list[ArticleId] = field(default_factory=list)
    updated: list[ArticleId] = field(default_factory=list)
    unchanged: list[ArticleId] = field(default_factory=list)
    duplicates: list[ArticleId] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    said: set[tuple[str, str]] = field(default_factory=set)  # files with what was noted of them
    passages: int = 0
    writing: bool = False
    embedder: Embedder | None = None
    space: str = ""  # in which ids are made
    span: Span = UNTRACED

    def report(self) -> AddReport:
        """What became of everything so far."""
        return AddReport(
            added=tuple(self.added),
            updated=tuple(self.updated),
            unchanged=tuple(self.unchanged),
            duplicates=tuple(self.duplicates),
            failed=tuple(self.failed),
            notes=tuple(self.notes),
        )

    def settle(self, outcomes: list[_Outcome], outcome: _Outcome, source: str) -> None:
        """Note the outcome of a source and tell the progress callback."""
        outcomes.append(outcome)
        self.tell(source)

    def leave(self, known: Unchanged, source: str) -> None:
        """Note a source whose content the library holds already."""
        self.claimed.add(known.copy or str(known.article_id))
        self.settle(self.duplicates if known.copy else self.unchanged, known.article_id, source)

    def tell(self, source: str) -> None:
        """Call the progress callback."""
        if self.progress is not None:
            done = len(self.added) + len(self.updated) + len(self.unchanged) + len(self.duplicates) + len(self.failed)
            self.progress(Progress(done, self.total, self.passages, source))

    def wait(self, raw: Raw) -> None:
        """Put an article into the window; one with the same id is stored before, so that the later one replaces it."""
        if any(other.article.id == raw.article.id for other in self.waiting):
            self.flush()
            raw = replace(raw, known=self.store.known(raw.article.id))
        self.claimed.add(raw.article.id)
        self.waiting.append(raw)
        self.waiting_passages += 1 + len(raw.article.text) // _CHARACTERS_A_PASSAGE

    def flush(self) -> None:
        """Clean, embed and store what waits.

        Embedding takes seconds, so it happens before the writer lock is taken. Inside the lock the window is sorted
        again if another writer was quicker: what it has stored meanwhile may be the same article, or a copy of one.
        """
        window, self.waiting, self.waiting_passages = self.waiting, [], 0
        found = self._sort_out(window)
        if found.ready or found.copies:
            if not self.writing:
                # Before the long work, to learn at once when others write for long.
                with self.store.writing(last=False):
                    self.writing = True
            embedded = self._embed_new(found.ready, {})
            with self.store.writing(last=False):
                if self.store.generation() != found.generation:
                    found = self._sort_out(window)
                    embedded = self._embed_new(found.ready, embedded)
                prepared = [_prepared(one, *embedded[one.article]) for one in found.ready]
                with self.span.step("store", {"article_chat.articles": len(prepared)}):
                    self.store.put(prepared, copies=[copy for copy, _ in found.copies], owner=self.owner)
        self._settle_all(found)

    def _settle_all(self, found: _Sorted) -> None:
        for failure in found.failed:
            self.settle(self.failed, failure, failure.source)
        for unchanged, name in found.unchanged:
            self.leave(unchanged, name)
        for one in found.ready:
            if one.raw is not None:
                outcome = ArticleId(one.article.id, one.article.title, one.article.source)
                self.claimed.add(one.article.id)
                new = one.raw.known is None or one.raw.known.story
                self._note(one.article)
                self.settle(self.added if new else self.updated, outcome, name_of(one.article))
        for copy, story in found.copies:
            if story is not None:
                self.settle(self.duplicates, story, name_of(copy.article))

    def _note(self, article: Article) -> None:
        """Report what was noted of the article; what is true of each article of a file is said once."""
        name = name_of(article)
        for note in article.notes:
            said = (name.rpartition(", ")[0] or name, note)
            if said not in self.said:
                self.said.add(said)
                self.notes.append(Note(name, note))

    def _sort_out(self, window: Sequence[Raw]) -> _Sorted:
        """What becomes of each article of the window, by one state of the library.

        Copies that a changed article leaves behind are stored again, and are no outcome of this run.
        """
        with self.store.reading():
            found = _Sorted(self.store.generation())
            raws: list[Raw] = []
            for raw in window:
                taken = take_again(raw, self.store.known)
                if isinstance(taken, Raw):
                    raws.append(taken)
                else:
                    found.unchanged.append((taken, name_of(raw.article)))
            self._sort_raws(raws, found)
        return found

    def _sort_raws(self, raws: Sequence[Raw], found: _Sorted) -> None:
        lines = [recurring_lines(raw.article.text) for raw in raws]
        recurring = self._recurring(lines)
        stories = Stories(self.store, (raw.article.id for raw in raws))
        for raw, own in zip(raws, lines, strict=True):
            cleaned = clean(
                raw.article.text, title=raw.article.title, recurring=lambda line: line_hash(line) in recurring
            )
            article = _finish(raw.article, cleaned)
            if not article.text:
                found.failed.append(Failure(name_of(article), "It holds no text of an article."))
                continue
            one = marked(article, hashlib.sha256(article.text.encode()).hexdigest()[:32])
            new = raw.known is None or raw.known.story
            if new and (story := stories.find(one)):
                found.copies.append((Copy(str(story), article, raw.digest, one.digest), story))
                continue
            stories.keep(one)
            found.ready.append(_Ready(one, raw.digest, tuple(sorted(own)), raw))
            for copy in stories.outgrown(one) if not new else ():
                released = marked(copy.article, copy.text_digest)
                if story := stories.find(released):
                    found.copies.append((replace(copy, story=str(story)), None))
                else:
                    stories.keep(released)
                    found.ready.append(_Ready(released, copy.digest, (), None))

    def _recurring(self, lines: Sequence[set[str]]) -> set[str]:
        """Hashes of the lines that stand in enough articles of the library and the window."""
        counts = Counter(line for one in lines for line in one)
        stored = self.store.line_counts(list(counts)) if counts else {}
        return {line for line, count in counts.items() if count + stored.get(line, 0) >= RECURS_IN}

    def _embed_new(self, ready: Sequence[_Ready], embedded: _Embedded) -> _Embedded:
        """`embedded` with the passages and vectors of the articles that it lacks."""
        new = [one.article for one in ready if one.article not in embedded]
        if not new:
            return embedded
        self.embedder = self.embedder or self.embedder_factory()
        passages = chunk_articles(new, self.embedder)
        texts = [embedding_text(article, p) for article, part in zip(new, passages, strict=True) for p in part]
        with self.span.step("embed", {"article_chat.passages": len(texts)}):
            vectors = self._embed(texts, name_of(new[0]))
        ends = np.cumsum([len(part) for part in passages])[:-1]
        parts = zip(passages, np.split(vectors, ends), strict=True)
        return embedded | dict(zip(new, parts, strict=True))

    def _embed(self, texts: Sequence[str], source: str) -> Vectors:
        """Vectors in the order of the texts, made from the longest to the shortest, so that little is padded."""
        assert self.embedder is not None
        vectors = np.empty((len(texts), self.embedder.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for step in np.array_split(np.array(order, dtype=int), max(1, len(order) // _STEP_PASSAGES)):
            vectors[step] = self.embedder.embed_passages([texts[number] for number in step])
            self.passages += len(step)
            self.tell(source)
        return vectors


def _finish(article: Article, cleaned: CleanText) -> Article:
    """The article as it is stored: clean in every field."""
    return replace(
        article,
        title=cleaned.title,
        text=cleaned.text,
        url=web_address(article.url),
        publisher=_one_line(article.publisher),
        author=names_of(_one_line(article.author) or "") or None,
        published=article.published or cleaned.published,
        language=article.language or detect_language(cleaned.text),
        source=_one_line(article.source),
    )


def _one_line(value: str | None) -> str | None:
    return " ".join(normalise(value).split()) or None if value else None


def _prepared(one: _Ready, passages: tuple[Passage, ...], vectors: Vectors) -> Prepared:
    found = one.marked
    return Prepared(one.article, passages, vectors, one.digest, found.digest, one.lines, found.bands)
