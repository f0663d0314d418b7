"""The labelled questions: files in, one `Ask` a question out, its labels as the words of the article."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag import Article

BEHIND = 3
FOLLOW, NEAR_MISS, YES_NO = "follow", "none", "yesno"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question with its labels."""

    id: str
    article: str
    kind: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()  # the sentences to show, of the second article too where two are needed
    others: tuple[str, ...] = ()  # would do as well, or must stand before: they count neither for nor against
    may_open: tuple[str, ...] = ()  # of these, those that would do as the first sentence
    short: str = ""  # empty where no short answer is apt
    verdict: str = ""  # yes, no or unclear
    why: str = ""  # of a near-miss: what is wrong with it
    opening: str = ""  # of a follow-up: the question that began its conversation


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, gzipped or not."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_articles(file: Path) -> tuple[list[Article], dict[str, str]]:
    """The articles for a library, and the text of each by its id in the file."""
    rows = read_rows(file)
    articles = [
        Article(
            title=row["title"],
            text=row["text"],
            publisher=row.get("publisher"),
            url=row.get("url") or f"https://example.org/{row['id']}",
            published=date.fromisoformat(row["published"][:10]) if row.get("published") else None,
        )
        for row in rows
    ]
    return articles, {row["id"]: row["text"] for row in rows}


def read_asks(file: Path, texts: Mapping[str, str]) -> list[Ask]:
    """The questions of a file over these texts."""
    return [_ask(row, texts) for row in read_rows(file)]


def conversations(asks: Sequence[Ask]) -> list[list[Ask]]:
    """The questions in the order in which they are asked: follow-ups of one opening together, any other by itself."""
    talks: dict[tuple[str, str], list[Ask]] = {}
    for one in asks:
        key = (one.article, one.opening) if one.kind == FOLLOW else ("", one.id)
        talks.setdefault(key, []).append(one)
    return list(talks.values())


def behind_others(asks: Sequence[Ask]) -> list[tuple[Ask, tuple[Ask, ...]]]:
    """Every third question that stands alone, with three about other articles to be asked before it."""
    alone = [one for one in asks if one.kind != FOLLOW]
    rng = random.Random(BEHIND)
    found = []
    for one in alone[::BEHIND]:
        others = [other for other in alone if other.article != one.article]
        if others:
            found.append((one, tuple(rng.sample(others, min(BEHIND, len(others))))))
    return found


def _ask(row: Mapping[str, Any], texts: Mapping[str, str]) -> Ask:
    def sentences(label: str, of: Mapping[str, Any] = row) -> tuple[str, ...]:
        return tuple(texts[of["article"]][start:end] for start, end in of.get(label) or ())

    would_do = sentences("ok")
    return Ask(
        id=row["id"],
        article=row["article"],
        kind=row["kind"],
        question=row["question"],
        answerable=row["answerable"],
        answers=sentences("ans") + (sentences("ans", row["also_in"]) if row.get("also_in") else ()),
        others=would_do + sentences("ctx"),
        may_open=would_do,
        short=row.get("short") or "",
        verdict=row.get("yn") or "",
        why=row.get("why") or "",
        opening=row.get("first") or "",
    )
