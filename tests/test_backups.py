"""Backup and restore as one file, a full disk, and the mending of a damaged library."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from stores import DIMENSION, FINGERPRINT, open_store, prepare
from test_crash import batch_of, nearest, writer

import rag
from rag.errors import EmbedderMismatch, LibraryError
from rag.schema import Filters
from rag.store import backups
from rag.store.backups import BEFORE, examine
from rag.store.sqlite.backend import FILE_NAME
from rag.store.store import Store

pytestmark = pytest.mark.sqlite  # a backup of PostgreSQL: tests/test_postgresql.py

EVERYTHING = Filters()
DISK_FULL_AT = 3_000_000  # bytes that a file may have in the process that meets a full disk


def restore(file: Path, folder: Path) -> Path | None:
    return backups.restore(file, folder, fingerprint=FINGERPRINT, dimension=DIMENSION)


def names(store: Store) -> set[str]:
    return {article.id for article in store.articles(limit=10_000)}


# --- backup and restore ---


def test_a_restored_library_holds_what_the_backup_held(store: Store, tmp_path: Path) -> None:
    store.put([prepare("a"), prepare("b")])
    store.put([prepare("a", "The bridge fell.")])
    backup = store.back_up(tmp_path / "one.backup")
    assert (backup.articles, backup.passages) == (2, 3)
    assert [path.name for path in tmp_path.glob("*one.backup*")] == ["one.backup"]
    assert restore(backup.file, tmp_path / "other") is None
    with open_store(tmp_path / "other") as other:
        assert names(other) == {"a", "b"}
        assert other.article("a") == store.article("a")
        assert other.version("a", prepare("a").text_digest) == prepare("a").article.text
        assert nearest(other, "b") == "b:1"
        assert other.search_lexical(["bridge"], 5, EVERYTHING)[0][0] == "a:0"
        assert {finding.severity for finding in other.check()} == {"ok"}


def test_those_who_read_see_the_restored_library_at_once(opening: Callable[..., Store], tmp_path: Path) -> None:
    store, reader = opening(), opening()
    store.put([prepare("a"), prepare("b")])
    backup = store.back_up(tmp_path / "one.backup").file
    store.remove("a")
    store.put([prepare("c")])
    assert nearest(reader, "c") == "c:1"
    assert nearest(reader, "a") != "a:1"
    kept = restore(backup, store.folder)
    assert kept == store.folder / BEFORE
    assert examine(kept).articles == 2
    for one in (reader, store):
        assert names(one) == {"a", "b"}
        assert nearest(one, "a") == "a:1"
        assert nearest(one, "c") != "c:1"
    store.put([prepare("d")])
    assert nearest(reader, "d") == "d:1"
    assert {finding.severity for finding in store.check()} == {"ok"}


def test_a_backup_is_consistent_while_another_process_writes(tmp_path: Path) -> None:
    with open_store(tmp_path / "library") as store, writer(store.folder, 1) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for number in range(5):
            child.stdout.readline()
            file = store.back_up(tmp_path / f"{number}.backup").file
            assert restore(file, tmp_path / f"library{number}") is None
            with open_store(tmp_path / f"library{number}") as copy:
                assert "error" not in {finding.severity for finding in copy.check()}
                turn = copy.article_passages("status")[0].text.removeprefix("The status is turn").removesuffix(".")
                assert set(batch_of(int(turn))) <= names(copy)  # stored in one step with the status


def test_a_damaged_or_strange_backup_replaces_nothing(store: Store, tmp_path: Path) -> None:
    store.put([prepare(f"a{number}") for number in range(50)])
    whole = store.back_up(tmp_path / "one.backup").file.read_bytes()
    chance = random.Random(3)
    damaged = {"empty": b"", "text": b"no database at all, but long enough", "cut": whole[: len(whole) // 2]}
    for number in range(20):
        place = chance.randrange(0, len(whole) - 4096, 4096)
        damaged[f"page{number}"] = whole[:place] + chance.randbytes(4096) + whole[place + 4096 :]
    mends: list[str] = []
    for name, data in damaged.items():
        (tmp_path / name).write_bytes(data)
        try:
            restore(tmp_path / name, store.folder)
        except LibraryError as error:
            mends.append(error.hint)
            assert store.count_articles() == 50
    assert all(mends)
    assert len(mends) >= len(damaged) - 3  # a page of free space or of text may be damaged unseen
    with pytest.raises(LibraryError, match="no backup"):
        restore(tmp_path / "missing", store.folder)
    assert not list(store.folder.glob("restore-*"))


def test_a_backup_of_another_embedding_model_is_refused(store: Store, tmp_path: Path) -> None:
    store.put([prepare("a")])
    file = store.back_up(tmp_path / "one.backup").file
    with pytest.raises(EmbedderMismatch, match="numpy:16"):
        backups.restore(file, tmp_path / "other", fingerprint="another", dimension=DIMENSION)
    assert not (tmp_path / "other" / FILE_NAME).exists()


def test_a_backup_overwrites_nothing_but_backups(store: Store, tmp_path: Path) -> None:
    store.put([prepare("a")])
    (tmp_path / "letter.txt").write_text("Dear Ann")
    for target, reason in (
        (tmp_path / "letter.txt", "is no backup"),
        (tmp_path, "is a folder"),
        (store.folder / FILE_NAME, "the library itself"),
        (tmp_path / "nowhere" / "x", "cannot be written"),
    ):
        with pytest.raises(LibraryError, match=reason):
            store.back_up(target)
    store.back_up(tmp_path / "one.backup")
    store.put([prepare("b")])
    assert store.back_up(tmp_path / "one.backup").articles == 2


def test_a_library_that_cannot_be_read_is_moved_aside(store: Store, tmp_path: Path) -> None:
    store.put([prepare("a")])
    file = store.back_up(tmp_path / "one.backup").file
    store.close()
    (store.folder / FILE_NAME).write_bytes(b"garbage" * 1000)
    with pytest.raises(LibraryError, match="damaged"):
        open_store(store.folder)
    kept = restore(file, store.folder)
    assert kept is not None
    assert kept.read_bytes() == b"garbage" * 1000
    with open_store(store.folder) as opened:
        assert names(opened) == {"a"}


def restore_for_ever(folder: Path, files: list[Path]) -> None:
    """The child: restores the backups in turn."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for file in files:
            restore(file, folder)


