"""Floors: what the figures must reach, what they were measured on, and every lowering with its reason."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gate.measures import Figure, Figures

# Another processor rounds differently and may turn a question over: 2 points, or one case where that is more.
MARGIN = 0.02
EXACT = frozenset({"verbatim"})  # a broken invariant is never rounding

MEND_HASH = "If the change is wanted, look at the new figures and run: python -m benchmarks.gate --write"


@dataclass(frozen=True, slots=True)
class Lowering:
    """A floor that was lowered on purpose."""

    date: str
    reason: str
    floors: tuple[str, ...]  # 'conflict/answer_hit: 0.583 -> 0.5'


@dataclass(frozen=True, slots=True)
class Floors:
    """The content of floors.json."""

    corpus: str = ""  # sha256
    questions: str = ""  # sha256
    reader: str = ""
    values: dict[str, dict[str, float]] = field(default_factory=dict)  # kind, measure
    sample: dict[str, dict[str, float]] = field(default_factory=dict)  # of the questions that `--sample` asks
    lowered: tuple[Lowering, ...] = ()


def fingerprint(files: Iterable[Path]) -> str:
    """The sha256 over the names and contents of files, in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda one: one.name):
        content = file.read_bytes().replace(b"\r\n", b"\n")  # a checkout on Windows is the same corpus
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def floor_of(name: str, figure: Figure) -> float:
    """The floor that a measured figure sets: the figure less the margin, rounded down to three places."""
    if name in EXACT:
        return figure.value
    return max(0.0, math.floor(1000 * (figure.value - max(MARGIN, 1 / figure.cases)) + 1e-6) / 1000)


def floors_from(figures: Figures) -> dict[str, dict[str, float]]:
    """The floors that the figures set."""
    return {kind: {name: floor_of(name, one) for name, one in own.items()} for kind, own in figures.items()}


def broken(floors: Floors, figures: Figures) -> list[str]:
    """One line for each figure under its floor, and for each floor that has no figure any more."""
    lines = []
    for kind, own in floors.values.items():
        for name, least in own.items():
            figure = figures.get(kind, {}).get(name)
            if figure is None:
                lines.append(f"{kind}/{name}: not measured, the floor is {least:.3f}")
            elif figure.value < least:
                lines.append(f"{kind}/{name}: {figure.value:.3f} is under the floor of {least:.3f}")
    return lines


def changed(floors: Floors, corpus: str, questions: str) -> list[str]:
    """One line for each of corpus and questions that is not what the floors were measured on."""
    pairs = {"corpus/": (floors.corpus, corpus), "questions.jsonl": (floors.questions, questions)}
    return [
        f"{name} is not what the floors were measured on. {MEND_HASH}"
        for name, (was, now) in pairs.items()
        if was != now
    ]


def lowerings(old: dict[str, dict[str, float]], new: dict[str, dict[str, float]]) -> list[str]:
    """One line for each floor that would fall or vanish."""
    lines = []
    for kind, own in old.items():
        for name, least in own.items():
            now = new.get(kind, {}).get(name)
            if now is None or now < least:
                lines.append(f"{kind}/{name}: {least:g} -> {'none' if now is None else format(now, 'g')}")
    return lines


def kept_or_raised(old: dict[str, dict[str, float]], new: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The higher of the old and the new floor each."""
    kinds = new | {kind: {} for kind in old if kind not in new}
    return {kind: _higher(old.get(kind, {}), own) for kind, own in kinds.items()}


def _higher(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return {name: max(old.get(name, 0.0), new.get(name, 0.0)) for name in {**new, **old}}


def load_floors(file: Path) -> Floors:
    """The floors of a file; none when it does not exist."""
    if not file.exists():
        return Floors()
    held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    lowered = tuple(Lowering(one["date"], one["reason"], tuple(one["floors"])) for one in held["lowered"])
    pinned, sample = held["sha256"], held.get("sample", {})
    return Floors(pinned["corpus"], pinned["questions"], held["reader"], held["floors"], sample, lowered)


def save_floors(file: Path, floors: Floors) -> None:
    """Write the floors so that a change reads well in a diff."""
    content = {
        "sha256": {"corpus": floors.corpus, "questions": floors.questions},
        "reader": floors.reader,
        "margin": MARGIN,
        "floors": floors.values,
        "sample": floors.sample,
        "lowered": [{"date": one.date, "reason": one.reason, "floors": one.floors} for one in floors.lowered],
    }
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
