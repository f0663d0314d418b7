"""The dense index: right neighbours whatever became of Chroma's folder, and whoever writes meanwhile."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stores import DIMENSION, prepare, vector_for

from rag.schema import Filters
from rag.store import dense, dense_search, vectors
from rag.store.store import Store

EVERYTHING = Filters()


def nearest(store: Store, text: str, k: int = 1, filters: Filters = EVERYTHING) -> list[str]:
    """Ids of the passages nearest to the text; the first must be as near as can be when the text is in the library."""
    return [passage_id for passage_id, _ in store.search_dense(vector_for(text), k, filters)]


def going_home(article_id: str) -> str:
    return f"The mayor of {article_id} went home."


def chroma(store: Store) -> Any:
    """The snapshot that the store has open in Chroma."""
    view = store._dense._cached
    return view.index if view else None


def folder_of(store: Store) -> Path:
    """Where the index lies: a library in PostgreSQL has a folder of its own."""
    return store._snapshots._folder


@pytest.fixture
def filled(opening: Callable[..., Store]) -> Store:
    """A store with 60 articles of two passages, in Chroma."""
    store = opening()
    store.put([prepare(f"a{i}", published=date(2020 + i % 5, 1, 1)) for i in range(60)])
    store.rebuild_dense()
    return store


def test_chroma_finds_what_exact_search_finds(filled: Store, opening: Callable[..., Store]) -> None:
    exact = opening(exact_limit=1000)
    for text in ("anything", going_home("a7"), "Nothing much happened in a9."):
        found = filled.search_dense(vector_for(text), 10, EVERYTHING)
        expected = exact.search_dense(vector_for(text), 10, EVERYTHING)
        assert [one for one, _ in found] == [one for one, _ in expected]
        assert np.allclose([score for _, score in found], [score for _, score in expected], atol=1e-5)
    assert chroma(filled) is not None
    assert chroma(exact) is None


def test_odd_questions_get_sensible_answers(filled: Store, opening: Callable[..., Store]) -> None:
    assert filled.search_dense(np.zeros(DIMENSION, np.float32), 5, EVERYTHING) == []
    assert nearest(filled, "x", k=0) == []
    assert len(nearest(filled, "x", k=1000)) == 120
    assert nearest(filled, "x", 5, Filters(article_ids=())) == []


def test_chroma_is_built_by_the_first_search_not_by_adding(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.put([prepare("a"), prepare("b")])
    assert store._snapshots.current() is None
    assert {finding.severity for finding in store.check()} == {"ok"}
    assert nearest(store, going_home("b")) == ["b:1"]
    assert chroma(store) is not None
    assert caplog.records == []


def test_a_writer_builds_what_is_too_much_for_a_search(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "BUILT_BY_SEARCH", 20)
    store.put([prepare(f"a{i}") for i in range(20)])
    published = store._snapshots.current()
    assert published is not None
    assert published.held == 40


def test_a_building_that_came_to_nothing_is_tried_again_only_at_twice_the_size(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dense, "BUILT_BY_SEARCH", 20)
    monkeypatch.setattr(vectors, "FOUND_AT_LEAST", 2.0)  # no index finds so many
    for first in range(0, 60, 10):
        with store.writing():
            store.put([prepare(f"a{i}") for i in range(first, first + 10)])
    assert len([one for one in caplog.records if "does not find its own vectors" in one.message]) == 2
    assert nearest(store, going_home("a7"))  # searched exactly meanwhile


def test_an_empty_library_finds_nothing(store: Store) -> None:
    assert nearest(store, "x", k=5) == []


@pytest.mark.parametrize("few", [0, 5_000])
def test_filters_hold_by_overfetching_as_by_exact_search(
    filled: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_search, "FEW", few)
    filters = Filters(since=date(2023, 1, 1), until=date(2023, 12, 31))
    found = nearest(filled, "x", 24, filters)
    assert len(found) == 24
    assert {filled.candidates([one])[one].published for one in found} == {date(2023, 1, 1)}
    assert nearest(filled, going_home("a3"), 1, filters) == ["a3:1"]
    assert nearest(filled, going_home("a4"), 1, filters) != ["a4:1"]


def test_new_changed_and_removed_articles_count_at_once(filled: Store, opening: Callable[..., Store]) -> None:
    reader = opening()
    assert nearest(reader, going_home("a3")) == ["a3:1"]
    filled.put([prepare("new"), prepare("a3", "The mayor of a3 stayed.")])
    assert nearest(reader, going_home("new")) == ["new:1"]
    assert nearest(reader, "The mayor of a3 stayed.") == ["a3:0"]
    assert reader.search_dense(vector_for(going_home("a3")), 1, EVERYTHING)[0][1] < 0.99
    filled.remove("a5")
    assert "a5:0" not in nearest(reader, "x", k=1000)
    assert chroma(reader) is not None


def test_enough_live_passages_are_found_when_most_of_the_snapshot_is_dead(filled: Store) -> None:
    nearest(filled, "x")
    with filled.writing():
        for number in range(50):
            filled.remove(f"a{number}")
    assert len(nearest(filled, "x", k=20)) == 20


def test_a_reading_block_sees_one_state(filled: Store, opening: Callable[..., Store]) -> None:
    reader = opening()
    with reader.reading():
        before = reader.generation()
        filled.put([prepare("a3", "The mayor of a3 stayed.")])
        filled.rebuild_dense()
        assert reader.generation() == before
        assert nearest(reader, going_home("a3")) == ["a3:1"]
        assert "a3:1" in reader.candidates(["a3:1"])
    assert nearest(reader, "The mayor of a3 stayed.") == ["a3:0"]


def test_an_older_state_is_answered_while_the_cache_is_ahead(filled: Store) -> None:
    inside, go_on = threading.Event(), threading.Event()
    found: list[str] = []

    def old_reader() -> None:
        with filled.reading():
            filled.generation()
            inside.set()
            go_on.wait(20)
            found.extend(nearest(filled, going_home("a3")))

    thread = threading.Thread(target=old_reader)
    thread.start()
    inside.wait(20)
    filled.put([prepare("a3", "The mayor of a3 stayed.")])
    filled.rebuild_dense()
    assert nearest(filled, "The mayor of a3 stayed.") == ["a3:0"]
    go_on.set()
    thread.join()
    assert found == ["a3:1"]


def test_the_snapshot_grows_when_it_lags(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "RENEW_BEHIND", 10)
    before = filled._snapshots.current()
    filled.put([prepare(f"b{i}") for i in range(3)])
    assert filled._snapshots.current() == before
    filled.put([prepare(f"c{i}") for i in range(10)])
    after = filled._snapshots.current()
    assert before is not None
    assert after is not None
    assert (before.held, after.held) == (120, 146)
    assert filled._dense.state()[1] == 0
    assert nearest(filled, going_home("c7")) == ["c7:1"]
    assert nearest(filled, going_home("a7")) == ["a7:1"]


def test_a_reader_goes_over_to_the_new_snapshot(
    filled: Store, opening: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "RENEW_BEHIND", 10)
    monkeypatch.setattr(dense, "REOPEN_BEHIND", 10)
    reader = opening()
    nearest(reader, "x")
    filled.put([prepare(f"c{i}") for i in range(10)])
    assert nearest(reader, going_home("c7")) == ["c7:1"]
    filled.put([prepare("d")])
    assert nearest(reader, going_home("d")) == ["d:1"]
    assert chroma(reader).published == filled._snapshots.current()
    assert len(list(folder_of(filled).glob("open-*.lock"))) == 1


def test_the_snapshot_goes_when_the_library_is_emptied(filled: Store) -> None:
    with filled.writing():
        for number in range(60):
            filled.remove(f"a{number}")
    assert nearest(filled, "x", k=5) == []
    assert {finding.severity for finding in filled.check()} == {"ok"}


# --- damage


def delete_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def garble_card(folder: Path) -> None:
    folder.with_suffix(".json").write_text('{"name": "../..", "files": {"x": 3}}')


def truncate_data(folder: Path) -> None:
    for file in folder.glob("at-*/*/data_level0.bin"):  # an older snapshot may still lie beside the one in use
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def overwrite_data(folder: Path) -> None:
    """Turn every bit over: a small index's file may be all zeros, memory that Chroma has not filled yet."""
    for file in folder.glob("at-*/*/data_level0.bin"):
        file.write_bytes(bytes(byte ^ 0xFF for byte in file.read_bytes()))