def test_a_restore_that_is_killed_leaves_the_one_or_the_other(store: Store, tmp_path: Path) -> None:
    moments = random.Random(8)
    files = []
    for kind in ("old", "new"):
        store.put([prepare(f"{kind}{number}") for number in range(300)])
        files.append(store.back_up(tmp_path / f"{kind}.backup").file)
        for number in range(300):
            store.remove(f"{kind}{number}")
    whole = [{f"{kind}{number}" for number in range(300)} for kind in ("old", "new")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, __file__, "restore", str(store.folder), *map(str, files)]
    restore(files[0], store.folder)
    for _ in range(6):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0, 0.5))
            child.send_signal(signal.SIGKILL)
        with open_store(store.folder) as opened:
            assert names(opened) in whole
            assert "error" not in {finding.severity for finding in opened.check()}


# --- a full disk ---


def add_until_full(folder: Path) -> None:
    """The child: no file of it may grow beyond a bound; it adds until that is met, and says which articles it added."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_FULL_AT, DISK_FULL_AT))
    store = open_store(folder)
    number = 0
    try:
        while number < 2_000:
            body = [f"Sentence {part} of article {number}. " + "word " * 300 for part in range(5)]
            store.put([prepare(f"a{number}", *body)])
            sys.stdout.write(f"put {number}\n")
            number += 1
    except LibraryError as error:
        sys.stdout.write(f"full {type(error).__name__} {error}\n")
        try:
            store.back_up(folder.parent / "full.backup")
        except LibraryError as second:
            sys.stdout.write(f"backup {second}\n")
        sys.stdout.write(f"held {store.count_articles()}\n")


def test_a_full_disk_is_told_and_the_library_stays_whole(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, __file__, "fill", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, check=True)
    said = ended.stdout.splitlines()
    put = sum(line.startswith("put ") for line in said)
    (told,) = (line for line in said if line.startswith("full "))
    assert "space" in told
    assert "Traceback" not in ended.stderr
    assert f"held {put}" in said
    assert put > 10
    with open_store(folder) as store:
        assert names(store) == {f"a{number}" for number in range(put)}
        assert {finding.severity for finding in store.check()} == {"ok"}
        store.put([prepare("later")])


# --- mending ---


def spoil(folder: Path, *statements: str) -> None:
    engine = create_engine(f"sqlite:///{folder / FILE_NAME}")
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM vectors WHERE number = 1",
        "DELETE FROM passages WHERE number = 1",
        "UPDATE passages SET start = start + 1 WHERE number = 1",
        "UPDATE passages SET text = 'something else' WHERE number = 2",
        "DELETE FROM articles WHERE number = 2",
        "DELETE FROM lexical",
    ],
)
def test_doctor_mends_what_the_database_has_lost(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "library"
    with rag.Library.open(folder) as library:
        library.add([rag.Article(title="Pier", text="The pier of Vellmar closes in May. " * 3)])
        library.add([rag.Article(title="Train", text="The night train of Norrland runs in June. " * 3)])
    spoil(folder, damage)
    with rag.Library.open(folder) as library:
        assert "error" in {finding.severity for finding in library.check()}
        assert "error" not in {finding.severity for finding in library.check(fix=True)}
        assert {finding.severity for finding in library.check()} == {"ok"}
        for article in library.articles():
            found = library.retriever(k=1).invoke(f"When does the {article.title} of it?")
            assert found[0].metadata["article_id"] == article.id


def test_the_commands_back_up_and_restore(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rag.cli.app import run

    with rag.Library.open(tmp_path / "library") as library:
        library.add([rag.Article(title="Pier", text="The pier of Vellmar closes in May.")])
    file = str(tmp_path / "one.backup")
    assert run(["--library", str(tmp_path / "library"), "backup", file]) == 0
    assert "1 articles, 1 passages" in capsys.readouterr().out
    assert run(["--library", str(tmp_path / "new"), "restore", file]) == 0
    assert "Restored: 1 articles" in capsys.readouterr().out
    assert run(["--library", str(tmp_path / "new"), "restore", file]) == 0
    assert BEFORE in capsys.readouterr().out
    assert run(["--library", str(tmp_path / "new"), "restore", __file__]) == 1
    assert "is no backup" in capsys.readouterr().err


if __name__ == "__main__":
    kind, folder, *rest = sys.argv[1:]
    if kind == "fill":
        add_until_full(Path(folder))
    else:
        restore_for_ever(Path(folder), [Path(one) for one in rest])
