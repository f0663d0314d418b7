"""Adding with embedding on a Ray cluster: the same library, whoever dies. Real Ray, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from servers import command, environment, free_port
from sqlalchemy import select

import rag
from rag.errors import ConfigError
from rag.models import cluster
from rag.models.cluster import check_address
from rag.store import tables

with_ray = pytest.mark.skipif(find_spec("ray") is None, reason='needs Ray: pip install -e ".[scale]"')
STORM = "The storm of ward {0} took {1} roofs, and the school of ward {0} stayed shut until day {1} of the month."
# In one process: Ray is started, and the first worker killed as soon as something was embedded.
KILLING = """
import os, signal, subprocess, sys
import rag

def kill_worker(step):
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    workers = [int(line.split()[0]) for line in found.splitlines() if "ray::Worker" in line and ours(line)]
    if workers and not killed:
        killed.append(workers[0])
        os.kill(workers[0], signal.SIGKILL)

def ours(line):
    parent = int(line.split()[1])
    while parent > 1 and parent != os.getpid():
        parent = int(open(f"/proc/{parent}/stat").read().rsplit(")", 1)[1].split()[1])
    return parent == os.getpid()

killed = []
with rag.Library.open(sys.argv[1]) as library, library.embedding_on("local"):
    report = library.add(sys.argv[2:], progress=kill_worker)
print(len(report.added), len(killed))
"""


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 60 articles, which are stored in several windows."""
    folder = tmp_path_factory.mktemp("articles")
    for ward in range(60):
        text = "\n\n".join(STORM.format(f"{ward}-{part}", part + 2) for part in range(6))
        (folder / f"ward{ward}.md").write_text(f"# Storm in ward {ward}\n\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plain(articles: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What the library holds when it is added here."""
    folder = tmp_path_factory.mktemp("plain")
    with rag.Library.open(folder) as library:
        library.add(articles)
    return held(folder)


def held(folder: Path) -> list[tuple[object, ...]]:
    """Texts, passages and ids of a library, each passage with its vector."""
    passages, articles, vectors = tables.passages, tables.articles, tables.vectors
    wanted = (
        select(articles.c.id, articles.c.title, articles.c.text, passages.c.id, passages.c.text, vectors.c.vector)
        .join(passages, passages.c.article == articles.c.number)
        .join(vectors, vectors.c.number == passages.c.number)
        .order_by(passages.c.id)
    )
    with rag.Library.open(folder) as library, library.store._database.read() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def same(found: list[tuple[object, ...]], wanted: list[tuple[object, ...]]) -> bool:
    """Whether texts and ids are the same to the byte, and vectors to the last figures."""
    ours, theirs = (np.array([np.frombuffer(row[-1], "<f4") for row in rows]) for rows in (found, wanted))  # type: ignore[call-overload]
    return [row[:-1] for row in found] == [row[:-1] for row in wanted] and bool(np.allclose(ours, theirs, atol=1e-5))


@with_ray
@pytest.mark.timeout(600)
def test_a_cluster_makes_the_same_library_though_a_worker_is_killed(
    tmp_path: Path, articles: Path, plain: list[tuple[object, ...]]
) -> None:
    arguments = [sys.executable, "-c", KILLING, str(tmp_path / "library"), str(articles)]
    told = environment() | {"RAY_worker_niceness": "0"}  # else a busy machine lets the workers wait for minutes
    done = subprocess.run(arguments, env=told, capture_output=True, text=True)
    assert done.stdout.split()[-2:] == ["60", "1"], done.stderr
    assert same(held(tmp_path / "library"), plain)


@pytest.mark.parametrize("address", ["localhost", "http://127.0.0.1:10001", ""])
def test_what_is_no_cluster_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="no cluster"):
        check_address(address)


def test_without_ray_the_hint_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="scale"):
        check_address(cluster.LOCAL)


@with_ray
@pytest.mark.timeout(600)
def test_a_cluster_that_cannot_be_reached_costs_one_line_and_stores_nothing(tmp_path: Path, articles: Path) -> None:
    adding = command("add", str(articles), "--on", f"ray://127.0.0.1:{free_port()}", library=tmp_path)
    done = subprocess.run(adding, env=environment(), capture_output=True, text=True)
    assert done.returncode != 0
    assert "cannot be used: [Errno" in done.stderr
    assert "Traceback" not in done.stderr
    assert held(tmp_path) == []
