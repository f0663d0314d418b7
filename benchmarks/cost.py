"""What a large collection needs in machines, hours and money, computed from rates that other pages measured.

    python -m benchmarks.cost [--articles 10000000] [--cores 64] [--core-hour 0.04 --gb-month 3 --disk-gb-month 0.1]
    python -m benchmarks.cost --write          the table of docs/cost.md, which a test holds to this

Prices are the reader's: those set here are round numbers to reckon with, of no provider.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "cost.md"
BEGINNING, END = "<!-- python -m benchmarks.cost --write -->", "<!-- end -->"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Rates:
    """What was measured, and where it stands."""

    passages_an_article: float = 119_043 / 8_000  # benchmarks/bulk.md
    encoded_a_core_s: float = 96.3 / 2  # passages; benchmarks/bulk.md, the encoder alone on two cores
    stored_s: float = 1_000 / 1.56  # passages of one writer: reading, cleaning, copies, storing; benchmarks/bulk.md
    slower_in_postgresql: float = 885 / 295  # the same without encoding; benchmarks/postgresql.md, on a busy machine
    disk_bytes: float = 2_888e6 / 500_018  # a passage in the library and its index; benchmarks/scale.md
    vector_bytes: float = 4 * 384
    index_bytes: float = (1_443e6 - 377e6) / (500_018 - 1_004)  # of memory a vector; benchmarks/scale.md
    base_bytes: float = 8e9  # of a server, for the system and what it reads
    answers_a_core_s: float = 11.5 / 2  # benchmarks/serve.md


@dataclass(frozen=True)
class Prices:
    """Of one unit, in any money."""

    core_hour: float = 0.04
    gb_month: float = 3.0  # of memory
    disk_gb_month: float = 0.1


@dataclass(frozen=True)
class Plan:
    """What so many articles need."""

    articles: int
    passages: float
    encoding_h: float  # with the cores given
    storing_h: float  # by the one writer, in a file
    storing_postgresql_h: float
    disk_gb: float
    vectors_gb: float
    index_gb: float  # of memory
    index_servers: int  # of `server_gb` of memory each
    once: float  # money for encoding
    a_month: float  # money for memory and disk

    @property
    def hours(self) -> float:
        """Of the whole, when encoding and storing go on at the same time."""
        return max(self.encoding_h, self.storing_postgresql_h)


def plan(articles: int, *, cores: int = 64, server_gb: float = 64, rates: Rates | None = None,
         prices: Prices | None = None) -> Plan:  # fmt: skip
    """What so many articles need, encoded on so many cores, with index servers of so much memory."""
    known, paid = rates or Rates(), prices or Prices()
    passages = articles * known.passages_an_article
    encoding_h = passages / (known.encoded_a_core_s * cores) / 3_600
    index_gb = passages * known.index_bytes / 1e9
    disk_gb = passages * known.disk_bytes / 1e9
    storing_h = passages / known.stored_s / 3_600
    return Plan(
        articles=articles,
        passages=passages,
        encoding_h=encoding_h,
        storing_h=storing_h,
        storing_postgresql_h=storing_h * known.slower_in_postgresql,
        disk_gb=disk_gb,
        vectors_gb=passages * known.vector_bytes / 1e9,
        index_gb=index_gb,
        index_servers=max(1, math.ceil(index_gb / (server_gb - known.base_bytes / 1e9))),
        once=encoding_h * cores * paid.core_hour,
        a_month=index_gb * paid.gb_month + disk_gb * paid.disk_gb_month,
    )


def table(plans: Sequence[Plan], cores: int) -> Iterator[str]:
    """The plans as Markdown, one a column."""
    yield "| | " + " | ".join(f"{one.articles:,} articles" for one in plans) + " |"
    yield "|---" * (len(plans) + 1) + "|"
    rows = {
        "passages": [f"{one.passages / 1e6:,.2f} M" for one in plans],
        "encoding on two cores": [hours(one.encoding_h * cores / 2) for one in plans],
        f"encoding on {cores} cores": [hours(one.encoding_h) for one in plans],
        "the rest, one writer to a file": [hours(one.storing_h) for one in plans],
        "the rest, one writer to PostgreSQL, at most": [hours(one.storing_postgresql_h) for one in plans],
        "disk, library and index": [f"{one.disk_gb:,.1f} GB" for one in plans],
        "of it vectors, once": [f"{one.vectors_gb:,.1f} GB" for one in plans],
        "memory of the index": [f"{one.index_gb:,.1f} GB" for one in plans],
        "index servers of 64 GB": [f"{one.index_servers:,}" for one in plans],
        "money for encoding, once": [f"{one.once:,.2f}" for one in plans],
        "money for memory and disk, a month": [f"{one.a_month:,.2f}" for one in plans],
    }
    for name, cells in rows.items():
        yield f"| {name} | " + " | ".join(cells) + " |"


def hours(count: float) -> str:
    """A time in the unit that reads best."""
    if count < 1:
        return f"{count * 60:,.0f} min"
    return f"{count:,.0f} h" if count < 48 else f"{count / 24:,.1f} days"


def page_table() -> str:
    """The table of docs/cost.md."""
    return "\n".join(table([plan(size) for size in SIZES], 64))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int)
    parser.add_argument("--cores", type=int, default=64)
    parser.add_argument("--server-gb", type=float, default=64, help="memory of an index server")
    parser.add_argument("--core-hour", type=float, default=Prices.core_hour)
    parser.add_argument("--gb-month", type=float, default=Prices.gb_month, help="of memory")
    parser.add_argument("--disk-gb-month", type=float, default=Prices.disk_gb_month)
    parser.add_argument("--write", action="store_true", help="the table of docs/cost.md")
    given = parser.parse_args(arguments)
    if given.write:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return
    prices = Prices(given.core_hour, given.gb_month, given.disk_gb_month)
    sizes = [given.articles] if given.articles else SIZES
    plans = [plan(size, cores=given.cores, server_gb=given.server_gb, prices=prices) for size in sizes]
    print("\n".join(table(plans, given.cores)).replace("servers of 64 GB", f"servers of {given.server_gb:g} GB"))


def with_table(page: str) -> str:
    """The page with the table as it is computed now."""
    before, _, rest = page.partition(BEGINNING)
    return f"{before}{BEGINNING}\n{page_table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
