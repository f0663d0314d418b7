"""Files that one step of the training leaves for the next: questions with their windows, and what is made of each."""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from training.asks import Asked

Made = Iterable[tuple[str, object]]  # ids of questions with what was made of them


def questions_in(file: Path) -> list[Asked]:
    """The questions that training/asks.py wrote."""
    with file.open("rb") as stream:
        return list(pickle.load(stream)["train"])  # noqa: S301  (made on this machine)


def made_before(file: Path | None) -> dict[str, Any]:
    """What an earlier step made of each question, by its id; nothing without a file."""
    if file is None:
        return {}
    with file.open("rb") as stream:
        return dict(pickle.load(stream))  # noqa: S301  (made on this machine)


def command(about: str, make: Callable[[Sequence[Asked]], Made]) -> None:
    """A command line: what `make` gives for the questions of --asks goes into --out."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--asks", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made = dict(make(questions_in(options.asks)))
    with options.out.open("wb") as file:
        pickle.dump(made, file)
