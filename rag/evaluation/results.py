"""Results of a run: figures, latency, curve and every question, as one object that JSON keeps and reads back."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rag.config import Settings
from rag.errors import SourceError
from rag.evaluation.comparing import CountsById
from rag.evaluation.figures import Figures, Spent, counts_of, curve_of, figures_of, latency_of, right
from rag.evaluation.measures import area_under
from rag.evaluation.running import Outcome

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a run found."""

    about: str  # name of the set, or of what was asked
    digest: str  # of the set's articles, or of the library's state
    made: str  # ISO 8601
    machine: Mapping[str, str]
    settings: Mapping[str, str]
    articles: int
    figures: Figures
    latency: Mapping[str, Spent]
    curve: Sequence[tuple[float, float]]
    outcomes: Sequence[Outcome]
    advice: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def risk(self) -> float | None:
        """Area under the curve of risk and coverage, None when nothing was answered."""
        return area_under(self.curve) if self.curve else None

    def counts(self) -> CountsById:
        """What each question earned, by measure."""
        return {one.asked.id: counts_of(one) for one in self.outcomes}

    def missed(self) -> list[Outcome]:
        """The questions that were not got right."""
        return [one for one in self.outcomes if not right(one)]


def results_of(
    outcomes: Sequence[Outcome],
    *,
    about: str,
    digest: str,
    articles: int,
    settings: Settings,
    advice: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Results:
    """The results of a run that ends now, on this machine."""
    model = next((one.reply.model for one in outcomes if one.reply), "")
    return Results(
        about=about,
        digest=digest,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=_machine(),
        settings={
            "version": version("article-chat"),
            "embedder": settings.embedder,
            "reader": settings.reader,
            "answers by": model or "none (retrieval only)",
            "refuse_below": str(settings.refuse_below),
            "reader_windows": str(settings.reader_windows),
        },
        articles=articles,
        figures=figures_of(outcomes),
        latency=latency_of(outcomes),
        curve=curve_of(outcomes),
        outcomes=tuple(outcomes),
        advice=advice,
        notes=notes,
    )


def save(results: Results, file: Path) -> None:
    """Write everything as JSON: figures, and each question with what it earned."""
    content = {
        "format": FORMAT,
        "set": results.about,
        "digest": results.digest,
        "made": results.made,
        "machine": dict(results.machine),
        "settings": dict(results.settings),
        "articles": results.articles,
        "figures": {kind: {name: asdict(one) for name, one in own.items()} for kind, own in results.figures.items()},
        "latency_ms": {step: asdict(spent) for step, spent in results.latency.items()},
        "risk_coverage": [[round(x, 4), round(y, 4)] for x, y in results.curve],
        "area_under_risk": results.risk,
        "advice": list(results.advice),
        "notes": list(results.notes),
        "questions": [_question(one) for one in results.outcomes],
    }
    _write(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run is compared by."""

    digest: str
    counts: CountsById


def load_earlier(file: Path) -> Earlier:
    """An earlier run from its JSON; a SourceError when the file is none."""
    hint = "Name a file that rag eval --json wrote."
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        counts = {
            str(one["id"]): {str(name): (float(a), float(b)) for name, (a, b) in one["counts"].items()}
            for one in content["questions"]
        }
        return Earlier(str(content["digest"]), counts)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.", hint) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{file} holds no results of rag eval.", hint) from error


def write_text(file: Path, text: str) -> None:
    """Write a report, its folder made when missing."""
    _write(file, text)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error


def _question(outcome: Outcome) -> dict[str, Any]:
    asked, reply = outcome.asked, outcome.reply
    told: dict[str, Any] = {
        "id": asked.id,
        "kind": asked.kind,
        "question": asked.text,
        "answers": list(asked.answers),
        "answerable": asked.answerable,
        "right": right(outcome),
        "first_hit": outcome.hits.index(True) + 1 if True in outcome.hits else None,
        "counts": {name: list(counts) for name, counts in counts_of(outcome).items()},
    }
    if reply is not None:
        told |= {
            "answered": reply.answered,
            "confidence": reply.confidence,
            "text": reply.text,
            "short": reply.short,
            "quotes": [asdict(quote) for quote in reply.quotes],
        }
    return told


def _machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count() or "?"),
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?",
    }
