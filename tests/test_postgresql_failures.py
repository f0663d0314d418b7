"""PostgreSQL fails in the middle of things: nothing is lost, nothing half done, and the error says what to do."""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from postgres import DATABASE, PASSWORD, USER, Server
from sqlalchemy import event, insert
from stores import DIMENSION, FINGERPRINT, open_store, prepare
from test_postgresql import end_connections

import rag
from rag.config import load_settings
from rag.errors import LibraryError
from rag.library import Library
from rag.store import moves, retries, tables, transfer
from rag.store.backends import backend_for
from rag.store.moves import MoveProgress
from rag.store.store import Store

STORE = Path(rag.__file__).parent / "store"


@pytest.fixture
def library(tmp_path: Path, postgres_address: str) -> Iterator[Store]:
    """An empty library in PostgreSQL."""
    with open_store(tmp_path / "library", database=postgres_address) as opened:
        yield opened


@dataclass(frozen=True)
class Change:
    """A change of a library around one article, and the table that it cannot do without."""

    make: Callable[[Store, str], object]
    table: str


def replace_article(store: Store, name: str) -> None:
    store.put([prepare(name, f"The new bridge of {name}.", "It is open."), prepare(f"{name}-too")])


def remove_article(store: Store, name: str) -> None:
    store.remove(name)


def ask(store: Store, name: str) -> None:
    store.conversations.begin(name, 1, f"What of {name}?")


def collect(store: Store, name: str) -> None:
    store.collections.add(name, [name, f"{name}-too"])


CHANGES = {
    "replacing": Change(replace_article, "versions"),
    "removing": Change(remove_article, "articles"),
    "asking": Change(ask, "messages"),
    "collecting": Change(collect, "collected"),
}
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def found(store: Store, name: str) -> tuple[Any, ...]:
    """All that can be read of what a change is about."""
    articles = [one for one in store.articles(limit=10_000) if one.id in (name, f"{name}-too")]
    kept = store.conversations.get(name)
    return (
        sorted((one.id, one.text) for one in articles),
        [[passage.text for passage in store.article_passages(one.id)] for one in articles],
        store.version(name, prepare(name).text_digest),
        sorted(passage_id for passage_id, _ in store.search_lexical([name], 10, rag.schema.Filters())),
        kept and [one.question for one in kept.messages],
        store.collections.members(name),
    )


def hint_of(action: Callable[[], object]) -> str:
    """What an action that failed tells the user to do; empty when it went well."""
    try:
        action()
    except LibraryError as error:
        return error.hint
    return ""


