"""How well the assistant answers labelled questions: `python -m benchmarks.asks [ARTICLES QUESTIONS ...] [--write]`.

Each pair of files is a set; without any, it is the project's own (`own_articles`, `own_test`). Sets over the same
articles share a library. Every question is asked as it comes, follow-ups with the assistant's own answers as history;
then every third one again, behind three about other articles.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.progress import track

from benchmarks.asks.figures import sum_up
from benchmarks.asks.judging import Judged, judge
from benchmarks.asks.questions import FOLLOW, Ask, behind_others, conversations, read_articles, read_asks
from benchmarks.asks.report import page
from benchmarks.machine import made_by
from benchmarks.pages import write_page
from rag import Assistant, Library

HERE = Path(__file__).parent
OWN = (HERE / "own_articles.jsonl.gz", HERE / "own_test.jsonl.gz")
PAGE = HERE.with_suffix(".md")


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask what the command line names, print the page, and keep it where that is asked for."""
    options = _options(arguments)
    pairs = list(zip(options.files[::2], options.files[1::2], strict=True)) or [OWN]
    with ExitStack() as stack:
        folder = options.work or Path(stack.enter_context(TemporaryDirectory(prefix="asks-")))
        sets = {_name(asked): ask_set(articles, asked, folder, options.limit) for articles, asked in pairs}
    written = page({name: sum_up(judged) for name, judged in sets.items()}, made_by("python -m benchmarks.asks"))
    sys.stdout.write(written)
    if options.write:
        write_page(PAGE, written)
    if options.out:
        lines = [json.dumps({"set": name, **asdict(one)}) for name, judged in sets.items() for one in judged]
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def ask_set(articles: Path, questions: Path, folder: Path, limit: int = 0) -> list[Judged]:
    """Every question of a set asked over a library of its articles in `folder`, which is filled when it is empty."""
    given, texts = read_articles(articles)
    asks = read_asks(questions, texts)
    asks = asks[:: max(1, len(asks) // limit)] if limit else asks
    with Library.open(folder / _name(articles)) as library:
        library.add(given)
        asked = ask_all(Assistant(library), asks)
        console = Console(stderr=True)
        count = len(asks) + len(behind_others(asks))
        return list(track(asked, _name(questions), count, console=console, disable=not console.is_terminal))


def ask_all(assistant: Assistant, asks: Sequence[Ask]) -> Iterator[Judged]:
    """The answers judged, conversation by conversation; then those behind questions about something else."""
    told: dict[str, str] = {}
    for talk in conversations(asks):
        history: list[tuple[str, str]] = []
        if talk[0].kind == FOLLOW:
            opening = talk[0].opening
            history = [("user", opening), ("assistant", assistant.ask(opening).text)]
        for one in talk:
            began = perf_counter()
            answer = assistant.ask(one.question, history)
            yield judge(one, answer, (perf_counter() - began) * 1000)
            told[one.id] = answer.text
            if one.kind == FOLLOW:
                history += [("user", one.question), ("assistant", answer.text)]
    for one, others in behind_others(asks):
        before = [turn for other in others for turn in (("user", other.question), ("assistant", told[other.id]))]
        yield replace(judge(one, assistant.ask(one.question, before)), behind=True)


def _name(file: Path) -> str:
    return file.name.split(".")[0]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="*", metavar="ARTICLES QUESTIONS", help="pairs of JSON lines files")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--work", type=Path, help="keep the libraries in this folder between runs")
    parser.add_argument("--limit", type=int, default=0, help="ask about this many questions of each set, spread evenly")
    parser.add_argument("--out", type=Path, help="write each judged answer to this file, a JSON line each")
    options = parser.parse_args(arguments)
    if len(options.files) % 2:
        parser.error("files come in pairs: articles, then their questions")
    return options


if __name__ == "__main__":
    main()
