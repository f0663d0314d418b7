"""From what the user named to raw articles with an identity: what is unchanged stops here, unread.

In: paths, addresses and Article objects. Out: `Raw` articles to clean, or what became of the source already.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.ingest.archives import articles_in, holds_several
from rag.ingest.files import RawFile, address_of, digest_of, find_files, parse_file, read_raw
from rag.schema import Article, ArticleId, Failure
from rag.store.store import Known

if TYPE_CHECKING:
    from rag.ingest.web import Fetcher

Lookup = Callable[[str], Known | None]
Identify = Callable[[str], str]  # the id of an article from what identifies it: its address, its path or its text


@dataclass(frozen=True, slots=True)
class Raw:
    """An article as it was read, with its identity, before cleaning."""

    article: Article  # with id and source
    digest: str
    known: Known | None  # what the library holds under this id
    path_id: str = ""  # of a file: its id where another file of the library has the same address


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The library holds the same content already: as this article, or as a copy of it with an id of its own."""

    article_id: ArticleId
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A web address, with what fetches it."""

    url: str
    fetch: Callable[[str], Article]


Source = str | Path | Article | Address
Item = Path | Article | Address | Failure
Taken = Raw | Unchanged | Failure


def list_items(sources: Iterable[Source], fields: Mapping[str, str] | None = None) -> list[Item]:
    """One item a file, row of a table, member of an archive, or source that cannot be one.

    A file that is named twice comes once. `fields` names the columns of tables where their names do not tell.
    """
    items: list[Item] = []
    seen: set[Path] = set()
    fetch = _Fetch()
    for source in sources:
        for item in _items_of(source, fetch):
            if isinstance(item, Path):
                if item in seen:
                    continue
                seen.add(item)
                if holds_several(item):
                    items.extend(_items_in(item, fields or {}))
                    continue
            items.append(item)
    return items


def _items_in(path: Path, fields: Mapping[str, str]) -> Iterator[Item]:
    try:
        yield from articles_in(path, name_of(path), fields)
    except SourceError as error:
        yield Failure(name_of(path), str(error))


def take(item: Item, lookup: Lookup, claimed: set[str], space: str = "") -> Taken:
    """The item read, unless its content is in the library already; a Failure says why it cannot be read.

    `claimed` holds the ids of the articles of this run, so that two files with one address stay two. Ids made in one
    `space` never meet those of another.
    """
    identify = partial(_hash, space)
    if isinstance(item, Failure):
        return item
    try:
        if isinstance(item, Address):
            return _take_article(item.fetch(item.url), lookup, identify)
        if isinstance(item, Article):
            return _take_article(item, lookup, identify)
        return _take_file(item, lookup, claimed, identify)
    except SourceError as error:
        return Failure(name_of(item), str(error))


def take_again(raw: Raw, lookup: Lookup) -> Raw | Unchanged:
    """The same article by what the library holds now: another writer may have been there since it was read."""
    known = lookup(raw.article.id)
    if raw.path_id and _held_by_another_file(known, raw.article.source):
        raw = replace(raw, article=replace(raw.article, id=raw.path_id), path_id="")
        known = lookup(raw.article.id)
    if known is not None and known.digest == raw.digest:
        return _unchanged(known, raw.article.source, lookup)
    return replace(raw, known=known)


def name_of(item: Item) -> str:
    """What the user calls the item."""
    if isinstance(item, Failure):
        return item.source
    if isinstance(item, Address):
        return item.url
    if isinstance(item, Article):
        return item.source or item.url or item.title or "untitled article"
    return os.fsencode(item).decode("utf-8", errors="replace")


class _Fetch:
    """Fetches articles for the addresses of one run; the network is got ready only when there are some."""

    def __init__(self) -> None:
        self._fetcher: Fetcher | None = None

    def __call__(self, url: str) -> Article:
        from rag.ingest.web import Fetcher  # 0.2 s

        self._fetcher = self._fetcher or Fetcher()
        return self._fetcher.article(url)


def _items_of(source: Source, fetch: _Fetch) -> Iterator[Item]:
    if isinstance(source, Article | Address):
        yield source
    elif isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        yield Address(source, fetch)
    elif isinstance(source, str) and "://" in source:
        yield Failure(source, "Only http and https addresses are fetched. Check the address.")
    elif not str(source).strip() or "\0" in str(source):
        yield Failure(str(source).replace("\0", "�"), "This is not a path.")
    else:
        path = Path(os.path.abspath(os.path.expanduser(source)))
        try:
            yield from find_files(path)
        except SourceError as error:
            yield Failure(name_of(path), str(error))


def _take_file(path: Path, lookup: Lookup, claimed: set[str], identify: Identify) -> Taken:
    raw = read_raw(path)
    source = name_of(path)
    article_id = _file_id(raw, source, lookup, claimed, identify)
    known = lookup(article_id)
    if known is not None and known.digest == raw.digest:
        return _unchanged(known, source, lookup)
    article = parse_file(path.name, raw.data)
    return Raw(replace(article, id=article_id, source=source), raw.digest, known, identify(f"file:{source}"))


def _file_id(raw: RawFile, source: str, lookup: Lookup, claimed: set[str], identify: Identify) -> str:
    """By the address that the file gives; by its path when it gives none, or another file gives the same."""
    by_path = identify(f"file:{source}")
    address = address_of(raw)
    if not address:
        return by_path
    by_address = identify(f"url:{address}")
    if by_address in claimed:
        return by_path
    return by_path if _held_by_another_file(lookup(by_address), source) else by_address


def _held_by_another_file(known: Known | None, source: str | None) -> bool:
    other = known.source if known is not None else None
    return other is not None and other != source and os.path.isfile(other)


def _take_article(article: Article, lookup: Lookup, identify: Identify) -> Taken:
    if not article.text.strip():
        raise SourceError("The article has no text.")
    # Where it came from is no content: a row that moved down in its table, or the same page named by two tables.
    told = [field.name for field in fields(article) if field.name not in ("added", "source", "notes")]
    content = "\x1f".join(str(getattr(article, name)) for name in told)
    digest = digest_of(content.encode("utf-8", "surrogatepass"))
    if article.id:
        article_id = article.id
    elif article.url:
        article_id = identify(f"url:{article.url}")
    else:
        article_id = identify(f"text:{article.title}\x1f{article.text}")
    known = lookup(article_id)
    if known is not None and known.digest == digest:
        return _unchanged(known, article.source, lookup)
    return Raw(replace(article, id=article_id), digest, known)


def _unchanged(known: Known, source: str | None, lookup: Lookup) -> Unchanged:
    story = lookup(known.story) if known.story else None
    if story is None:
        return Unchanged(ArticleId(known.article_id, known.title, source))
    return Unchanged(ArticleId(story.article_id, story.title, story.source), copy=known.article_id)


def _hash(space: str, identity: str) -> str:
    return hashlib.sha256(f"{space}{identity}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
