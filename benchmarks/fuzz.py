"""Damaged files of every kind through the reading of sources: `python -m benchmarks.fuzz [COUNT]`.

Each is cut, flipped, padded, repeated or given another ending; each must end as articles or as a reason, in time.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rag.ingest.intake import list_items, take
from rag.schema import Failure
from tests.formats import samples

SLOWEST_S = 70.0  # the bound of a PDF, and the start of its process


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
    for reason, times in found.most_common():
        print(f"{times:5d}  {reason}")
    print(f"{count} files, no crash, slowest {slowest:.1f} s")
    sys.exit(slowest > SLOWEST_S)


if __name__ == "__main__":
    main()
