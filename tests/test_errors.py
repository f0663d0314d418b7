"""Errors say what happened and what to do, on one line, by the names of every version."""

from __future__ import annotations

import pickle

from rag.errors import LibraryLocked, RagError


def test_an_error_is_one_line_of_what_happened_and_the_hint() -> None:
    assert str(RagError("The port 80 is taken.", "Choose another.")) == "The port 80 is taken. Choose another."
    assert str(RagError("The port 80 is taken.")) == "The port 80 is taken."


def test_the_hint_answers_to_its_earlier_name() -> None:
    error = LibraryLocked("Another process writes.", "Wait for it.")
    assert error.mend == error.hint == "Wait for it."


def test_an_error_of_another_process_keeps_its_kind_and_its_hint() -> None:
    error = pickle.loads(pickle.dumps(LibraryLocked("Another process writes.", "Wait for it.")))
    assert isinstance(error, LibraryLocked)
    assert error.hint == "Wait for it."
