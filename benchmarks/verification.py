"""How well the verification tells: `python -m benchmarks.verification DATA [--limit N] [--write]`.

Statements that people judged (qags: sentences of summaries against their article; wice: claims against a page) and
sentences about the demo articles as a chat model of today words them (written.tsv, by hand), by balanced accuracy at
the shipped threshold; and statements about the demo articles falsified by program, by how many are caught, and how
many true ones are marked.
"""

from __future__ import annotations

import argparse
import platform
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.falsified import KINDS, Statement, collection
from benchmarks.pages import write_page
from rag.answering.verification.evidence import coverage, weigh
from rag.answering.verification.verifier import SEARCHED, VERIFIED_FROM, Judge, verified
from rag.evaluation import measures
from rag.evaluation.layouts import json_rows
from rag.ingest.files import parse_file
from rag.models.verifier import Verifier
from rag.schema import Candidate, Passage
from rag.text.sentences import split_sentences

T = TypeVar("T")

SETS = {"qags_cnndm": 0.70, "qags_xsum": 0.65, "wice_dev": 0.65}  # and what is to be reached
TO_CATCH = {"number": 0.9, "name": 0.9, "negation": 0.7, "speaker": 0.7, "source": 0.7}
FALSE_ALARMS = 0.1
PASSAGE_SENTENCES = 6
WRITTEN = Path(__file__).with_name("written.tsv")
OUT = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Judged:
    """A statement that people judged against a text."""

    text: str
    source: str
    supported: bool


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with citation/")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--limit", type=int, default=0, help="statements a set; 0 for all")
    parser.add_argument("--plain", action="store_true", help="without the reader")
    parser.add_argument("--write", action="store_true", help=f"write {OUT.name}")
    options = parser.parse_args()
    reader = None if options.plain else Verifier.shared()
    lines = _judged_lines(options.data / "citation", options.corpus, reader, options.limit)
    lines += ["", *_falsified_lines(options.corpus, reader, options.limit)]
    print("\n".join(lines))
    if options.write:
        head = f"# Verification\n\n{date.today():%d %B %Y}, {platform.machine()}, Python {platform.python_version()}. "
        sample = f"samples of {options.limit} a row" if options.limit else "all statements"
        how = f"{'Words and rules, without the reader' if options.plain else 'With the reader'}; {sample}."
        made = f"{head}Made by `python -m benchmarks.verification DATA --write`. {how}\n\n"
        write_page(OUT, made + "\n".join(lines))


def _judged_lines(folder: Path, corpus: Path, reader: object, limit: int) -> list[str]:
    lines = ["| set | statements | supported | balanced accuracy | best possible | AUC | to reach |", "|---|---|---|---|---|---|---|"]  # fmt: skip  # noqa: E501
    sets = {name: list(read(folder / f"{name}.jsonl.gz")) for name in SETS} | {WRITTEN.name: list(written(corpus))}
    for name, judged in sets.items():
        rows = _sample(judged, limit)
        sure = [support(row, reader) for row in rows]
        true = [score for score, row in zip(sure, rows, strict=True) if row.supported]
        false = [score for score, row in zip(sure, rows, strict=True) if not row.supported]
        best = measures.balanced_accuracy(true, false, measures.best_threshold(true, false))
        reached = measures.balanced_accuracy(true, false, VERIFIED_FROM)
        wanted = f"{SETS[name]:.2f}" if name in SETS else ""
        lines.append(
            f"| {name} | {len(rows)} | {len(true)} | {reached:.3f} | {best:.3f} | {measures.auc(true, false):.3f} "
            f"| {wanted} |"
        )
    return lines


def written(corpus: Path) -> Iterator[Judged]:
    """Sentences about the demo articles, written by hand as a chat model words them, some of them wrong."""
    lines = [line.split("\t") for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    files = {f"{name}.md" for name, _, _ in lines}
    texts = {file: parse_file(file, (corpus / file).read_bytes()).text for file in files}
    for name, kind, text in lines:
        yield Judged(text, texts[f"{name}.md"], kind == "true")


def read(path: Path) -> Iterator[Judged]:
    """The statements of a set; a claim that is only supported in part counts as not supported."""
    for row in json_rows(path):
        if "sentences" in row:
            for one in row["sentences"]:
                yield Judged(one["text"], row["article"], bool(one["supported"]))
        else:
            yield Judged(row["claim"], "\n".join(row["evidence"]), row["label"] == "supported")


def support(row: Judged, reader: object) -> float:
    """The support that the passages of the text give together, found as for a sentence without a citation."""
    judge = Judge(reader, {"0": row.source}.get)
    asked = weigh(row.text)
    near = sorted(passages(row.source), key=lambda one: -coverage(asked, one.passage.text))[:SEARCHED]
    return judge.judge(row.text, near).support if near else 0.0


def passages(text: str) -> list[Candidate]:
    """A text cut into passages about as long as the library's."""
    spans = split_sentences(text)
    found = []
    for position, first in enumerate(range(0, len(spans), PASSAGE_SENTENCES)):
        run = spans[first : first + PASSAGE_SENTENCES]
        start, end = run[0][0], run[-1][1]
        found.append(Candidate(passage=Passage(str(position), "0", position, start, end, text[start:end]), title=""))
    return found


def _falsified_lines(corpus: Path, reader: object, limit: int) -> list[str]:
    by_kind: dict[str, list[Statement]] = defaultdict(list)
    for statement in collection(corpus):
        by_kind[statement.kind].append(statement)
    lines = ["| statements about the demo articles | number | marked as unverified | to reach |", "|---|---|---|---|"]
    for kind in ("true", *KINDS):
        rows = _sample(by_kind[kind], limit)
        marked = float(np.mean([is_marked(row, reader) for row in rows]))
        wanted = f"at most {FALSE_ALARMS:.2f}" if kind == "true" else f"{TO_CATCH[kind]:.2f}"
        lines.append(f"| {kind if kind == 'true' else f'other {kind}' if kind != 'negation' else kind} | {len(rows)} | {marked:.3f} | {wanted} |")  # fmt: skip  # noqa: E501
    return lines


def is_marked(row: Statement, reader: object) -> bool:
    """Whether a statement about the demo articles is marked as unverified."""
    judge = Judge(reader, {row.candidate.passage.article_id: row.article_text}.get)
    return not verified(judge.judge(row.text, [row.candidate]).support)


def _sample(rows: Sequence[T], limit: int) -> list[T]:
    return list(rows) if not limit or len(rows) <= limit else random.Random(3).sample(list(rows), limit)


if __name__ == "__main__":
    main()
