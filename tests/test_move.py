"""`rag move`: a library carried to another place, whatever kills it, with everything that it holds.

MOVE_TEST_KILLS sets how often the moving process is killed on each way (5 unless told; 20 before a release).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromas import Chroma
from postgres import USER, Server
from sqlalchemy import Date, DateTime, Integer, LargeBinary, Table, insert, select
from stores import prepare
from test_crash import say

import rag
from rag.cli.app import run
from rag.config import Settings, load_settings
from rag.errors import EmbedderMismatch, LibraryError, LibraryLocked
from rag.library import Library
from rag.models.embedder import embedder_identity
from rag.schema import Filters
from rag.store import transfer
from rag.store.backends import backend_for
from rag.store.database import Database
from rag.store.lock import WriterLock
from rag.store.moves import MoveProgress
from rag.store.records import Prepared
from rag.store.sqlite.backend import FILE_NAME
from rag.store.store import Store

KILLS = int(os.environ.get("MOVE_TEST_KILLS", "5"))
FINGERPRINT, DIMENSION = embedder_identity("builtin")
EVERYTHING = Filters()
ROWS = 6  # that go over at once


def made(article_id: str, *sentences: str, **head: Any) -> Prepared:
    """An article with vectors as long as those of the built-in model."""
    prepared = prepare(article_id, *sentences, **head)
    drawn = np.random.default_rng(hash_of(article_id)).standard_normal((len(prepared.passages), DIMENSION))
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return replace(prepared, vectors=vectors, bands=(hash_of(article_id), 7))


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-6:], "big")


def settings(library: Path, database: str = "", chroma: str = "") -> Settings:
    return load_settings(library=library, database=database, chroma=chroma, lock_timeout_s=10)


def opened(place: Settings) -> Store:
    return Library.open(settings=place).store


def fill(place: Settings) -> None:
    """A library that was used for a while: replaced, removed and refused articles, and a row in every table."""
    with opened(place) as store:
        store.put([made(f"a{number:02}", publisher="Harbour Post", notes=("It breaks off.",)) for number in range(30)])
        store.put([made("a03", "The bridge fell.", "The old text is a version now.")])
        for number in range(25, 30):
            store.remove(f"a{number}")
        store.conversations.begin("c1", 1, "Who saw the bridge?")
        store.collections.add("harbour", ["a01", "a03"])
        store.tokens.make("Reader")
        with store._database.write() as connection:
            for table in transfer.copied():
                for number in range(3 if connection.execute(select(table).limit(1)).first() is None else 0):
                    connection.execute(insert(table).values(row_of(table, number)))


def row_of(table: Table, number: int) -> dict[str, Any]:
    """A row with something in each column, by the kind of the column; what it refers to is there."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if column.foreign_keys or isinstance(kind, Integer):
            row[column.name] = number + 1
        elif isinstance(kind, DateTime):
            row[column.name] = datetime(2026, 1, 1, 12, 0, number, 123456)
        elif isinstance(kind, Date):
            row[column.name] = date(2026, 1, 1 + number)
        elif isinstance(kind, LargeBinary):
            row[column.name] = bytes([number, 0, 255])
        else:
            row[column.name] = f"{column.name} {number} — “ünï”"
    return row


Rows = dict[str, list[tuple[Any, ...]]]


def rows(place: Settings) -> Rows:
    """All that a library holds, table by table."""
    backend = backend_for(place.library.absolute(), place.database.get_secret_value())
    with closing(Database(backend)) as database, database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in transfer.copied()
        }


def found(place: Settings) -> tuple[Any, ...]:
    """What is read and searched in a library."""
    with opened(place) as store:
        assert "error" not in {finding.severity for finding in store.check()}
        return (
            store.articles(limit=100),
            store.article_passages("a03"),
            store.version("a03", prepare("a03").text_digest),
            store.conversations.get("c1"),
            [(name, round(score, 4)) for name, score in store.search_lexical(["bridge", "mayor"], 10, EVERYTHING)],
            [name for name, _ in store.search_dense(made("a07").vectors[1], 5, EVERYTHING)],
        )


def moved(source: Settings, target: Settings, told: list[MoveProgress] | None = None) -> rag.library.Moved:
    return Library.move(source, target, progress=(told if told is not None else []).append)


