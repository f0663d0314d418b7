"""The demo articles are complete and well formed, and the gate's questions really rest on them."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "benchmarks" / "gate" / "questions.jsonl"
FIELDS = {"title", "publisher", "author", "published", "url", "language"}
FLOORS = {"answerable": 80, "unanswerable": 40, "who_said": 20, "date": 12, "conflict": 8, "follow_up": 15}
FILES = sorted(path.name for path in CORPUS.glob("*.md") if path.name != "README.md")


@cache
def read(name: str) -> tuple[dict[str, Any], str]:
    """Front matter and body of an article."""
    opening, head, body = (CORPUS / name).read_text(encoding="utf-8").split("---\n", 2)
    assert opening == ""
    return yaml.safe_load(head), body.strip()


@cache
def questions() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines())


def test_there_are_enough_articles_and_enough_about_the_running_story() -> None:
    assert len(FILES) >= 28
    assert sum("Bachelet" in read(name)[1] for name in FILES) >= 6


@pytest.mark.parametrize("name", FILES)
def test_front_matter_is_complete_and_typed(name: str) -> None:
    head, _ = read(name)
    assert set(head) == FIELDS
    assert isinstance(head["published"], date)
    assert head["language"] == "en"
    assert all(isinstance(head[field], str) and head[field].strip() for field in FIELDS - {"published"})


@pytest.mark.parametrize("name", FILES)
def test_address_is_reserved_for_examples_and_agrees_with_the_date(name: str) -> None:
    head, _ = read(name)
    address = urlsplit(head["url"])
    assert (address.scheme, address.hostname) in {("https", "example.com"), ("https", "example.org")}
    assert f"/{head['published']:%Y/%m}/" in address.path


@pytest.mark.parametrize("name", FILES)
def test_body_is_plain_paragraphs_of_300_to_900_words(name: str) -> None:
    _, body = read(name)
    assert 300 <= len(body.split()) <= 900
    assert not re.search(r"^\s*[#>*|`-]|https?://|<[a-z/]", body, flags=re.MULTILINE)
    assert body.count('"') % 2 == 0


def test_urls_titles_and_paragraphs_are_unique() -> None:
    paragraphs = [part for name in FILES for part in read(name)[1].split("\n\n")]
    for values in ([read(n)[0]["url"] for n in FILES], [read(n)[0]["title"] for n in FILES], paragraphs):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_question_ids_and_wordings_are_unique() -> None:
    assert len({item["id"] for item in questions()}) == len(questions())
    assert len({(item["question"].lower(), str(item["history"])) for item in questions()}) == len(questions())


def test_each_kind_of_question_has_its_floor() -> None:
    counts = Counter(item["kind"] for item in questions())
    assert counts.keys() == FLOORS.keys()
    assert {kind: counts[kind] for kind in FLOORS if counts[kind] < FLOORS[kind]} == {}


@pytest.mark.parametrize("item", questions(), ids=lambda item: item["id"])
def test_answers_stand_in_the_articles_that_a_question_names(item: dict[str, Any]) -> None:
    bodies = [read(name)[1] for name in item["articles"]]
    assert [answer for answer in item["answers"] if not any(answer in body for body in bodies)] == []
    assert [name for name in item["articles"] if not any(answer in read(name)[1] for answer in item["answers"])] == []
    assert bool(item["answers"]) == bool(item["articles"]) == item["answerable"]


@pytest.mark.parametrize("item", questions(), ids=lambda item: item["id"])
def test_kind_history_and_answerability_agree(item: dict[str, Any]) -> None:
    assert bool(item["history"]) == (item["kind"] == "follow_up")
    assert [role for role, _ in item["history"]] == ["user", "assistant"] * (len(item["history"]) // 2)
    if item["kind"] != "follow_up":
        assert item["answerable"] == (item["kind"] != "unanswerable")
    if item["kind"] == "conflict":
        assert len(item["answers"]) >= 2


def test_a_question_does_not_give_its_answer_away() -> None:
    given = [q["id"] for q in questions() for answer in q["answers"] if answer.lower() in q["question"].lower()]
    assert given == []


def test_every_article_is_asked_about() -> None:
    assert set(FILES) == {name for item in questions() for name in item["articles"]}
