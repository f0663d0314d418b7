"""Damaged files of every kind through the reading of sources: `python -m benchmarks.fuzz [COUNT]`.

Each is cut, flipped, padded, repeated or given another ending; each must end as articles or as a reason, in time. Then
the same number of damaged feeds and site maps.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.ingest.feeds import parse_feed
from rag.ingest.intake import list_items, take
from rag.ingest.sitemaps import parse_sitemap
from rag.ingest.web import Fetched
from rag.schema import Failure
from tests.formats import samples

SLOWEST_S = 70.0  # the bound of a PDF, and the start of its process

LISTINGS = {
    "feed": b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
        <title>Post</title><item><title>Ferry &amp; more</title><link>https://example.org/a</link><guid>a</guid>
        <pubDate>Wed, 25 May 2022 23:30:00 -0500</pubDate><description>A teaser</description>
        <content:encoded>&lt;p&gt;The town voted on Tuesday.&lt;/p&gt;</content:encoded></item></channel></rss>""",
    "site map": b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>
        <loc>https://example.org/a</loc><lastmod>2022-05-25</lastmod></url><url><loc>https://example.org/b</loc></url>
        </urlset>""",
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The data with one kind of damage."""
    place, size = chance.randrange(len(data)), chance.randrange(1, 200)
    kind = chance.randrange(6)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + chance.randbytes(size) + data[place + size :]
    if kind == 2:
        return data[:place] + data[place + size :]
    if kind == 3:
        return data[:place] + data[place : place + size] * 50 + data[place:]
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 10, 100))):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped) if kind == 4 else bytes(flipped[place:])


def cases(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Names and contents of `count` damaged files, every kind in turn; one in ten has the ending of another kind."""
    chance = random.Random(seed)
    sound = samples()
    names = list(sound)
    for number in range(count):
        name = names[number % len(names)]
        data = damaged(sound[name], chance)
        yield (chance.choice(names) if chance.random() < 0.1 else name), data


def outcome(folder: Path, name: str, data: bytes) -> tuple[str, float]:
    """What became of one file ("read", or the reason) and the seconds that it took; a crash is left to be loud."""
    path = folder / name
    path.write_bytes(data)
    started = time.monotonic()
    reasons = [
        taken.reason for item in list_items([path]) if isinstance(taken := take(item, lambda _: None, set()), Failure)
    ]
    return (reasons[0] if reasons else "read"), time.monotonic() - started


def listing_outcome(data: bytes, kind: str) -> str:
    """What became of a damaged feed or site map."""
    try:
        if kind == "feed":
            return "feed read" if parse_feed(data, "https://example.org/feed").entries else "feed without entries"
        maps, pages = parse_sitemap(Fetched("https://example.org/map", "application/xml", None, data))
    except SourceError as error:
        return f"{kind}: {error}"
    return "site map read" if maps or pages else "site map without pages"


def main() -> None:
    """Run the cases and print what became of them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 560
    found: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, data in cases(count):
            reason, seconds = outcome(Path(folder), name, data)
            found[reason[:100]] += 1
            slowest = max(slowest, seconds)
    chance = random.Random(1)
    for number in range(count):
        kind = ("feed", "site map")[number % 2]
        started = time.monotonic()
        found[listing_outcome(damaged(LISTINGS[kind], chance), kind)[:100]] += 1
        slowest = max(slowest, time.monotonic() - started)
    for reason, times in found.most_common():
        print(f"{times:5d}  {reason}")
    print(f"{count} files and {count} feeds and site maps, no crash, slowest {slowest:.1f} s")
    sys.exit(slowest > SLOWEST_S)


if __name__ == "__main__":
    main()
