"""What is read from web pages, beside other extractors: `python -m benchmarks.extraction DATA [SET...]`.

DATA holds folders, each with gold.jsonl.gz and html/: `scrapinghub` (whole texts), `trafilatura` (pieces that must and
must not be there), `readability` (title, author and date). Sets are those three unless some are named. readability-lxml
asks for an older chardet than ours, and works with it: `pip install --no-deps readability-lxml cssselect`.
"""

from __future__ import annotations

import gzip
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from rag.errors import SourceError
from rag.evaluation.layouts import json_rows
from rag.ingest.html import parse_html
from rag.ingest.markup import html_text
from rag.schema import Article
from rag.text.cleaning import clean
from rag.text.dates import parse_date

SETS = ("scrapinghub", "trafilatura", "readability")
FEWEST = 120  # characters of a page that is an article: some pages of the readability set are a line, to test markup
Row = dict[str, Any]
_EMPTY = Article(title="", text="")


def main() -> None:
    """Print a table for each set."""
    data = Path(sys.argv[1])
    for name in sys.argv[2:] or SETS:
        rows = list(_rows(data / name))
        print(f"## {name} ({len(rows)} pages)\n")
        _TABLES[name](rows)
        print()


def _rows(folder: Path) -> Iterator[tuple[Row, bytes]]:
    for row in json_rows(folder / "gold.jsonl.gz"):
        yield row, gzip.decompress((folder / row["file"]).read_bytes())


# --- extractors


def _ours(page: bytes, url: str | None) -> Article:
    try:
        article = parse_html(page, url=url)
    except SourceError:
        return _EMPTY
    cleaned = clean(article.text, title=article.title, published=article.published)
    return Article(
        title=cleaned.title, text=cleaned.text, author=article.author, published=cleaned.published, url=article.url
    )


def _trafilatura(page: bytes, url: str | None) -> Article:
    from trafilatura import bare_extraction

    found: Any = bare_extraction(page, url=url, include_comments=False, with_metadata=True)
    if found is None:
        return _EMPTY
    day = parse_date(found.date or "")
    return Article(title=found.title or "", text=found.text or "", author=found.author or None, published=day)


def _readability(page: bytes, _url: str | None) -> Article:
    from lxml.etree import LxmlError  # type: ignore[import-untyped]
    from readability import Document
    from readability.readability import Unparseable

    try:
        document = Document(page.decode("utf-8", errors="replace"))
        return Article(title=document.short_title(), text=html_text(document.summary()))
    except (Unparseable, LxmlError, ValueError):
        return _EMPTY


def _justext(page: bytes, _url: str | None) -> Article:
    from justext import get_stoplist, justext
    from lxml.etree import LxmlError

    try:
        parts = justext(page, get_stoplist("English"))
    except (LxmlError, ValueError):
        return _EMPTY
    return Article(title="", text="\n".join(part.text for part in parts if not part.is_boilerplate))


EXTRACTORS: dict[str, Callable[[bytes, str | None], Article]] = {
    "ours, as it is stored": _ours,
    "trafilatura": _trafilatura,
    "readability-lxml": _readability,
    "jusText": _justext,
}


def _found(rows: Sequence[tuple[Row, bytes]]) -> Iterator[tuple[str, list[Article], float]]:
    """What each extractor makes of the pages, with its milliseconds a page."""
    for name, extract in EXTRACTORS.items():
        started = time.process_time()
        articles = [extract(page, row.get("url")) for row, page in rows]
        yield name, articles, (time.process_time() - started) * 1000 / len(rows)


# --- whole texts: shingles of four words, as scrapinghub's article-extraction-benchmark counts them


def _whole_texts(rows: Sequence[tuple[Row, bytes]]) -> None:
    print("| extractor | F1 | precision | recall | ms a page |\n|---|---|---|---|---|")
    for name, articles, spent in _found(rows):
        pairs = [_overlap(row["text"], article.text) for (row, _), article in zip(rows, articles, strict=True)]
        precision, recall = mean(one for one, _ in pairs), mean(other for _, other in pairs)
        f1 = 2 * precision * recall / (precision + recall)
        print(f"| {name} | {f1:.3f} | {precision:.3f} | {recall:.3f} | {spent:.0f} |", flush=True)


def _overlap(gold: str, found: str) -> tuple[float, float]:
    """Precision and recall of one text."""
    ours, theirs = _shingles(found), _shingles(gold)
    shared = sum((ours & theirs).values())
    if not ours or not theirs:
        return (1.0, 1.0) if not ours and not theirs else (0.0, 0.0)
    return shared / sum(ours.values()), shared / sum(theirs.values())


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    last = max(1, len(words) - 3) if words else 0
    return Counter(tuple(words[start : start + 4]) for start in range(last))


# --- pieces that must be there, and pieces that must not


def _pieces(rows: Sequence[tuple[Row, bytes]]) -> None:
    print("| extractor | F1 | precision | recall | accuracy | ms a page |\n|---|---|---|---|---|---|")
    for name, articles, spent in _found(rows):
        hits = misses = wrong = right = 0
        for (row, _), article in zip(rows, articles, strict=True):
            text = _flat(f"{article.title} {article.text}")
            there = sum(_flat(piece) in text for piece in row["with"])
            unwanted = sum(_flat(piece) in text for piece in row["without"])
            hits, misses = hits + there, misses + len(row["with"]) - there
            wrong, right = wrong + unwanted, right + len(row["without"]) - unwanted
        precision, recall = hits / max(1, hits + wrong), hits / max(1, hits + misses)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        accuracy = (hits + right) / (hits + misses + wrong + right)
        print(f"| {name} | {f1:.3f} | {precision:.3f} | {recall:.3f} | {accuracy:.3f} | {spent:.0f} |", flush=True)


# --- what the page says about its article


def _about(rows: Sequence[tuple[Row, bytes]]) -> None:
    print("| extractor | title | author | date | text F1 |\n|---|---|---|---|---|")
    for name, articles, _ in _found(rows):
        both = zip(rows, articles, strict=True)
        pairs = [(row, article) for (row, _), article in both if len(row["text"]) >= FEWEST]
        titles = [_title(row["title"]) == _title(article.title) for row, article in pairs if row["title"]]
        authors = [_same_author(row["byline"], article.author) for row, article in pairs if row["byline"]]
        days = [parse_date(row["published"]) == article.published for row, article in pairs if row["published"]]
        overlaps = [_overlap(row["text"], article.text) for row, article in pairs]
        precision, recall = mean(one for one, _ in overlaps), mean(other for _, other in overlaps)
        f1 = 2 * precision * recall / (precision + recall)
        shares = " | ".join(f"{sum(part)} of {len(part)}" for part in (titles, authors, days))
        print(f"| {name} | {shares} | {f1:.3f} |", flush=True)


def _same_author(gold: str, found: str | None) -> bool:
    """Whether every word of the name found stands in the byline ("By Ann Lee, Staff Writer")."""
    names = set(re.findall(r"\w+", (found or "").lower()))
    return bool(names) and names <= set(re.findall(r"\w+", gold.lower()))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _title(text: str) -> str:
    """The title without the name of a site behind it: the gold titles have it, and a list of articles has not."""
    return _plain(re.split(r"\s+[|–—-]\s+(?=[^|–—]{1,40}$)", text)[0])


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


_TABLES: dict[str, Callable[[Sequence[tuple[Row, bytes]]], None]] = {
    "scrapinghub": _whole_texts,
    "trafilatura": _pieces,
    "readability": _about,
}


if __name__ == "__main__":
    main()
