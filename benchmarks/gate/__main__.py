"""The gate on the command line: `python -m benchmarks.gate [--sample] [--write] [--lower REASON]`.

Exit code 0 when every figure reaches its floor on the corpus and questions that the floors were measured on, else 1.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.progress import track

from benchmarks.gate.asking import GateQuestion, Outcome, ask_all, load_questions, sample_of
from benchmarks.gate.floors import (
    Floors,
    Lowering,
    broken,
    changed,
    fingerprint,
    floors_from,
    kept_or_raised,
    load_floors,
    lowerings,
    save_floors,
)
from benchmarks.gate.measures import ALL, measure
from benchmarks.gate.report import markdown, save_json, table
from rag import Library, load_settings

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CORPUS = ROOT / "corpus"
QUESTIONS = HERE / "questions.jsonl"
FLOORS = HERE / "floors.json"
RESULTS = HERE / "results.md"
OUTCOMES = ROOT / "artifacts" / "gate.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the gate; the exit code."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    began = perf_counter()
    questions = load_questions(QUESTIONS)
    outcomes = answer_everything(console, sample_of(questions) if options.sample else questions)
    seconds = perf_counter() - began
    figures, floors = measure(outcomes), load_floors(FLOORS)
    counts = Counter(one.asked.kind for one in outcomes) + Counter({ALL: len(outcomes)})
    save_json(OUTCOMES, figures, outcomes, seconds)
    if options.write:
        floors = _renewed(floors, outcomes, options.lower)
        save_floors(FLOORS, floors)
        RESULTS.write_text(markdown(figures, floors, counts, seconds), encoding="utf-8")
    if options.sample:
        floors = replace(floors, values=floors.sample)
    console.print(table(figures, floors, counts))
    console.print(f"{len(outcomes)} questions in {seconds:.0f} s; each with its answer in {OUTCOMES.relative_to(ROOT)}")
    unmeasured = [] if floors.values else ["There are no floors for these questions: python -m benchmarks.gate --write"]
    problems = [*changed(floors, *_fingerprints()), *broken(floors, figures), *unmeasured]
    for problem in problems:
        console.print(f"[red]{problem}[/red]")
    return 1 if problems else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="write results.md and raise the floors to what was measured"
    )
    parser.add_argument(
        "--lower", metavar="REASON", help="with --write: also lower floors, for this reason, which is recorded"
    )
    parser.add_argument("--sample", action="store_true", help="ask every other question of each kind, as CI does")
    options = parser.parse_args(arguments)
    if options.sample and options.write:
        parser.error("--write asks every question; the floors of the sample are made on the way")
    if options.lower is not None and (not options.write or not options.lower.strip()):
        parser.error("--lower takes a reason and goes with --write")
    return options


def answer_everything(console: Console, questions: Sequence[GateQuestion]) -> list[Outcome]:
    """The questions asked over a library of corpus/ that lives as long as the run."""
    settings = load_settings()
    with TemporaryDirectory(prefix="gate-") as folder, Library.open(folder, settings=settings) as library:
        report = library.add(_articles())
        if len(report.added) != len(_articles()):
            raise SystemExit(f"corpus/ could not be indexed as a whole: {report.failed or report.duplicates}")
        outcomes = ask_all(library, questions)
        shown = track(outcomes, "Asking", len(questions), console=console, disable=not console.is_terminal)
        return list(shown)


def _articles() -> list[Path]:
    return sorted(file for file in CORPUS.glob("*.md") if file.name != "README.md")


def _fingerprints() -> tuple[str, str]:
    return fingerprint(_articles()), fingerprint([QUESTIONS])


def _renewed(old: Floors, outcomes: Sequence[Outcome], reason: str | None) -> Floors:
    """The floors to write: raised only, unless there is a reason to lower them."""
    sampled = sample_of([one.asked for one in outcomes])
    new = floors_from(measure(outcomes))
    new_sample = floors_from(measure([one for one in outcomes if one.asked in sampled]))
    lowered = lowerings(old.values, new) + [f"sample {line}" for line in lowerings(old.sample, new_sample)]
    record = (Lowering(date.today().isoformat(), reason, tuple(lowered)),) if reason and lowered else ()
    values = new if reason else kept_or_raised(old.values, new)
    sample = new_sample if reason else kept_or_raised(old.sample, new_sample)
    return Floors(*_fingerprints(), outcomes[0].reader, values, sample, (*old.lowered, *record))


if __name__ == "__main__":
    sys.exit(main())
