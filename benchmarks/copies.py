"""How well copies of an article are told from other articles: `python -m benchmarks.copies [ARTICLES.jsonl.gz]`.

Articles of corpus/ are edited as editors and web sites do it; each edited text must be found as a copy of its own
article, and none as a copy of another one. With a file of articles, the pairs found in it are counted and listed.
"""

from __future__ import annotations

import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from rag.ingest.formats.tables.reader import read_table
from rag.ingest.frontmatter import split_front_matter
from rag.schema import Article
from rag.text.copies import Print, bands, fingerprint, same_story

ROUNDS = 5
MOST_LISTED = 40
_chance = random.Random(5)


def main() -> None:
    """Print the tables."""
    if len(sys.argv) > 1:
        pairs_in(Path(sys.argv[1]))
        return
    files = sorted(Path("corpus").glob("*-*.md"))
    texts = [split_front_matter(file.read_text(encoding="utf-8"))[1] for file in files]
    print("| edit | share a band | told as copies |\n|---|---|---|")
    for name, edit in EDITS.items():
        edited = [(text, changed) for text in texts for _ in range(ROUNDS) if (changed := edit(text)) != text]
        banded = sum(bool(set(bands(fingerprint(a))) & set(bands(fingerprint(b)))) for a, b in edited)
        told = sum(same_story(fingerprint(a), fingerprint(b)) for a, b in edited)
        print(f"| {name} | {banded / len(edited):.3f} | {told / len(edited):.3f} |")
    prints = [fingerprint(text) for text in texts]
    wrong = sum(same_story(one, other) for one, other in combinations(prints, 2))
    print(f"\nOf {len(prints) * (len(prints) - 1) // 2} pairs of different articles, {wrong} are told as copies.")


def pairs_in(path: Path) -> None:
    """Count and list the copies in a file of articles, the last of each pair with the first."""
    rows = read_table(path.name, path.read_bytes(), {}, largest=500_000_000)
    articles = [row for row in rows if isinstance(row, Article)]
    by_band: dict[int, list[int]] = defaultdict(list)
    prints: list[Print] = []
    found: list[tuple[int, int]] = []
    compared = 0
    for number, article in enumerate(articles):
        mark = fingerprint(article.text)
        own = bands(mark)
        near = sorted({other for band in own for other in by_band[band]})
        compared += len(near)
        found.extend((other, number) for other in near if same_story(prints[other], mark))
        prints.append(mark)
        for band in own:
            by_band[band].append(number)
    print(f"{len(articles)} articles, {compared} pairs compared, {len(found)} told as copies")
    for one, other in found[:MOST_LISTED]:
        print(f"  {articles[one].title[:60]} | {articles[other].title[:60]}")


def _sentences(text: str) -> list[str]:
    return [sentence for part in text.split("\n\n") for sentence in re.split(r"(?<=[.!?]) ", part)]


def _cut(share: float) -> Callable[[str], str]:
    return lambda text: " ".join(_sentences(text)[: int(len(_sentences(text)) * share)])


def _drop(share: float) -> Callable[[str], str]:
    return lambda text: " ".join(one for one in _sentences(text) if _chance.random() > share)


def _reword(share: float) -> Callable[[str], str]:
    def word(match: re.Match[str]) -> str:
        keep = match[0][0].isdigit() or _chance.random() > share
        return match[0] if keep else _chance.choice(["said", "also", "major", "area", "then"])

    return lambda text: re.sub(r"\w+", word, text)


def _sign(text: str) -> str:
    return f"HARBOUR (Wire Service) - {text} Reporting by A. Writer; editing by B. Reader. Follow us for more news."


def _figure(text: str) -> str:
    figures = re.findall(r"\b\d[\d,]*\b", text)
    if not figures:
        return text
    figure = _chance.choice(figures)
    return re.sub(rf"\b{re.escape(figure)}\b", str(int(figure.replace(",", "")) + 3), text, count=1)


EDITS: dict[str, Callable[[str], str]] = {
    "dateline and signature added": _sign,
    "cut after .8 of the sentences": _cut(0.8),
    "cut after .6": _cut(0.6),
    "cut after .5": _cut(0.5),
    "cut after .4 (no copy any more)": _cut(0.4),
    "one sentence in ten left out": _drop(0.1),
    "three in ten left out": _drop(0.3),
    "one word in fifty changed": _reword(0.02),
    "one word in twenty changed": _reword(0.05),
    "one word in ten changed": _reword(0.1),
    "signed, cut after .8, one word in thirty changed": lambda text: _sign(_cut(0.8)(_reword(0.03)(text))),
    "one figure changed (news, no copy)": _figure,
}


if __name__ == "__main__":
    main()
