"""`python -m benchmarks.peers DATA [--set dev_300] [--only ours,txtai] [--answers] [--write]`: the same articles and
questions.

Each peer gets an environment of its own under the work folder (made at the first run), makes its index in one process
and answers from it in another. A hit is a result from a relevant article that holds the answer.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from benchmarks import datasets
from benchmarks.machine import made_by, plain_environment
from benchmarks.pages import write_page
from benchmarks.peers import exchange
from benchmarks.peers.answers import AnswerRow, answers_table
from benchmarks.peers.checkpoint import write_checkpoint
from benchmarks.peers.embeddings import serving
from rag.evaluation.measures import reciprocal_rank
from rag.evaluation.sets import EvalQuestion
from rag.models.package import package_folder

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.md")
DEPTH = 10
# The same torch and model code for all, so that speed is not that of another build. The weights are those of this
# environment, given as a folder. On Linux, PyPI's torch brings gigabytes for graphics cards: let PIP_FIND_LINKS name a
# folder with the build for processors.
COMMON = tuple(f"{name}=={version(name).split('+')[0]}" for name in ("torch", "sentence-transformers", "transformers"))


@dataclass(frozen=True)
class Peer:
    """A peer: what to install, how many results its own defaults give a question, and its settings in words."""

    name: str
    module: str
    packages: tuple[str, ...]  # empty: runs in this environment
    default_k: int
    settings: str
    python: str = ""  # the Python that its releases need, when it is not ours
    answers: bool = False  # without a chat model
    served: bool = False  # its embeddings come from a server, whose memory is not counted


PEERS = (
    Peer("ours", "run_ours", (), 24, "as it comes", answers=True),
    Peer(
        "langchain",
        "run_langchain",
        (
            "langchain-chroma==1.1.0",
            "langchain-huggingface==1.2.3",
            "langchain-text-splitters==1.1.3",
        ),
        4,
        "RecursiveCharacterTextSplitter 1000/200, HuggingFaceEmbeddings, Chroma; top 4",
    ),
    Peer(
        "llamaindex",
        "run_llamaindex",
        ("llama-index-core==0.14.25", "llama-index-embeddings-huggingface==0.8.0"),
        2,
        "VectorStoreIndex, SentenceSplitter 1024/200 by default; top 2",
    ),
    Peer(
        "txtai",
        "run_txtai",
        ("txtai==9.14.0",),
        3,
        "hybrid, content, paragraphs joined to 900 characters; top 3",
        answers=True,
    ),
    Peer(
        "haiku.rag",
        "run_haiku",
        ("haiku.rag-slim==0.101.1", "docling-core[chunking]==2.104.0"),
        5,
        "hybrid, docling's hybrid chunker of 256 tokens; top 5; embeddings from a local server, whose memory is not "
        "counted; Python 3.12",
        python="python3.12",
        served=True,
    ),
)


@dataclass(frozen=True)
class Row:
    """What a peer reached."""

    peer: Peer
    ingested: exchange.Ingested
    queried: exchange.Queried
    disk_mb: float
    hits: list[list[bool]]

    def cells(self) -> list[str]:
        """The row of the table."""
        times = self.queried.times_ms
        return [
            self.peer.name,
            f"{statistics.fmean(reciprocal_rank(one, DEPTH) for one in self.hits):.3f}",
            *(f"{self.hit(k):.3f}" for k in (1, 5, DEPTH)),
            f"{self.hit(min(self.peer.default_k, DEPTH)):.3f}",
            f"{self.ingested.seconds:.0f}",
            f"{statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[-1]:.0f}",
            f"{self.queried.cold_s:.1f}",
            f"{self.ingested.peak_mb:.0f}",
            f"{self.queried.resident_mb:.0f}",
            f"{self.disk_mb:.0f}",
        ]

    def hit(self, k: int) -> float:
        """Share of the questions with a hit among the first k."""
        return statistics.fmean(any(one[:k]) for one in self.hits)


HEAD = [
    "",
    "MRR@10",
    "hit@1",
    "hit@5",
    "hit@10",
    "hit at its own depth",
    "ingest, s",
    "query p50 / p95, ms",
    "cold start, s",
    "ingest peak, MB",
    "serving, MB",
    "disk, MB",
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", default="dev_300", choices=[*datasets.NEWS, *datasets.JUDGED])
    parser.add_argument("--only", default=",".join(peer.name for peer in PEERS))
    parser.add_argument("--articles", type=int, default=0, help="only so many (0: all), to try the command")
    parser.add_argument("--questions", type=int, default=0, help="only so many (0: all), to try the command")
    parser.add_argument("--work", type=Path, default=Path("build/peers"), help="environments and indexes")
    parser.add_argument(
        "--answers", action="store_true", help="also answers, of those that answer without a chat model"
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args(arguments)
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    job, questions = make_job(options.data, options.set, options.articles, options.questions, work)
    every = list(datasets.load(options.set, options.data).questions) if options.answers else []
    if options.articles:  # what only articles that were left out answer is not asked
        every = [one for one in every if one in questions or not one.answerable]
    rows, answered = [], []
    for peer in PEERS:
        if peer.python and not shutil.which(peer.python):
            print(f"{peer.name} needs {peer.python}, which is not on this machine: left out.", file=sys.stderr)
        elif peer.name in options.only.split(","):
            row = measure(peer, job, questions, work)
            print("\t".join(row.cells()), flush=True)
            rows.append(row)
            if options.answers and peer.answers:
                answered.append(ask(peer, job, every, work))
    page = table(rows, len(job.articles), len(questions), options)
    if answered:
        page += "\n".join(answers_table(answered, every)) + "\n"
    print(page)
    if options.write:
        write_page(RESULTS, page)


def make_job(data: Path, name: str, count: int, asking: int, work: Path) -> tuple[exchange.Job, list[EvalQuestion]]:
    """The articles, and the questions that they answer."""
    loaded = datasets.load(name, data)
    wanted = {document for one in loaded.questions if one.answerable for document in one.relevant}
    articles = [(datasets.document_of(one.url), one.title, one.text) for one in loaded.articles]
    if count:  # those that answer a question first
        articles = sorted(articles, key=lambda one: one[0] not in wanted)[:count]
    held = {one[0] for one in articles}
    questions = [one for one in loaded.questions if one.answerable and one.relevant.keys() & held]
    questions = questions[:asking] if asking else questions
    asked = [(one.id, one.text) for one in questions]
    return exchange.Job(articles, asked, str(package_folder()), str(work / "index"), DEPTH), questions


def measure(peer: Peer, job: exchange.Job, questions: Sequence[EvalQuestion], work: Path) -> Row:
    """Both processes of a peer."""
    python = environment(peer, work)
    index = work / f"{peer.name}-index"
    shutil.rmtree(index, ignore_errors=True)
    file = work / f"{peer.name}-job.json"
    with serving() if peer.served else nullcontext("") as address:
        exchange.write_job(replace(job, index=str(index), embeddings=address), file)
        _run(peer, python, "ingest", file, work / f"{peer.name}-ingested.json")
        _run(peer, python, "query", file, work / f"{peer.name}-queried.json")
    queried = exchange.read_queried(work / f"{peer.name}-queried.json")
    hits = [[one.is_hit(*found) for found in queried.results[one.id]] for one in questions]
    disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 1e6
    return Row(peer, exchange.read_ingested(work / f"{peer.name}-ingested.json"), queried, disk, hits)


def ask(peer: Peer, job: exchange.Job, questions: Sequence[EvalQuestion], work: Path) -> AnswerRow:
    """The third process of a peer, over the index that it has made: its answers to all questions of the set."""
    checkpoint = write_checkpoint(work / "reader")
    asked = [(one.id, one.text) for one in questions]
    file = work / f"{peer.name}-job.json"
    told = replace(job, questions=asked, index=str(work / f"{peer.name}-index"), reader=str(checkpoint))
    exchange.write_job(told, file)
    _run(peer, environment(peer, work), "answer", file, work / f"{peer.name}-answered.json")
    return AnswerRow(peer.name, exchange.read_answered(work / f"{peer.name}-answered.json"))


def environment(peer: Peer, work: Path) -> Path:
    """The Python of the peer's environment, made and filled when missing."""
    if not peer.packages:
        return Path(sys.executable)
    folder = work / f"{peer.name}-venv"
    python, done = folder / "bin" / "python", folder / "complete"
    if not done.exists():
        print(f"installing {peer.name} into {folder} ...", file=sys.stderr, flush=True)
        subprocess.run([peer.python or sys.executable, "-m", "venv", folder], check=True)
        common = () if peer.served else COMMON
        subprocess.run([python, "-m", "pip", "install", "--quiet", *common, *peer.packages], check=True)
        done.touch()
    return python


def _run(peer: Peer, python: Path, mode: str, job: Path, results: Path) -> None:
    offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False"}
    started = {exchange.STARTED: str(time.time())}
    command: list[str | Path] = [python, "-m", f"benchmarks.peers.{peer.module}", mode, job, results]
    subprocess.run(command, check=True, cwd=ROOT, env={**plain_environment(), **offline, **started})


def table(rows: Sequence[Row], articles: int, questions: int, options: argparse.Namespace) -> str:
    """The page of results."""
    command = f"python -m benchmarks.peers DATA --set {options.set}{' --answers' if options.answers else ''} --write"
    lines = [
        "# Beside the peers",
        "",
        made_by(command) + f" {articles} articles, {questions} questions that they answer, all-MiniLM-L6-v2 for all, "
        f"{DEPTH} results a question.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|---|" + "--:|" * (len(HEAD) - 1),
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
        "",
        "A hit is a result from a relevant article that holds the answer, so longer results have it easier. Ingest:",
        "from articles in memory to an index on disk, loading the model included. Cold start: from the start of a",
        "process to its first results.",
        "",
        *(
            f"- **{row.peer.name}**: {'. '.join(filter(None, (row.peer.settings, ', '.join(row.peer.packages))))}"
            for row in rows
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
