"""Backups: a library as one file, taken while others write, and checked before it replaces anything.

The file is an SQLite database with articles, passages, vectors, versions, conversations, feeds: all that the library
holds, whichever database it is in. It can be restored into a file as into PostgreSQL. Chroma's index is not in it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from rag.errors import LibraryError
from rag.store import tables, transfer
from rag.store.backends import backend_for
from rag.store.database import Database, generation
from rag.store.dense import ERA
from rag.store.files import flush
from rag.store.lock import WriterLock
from rag.store.sqlite.backend import FILE_NAME, SQLite
from rag.store.vectors import Snapshots

BEFORE = "before-restore.sqlite3"  # in the library's folder: what a restore replaced
_HEADER = b"SQLite format 3\0"
_NUMBERED = ("articles", "passages")  # tables whose numbers must never be used twice


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    file: Path
    articles: int
    passages: int


def back_up(database: Database, file: Path) -> Backup:
    """Write the library as it is now to one file, in one step: the file is the old one or the new one, whole."""
    backend = database.backend
    if not isinstance(backend, SQLite):
        return _written(file, lambda draft: transfer.write_file(database, draft))
    return _back_up_file(backend.file, file)


def take(database: Database, draft: Path) -> None:
    """A backup for this program's own use, whatever a killed one has left of it."""
    discard(draft)
    for left in draft.parent.glob(f".{draft.name}.*"):
        left.unlink(missing_ok=True)
    back_up(database, draft)


def make_fit(draft: Path, fingerprint: str, dimension: int) -> None:
    """Raise unless the backup is sound; give it the tables that came after the version that made the library."""
    with _told(draft, "The backup cannot be read"):
        _fit(draft, fingerprint, dimension)


def _back_up_file(live: Path, file: Path) -> Backup:
    target = file.expanduser().resolve()
    if target.parent == live.resolve().parent and target.name.startswith(FILE_NAME):
        raise LibraryError(f"{file} is the library itself.", "Choose another file for the backup.")

    def copy(draft: Path) -> None:
        with closing(_reading(live)) as source, closing(sqlite3.connect(draft)) as copied:
            source.backup(copied)

    return _written(file, copy)


def _written(file: Path, write: Callable[[Path], None]) -> Backup:
    """The backup that `write` makes, in the place of the file when it is whole and on the disk."""
    file = file.expanduser().absolute()
    _refuse_strangers(file)
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    with _told(file, "The backup cannot be written"):
        try:
            write(draft)
            with closing(sqlite3.connect(draft)) as copy:
                copy.execute("PRAGMA journal_mode=DELETE").close()  # one file, without a log beside it
            backup = examine(draft)
            flush(draft)
            draft.replace(file)
            flush(file.parent)
        finally:
            discard(draft)
    return Backup(file, backup.articles, backup.passages)


def examine(file: Path) -> Backup:
    """What the backup holds; a LibraryError when it is none, or damaged in any page."""
    with _told(file, "The backup cannot be read"):
        if not file.is_file() or file.stat().st_size < len(_HEADER):
            raise LibraryError(f"{file} is no backup.", "Give the file that `rag backup` made.")
        with file.open("rb") as opened:
            if opened.read(len(_HEADER)) != _HEADER:
                raise LibraryError(f"{file} is no backup.", "Give the file that `rag backup` made.")
        with closing(_reading(file, immutable=True)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
            if said != "ok" or orphan is not None:
                raise LibraryError(f"The backup {file} is damaged: {said}.", "Take another one; nothing was changed.")
            counted = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _NUMBERED]  # noqa: S608
            vectors = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
            if connection.execute("SELECT count(*) FROM library").fetchone()[0] != 1 or vectors != counted[1]:
                raise LibraryError(f"The backup {file} is not whole.", "Take another one; nothing was changed.")
    return Backup(file, *counted)