@pytest.fixture
def folder(tmp_path: Path) -> Settings:
    """A library in a folder that holds something in every table."""
    place = settings(tmp_path / "library")
    fill(place)
    held = rows(place)
    assert all(held.values()), [name for name, some in held.items() if not some]
    return place


@pytest.fixture
def server(tmp_path: Path, postgres: Server, schema: str) -> Settings:
    """An empty database."""
    return settings(tmp_path / "machine", postgres.address(schema))


# --- everything arrives, and the source stays


def test_a_library_goes_to_postgresql_and_back_with_every_row_and_all_that_is_found(
    tmp_path: Path, folder: Settings, server: Settings
) -> None:
    file = folder.library / FILE_NAME
    before = file.read_bytes()
    wanted, read = rows(folder), found(folder)
    there = moved(folder, server)
    assert (there.articles, there.passages, there.indexed) == (25, 50, True)
    assert rows(server) == wanted
    assert found(server) == read
    back = settings(tmp_path / "back")
    assert moved(server, back) == there
    assert rows(back) == wanted
    assert found(back) == read
    assert file.read_bytes() == before
    assert not list(tmp_path.rglob("*move-*"))


def test_a_moved_library_is_written_like_any_other(folder: Settings, server: Settings) -> None:
    moved(folder, server)
    with opened(server) as store:
        store.put([made("new", "A tram came.")])
        assert store.search_lexical(["tram"], 5, EVERYTHING)[0][0] == "new:0"
        assert "error" not in {finding.severity for finding in store.check()}
        assert store.count_articles() == 26


def test_the_index_goes_from_inside_the_program_to_a_chroma_server_and_back(
    tmp_path: Path, folder: Settings, chroma: Chroma
) -> None:
    told: list[str] = []
    served, back = settings(tmp_path / "served", chroma=chroma.address), settings(tmp_path / "back")
    assert Library.move(folder, served, tell=told.append).indexed
    assert "50 passages indexed" in " ".join(told)
    assert found(served) == found(folder)
    assert moved(served, back).indexed
    assert found(back) == found(folder)


def test_a_move_whose_chroma_server_is_away_is_whole_and_says_that_the_index_is_not(
    tmp_path: Path, folder: Settings
) -> None:
    target = settings(tmp_path / "other", chroma="http://127.0.0.1:9")
    assert not moved(folder, target).indexed
    assert rows(target) == rows(folder)


def test_characters_that_postgresql_lacks_are_no_difference(folder: Settings, server: Settings) -> None:
    with opened(folder) as store:
        store.conversations.begin("c2", 1, "What is a\0b?")
    moved(folder, server)
    with opened(server) as store:
        kept = store.conversations.get("c2")
        assert kept is not None
        assert kept.messages[0].question == "What is a\ufffdb?"


def test_answers_are_the_same_after_a_move(tmp_path: Path, server: Settings) -> None:
    home = settings(tmp_path / "library").model_copy(update={"reader": "none"})
    there = server.model_copy(update={"reader": "none"})
    with Library.open(settings=home) as library:
        library.add(
            [
                rag.Article(title="Ferry", text="The ferry to Ostholm was cancelled on Monday. A storm was the cause."),
                rag.Article(title="Library", text="The library opens at nine. The mayor paid for the new roof."),
            ]
        )
    moved(home, there)
    answers = []
    for place in (home, there):
        with Library.open(settings=place) as library:
            answers.append(replace(rag.Assistant(library).ask("Why was the ferry cancelled?"), timings={}))
    assert answers[0].citations
    assert answers[0] == answers[1]


# --- refusals


def test_a_place_that_holds_anything_is_refused_and_stays_as_it_is(folder: Settings, server: Settings) -> None:
    with opened(server) as store:
        store.put([made("mine")])
    held = rows(server)
    with pytest.raises(LibraryError, match=r"is not empty: it holds 1 articles.*rag restore"):
        moved(folder, server)
    assert rows(server) == held


def test_a_library_that_was_moved_is_not_moved_again(folder: Settings, server: Settings) -> None:
    moved(folder, server)
    with pytest.raises(LibraryError, match="is not empty: it holds 25 articles"):
        moved(folder, server)