def overwrite_database(folder: Path) -> None:
    for file in folder.glob("at-*/chroma.sqlite3"):
        file.write_bytes(b"\xff" * file.stat().st_size)


DAMAGES = [delete_folder, garble_card, truncate_data, overwrite_data, overwrite_database]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_rebuilt_at_the_next_search_and_said_in_one_line(
    filled: Store, opening: Callable[..., Store], damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    filled.close()
    damage(folder_of(filled))
    with caplog.at_level(logging.WARNING, "rag.store"):
        again = opening()
        assert [nearest(again, going_home(f"a{i}")) for i in range(60)] == [[f"a{i}:1"] for i in range(60)]
    assert [record.message for record in caplog.records] == [
        "The dense index was missing or damaged; rebuilt from 120 stored vectors."
    ]
    assert chroma(again) is not None
    assert {finding.severity for finding in again.check()} == {"ok"}


@pytest.mark.parametrize("damage", [delete_folder, garble_card, overwrite_data])
def test_doctor_finds_and_mends_a_damaged_index(
    filled: Store, opening: Callable[..., Store], damage: Callable[[Path], None]
) -> None:
    filled.close()
    damage(folder_of(filled))
    again = opening()
    assert "warning" in {finding.severity for finding in again.check()}
    assert any("rebuilt" in finding.message for finding in again.check(fix=True))
    assert {finding.severity for finding in again.check()} == {"ok"}


def test_damage_under_an_open_library_is_not_noticed_by_its_searches(filled: Store) -> None:
    nearest(filled, "x")
    delete_folder(folder_of(filled))
    filled.put([prepare("new")])
    assert nearest(filled, going_home("new")) == ["new:1"]
    assert nearest(filled, going_home("a7")) == ["a7:1"]


def test_a_search_goes_on_when_chroma_fails_under_it_and_the_next_one_has_chroma_again(
    filled: Store, caplog: pytest.LogCaptureFixture
) -> None:
    nearest(filled, "x")
    lost = chroma(filled)
    lost._client.delete_collection("passages")
    with caplog.at_level(logging.WARNING, logger="rag.store"):
        assert nearest(filled, going_home("a7")) == ["a7:1"]
    assert "searching exactly" in caplog.text
    assert nearest(filled, going_home("a8")) == ["a8:1"]
    assert chroma(filled) is not None
    assert chroma(filled) is not lost


def test_large_libraries_are_searched_exactly_until_someone_rebuilds(
    filled: Store, opening: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dense, "BUILT_BY_SEARCH", 50)
    filled.close()
    overwrite_data(folder_of(filled))
    again = opening()
    assert nearest(again, going_home("a7")) == ["a7:1"]
    assert chroma(again) is None
    assert "rag doctor --fix" in caplog.text
    told: list[tuple[int, int]] = []
    again.rebuild_dense(lambda done, total: told.append((done, total)))
    assert told == [(120, 120)]
    assert nearest(again, going_home("a7")) == ["a7:1"]
    assert chroma(again) is not None


def test_a_damaged_snapshot_is_not_grown_but_rebuilt(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "RENEW_BEHIND", 10)
    overwrite_data(folder_of(filled))
    filled.put([prepare(f"c{i}") for i in range(10)])
    assert nearest(filled, going_home("a7")) == ["a7:1"]
    assert nearest(filled, going_home("c7")) == ["c7:1"]
    assert {finding.severity for finding in filled.check()} == {"ok"}


EMPTIED = {"sqlite": "INSERT INTO lexical(lexical) VALUES('delete-all')", "postgresql": "DELETE FROM lexical"}


def test_a_lexical_index_that_disagrees_is_found_and_mended(filled: Store) -> None:
    with filled._database.write() as connection:
        connection.exec_driver_sql(EMPTIED[connection.dialect.name])
    assert filled.search_lexical(["mayor"], 1, EVERYTHING) == []
    assert "error" in {finding.severity for finding in filled.check()}
    assert any("rebuilt" in finding.message for finding in filled.check(fix=True))
    assert len(filled.search_lexical(["mayor"], 100, EVERYTHING)) == 60


def test_readers_never_stumble_over_a_writer(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state has exactly one passage that says where a3's mayor is; twenty readers must find exactly it."""
    monkeypatch.setattr(dense, "RENEW_BEHIND", 10)
    filled.put([prepare("a3", "The mayor of a3 is here.")])
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not stop.is_set():
            try:
                found = filled.search_lexical(["here"], 5, EVERYTHING)
                dense_found = nearest(filled, "The mayor of a3 is here.")
                if [one for one, _ in found] != ["a3:0"] or dense_found != ["a3:0"]:
                    wrong.append((found, dense_found))
            except Exception as error:  # whatever it is, the test must see it
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    for turn in range(8):
        filled.put([prepare("a3", "The mayor of a3 is here."), *[prepare(f"n{turn}-{i}") for i in range(4)]])
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
