"""Many articles from one packed table: Ctrl-C leaves a whole library, and the same command goes on."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from embedders import DIMENSION, HashEmbedder, never

from rag.ingest.pipeline import add_sources
from rag.schema import Progress
from rag.store.store import Store

COUNT = 400
STREETS = ("Ash", "Birch", "Cedar", "Elder", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak")


def write_table(file: Path, count: int = COUNT) -> Path:
    """A packed table of short articles."""
    rows = (
        {
            "id": f"row{number}",
            "title": f"{STREETS[number % 10]} Street, house {number}",
            "text": f"House {number} of {STREETS[number % 10]} Street was sold on Monday. " * 8,
        }
        for number in range(count)
    )
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return file


def add_slowly(folder: Path, table: Path) -> None:
    """The child: adds the table in small windows and says how far it is."""

    def tell(step: Progress) -> None:
        sys.stdout.write(f"{step.done}\n")
        sys.stdout.flush()

    with Store.open(folder, fingerprint="hash", dimension=DIMENSION) as store:
        add_sources(store, HashEmbedder, [table], progress=tell, batch_passages=20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_a_whole_library_and_the_next_one_goes_on(tmp_path: Path, number: int) -> None:
    table = write_table(tmp_path / "articles.jsonl.gz")
    folder = tmp_path / "library"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, __file__, str(folder), str(table)]
    done = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        while done < 60:
            done = int(child.stdout.readline())
        child.send_signal(number)
        told = child.stdout.read().split()
        done = max([done, *map(int, told[:-1])])
    with Store.open(folder, fingerprint="hash", dimension=DIMENSION) as store:
        held = store.count_articles()
        assert done <= held < COUNT
        assert "error" not in {finding.severity for finding in store.check()}
        report = add_sources(store, HashEmbedder, [table])
        assert (len(report.unchanged), len(report.added), report.failed) == (held, COUNT - held, ())
        assert len(add_sources(store, never, [table]).unchanged) == COUNT


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with it ignored
    add_slowly(Path(sys.argv[1]), Path(sys.argv[2]))
