"""How far follow-up questions become stand-alone: `python -m benchmarks.followup DATA [--write]`.

DATA holds followup/. Two figures. mtrag: of the ten passages that the human rewrite finds, the share that our rewrite
finds among its ten, beside the last turn alone; the passages are those that the data's answers rest on. canard: share
of the words of the human rewrite that the rewrite holds (ROUGE-1 recall).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pages import write_page
from rag.answering.followup import standalone
from rag.evaluation.layouts import json_rows
from rag.library import Library
from rag.schema import Article, Turn
from rag.text.words import words

TOP = 10


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="questions of each set (0: all)")
    parser.add_argument("--write", action="store_true", help="write benchmarks/followup.md")
    options = parser.parse_args()
    folder = options.data / "followup"
    lines = [*_mtrag(folder, options.limit), *_canard(folder, options.limit)]
    print("\n".join(lines))
    if options.write:
        head = f"# Follow-up questions\n\n{date.today():%d %B %Y}, by `python -m benchmarks.followup DATA --write`.\n\n"
        table = "| what | last turn alone | our rewrite | human rewrite | of the gap closed |\n|---|---|---|---|---|\n"
        write_page(Path(__file__).with_suffix(".md"), head + table + "\n".join(lines))


def _mtrag(folder: Path, limit: int) -> list[str]:
    """Overlap of the found passages with those of the human rewrite."""
    told = {row["id"]: row for row in json_rows(folder / "mtrag_turns.jsonl.gz")}
    asked = [row for row in json_rows(folder / "mtrag_rewrites.jsonl.gz") if len(row["user_turns"]) > 1]
    asked = asked[: limit or None]
    texts = {one["id"]: one for row in told.values() for one in row["contexts"]}
    with tempfile.TemporaryDirectory() as made, Library.open(made) as library:
        library.add([Article(id=key, title=one["title"], text=one["text"]) for key, one in sorted(texts.items())])
        retriever = library.retriever(k=TOP)

        def found(question: str) -> set[str]:
            return {one.passage.id for one in retriever.candidates(question)}

        ours, last = [], []
        for row in asked:
            wanted = found(row["rewrite"])
            if not wanted:
                continue
            ours.append(len(found(standalone(row["last_turn"], _turns(row, told))) & wanted) / len(wanted))
            last.append(len(found(row["last_turn"]) & wanted) / len(wanted))
        count = len(texts)
    return [_line(f"mtrag: passages of the human rewrite's top ten ({len(ours)} questions, {count} texts)", last, ours)]


def _turns(row: dict[str, Any], told: dict[str, dict[str, Any]]) -> list[Turn]:
    """The turns before the question; with the replies where the data has them."""
    known = told.get(row["id"])
    if known is not None and known["history"]:
        roles = {"user": "user", "agent": "assistant"}
        return [Turn(roles[role], text) for role, text in known["history"]]
    return [Turn("user", text) for text in row["user_turns"][:-1]]


def _canard(folder: Path, limit: int) -> list[str]:
    """Words of the human rewrite that the rewrite holds."""
    ours, last = [], []
    rows = [row for row in json_rows(folder / "canard_dev.jsonl.gz") if row["history"]]
    for row in rows[: limit or None]:
        turns = [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(row["history"])]
        ours.append(_recall(standalone(row["question"], turns), row["rewrite"]))
        last.append(_recall(row["question"], row["rewrite"]))
    return [_line(f"canard_dev: words of the human rewrite, ROUGE-1 recall ({len(ours)} questions)", last, ours)]


def _recall(text: str, gold: str) -> float:
    held, wanted = Counter(words(text)), Counter(words(gold))
    return sum((held & wanted).values()) / max(1, sum(wanted.values()))


def _line(what: str, last: Sequence[float], ours: Sequence[float]) -> str:
    before, after = float(np.mean(last)), float(np.mean(ours))
    closed = (after - before) / (1 - before) if before < 1 else 0.0
    return f"| {what} | {before:.3f} | {after:.3f} | 1 | {closed:.0%} |"


if __name__ == "__main__":
    main()
