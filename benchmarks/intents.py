"""How well intents are told apart: `python -m benchmarks.intents [--asks FILE ...] [--write]`.

The half of benchmarks/intents.tsv that the weights have not seen (by a hash of the phrasing) goes through the whole
understanding, with names of outlets for a library. --asks names files of ordinary questions about articles (JSON lines,
gzipped): the share that is taken for something else.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import made_by
from benchmarks.pages import write_page
from rag.answering.intents.understanding import ANSWERED, understand
from training.intents import Phrasing, read_phrasings

OUTLETS = ["Northern Ledger", "The Harbour Post"]  # what OUTLET and OTHER stand for
TODAY = date(2026, 11, 30)
ORDINARY_KINDS = frozenset({"keyword", "explain"})  # of --asks: those that may rightly be taken for more


class Judged(NamedTuple):
    """A phrasing and what was made of it."""

    phrasing: Phrasing
    intent: str
    topic: str


def judged(phrasings: Iterable[Phrasing]) -> list[Judged]:
    """What is understood of each."""
    made = []
    for one in phrasings:
        typed = one.question.replace("OUTLET", OUTLETS[0]).replace("OTHER", OUTLETS[1])
        wish = understand(typed, OUTLETS, TODAY)
        made.append(Judged(one, wish.intent, wish.topic))
    return made


def table(made: Sequence[Judged]) -> list[str]:
    """Precision and recall of each intent, and of all that are not answered by reading taken together."""
    intents = sorted({one.phrasing.intent for one in made})
    lines = ["| intent | phrasings | precision | recall |", "|---|---|---|---|"]
    for intent in intents:
        lines.append(_line(intent, made, {intent}))
    own = set(intents) - set(ANSWERED)
    return [*lines, _line("**any of its own** (not read for)", made, own)]


def _line(name: str, made: Sequence[Judged], wanted: set[str]) -> str:
    meant = [one for one in made if one.phrasing.intent in wanted]
    taken = [one for one in made if one.intent in wanted]
    right = sum(one.phrasing.intent in wanted for one in taken)
    return f"| {name} | {len(meant)} | {right / max(1, len(taken)):.2f} | {right / max(1, len(meant)):.2f} |"


def topics(made: Sequence[Judged]) -> tuple[int, int]:
    """How many topics were found as they were written down, of how many."""
    asked = [one for one in made if one.phrasing.topic and one.phrasing.intent not in ANSWERED]
    asked = [one for one in asked if "OUTLET" not in one.phrasing.topic]
    return sum(_plain(one.topic) == _plain(one.phrasing.topic) for one in asked), len(asked)


def _plain(topic: str) -> str:
    return topic.lower().removeprefix("the ").strip()


def ordinary(file: Path) -> tuple[Counter[str], list[str]]:
    """What ordinary questions are taken for, and those that are not taken for ordinary ones."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    asked = [str(row["question"]) for row in rows if row["kind"] not in ORDINARY_KINDS]
    found = {question: understand(question, OUTLETS, TODAY).intent for question in dict.fromkeys(asked)}
    return Counter(found.values()), [f"{intent}: {q}" for q, intent in found.items() if intent not in ANSWERED]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--asks", type=Path, nargs="*", default=[], help="ordinary questions, JSON lines, gzipped")
    parser.add_argument("--write", action="store_true", help="write benchmarks/intents.md")
    parser.add_argument("--wrong", action="store_true", help="print what was taken for something else")
    given = parser.parse_args()
    made = judged(one for one in read_phrasings() if one.kept_apart)
    found, of = topics(made)
    lines = [*table(made), "", f"Topics found as they were written down: {found} of {of}."]
    for file in given.asks:
        counted, taken = ordinary(file)
        lines.append(f"Ordinary questions of {file.name} taken for something else: {len(taken)} of {counted.total()}.")
        if given.wrong:
            print("\n".join(taken))
    if given.wrong:
        wrong = [one for one in made if one.phrasing.intent != one.intent]
        print("\n".join(f"{one.phrasing.intent} -> {one.intent}: {one.phrasing.question}" for one in wrong))
    print("\n".join(lines))
    if given.write:
        head = f"# What people type\n\n{made_by('python -m benchmarks.intents --write')}\n\n"
        write_page(Path(__file__).with_suffix(".md"), head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
