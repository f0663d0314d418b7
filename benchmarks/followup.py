"""How far follow-up questions become stand-alone: `python -m benchmarks.followup DATA [--write]`.

DATA holds followup/. mtrag: of the ten passages that the human rewrite finds, the share that our rewrite finds among
its ten, beside the last turn alone, and beside a rewrite that knows the human one and takes from it all words that the
conversation holds; the passages are those that the data's answers rest on. canard: share of the words of the human
rewrite that the rewrite holds (ROUGE-1 recall), on the bare history, in which nothing tells what the article was, and
with the first question as its human rewrite puts it, as talks begin in life. Of the rewritten questions, the share to
which a word was added that the human rewrite has too.
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
from rag.answering.query.rewrite import by_terms
from rag.evaluation.layouts import json_rows
from rag.library import Library
from rag.models.reader import BuiltinReader
from rag.schema import Article, Turn
from rag.text.words import content_words, words

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

        ours, last, best = [], [], []
        for row in asked:
            wanted = found(row["rewrite"])
            if not wanted:
                continue
            turns = _turns(row, told)
            ours.append(len(found(standalone(row["last_turn"], turns)) & wanted) / len(wanted))
            last.append(len(found(row["last_turn"]) & wanted) / len(wanted))
            best.append(len(found(_all_that_is_held(row, turns)) & wanted) / len(wanted))
    what = f"mtrag: passages of the human rewrite's top ten ({len(ours)} questions, {len(texts)} texts)"
    return [_line(what, last, ours), _line("the same, with all words of the human rewrite that were said", last, best)]


def _all_that_is_held(row: dict[str, Any], turns: Sequence[Turn]) -> str:
    """The last turn with the words of the human rewrite that stand in the conversation: what no rewrite can know."""
    held = set(words(" ".join(turn.text for turn in turns))) - set(words(row["last_turn"]))
    return " ".join([row["last_turn"], *(word for word in content_words(row["rewrite"]) if word in held)])


def _turns(row: dict[str, Any], told: dict[str, dict[str, Any]]) -> list[Turn]:
    """The turns before the question; with the replies where the data has them."""
    known = told.get(row["id"])
    if known is not None and known["history"]:
        roles = {"user": "user", "agent": "assistant"}
        return [Turn(roles[role], text) for role, text in known["history"]]
    return [Turn("user", text) for text in row["user_turns"][:-1]]


def _canard(folder: Path, limit: int) -> list[str]:
    """Words of the human rewrite that the rewrite holds."""
    everything = list(json_rows(folder / "canard_dev.jsonl.gz"))
    opened = {row["dialog"]: row["rewrite"] for row in everything if not row["history"]}
    rows = [row for row in everything if row["history"]][: limit or None]
    lines = []
    for how, opening in (("bare history", {}), ("first question stands alone", opened)):
        ours, last, fit = [], [], []
        for row in rows:
            history = [opening.get(row["dialog"], row["history"][0]), *row["history"][1:]]
            turns = [Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(history)]
            made = standalone(row["question"], turns)
            ours.append(_recall(made, row["rewrite"]))
            last.append(_recall(row["question"], row["rewrite"]))
            added = set(content_words(made)) - set(words(row["question"]))
            fit += [bool(added & set(words(row["rewrite"])))] if added else []
        what = f"canard_dev, {how}: words of the human rewrite, ROUGE-1 recall ({len(ours)} questions)"
        lines.append(_line(f"{what}; of {len(fit)} rewritten {np.mean(fit):.0%} as the human did", last, ours))
    return lines


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """The question as it is searched for."""
    return by_terms(question, turns, BuiltinReader.shared()).question


def _recall(text: str, gold: str) -> float:
    held, wanted = Counter(words(text)), Counter(words(gold))
    return sum((held & wanted).values()) / max(1, sum(wanted.values()))


def _line(what: str, last: Sequence[float], ours: Sequence[float]) -> str:
    before, after = float(np.mean(last)), float(np.mean(ours))
    closed = (after - before) / (1 - before) if before < 1 else 0.0
    return f"| {what} | {before:.3f} | {after:.3f} | 1 | {closed:.0%} |"


if __name__ == "__main__":
    main()