@contextmanager
def at_statement(store: Store, number: int, happens: Callable[[], None]) -> Iterator[list[int]]:
    """Let something happen before the statement of this number; what is given counts the statements."""
    seen: list[int] = []

    def before(*_: object) -> None:
        seen.append(len(seen))
        if seen[-1] == number:
            happens()

    event.listen(store._database.engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(store._database.engine, "before_cursor_execute", before)


# --- the connection is lost


@changes
def test_a_connection_that_ends_before_any_statement_of_a_change_leaves_nothing_half_done(
    library: Store, postgres: Server, change: Change
) -> None:
    library.put([prepare("first")])
    change.make(library, "first")
    wanted = repr(found(library, "first"))
    for number in count():
        name = f"tried{number}"
        library.put([prepare(name)])
        before = found(library, name)
        with at_statement(library, number, lambda: end_connections(postgres)) as seen:
            refused = hint_of(partial(change.make, library, name))
        after = repr(found(library, name)).replace(name, "first")
        if len(seen) <= number:
            assert after == wanted
            break
        assert refused in ("", "Try again; the connection comes back by itself.")
        assert after == wanted if not refused else after in (wanted, repr(before).replace(name, "first"))
    assert number > 1
    assert {finding.severity for finding in library.check()} == {"ok"}


@changes
def test_a_server_that_crashes_in_the_middle_of_a_change_leaves_nothing_half_done(
    library: Store, postgres: Server, change: Change
) -> None:
    def crash() -> None:
        postgres.stop("immediate")
        postgres.start()

    library.put([prepare("a")])
    with at_statement(library, -1, lambda: None) as seen:
        change.make(library, "a")
    library.put([prepare("b")])
    before = found(library, "b")
    with at_statement(library, len(seen) // 2, crash), pytest.raises(LibraryError, match="Try again"):
        change.make(library, "b")
    assert found(library, "b") == before
    change.make(library, "b")
    assert repr(found(library, "b")).replace("b", "a") == repr(found(library, "a")).replace("b", "a")


def test_a_server_that_restarts_during_a_question_costs_that_question_at_most(
    tmp_path: Path, postgres: Server, postgres_address: str
) -> None:
    place = load_settings(library=tmp_path / "library", database=postgres_address, reader="none")
    with Library.open(settings=place) as library:
        library.add([rag.Article(title="Ferry", text="The ferry was cancelled on Monday. A storm was the cause.")])
        assistant = rag.Assistant(library)

        def asked() -> rag.Answer:
            return replace(assistant.ask("Why was the ferry cancelled?"), timings={})

        def restart() -> None:
            postgres.stop("fast")
            postgres.start()

        with at_statement(library.store, -1, restart) as seen:
            wanted = asked()
        assert wanted.citations
        for number in (0, len(seen) // 2, len(seen) - 1):
            with at_statement(library.store, number, restart):
                assert hint_of(asked) in ("", "Try again; the connection comes back by itself.")
            assert asked() == wanted


# --- the server refuses a statement


@contextmanager
def refusing(postgres: Server, schema: str, table: str, state: str, times: int) -> Iterator[None]:
    """Let the server refuse to change a table so many times, with an SQLSTATE."""
    postgres.sql(
        f"""CREATE SEQUENCE {schema}.refused; GRANT USAGE ON {schema}.refused TO {USER};
            CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('{schema}.refused') <= {times} THEN
                    RAISE EXCEPTION 'refused' USING ERRCODE = '{state}';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER refusing BEFORE INSERT OR UPDATE OR DELETE ON {schema}.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse()"""
    )
    try:
        yield
    finally:
        postgres.sql(
            f"DROP TRIGGER refusing ON {schema}.{table}; DROP FUNCTION {schema}.refuse; DROP SEQUENCE {schema}.refused"
        )


@changes
@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
def test_a_change_that_the_server_undid_because_of_others_is_made_again(
    library: Store, postgres: Server, schema: str, change: Change, state: str
) -> None:
    for name in ("a", "b"):
        library.put([prepare(name)])
    change.make(library, "a")
    with refusing(postgres, schema, change.table, state, times=3):
        change.make(library, "b")
    assert repr(found(library, "b")).replace("b", "a") == repr(found(library, "a")).replace("b", "a")
    assert {finding.severity for finding in library.check()} == {"ok"}


@changes
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("40001", r"Others changed the same.*Try again"),
        ("53100", r"The disk of the database is full; nothing of this step was written.*Free some"),
        ("53400", r"failed.*rag doctor"),
    ],
    ids=["serialization failure", "disk full", "a limit of the server"],
)
def test_a_change_that_the_server_refuses_leaves_nothing_half_done_and_says_what_to_do(
    library: Store, postgres: Server, schema: str, change: Change, state: str, said: str
) -> None:
    library.put([prepare("a")])
    before = found(library, "a")
    with (
        refusing(postgres, schema, change.table, state, times=1_000),
        pytest.raises(LibraryError, match=said),
    ):
        change.make(library, "a")
    assert found(library, "a") == before
    change.make(library, "a")
    assert {finding.severity for finding in library.check()} == {"ok"}


def test_every_change_of_the_store_is_made_again_after_a_conflict() -> None:
    """Those of followers too, but for what the next round of a follower does again by itself."""
    left_out = {"follower.py: _build", "follower.py: _begin", "follower.py: _withdraw"}
    bare: set[str] = set()
    for file in STORE.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            writes = isinstance(node, ast.FunctionDef) and "self._database.write()" in ast.unparse(node)
            if writes and "retried" not in [ast.unparse(one) for one in node.decorator_list]:
                bare.add(f"{file.name}: {node.name}")
    assert bare == left_out


def test_a_real_deadlock_is_resolved_and_the_change_made(library: Store, postgres: Server, schema: str) -> None:
    """Another session holds what the change needs at its end, and wants what the change has taken."""
    import psycopg

    library.put([prepare("a")])
    where = f"host=127.0.0.1 port={postgres.port} user=owner dbname={DATABASE}"
    with closing(psycopg.connect(where, password=PASSWORD)) as rival:
        rival.execute("SET deadlock_timeout = '100s'")  # the change finds out first
        rival.execute(f"UPDATE {schema}.library SET id = id")
        wanting = threading.Thread(
            target=lambda: (rival.execute(f"UPDATE {schema}.articles SET id = id"), rival.commit())
        )

        def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "UPDATE library" in statement and not wanting.ident:
                wanting.start()
                wait_for_lock(postgres, rival.info.backend_pid)

        event.listen(library._database.engine, "before_cursor_execute", before)
        replace_article(library, "a")
        wanting.join(60)
        assert wanting.ident
    assert library.version("a", prepare("a").text_digest) == prepare("a").article.text
    assert {finding.severity for finding in library.check()} == {"ok"}


def wait_for_lock(postgres: Server, session: int) -> None:
    """Return when the session waits for a lock."""
    import psycopg

    where = f"host=127.0.0.1 port={postgres.port} user=owner dbname={DATABASE}"
    asked = f"SELECT wait_event_type FROM pg_stat_activity WHERE pid = {session}"
    until = time.monotonic() + 60
    with closing(psycopg.connect(where, password=PASSWORD, autocommit=True)) as looking:
        while looking.execute(asked).fetchone() != ("Lock",):
            assert time.monotonic() < until, "it does not wait"
            time.sleep(0.02)


def test_a_conflict_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSE_S", 0.0)
    made: list[int] = []

    @retries.retried
    def change(number: int) -> None:
        made.append(number)
        raise retries.Conflict("Others changed the same.", "Try again.")

    with pytest.raises(LibraryError, match="Try again"):
        change(7)
    assert made == [7] * retries.ATTEMPTS


# --- the disk is full


@dataclass(frozen=True)
class SmallDisk:
    """A disk of its own for one database."""

    folder: Path
    address: str

    def grow(self) -> None:
        """Make room."""
        mounted("-o", "remount,size=300m", str(self.folder))


def mounted(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


@pytest.fixture
def small_disk(postgres: Server) -> Iterator[SmallDisk]:
    """A database on a disk of 12 MB, where this user may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="rag-small-disk-"))
    folder.chmod(0o755)
    if not shutil.which("mount") or not mounted("-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)):
        folder.rmdir()
        pytest.skip("needs the right to mount a disk")
    try:
        inside = folder / "space"
        inside.mkdir()
        shutil.chown(inside, "postgres")
        postgres.sql(f"CREATE TABLESPACE small LOCATION '{inside}'")
        postgres.sql(f"CREATE DATABASE small OWNER {USER} TABLESPACE small")
        yield SmallDisk(folder, postgres.address().replace(f"/{DATABASE}", "/small"))
        postgres.sql("DROP DATABASE small WITH (FORCE)")
        postgres.sql("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=60)
        folder.rmdir()


def long_article(number: int) -> Any:
    """Some 60 KB that cannot be compressed."""
    drawn = random.Random(number)
    sentences = (" ".join(f"{drawn.getrandbits(64):x}" for _ in range(60)) for _ in range(60))
    return prepare(f"long{number}", *sentences)


def test_on_a_full_disk_what_was_reported_stays_and_the_rest_can_be_added_when_there_is_room(
    tmp_path: Path, small_disk: SmallDisk
) -> None:
    with open_store(tmp_path / "library", database=small_disk.address) as store:
        reported: list[str] = []
        with pytest.raises(LibraryError, match=r"disk of the database is full; nothing.*Free some"):  # noqa: PT012
            for number in range(1_000):
                store.put([long_article(number), prepare(f"short{number}")])
                reported += [f"long{number}", f"short{number}"]
        assert len(reported) > 10
        assert sorted(one.id for one in store.articles(limit=10_000)) == sorted(reported)
        small_disk.grow()
        store.put([long_article(number), prepare(f"short{number}")])
        assert store.count_articles() == len(reported) + 2
        assert {finding.severity for finding in store.check()} == {"ok"}


def test_a_move_that_met_a_full_disk_goes_on_when_there_is_room(
    tmp_path: Path, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "AT_ONCE", 10)
    drawn = random.Random(5)
    old = [{"article_id": "a", "text_digest": f"{n:03}", "text": drawn.randbytes(30_000).hex()} for n in range(300)]
    with open_store(tmp_path / "library", database="") as store:
        store.put([prepare("a"), prepare("b")])
        with store._database.write() as connection:
            connection.execute(insert(tables.versions).values(replaced=datetime(2026, 1, 1)), old)
    source, target = backend_for(tmp_path / "library"), backend_for(tmp_path, small_disk.address)
    told: list[MoveProgress] = []

    def carry() -> None:
        known = {"fingerprint": FINGERPRINT, "dimension": DIMENSION}
        moves.carry(source, target, tmp_path / "machine", tell=told.append, **known)

    with pytest.raises(LibraryError, match=r"disk of the database is full.*Free some"):
        carry()
    reached = told[-1]
    small_disk.grow()
    told.clear()
    carry()
    assert reached.step == told[0].step == "copying versions"
    assert told[0].done == reached.done + 10
    assert moves.end(target, tmp_path / "machine") == (2, 4, 0)
    with open_store(tmp_path / "machine", database=small_disk.address) as store:
        assert [store.version("a", one["text_digest"]) for one in old] == [one["text"] for one in old]
        assert {finding.severity for finding in store.check()} == {"ok"}
