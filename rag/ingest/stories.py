"""Which articles are one story: exact and near-identical copies, in the library and in the window being added.

In: cleaned articles. Out: the article that stands for the story, if there is one; what becomes of copies when that
article is changed or removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rag.ingest.chunking import chunk_articles, embedding_text
from rag.schema import Article, ArticleId, Embedder
from rag.store.store import Copy, Prepared, Store
from rag.text.copies import Print, bands, fingerprint, same_story


@dataclass(frozen=True, slots=True)
class Marked:
    """A cleaned article with what tells its copies."""

    article: Article
    digest: str  # of its text
    mark: Print
    bands: tuple[int, ...]


def marked(article: Article, digest: str) -> Marked:
    """The article with its fingerprint and bands."""
    mark = fingerprint(article.text)
    return Marked(article, digest, mark, bands(mark))


class Stories:
    """The stories of the library and of a window of articles that is not stored yet."""

    def __init__(self, store: Store, window: Iterable[str]) -> None:
        self._store = store
        self._window = set(window)  # ids: what the library holds of these is about to be replaced
        self._texts: dict[str, ArticleId] = {}
        self._kept: list[Marked] = []
        self._by_band: dict[int, list[int]] = defaultdict(list)

    def keep(self, one: Marked) -> None:
        """Note an article of the window that will be stored."""
        self._texts[one.digest] = _named(one.article)
        for band in one.bands:
            self._by_band[band].append(len(self._kept))
        self._kept.append(one)

    def find(self, one: Marked) -> ArticleId | None:
        """The article that the given one is a copy of."""
        if one.digest in self._texts:
            return self._texts[one.digest]
        known = self._store.known_text(one.digest)
        if known is not None and known.article_id not in self._window:
            return ArticleId(known.article_id, known.title, known.source)
        for number in sorted({number for band in one.bands for number in self._by_band.get(band, ())}):
            if same_story(self._kept[number].mark, one.mark):
                return _named(self._kept[number].article)
        for article_id, text in self._store.near(one.bands):
            if article_id not in self._window and same_story(fingerprint(text), one.mark):
                known = self._store.known(article_id)
                return ArticleId(article_id, known.title, known.source) if known else None
        return None

    def outgrown(self, changed: Marked) -> list[Copy]:
        """The copies of a changed article that its new text is no copy of any more."""
        copies = self._store.copies([changed.article.id])
        return [
            copy
            for copy in copies
            if copy.article.id not in self._window
            and copy.text_digest != changed.digest
            and not same_story(fingerprint(copy.article.text), changed.mark)
        ]


def remove_source(store: Store, embedder_factory: Callable[[], Embedder], article_id: str) -> bool:
    """Remove one source of a story: when others have published it too, the first of them stands for it from now on.

    Whether there was such an article or copy. (`Store.remove` removes an article with all its copies.)
    """
    with store.writing():
        copies = store.copies([article_id])
        if not copies:
            return store.remove(article_id)
        heir, *others = copies
        embedder = embedder_factory()
        (passages,) = chunk_articles([heir.article], embedder)
        prepared = Prepared(
            article=heir.article,
            passages=passages,
            vectors=embedder.embed_passages([embedding_text(heir.article, passage) for passage in passages]),
            digest=heir.digest,
            text_digest=heir.text_digest,
            bands=bands(fingerprint(heir.article.text)),
        )
        moved = [replace(copy, story=heir.article.id) for copy in others]
        store.put([prepared], copies=moved, removing=[article_id])
        return True


def _named(article: Article) -> ArticleId:
    return ArticleId(article.id, article.title, article.source)
