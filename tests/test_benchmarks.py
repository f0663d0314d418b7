"""The benchmarks measure what they say: copies keep their offsets, peers are timed and scored alike. No models."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import cost, scale, start
from benchmarks.growing import Copies, Growing, Original, base
from benchmarks.pages import BY_HAND, write_page
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
from benchmarks.scale import Searched, Size, pictures, table
from rag.evaluation import plots
from rag.library import Library
from rag.schema import Article, Passage
from rag.store.store import Prepared

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


def test_a_library_that_was_cut_grows_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = Growing(tmp_path / "whole", Copies([original("a"), original("b")]))
    assert whole.grow(500)[:2] == (500, 250)

    class Cut(Copies):
        def prepared(self, passages: int, *, held: int = 0, articles: int = 0) -> Iterator[list[Prepared]]:
            yield next(super().prepared(passages, held=held, articles=articles))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Growing(tmp_path / "cut", Cut([original("a"), original("b")])).grow(500)
    with Library.open(tmp_path / "cut") as library:
        assert library.stats().articles == 100
    passages, articles, rate = Growing(tmp_path / "cut", Copies([original("a"), original("b")])).grow(500)
    assert (passages, articles) == (500, 250)
    assert rate > 0
    with Library.open(tmp_path / "cut") as one, Library.open(tmp_path / "whole") as other:
        ids = [article.id for article in one.articles(limit=300)]
        assert set(ids) == {article.id for article in other.articles(limit=300)}
        last = sorted(ids)[-1]
        assert one.article(last) is not None
        assert (one.article(last) or original("x").article).text == (other.article(last) or original("y").article).text


def test_a_library_is_taken_as_it_is(tmp_path: Path) -> None:
    Growing(tmp_path / "made", Copies([original("a")])).grow(10)
    copies, rate = base(tmp_path / "made", tmp_path / "base", 2)
    assert (copies.originals, rate) == (10, None)
    assert not (tmp_path / "base").exists()


def test_a_size_that_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def measure(growing: Growing, passages: int) -> Size:
        asked.append(passages)
        if passages == 3_000:
            raise KeyboardInterrupt
        return size(passages, 10.0)

    monkeypatch.setattr(scale, "measure", measure)
    copies = Copies([original("a")])
    with pytest.raises(KeyboardInterrupt):
        scale.measured(copies, tmp_path, [1_000, 3_000])
    rows = scale.measured(copies, tmp_path, [1_000, 2_000])
    assert asked == [1_000, 3_000, 2_000]
    assert [row.passages for row in rows] == [1_000, 2_000]


def test_what_was_written_by_hand_stays_below_a_new_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    write_page(page, "# One\n\n\n")
    assert page.read_text() == "# One\n"
    page.write_text(f"# One\n\n{BY_HAND}\n\n## Why\n", encoding="utf-8")
    write_page(page, "# Two\n")
    write_page(page, "# Three\n")
    assert page.read_text() == f"# Three\n\n{BY_HAND}\n\n## Why\n"


def size(passages: int, p50: float) -> Size:
    """A row of the growth table."""
    return Size(passages, passages // 4, 900.0, passages / 200, 0.5, Searched(1.0, p50, 2 * p50, 8.0, 300.0, 350.0))


def test_growth_is_told_and_drawn() -> None:
    rows = [size(1_000, 10.0), size(10_000, 15.0)]
    assert "1,000 to 10,000 passages (10 times): search p50 1.50 times" in table(rows, 2_000)
    drawn = pictures(rows)
    assert drawn.keys() == {"scale-time.svg", "scale-space.svg"}
    assert all(plots.standalone(svg).startswith("<svg") for svg in drawn.values())


def test_a_start_is_timed_as_a_whole_process_and_told_as_a_median_ratio() -> None:
    assert start.seconds([sys.executable, "-c", "import time; time.sleep(0.2)"]) >= 0.2
    with pytest.raises(subprocess.CalledProcessError):
        start.seconds([sys.executable, "-c", "raise SystemExit(3)"])
    rounds = [start.Round(2.0, 8.0), start.Round(3.0, 6.0), start.Round(2.0, 4.0)]
    page = start.table(rounds, 12_000)
    assert "Median ratio: **0.50**" in page
    assert "| 1 | 2.0 | 8.0 | 0.25 |" in page


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
    assert all("==" in package for package in (*peers.COMMON, *peer.packages))


# --- cost


def test_the_table_of_costs_is_computed_from_the_rates_that_are_named() -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert cost.with_table(page) == page


def test_a_cost_grows_with_the_articles_and_falls_with_the_cores() -> None:
    small, large = cost.plan(100_000, cores=4), cost.plan(1_000_000, cores=40)
    assert large.encoding_h == pytest.approx(small.encoding_h)
    assert (large.disk_gb, large.index_gb) == pytest.approx((10 * small.disk_gb, 10 * small.index_gb))
    assert large.once == pytest.approx(10 * small.once)
    assert cost.plan(10_000_000).hours == cost.plan(10_000_000).storing_postgresql_h  # one writer, however many cores


def test_ten_million_articles_are_encoded_at_the_rate_that_was_measured() -> None:
    """Eight thousand articles of 119,043 passages at 96.3 a second, twelve hundred and fifty times."""
    assert cost.plan(10_000_000, cores=2).encoding_h == pytest.approx(1_250 * 119_043 / 96.3 / 3_600)


def test_index_servers_have_room_for_the_whole_index() -> None:
    made = cost.plan(10_000_000, server_gb=64)
    assert (made.index_servers - 1) * 56 < made.index_gb <= made.index_servers * 56
