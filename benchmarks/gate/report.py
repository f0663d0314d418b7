"""Reports: figures and outcomes in; a table for the terminal, JSON for looking at misses, Markdown to keep out."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich.table import Table

from benchmarks.gate.asking import Outcome
from benchmarks.gate.floors import Floors
from benchmarks.gate.measures import MEANINGS, Figures


def table(figures: Figures, floors: Floors, counts: dict[str, int]) -> Table:
    """Kinds down, measures across; a figure under its floor is red."""
    shown = Table(title="Quality gate")
    shown.add_column("kind")
    shown.add_column("n", justify="right")
    for name in MEANINGS:
        shown.add_column(name.replace("_", " "), justify="right")
    for kind, own in figures.items():
        cells = [
            _cell(own[name].value, floors.values.get(kind, {}).get(name)) if name in own else "" for name in MEANINGS
        ]
        shown.add_row(kind, str(counts[kind]), *cells)
    return shown


def _cell(value: float, least: float | None) -> str:
    return f"[red]{value:.3f}[/red]" if least is not None and value < least else f"{value:.3f}"


def save_json(file: Path, figures: Figures, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Every figure and every outcome, misses included."""
    content = {
        "seconds": round(seconds, 1),
        "figures": {kind: {name: asdict(one) for name, one in own.items()} for kind, own in figures.items()},
        "outcomes": [_plain(one) for one in outcomes],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _plain(outcome: Outcome) -> dict[str, object]:
    fields = asdict(outcome)
    asked = fields.pop("asked")
    return {**asked, **fields, "right": right(outcome), "hit": outcome.hit, "article_hit": outcome.article_hit}


def right(outcome: Outcome) -> bool:
    """Whether an answerable question got its answer, an unanswerable one its refusal."""
    return outcome.hit if outcome.asked.answerable else not outcome.answered


def markdown(figures: Figures, floors: Floors, counts: dict[str, int], seconds: float) -> str:
    """The page results.md."""
    lines = [
        "# Results of the gate",
        "",
        f"Made by `python -m benchmarks.gate --write` on {date.today().isoformat()}, reader `{floors.reader}`, Python "
        f"{platform.python_version()}, {platform.machine()}, {seconds:.0f} s. Floors stand in brackets.",
        "",
        "| kind | n | " + " | ".join(name.replace("_", " ") for name in MEANINGS) + " |",
        "|---|--:|" + "--:|" * len(MEANINGS),
        *(_row(kind, counts[kind], figures, floors) for kind in figures),
        "",
        *(f"- **{name.replace('_', ' ')}**: {meaning}" for name, meaning in MEANINGS.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(kind: str, count: int, figures: Figures, floors: Floors) -> str:
    cells = [
        f"{figures[kind][name].value:.3f} ({floors.values[kind][name]:.3f})" if name in figures[kind] else ""
        for name in MEANINGS
    ]
    return f"| {kind} | {count} | " + " | ".join(cells) + " |"