def restore(
    file: Path, folder: Path, *, fingerprint: str, dimension: int, database: str = "", lock_timeout: float = 30
) -> Path | None:
    """Make the library in `folder`, or in the PostgreSQL `database` at an address, what the backup holds.

    The backup is copied and the copy checked before anything is replaced. Those who read meanwhile see the old library
    or the new one. A library in a file that cannot be read any more is moved aside. Returned: where the library that it
    replaces was kept, if there was one.
    """
    file, folder = file.expanduser().absolute(), folder.expanduser().absolute()
    examine(file)
    backend = backend_for(folder, database)
    with _told(folder, "The backup cannot be restored"):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"restore-{uuid.uuid4().hex[:8]}.sqlite3"
        try:
            with closing(_reading(file)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
            _fit(draft, fingerprint, dimension)
            if isinstance(backend, SQLite):
                with WriterLock(backend.lock(), lock_timeout).held():
                    return _replace(draft, folder)
            return _replace_rows(draft, folder, Database(backend), lock_timeout)
        finally:
            discard(draft)


def _replace_rows(draft: Path, folder: Path, database: Database, lock_timeout: float) -> Path | None:
    """The same in a database that is no file; its transaction replaces all rows or none."""
    with closing(sqlite3.connect(draft)) as copy:
        fingerprint, dimension = copy.execute("SELECT fingerprint, dimension FROM library").fetchone()
        then = int(copy.execute("SELECT generation FROM library").fetchone()[0])
    with closing(database), WriterLock(database.backend.lock(), lock_timeout).held():
        database.create(fingerprint, dimension)
        database.verify(fingerprint, dimension)
        database.upgrade()
        with database.read() as connection:
            now = generation(connection)
            filled = connection.execute(select(func.count()).select_from(tables.articles)).scalar_one()
        kept = back_up(database, folder / BEFORE).file if filled else None
        transfer.read_file(draft, database, (max(then, now) // ERA + 1) * ERA)
    return kept


def discard(draft: Path) -> None:
    """Remove the file of a database with what stands beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _fit(draft: Path, fingerprint: str, dimension: int) -> None:
    """Raise unless this program can use the copy; give it the tables that came after it."""
    database = Database(SQLite(draft))
    try:
        database.verify(fingerprint, dimension)
        database.upgrade()
    finally:
        database.close()
    with closing(sqlite3.connect(draft)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE").close()
    examine(draft)


def _replace(draft: Path, folder: Path) -> Path | None:
    live = folder / FILE_NAME
    state = _state(live)
    kept: Path | None = None
    if state is None and live.exists():
        kept = _move_aside(live)
    with closing(sqlite3.connect(draft)) as copy:
        _go_on_after(copy, state)
    Snapshots(folder / "dense").withdraw()
    if state is None:
        flush(draft)
        draft.replace(live)
        flush(folder)
        return kept
    if state["articles"]:
        kept = _back_up_file(live, folder / BEFORE).file
    with closing(sqlite3.connect(draft)) as copy, closing(sqlite3.connect(live, timeout=30)) as library:
        copy.backup(library)  # one transaction of the library
    return kept


def _state(live: Path) -> dict[str, int] | None:
    """The generation and the highest numbers of the library; None when there is none, or it cannot be read."""
    if not live.exists():
        return None
    try:
        with closing(_reading(live)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return None
            state = {"generation": int(connection.execute("SELECT generation FROM library").fetchone()[0])}
            for name in _NUMBERED:
                found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
                state[name] = int(found[0]) if found else 0
            return state
    except (sqlite3.DatabaseError, TypeError):
        return None


def _go_on_after(copy: sqlite3.Connection, state: dict[str, int] | None) -> None:
    """Let the copy count on from the library that it replaces, in a new era: readers then load everything anew."""
    then = int(copy.execute("SELECT generation FROM library").fetchone()[0])
    era = max(then, state["generation"] if state else 0) // ERA + 1
    with copy:
        copy.execute("UPDATE library SET generation = ?", (era * ERA,))
        for name in _NUMBERED if state else ():
            copy.execute(
                "INSERT INTO sqlite_sequence(name, seq) SELECT ?, 0 WHERE NOT EXISTS "
                "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (name, name),
            )
            copy.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (state[name] if state else 0, name)
            )


def _move_aside(live: Path) -> Path:
    """Rename a database that cannot be read, with its log; its new place."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = live.with_name(f"damaged-{stamp}.sqlite3")
    for ending in ("", "-wal", "-shm"):
        part = live.with_name(live.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside


def _refuse_strangers(file: Path) -> None:
    """Raise when the file is there and is no backup: it is somebody's."""
    if file.is_dir():
        raise LibraryError(f"{file} is a folder.", "Give the name of a file for the backup.")
    if file.exists():
        with file.open("rb") as opened:
            if opened.read(len(_HEADER)) not in (_HEADER, b""):
                raise LibraryError(f"{file} is there already and is no backup.", "Choose another name.")


def _reading(file: Path, *, immutable: bool = False) -> sqlite3.Connection:
    more = "&immutable=1" if immutable else ""
    return sqlite3.connect(f"{file.as_uri()}?mode=ro{more}", uri=True, timeout=30)


@contextmanager
def _told(file: Path, what: str) -> Iterator[None]:
    """Turn what the system and SQLite say into the library's errors."""
    try:
        yield
    except sqlite3.Error as error:
        full = "full" in str(error)
        hint = "Free some space and try again." if full else "Check the file and the disk; nothing was replaced."
        raise LibraryError(f"{what} ({file}: {error}).", hint) from error
    except OSError as error:
        raise LibraryError(f"{what} ({file}: {error.strerror or error}).", "Check the path and the space.") from error
