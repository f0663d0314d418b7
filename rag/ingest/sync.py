"""A folder and a library kept alike: new and changed files are added, and what is gone from the folder is removed.

In: a store, an embedder, a folder. Out: a SyncReport. Only what an earlier sync of the folder had added is removed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from pathlib import Path

from rag.errors import SourceError
from rag.ingest.files import find_files
from rag.ingest.intake import name_of
from rag.ingest.pipeline import add_sources
from rag.ingest.stories import remove_source
from rag.schema import AddReport, ArticleId, Embedder, Progress, SyncReport
from rag.store.store import Store
from rag.text.normalise import normalise

_ROW = re.compile(r", (?:row|article) \d+(?: \([^/]*\))?\Z")


def sync_folder(
    store: Store,
    embedder_factory: Callable[[], Embedder],
    folder: str | Path,
    *,
    progress: Callable[[Progress], None] | None = None,
    fields: Mapping[str, str] | None = None,
) -> SyncReport:
    """Add what is new or changed in the folder; remove what an earlier sync of it added and is not there any more.

    A file that cannot be read now keeps what was read from it before.
    """
    root = Path(os.path.abspath(os.path.expanduser(folder)))
    if not root.is_dir():
        raise SourceError(f"There is no folder {name_of(root)}; nothing was added or removed.", "Check the path.")
    owner = name_of(root)
    files = _files_in(root)
    names = {_as_stored(name_of(file)) for file in files}
    seen: set[str] = set()
    with store.writing():
        removed = [
            removal
            for article_id, source in store.owned_by(owner).items()
            if _is_gone(source, names) and (removal := _remove(store, embedder_factory, article_id))
        ]
        report = AddReport()
        if files:
            report = add_sources(
                store, embedder_factory, files, progress=progress, fields=fields, owner=owner, seen=seen
            )
        failed = tuple(_as_stored(failure.source) for failure in report.failed)
        removed += [
            removal
            for article_id, source in store.owned_by(owner).items()
            if article_id not in seen
            and not any(_file_of(source, names) == _file_of(one, names) for one in failed)
            and (removal := _remove(store, embedder_factory, article_id))
        ]
    parts = {part.name: getattr(report, part.name) for part in fields_of(AddReport)}
    return SyncReport(**parts, removed=tuple(removed))


def _files_in(root: Path) -> list[Path]:
    try:
        return list(find_files(root))
    except SourceError:  # it holds no articles (any more)
        return []


def _remove(store: Store, embedder_factory: Callable[[], Embedder], article_id: str) -> ArticleId | None:
    known = store.known(article_id)
    if known is None or not remove_source(store, embedder_factory, article_id):
        return None
    return ArticleId(article_id, known.title, known.source)


def _is_gone(source: str, names: set[str]) -> bool:
    """Whether the file of an article is not in the folder; one that is there and was not listed is not gone."""
    file = _file_of(source, names)
    return file not in names and not any(path.is_file() for path in (Path(file), *Path(file).parents))


def _file_of(source: str, names: set[str]) -> str:
    """The file that a source lies in: itself, the table of a row, the archive of a member."""
    place = _ROW.sub("", source)
    return next((name for path in (place, *Path(place).parents) if (name := str(path)) in names), place)


def _as_stored(source: str) -> str:
    """A source as the library writes it."""
    return " ".join(normalise(source).split())
