"""What is particular to a library in PostgreSQL: its address, its errors, its lock, its ranking of words."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import Server
from sqlalchemy import text
from stores import DIMENSION, FINGERPRINT, open_store, prepare, vector_for

from rag.errors import ConfigError, LibraryError
from rag.schema import Filters
from rag.store import backups
from rag.store.postgresql import lexical
from rag.store.postgresql.words import stems
from rag.store.sqlite import lexical as fts5
from rag.store.store import Store

EVERYTHING = Filters()


@pytest.fixture
def library(tmp_path: Path, postgres_address: str) -> Iterator[Store]:
    """An empty library in PostgreSQL."""
    with open_store(tmp_path / "library", database=postgres_address) as opened:
        yield opened


def end_connections(postgres: Server) -> None:
    postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'editor'")


# --- address


@pytest.mark.parametrize(
    "address",
    [
        "mysql://me:hush@db/news",
        "postgresql://me:hu@sh@db/news",
        "postgresql://me:hush@db",
        "postgresql://me:hush@db:port/x",
        "hush",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_shown(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="RAG_DATABASE") as caught:
        open_store(tmp_path, database=address)
    assert "hush" not in str(caught.value)
    assert "sh@db" not in str(caught.value)


def test_a_password_that_is_wrong_is_never_shown(tmp_path: Path, postgres: Server, schema: str) -> None:
    with pytest.raises(LibraryError, match=r"does not let this user in.*RAG_DATABASE") as caught:
        open_store(tmp_path, database=postgres.address(schema, password="opensesame"))
    assert "opensesame" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"cannot be reached.*127.0.0.1:1.*host and port"):
        open_store(tmp_path, database="postgresql://me:hush@127.0.0.1:1/news")


def test_a_database_that_is_not_there_is_named(tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(LibraryError, match=r"no database of this name.*createdb"):
        open_store(tmp_path, database=postgres.address().replace("/articles", "/nothing"))


def test_tables_of_somebody_else_are_left_alone(
    tmp_path: Path, postgres: Server, schema: str, postgres_address: str
) -> None:
    postgres.sql(f"CREATE TABLE {schema}.articles (price numeric); INSERT INTO {schema}.articles VALUES (3)")
    with pytest.raises(LibraryError, match="a database of its own"):
        open_store(tmp_path, database=postgres_address)
    postgres.sql(f"SELECT 1 / count(*) FROM {schema}.articles")


# --- trouble


def test_after_connections_were_ended_the_library_works_on(library: Store, postgres: Server) -> None:
    library.put([prepare("a")])
    end_connections(postgres)
    assert library.article("a") is not None
    end_connections(postgres)
    library.put([prepare("b")])
    assert library.count_articles() == 2


def test_a_read_whose_connection_is_ended_says_so_in_one_line_and_the_next_works(
    library: Store, postgres: Server
) -> None:
    def read() -> None:
        with library.reading():
            library.generation()
            end_connections(postgres)
            library.generation()

    library.put([prepare("a")])
    with pytest.raises(LibraryError, match="comes back by itself"):
        read()
    assert library.count_articles() == 1


def test_a_writer_whose_lock_is_lost_stores_nothing_more(
    library: Store, opening_postgres: Callable[[], Store], postgres: Server
) -> None:
    other = opening_postgres()
    with library.writing():
        library.put([prepare("a")])
        end_connections(postgres)
        other.put([prepare("b")])  # has the lock now
        with pytest.raises(LibraryError, match="comes back by itself"):
            library.put([prepare("c")])
    assert {one.id for one in other.articles()} == {"a", "b"}
    library.put([prepare("c")])
    assert library.count_articles() == 3


def test_a_database_that_may_only_be_read_is_searched_and_says_why_nothing_is_added(
    library: Store, opening_postgres: Callable[[], Store], postgres: Server, schema: str
) -> None:
    library.put([prepare("a")])
    postgres.sql("ALTER ROLE editor SET default_transaction_read_only = on")
    try:
        reader = opening_postgres()
        assert reader.search_lexical(["mayor"], 5, EVERYTHING)
        with pytest.raises(LibraryError, match="may only be read"):
            reader.put([prepare("b")])
        assert reader.count_articles() == 1
    finally:
        postgres.sql("ALTER ROLE editor RESET default_transaction_read_only")


def test_a_restarted_server_is_waited_for_by_nobody_and_found_again(library: Store, postgres: Server) -> None:
    library.put([prepare("a")])
    postgres.stop("immediate")
    try:
        with pytest.raises(LibraryError, match=r"cannot be reached|ended the connection|broke"):
            library.count_articles()
    finally:
        postgres.start()
    assert library.count_articles() == 1
    library.put([prepare("b")])


def test_a_server_without_a_free_connection_says_so(library: Store, postgres: Server) -> None:
    postgres.sql("ALTER ROLE editor CONNECTION LIMIT 0")
    try:
        end_connections(postgres)
        with pytest.raises(LibraryError, match="no more connections"):
            library.count_articles()
    finally:
        postgres.sql("ALTER ROLE editor CONNECTION LIMIT -1")
    assert library.count_articles() == 0


WRITER = """
import sys
from pathlib import Path
from stores import open_store, prepare
with open_store(Path(sys.argv[1])) as store, store.writing():
    store.put([prepare("reported")])
    print("writing", flush=True)
    sys.stdin.readline()
