"""What the command and a peer say to each other: a job in a file, results in another. Standard library only.

A peer runs twice, each time in a new process: `ingest` makes an index on disk, `query` opens it and finds. One that can
answer without a chat model runs a third time: `answer`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

STARTED = "PEER_STARTED"  # environment variable: when the command started this process
WARM = 3  # questions asked before the clock counts

Found = list[tuple[str, str]]  # document, text; best first
Search = Callable[[str], Found]
Reply = Callable[[str], tuple[str, str]]  # the short answer, and all that the user reads; "" for a refusal


@dataclass(frozen=True)
class Job:
    """What a peer is to do."""

    articles: list[tuple[str, str, str]]  # id, title, text
    questions: list[tuple[str, str]]  # id, text
    model: str  # folder of all-MiniLM-L6-v2
    index: str  # folder for the index
    k: int  # results wanted a question
    embeddings: str = ""  # address of a server of embeddings with that model, for peers that want one
    reader: str = ""  # folder of our reader as a question-answering checkpoint, for peers that read with one


@dataclass(frozen=True)
class Queried:
    """What asking gave."""

    cold_s: float  # from the start of the process to the first results
    times_ms: list[float]
    resident_mb: float  # at the end
    results: dict[str, Found]


@dataclass(frozen=True)
class Ingested:
    """What making the index gave."""

    seconds: float  # from articles in memory to an index on disk, loading the model included, imports not
    peak_mb: float


@dataclass(frozen=True)
class Answered:
    """What asking for answers gave."""

    times_ms: list[float]
    answers: dict[str, tuple[str, str]]


def write_job(job: Job, file: Path) -> None:
    """Write a job."""
    file.write_text(json.dumps(asdict(job)), encoding="utf-8")


def read_job(file: Path) -> Job:
    """Read a job."""
    fields = json.loads(file.read_text(encoding="utf-8"))
    fields["articles"] = [(one[0], one[1], one[2]) for one in fields["articles"]]
    fields["questions"] = [(one[0], one[1]) for one in fields["questions"]]
    return Job(**fields)


def read_ingested(file: Path) -> Ingested:
    """Read what making the index gave."""
    return Ingested(**json.loads(file.read_text(encoding="utf-8")))


def read_queried(file: Path) -> Queried:
    """Read what asking gave."""
    fields = json.loads(file.read_text(encoding="utf-8"))
    fields["results"] = {key: [(one[0], one[1]) for one in found] for key, found in fields["results"].items()}
    return Queried(**fields)


def read_answered(file: Path) -> Answered:
    """Read what asking for answers gave."""
    fields = json.loads(file.read_text(encoding="utf-8"))
    fields["answers"] = {key: (one[0], one[1]) for key, one in fields["answers"].items()}
    return Answered(**fields)


def main(
    ingest: Callable[[Job], None],
    open_index: Callable[[Job], Search],
    arguments: Sequence[str],
    open_answers: Callable[[Job], Reply] | None = None,
) -> None:
    """The command line of a peer: `ingest|query|answer JOB RESULTS`."""
    mode, job_file, results = arguments[0], Path(arguments[1]), Path(arguments[2])
    job = read_job(job_file)
    made: Ingested | Queried | Answered
    if mode == "ingest":
        made = _ingest(job, ingest)
    elif mode == "query":
        made = _query(job, open_index)
    elif open_answers is not None:
        made = _answer(job, open_answers)
    else:
        raise SystemExit("This peer gives no answers without a chat model.")
    results.write_text(json.dumps(asdict(made)), encoding="utf-8")


def _ingest(job: Job, ingest: Callable[[Job], None]) -> Ingested:
    began = time.perf_counter()
    ingest(job)
    return Ingested(time.perf_counter() - began, peak_mb())


def _query(job: Job, open_index: Callable[[Job], Search]) -> Queried:
    search = open_index(job)
    search(job.questions[0][1])
    cold = time.time() - float(os.environ.get(STARTED, time.time()))
    times, results = _timed(job, search)
    return Queried(cold, times, resident_mb(), results)


def _answer(job: Job, open_answers: Callable[[Job], Reply]) -> Answered:
    times, answers = _timed(job, open_answers(job))
    return Answered(times, answers)


def _timed(job: Job, ask: Callable[[str], T]) -> tuple[list[float], dict[str, T]]:
    """Milliseconds and outcome of each question, once warm."""
    for _, text in job.questions[:WARM]:
        ask(text)
    times, found = [], {}
    for name, text in job.questions:
        began = time.perf_counter()
        found[name] = ask(text)
        times.append(1000 * (time.perf_counter() - began))
    return times, found


def peak_mb() -> float:
    """The most memory this process has held.

    Taken from /proc where there is one: getrusage counts in what the process was forked from.
    """
    status = Path("/proc/self/status")
    held = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.M) if status.exists() else None
    if held:
        return int(held[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB elsewhere


def resident_mb() -> float:
    """The memory this process holds now; its peak where the system does not tell."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return peak_mb()
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
