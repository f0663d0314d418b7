"""What `rag doctor` says about a library, and the mending of what is derived."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, text

from rag.errors import LibraryError
from rag.schema import Finding
from rag.store import lexical, tables
from rag.store.database import Database
from rag.store.dense import DenseIndex
from rag.store.vectors import Snapshots

RESTORE = "Restore the library's folder from a backup, or remove it and add the articles anew."
FIX = "Run `rag doctor --fix`."


def check(database: Database, dense: DenseIndex, snapshots: Snapshots, *, fix: bool) -> tuple[Finding, ...]:
    """Findings on database and indexes; with `fix` the indexes are rebuilt. The caller holds the writer lock."""
    try:
        with database.write() as connection:  # the lexical check is a write to FTS5
            found = [*_database(connection), *_lexical(connection, fix=fix)]
    except LibraryError as error:
        return (Finding("error", error.message, error.mend or RESTORE),)
    found.extend(_dense(dense, snapshots, fix=fix))
    if fix and (left := snapshots.clean()):
        found.append(Finding("ok", f"Removed {left} folders that stopped programs had left."))
    return tuple(found)


def _database(connection: Connection) -> Iterator[Finding]:
    """The truth: pages, references, and that passages lie where they say."""
    said = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if said != "ok":
        yield Finding("error", f"The database is damaged: {said}.", RESTORE)
        return
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        yield Finding("error", "The database holds passages without an article.", RESTORE)
    articles, passages = tables.articles, tables.passages
    counted = [
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (articles, passages)
    ]
    if connection.execute(select(func.count()).select_from(tables.vectors)).scalar_one() != counted[1]:
        yield Finding("error", "The database lacks the vectors of some passages.", RESTORE)
    if moved := _misplaced(connection):
        yield Finding(
            "error", f"{moved} passages do not stand in their article where they say.", "Add these articles again."
        )
    yield Finding("ok", f"Database: {counted[0]} articles, {counted[1]} passages.")


def _misplaced(connection: Connection) -> int:
    """Passages whose text is not `article.text[start:end]`; one article at a time in memory."""
    articles, passages = tables.articles, tables.passages
    wrong = 0
    for number in connection.execute(select(articles.c.number)).scalars().all():
        whole = connection.execute(select(articles.c.text).where(articles.c.number == number)).scalar_one()
        columns = (passages.c.start, passages.c.end, passages.c.text)
        rows = connection.execute(select(*columns).where(passages.c.article == number))
        wrong += sum(whole[row.start : row.end] != row.text for row in rows)
    return wrong


def _lexical(connection: Connection, *, fix: bool) -> Iterator[Finding]:
    if lexical.agrees(connection):
        yield Finding("ok", "Lexical index: agrees with the passages.")
    elif fix:
        lexical.rebuild(connection)
        yield Finding("warning", "The lexical index did not agree with the passages; it has been rebuilt.")
    else:
        yield Finding("error", "The lexical index does not agree with the passages.", FIX)


def _dense(dense: DenseIndex, snapshots: Snapshots, *, fix: bool) -> Iterator[Finding]:
    published, behind = dense.state()
    if published is not None and snapshots.sound(published):
        newer = f"; {behind} newer passages are searched exactly" if behind else ""
        yield Finding("ok", f"Dense index: Chroma holds {published.held} vectors{newer}.")
    elif published is None and not behind:
        yield Finding("ok", "Dense index: empty.")
    elif not snapshots.promised():
        yield Finding("ok", "Dense index: not built yet; the first search of the chat builds it.")
    elif not fix:
        yield Finding("warning", "The dense index is missing or damaged; searches are exact and slower to start.", FIX)
    elif dense.rebuild():
        yield Finding("warning", "The dense index was missing or damaged; it has been rebuilt from the stored vectors.")
    else:
        yield Finding(
            "error", "The dense index cannot be rebuilt.", "Check the free space and the permissions of the folder."
        )
