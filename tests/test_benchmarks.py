"""The benchmarks measure what they say: copies keep their offsets, peers are timed and scored alike. No models."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import __main__ as peers
from benchmarks.peers.exchange import (
    Found,
    Ingested,
    Job,
    Queried,
    Search,
    main,
    read_ingested,
    read_queried,
    write_job,
)
from benchmarks.scale import Copies, Original, Searched, Size, pictures, table
from rag.evaluation import plots
from rag.schema import Article, Passage

TEXT = "The harbour of Lindrum was deepened to 14 metres. Engineers worked there during twenty cold weeks."


def original(name: str) -> Original:
    """An article with two passages."""
    places = [(0, 49), (50, len(TEXT))]
    passages = tuple(
        Passage(f"{name}:{n}", name, n, start, end, TEXT[start:end]) for n, (start, end) in enumerate(places)
    )
    return Original(
        Article(id=name, title="Harbour deepened again", text=TEXT), passages, np.eye(2, 384, dtype=np.float32)
    )


def test_copies_differ_but_keep_their_offsets_and_unit_vectors_near_the_original() -> None:
    windows = list(Copies([original("a"), original("b")]).prepared(600))
    made = [prepared for window in windows for prepared in window]
    assert sum(len(one.passages) for one in made) == 600
    assert len({one.article.id for one in made}) == len({one.text_digest for one in made}) == 300
    assert made[0].article.text == TEXT
    assert sum(one.article.text != TEXT for one in made) > 200  # the rest drew the same words again
    for one in made:
        assert all(one.article.text[p.start : p.end] == p.text for p in one.passages)
        assert np.allclose(np.linalg.norm(one.vectors, axis=1), 1, atol=1e-5)
    cosines = [float(one.vectors[0, 0]) for one in made[2:]]
    assert 0.85 < statistics.fmean(cosines) < 0.95


def size(passages: int, p50: float) -> Size:
    """A row of the growth table."""
    return Size(passages, passages // 4, 10.0, passages / 200, Searched(1.0, p50, 2 * p50, 8.0, 300.0, 350.0))


def test_growth_is_told_and_drawn() -> None:
    rows = [size(1_000, 10.0), size(10_000, 15.0)]
    assert "1,000 to 10,000 passages (10 times): search p50 1.50 times" in table(rows, 30.0)
    drawn = pictures(rows)
    assert drawn.keys() == {"scale-time.svg", "scale-space.svg"}
    assert all(plots.standalone(svg).startswith("<svg") for svg in drawn.values())


def test_a_peer_ingests_and_answers_through_files(tmp_path: Path) -> None:
    job = Job([("a", "Title", TEXT)], [("1", "how deep?"), ("2", "who?")], "model", str(tmp_path / "index"), 10)
    write_job(job, tmp_path / "job.json")

    def ingest(given: Job) -> None:
        Path(given.index).write_text(json.dumps(given.articles), encoding="utf-8")

    def open_index(given: Job) -> Search:
        stored = json.loads(Path(given.index).read_text(encoding="utf-8"))

        def search(question: str) -> Found:
            return [(name, text) for name, _, text in stored] if "deep" in question else []

        return search

    main(ingest, open_index, ["ingest", str(tmp_path / "job.json"), str(tmp_path / "one.json")])
    main(ingest, open_index, ["query", str(tmp_path / "job.json"), str(tmp_path / "two.json")])
    ingested, queried = read_ingested(tmp_path / "one.json"), read_queried(tmp_path / "two.json")
    assert ingested.peak_mb > 1
    assert queried.results == {"1": [("a", TEXT)], "2": []}
    assert len(queried.times_ms) == 2
    assert 1 < queried.resident_mb <= ingested.peak_mb + 100


def test_a_peers_row_counts_hits_at_its_own_depth_too() -> None:
    peer = peers.Peer("other", "run_other", (), 2, "as it comes")
    hits = [[True], [False, False, True], [False]]
    row = peers.Row(peer, Ingested(3.0, 500.0), Queried(2.0, [4.0, 5.0, 6.0], 400.0, {}), 12.0, hits)
    cells = dict(zip(peers.HEAD, row.cells(), strict=True))
    assert (cells["MRR@10"], cells["hit@5"], cells["hit at its own depth"]) == ("0.444", "0.667", "0.333")
    assert cells["query p50 / p95, ms"].startswith("5 / ")


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_every_peer_has_its_module_and_pinned_packages(peer: peers.Peer) -> None:
    source = (Path(peers.__file__).parent / f"{peer.module}.py").read_text(encoding="utf-8")
    assert "def ingest(job: Job)" in source
    assert "def open_index(job: Job)" in source
    assert all(re.search(r"==|^sentence-transformers$", package) for package in peer.packages)