def test_an_empty_library_is_an_empty_place(folder: Settings, server: Settings) -> None:
    opened(server).close()
    moved(folder, server)
    assert rows(server) == rows(folder)


def test_a_library_is_not_moved_to_itself(folder: Settings) -> None:
    with pytest.raises(LibraryError, match="the library itself"):
        moved(folder, folder)


def test_nothing_is_made_where_there_is_no_library_to_move(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"There is no library in .*nowhere"):
        moved(settings(tmp_path / "nowhere"), settings(tmp_path / "target"))
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "target" / FILE_NAME).exists()


def test_a_library_of_another_embedding_model_is_refused_before_anything_is_copied(
    tmp_path: Path, server: Settings
) -> None:
    Store.open(tmp_path / "library", fingerprint="another", dimension=4).close()
    with pytest.raises(EmbedderMismatch, match="another"):
        moved(settings(tmp_path / "library"), server)
    assert not (server.library / FILE_NAME).exists()


def test_a_second_move_to_the_same_place_at_the_same_time_waits_and_says_who_writes(
    folder: Settings, server: Settings
) -> None:
    backend = backend_for(server.library, server.database.get_secret_value())
    hurried = server.model_copy(update={"lock_timeout_s": 0.1})
    with closing(Database(backend)), WriterLock(backend.lock(), 1).held(), pytest.raises(LibraryLocked):
        moved(folder, hurried)


# --- interrupted


class Stopped(Exception):
    """The program ends here."""


def stopping_at(step: str) -> Callable[[MoveProgress], None]:
    def progress(far: MoveProgress) -> None:
        if far.step == step:
            raise Stopped

    return progress


def interrupt(source: Settings, target: Settings, step: str = "copying passages") -> None:
    with pytest.raises(Stopped):
        Library.move(source, target, progress=stopping_at(step))


def test_until_all_is_there_nobody_can_open_the_target(folder: Settings, server: Settings) -> None:
    for step in ("copying passages", "comparing articles", "indexing the words"):
        interrupt(folder, server, step)
        with pytest.raises(
            LibraryError, match=rf"not whole: the move from {folder.library} is not finished.*same `rag move`"
        ):
            opened(server)
    moved(folder, server)
    assert found(server) == found(folder)


def test_what_is_there_is_not_copied_again(folder: Settings, server: Settings) -> None:
    interrupt(folder, server, "copying vectors")
    told: list[MoveProgress] = []
    moved(folder, server, told)
    steps = {far.step for far in told}
    assert not steps & {"taking a backup", "copying articles", "copying passages"}
    assert {"comparing articles", "comparing vectors"} <= steps
    assert told[-2:] == [MoveProgress("indexing the words", 50, 50), MoveProgress("indexing the meanings")]


def test_a_move_goes_on_with_the_library_as_it_was_when_it_began(folder: Settings, server: Settings) -> None:
    held = rows(folder)
    interrupt(folder, server)
    with opened(folder) as store:
        store.put([made("later"), made("a01", "It was changed later.")])
        store.remove("a02")
    moved(folder, server)
    assert rows(server) == held


def test_the_unfinished_move_of_another_library_is_refused(tmp_path: Path, folder: Settings, server: Settings) -> None:
    interrupt(folder, server)
    other = settings(tmp_path / "other")
    opened(other).close()
    with pytest.raises(LibraryError, match=rf"The move from {folder.library} to .* is not finished"):
        moved(other, server)
    moved(folder, server)
    assert rows(server) == rows(folder)


def test_without_its_backup_a_move_begins_anew(folder: Settings, server: Settings) -> None:
    interrupt(folder, server)
    for draft in server.library.glob("move-*"):
        draft.unlink()
    with opened(folder) as store:
        store.put([made("later")])
    moved(folder, server)
    assert rows(server) == rows(folder)


def test_rows_that_went_astray_are_seen_before_anybody_can_open_the_target(
    folder: Settings, server: Settings, postgres: Server, schema: str
) -> None:
    interrupt(folder, server, "comparing articles")
    postgres.sql(f"UPDATE {schema}.vectors SET vector = 'x' WHERE number = 3")
    with pytest.raises(LibraryError, match="the 50 rows of vectors there are not the 50 that were copied"):
        moved(folder, server)
    with pytest.raises(LibraryError, match="not whole"):
        opened(server)