"""


def test_the_lock_of_a_killed_writer_is_free_and_what_it_reported_is_there(
    tmp_path: Path, library: Store, postgres_address: str
) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", WRITER, str(tmp_path / "other")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    library.put([prepare("next")])
    assert {one.id for one in library.articles()} == {"reported", "next"}


# --- what is kept


def test_characters_that_postgresql_lacks_are_replaced_one_for_one(library: Store) -> None:
    conversations = library.conversations
    conversations.begin("c1", 1, "What is a\0b \ud800?")
    kept = conversations.get("c1")
    assert kept is not None
    assert kept.messages[0].question == "What is a\ufffdb \ufffd?"
    assert library.article("a\0b") is None
    assert library.candidates(["a\0b", "\ud800"]) == {}
    assert library.search_lexical(["\0", "\ud800"], 5, EVERYTHING) == []


def test_a_database_that_is_made_anew_gets_an_index_of_its_own(
    tmp_path: Path, postgres: Server, schema: str, postgres_address: str
) -> None:
    for turn in ("first", "second"):
        with open_store(tmp_path, database=postgres_address) as store:
            store.put([prepare(turn, f"It was the {turn}.", "And then?")])
            store.rebuild_dense()
            assert store.search_dense(vector_for(f"It was the {turn}."), 1, EVERYTHING)[0][0] == f"{turn}:0"
        postgres.sql(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema} AUTHORIZATION editor")


# --- words


def test_words_are_those_of_sqlite(tmp_path: Path) -> None:
    lines = [
        "The U.S.-led talks: running, ran, agreed; 9/11, 1,000.5 and COVID-19.",
        "Überall naïve Cafés in İstanbul. שלום עולם. 東京 2024. Καλημερα",
        "snake_case a-b_c it's O'Neill’s #tag @name e-mail@example.org",
    ]
    with open_store(tmp_path, database="") as store:
        store.put([prepare("a", *lines, title="")])
        with store._database.read() as connection:
            held = {stem for stem, _ in fts5.alike(connection, "", 0, 100, 1000, Filters())}
    assert held == {stem for line in lines for stem in stems(line)}


def test_scores_are_those_of_sqlite(tmp_path: Path, library: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(4)
    words = ["mayor", "bridge", "council", "u.s.", "budget", "harbour"]  # from common to rare
    articles = []
    for number in range(60):
        drawn = [" ".join(rng.choices(words, [40, 20, 10, 6, 3, 2], k=rng.randint(3, 12))) for _ in range(5)]
        articles.append(prepare(f"a{number:02}", *drawn, title=" ".join(rng.choices(words, k=3))))
    with open_store(tmp_path / "file", database="") as file:
        for store in (file, library):
            store.put(articles)
        monkeypatch.setattr(lexical, "CHOSEN", 400)
        for asked in (["harbour", "budget", "bridge", "unheard"], ["mayor"], ["council", "harbour", "mayor"]):
            for weights in ({}, {"title_weight": 1.0}, {"title_weight": 0.0}):
                exact = dict(file.search_lexical(asked, 400, EVERYTHING, **weights))
                found = library.search_lexical(asked, 20, EVERYTHING, **weights)
                assert [score for _, score in found] == pytest.approx([exact[name] for name, _ in found], rel=1e-4)
                best = sorted(exact.values(), reverse=True)
                assert [score for _, score in found] == pytest.approx(best[:20], rel=1e-4)
        monkeypatch.setattr(lexical, "CHOSEN", 20)
        monkeypatch.setattr(lexical, "RARE", 40)
        some = library.search_lexical(["harbour", "mayor"], 10, EVERYTHING)
        assert len(some) == 10
        assert len(library.search_lexical(["harbour", "mayor"], 150, EVERYTHING)) == 150
        assert library.mentioning(["u.s.", "budget"], EVERYTHING) == file.mentioning(["u.s.", "budget"], EVERYTHING)
        assert library.words_alike("h", 3, 9) == file.words_alike("h", 3, 9)


def test_the_sums_of_the_index_follow_what_goes(library: Store) -> None:
    library.put([prepare("a", "Harbour news."), prepare("b", "Harbour storm.")])
    library.put([prepare("a", "Other news.")])
    library.remove("b")
    assert library.words_alike("harb", 3, 9) == []
    assert {finding.severity for finding in library.check()} == {"ok"}
    with library._database.write() as connection:
        connection.execute(text("UPDATE stems SET passages = passages + 1"))
    assert "error" in {finding.severity for finding in library.check()}
    library.check(fix=True)
    assert {finding.severity for finding in library.check()} == {"ok"}


# --- backup and restore


def test_a_library_goes_from_a_file_to_postgresql_and_back_with_all_it_holds(
    tmp_path: Path, postgres_address: str
) -> None:
    with open_store(tmp_path / "file", database="") as file:
        file.put([prepare("a", "The old bridge stands."), prepare("b", "The harbour is quiet.", publisher="Post")])
        file.put([prepare("a", "The bridge fell.")])
        file.conversations.begin("c1", 1, "Who?")
        _, secret = file.tokens.make("Reader")
        backup = file.back_up(tmp_path / "file.backup").file
        assert restore(backup, tmp_path / "server", postgres_address) is None
        with open_store(tmp_path / "server", database=postgres_address) as server:
            again = server.back_up(tmp_path / "server.backup").file
            assert server.tokens.holder(secret) is not None
            assert {finding.severity for finding in server.check()} == {"ok"}
        restore(again, tmp_path / "back", "")
        with open_store(tmp_path / "back", database="") as back:
            assert back.articles() == file.articles()
            assert [back.article_passages(one) for one in "ab"] == [file.article_passages(one) for one in "ab"]
            assert back.version("a", prepare("a", "The old bridge stands.").text_digest) == "The old bridge stands."
            assert back.conversations.get("c1") == file.conversations.get("c1")
            assert back.search_lexical(["bridge"], 5, EVERYTHING) == file.search_lexical(["bridge"], 5, EVERYTHING)
            assert back.search_dense(vector_for("The harbour is quiet."), 1, EVERYTHING)[0][0] == "b:0"
            assert {finding.severity for finding in back.check()} == {"ok"}


def test_a_restore_keeps_what_it_replaces_and_open_readers_see_the_new_library(
    tmp_path: Path, library: Store, postgres_address: str
) -> None:
    library.put([prepare("old", notes=("It breaks off.",))])
    backup = library.back_up(tmp_path / "old.backup").file
    library.put([prepare("new")])
    library.rebuild_dense()
    assert library.search_dense(vector_for("The mayor of new went home."), 1, EVERYTHING)[0][0] == "new:1"
    kept = restore(backup, tmp_path / "library", postgres_address)
    assert [(one.id, one.notes) for one in library.articles()] == [("old", ("It breaks off.",))]
    assert library.search_dense(vector_for("The mayor of old went home."), 1, EVERYTHING)[0][0] == "old:1"
    assert library.search_lexical(["mayor"], 5, EVERYTHING)[0][0] == "old:1"
    library.put([prepare("next")])
    assert library.search_dense(vector_for("The mayor of next went home."), 1, EVERYTHING)[0][0] == "next:1"
    assert kept is not None
    restore(kept, tmp_path / "kept", "")
    with open_store(tmp_path / "kept", database="") as before:
        assert {one.id for one in before.articles()} == {"old", "new"}


def restore(file: Path, folder: Path, database: str) -> Path | None:
    return backups.restore(file, folder, fingerprint=FINGERPRINT, dimension=DIMENSION, database=database)