def move_slowly(library: str, database: str, to: str) -> None:
    """The child: moves a few rows at a time and says each step."""
    transfer.AT_ONCE = ROWS
    source = settings(Path(library), database)
    target = settings(Path(library).with_name("machine"), to) if "://" in to else settings(Path(to))
    try:
        Library.move(source, target, progress=lambda far: say(far.step), tell=say)
    except LibraryError as error:
        if "is not empty" not in str(error):  # the last kill came after the end
            raise
    say("moved")


@contextmanager
def child(source: Settings, target: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    to = target.database.get_secret_value() or str(target.library)
    command = [sys.executable, __file__, str(source.library), source.database.get_secret_value(), to]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def killed(source: Settings, target: Settings, steps: int, seconds: float) -> bool:
    """Whether the child was killed, so many steps and seconds after its start, before it had moved everything."""
    with child(source, target) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(steps)]
        time.sleep(seconds)
        process.kill()
        said += process.stdout.readlines()
        assert process.wait() in (0, -9)
    return "moved\n" not in said


@pytest.fixture(params=["to PostgreSQL", "to a folder"])
def way(
    request: pytest.FixtureRequest, tmp_path: Path, folder: Settings, postgres: Server, schema: str
) -> tuple[Settings, Iterator[Settings]]:
    """A library, and one empty place after the other of the other kind."""
    address = postgres.address(schema)
    if request.param == "to PostgreSQL":
        return folder, (settings(tmp_path / "machine", emptied(postgres, schema, address)) for _ in count())
    source = settings(tmp_path / "machine", address)
    moved(folder, source)
    return source, (settings(tmp_path / f"back{number}") for number in count())


def emptied(postgres: Server, schema: str, address: str) -> str:
    postgres.sql(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema} AUTHORIZATION {USER}")
    return address


@pytest.mark.timeout(120 + 40 * KILLS)
def test_killed_at_any_moment_it_goes_on_where_it_stopped(
    tmp_path: Path, way: tuple[Settings, Iterator[Settings]]
) -> None:
    source, targets = way
    wanted, read = rows(source), found(source)
    steps = sum(-(-len(some) // ROWS) for some in wanted.values())
    moments = random.Random(20261201)
    kills, target = 0, next(targets)
    while kills < KILLS:
        if killed(source, target, moments.randint(0, max(1, 3 * steps // KILLS)), moments.uniform(0, 0.05)):
            kills += 1
        else:
            assert rows(target) == wanted
            target = next(targets)
    with suppress(LibraryError):  # "is not empty": the last kill came after the end
        moved(source, target)
    assert rows(target) == wanted
    assert found(target) == read
    assert rows(source) == wanted
    assert not list(tmp_path.rglob("*move-*"))


# --- the command


def test_the_command_says_what_was_moved_and_how_to_use_it_and_shows_no_password(
    folder: Settings, postgres: Server, schema: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = postgres.address(schema)
    assert run(["--library", str(folder.library), "move", "--to", address]) == 0
    said = capsys.readouterr()
    assert "Moved, and every row compared: 25 articles, 50 passages, 1 conversations." in said.out
    assert "RAG_DATABASE" in said.out
    assert "copying passages" in said.err
    assert "p%40ss" not in said.out + said.err
    assert run(["--library", str(folder.library), "move", "--to", address]) == 1
    assert "is not empty" in capsys.readouterr().err


def test_the_command_gives_json_and_takes_a_folder_and_the_index_inside(
    folder: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_LIBRARY", str(folder.library))
    assert run(["move", "--to", str(tmp_path / "other"), "--chroma", "inside", "--json"]) == 0
    assert '"articles": 25' in capsys.readouterr().out
    assert rows(settings(tmp_path / "other")) == rows(folder)
    assert run(["move", "--to", ""]) == 2
    capsys.readouterr()
    assert run(["move", "--to", str(tmp_path / "third"), "--chroma", "ftp://x"]) == 1
    assert "chroma" in capsys.readouterr().err


if __name__ == "__main__":
    move_slowly(*sys.argv[1:])
