"""Layouts of data sets: files in; articles and rows of questions out. A SourceError names file, line and field."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TextIO, cast

from rag.errors import SourceError
from rag.schema import Article
from rag.text.dates import parse_date

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.xz")
# Machine-made relevance comes with a score; below this such labels are mostly wrong (read by eye on news questions).
LEAST_RELEVANCE = 0.5
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A question as it stands in the files."""

    id: str
    text: str
    relevant: Mapping[str, float] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    answerable: bool = True
    kind: str = ""
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What the files hold."""

    articles: tuple[Article, ...]
    questions: tuple[Row, ...]


def read_folder(folder: Path, split: str) -> Read | None:
    """The set in a folder, None when its files are not those of a known layout."""
    corpus, queries = _find(folder, "corpus"), _find(folder, "queries")
    if corpus and queries:
        return _beir(corpus, queries, _judgements(folder, split))
    articles, questions = _find(folder, "articles"), _find(folder, "questions")
    if articles and questions:
        return _news(articles, questions)
    return None


def read_file(file: Path) -> Read | None:
    """The set in a file: SQuAD JSON, or JSON lines with question, context and answers; None for anything else."""
    if file.name.endswith(SUFFIXES):
        return _contexts(file)
    if not file.name.endswith((".json", ".json.gz", ".json.xz")):
        return None
    with _open(file) as opened:
        try:
            content = json.load(opened)
        except ValueError as error:
            raise SourceError(f"{file} is not valid JSON: {error}.") from error
    return (
        _squad(content["data"], file) if isinstance(content, dict) and isinstance(content.get("data"), list) else None
    )


# --- layouts


def _beir(corpus: Path, queries: Path, judged: Mapping[str, Mapping[str, float]]) -> Read:
    articles = tuple(_article(row, _id(row), corpus) for row in json_rows(corpus))
    questions = (
        Row(id=_id(row), text=_text(row, "text", queries), relevant=judged.get(_id(row), {}))
        for row in json_rows(queries)
    )
    return Read(articles, tuple(one for one in questions if one.relevant))


def _judgements(folder: Path, split: str) -> dict[str, dict[str, float]]:
    """Grades by question and document from qrels/SPLIT.tsv, else from qrels.tsv."""
    file = folder / "qrels" / f"{split}.tsv"
    file = file if file.exists() else folder / "qrels.tsv"
    if not file.exists():
        there = ", ".join(sorted(one.stem for one in folder.glob("qrels/*.tsv"))) or "none"
        raise SourceError(f"{folder} has no judgements for '{split}'.", f"Name another with --split (there: {there}).")
    judged: dict[str, dict[str, float]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if number == 1 and not _is_number(parts[-1] if parts else ""):
            continue  # the usual heading
        if len(parts) not in (3, 4) or not _is_number(parts[-1]):
            raise SourceError(f"{file}, line {number}: expected question, document and grade.")
        judged.setdefault(parts[0], {})[parts[-2]] = float(parts[-1])
    return judged


def _news(articles: Path, questions: Path) -> Read:
    """Our JSON lines: articles with id, title, text; questions with answers, answerable, relevant articles."""
    read = tuple(_article(row, _id(row), articles) for row in json_rows(articles))
    return Read(read, tuple(_news_row(row, questions) for row in json_rows(questions)))


def _news_row(row: dict[str, Any], file: Path) -> Row:
    relevant = {str(one["article"]): 1.0 for one in row.get("relevant", ()) if one.get("score", 1.0) >= LEAST_RELEVANCE}
    return Row(
        id=_id(row),
        text=_text(row, "question", file),
        relevant=relevant,
        answers=tuple(map(str, row.get("answers", ()))),
        answerable=bool(row.get("answerable", True)),
        kind=str(row.get("kind", "")),
        asked_on=_day(row.get("date")),
    )


def _squad(data: list[Any], file: Path) -> Read:
    """Each paragraph is an article: a question belongs to its paragraph."""
    articles: list[Article] = []
    questions: list[Row] = []
    for document in data:
        title = str(document.get("title", "")).replace("_", " ")
        for paragraph in document.get("paragraphs", ()):
            name = f"{title}#{len(articles)}"
            articles.append(Article(id=name, title=title, text=_text(paragraph, "context", file)))
            questions += [_squad_row(one, name, file) for one in paragraph.get("qas", ())]
    return Read(tuple(articles), tuple(questions))


def _contexts(file: Path) -> Read | None:
    """Rows with question, context and answers; the same context is one article."""
    names: dict[str, str] = {}
    articles: list[Article] = []
    questions: list[Row] = []
    for row in json_rows(file):
        if "question" not in row or "context" not in row:
            return None
        context = _text(row, "context", file)
        title = str(row.get("title") or "").replace("_", " ")
        if context not in names:
            names[context] = f"{title}#{len(names)}"
            articles.append(Article(id=names[context], title=title, text=context))
        questions.append(_squad_row(row, names[context], file))
    return Read(tuple(articles), tuple(questions))


def _squad_row(row: dict[str, Any], paragraph: str, file: Path) -> Row:
    told = row.get("answers", ())
    answers = tuple(dict.fromkeys(str(one["text"]) if isinstance(one, dict) else str(one) for one in told))
    answerable = bool(row.get("answerable", not row.get("is_impossible", False))) and bool(answers)
    return Row(
        id=_id(row),
        text=_text(row, "question", file),
        relevant={paragraph: 1.0} if answerable else {},
        answers=answers if answerable else (),
        answerable=answerable,
    )


# --- rows and files


def _article(row: dict[str, Any], name: str, file: Path) -> Article:
    published = row.get("published") or row.get("date")
    return Article(
        id=name,
        title=str(row.get("title") or ""),
        text=_text(row, "text", file, empty=True),
        publisher=row.get("publisher") or row.get("source"),
        published=_day(published),
    )


def _day(written: Any) -> date | None:
    return parse_date(str(written).replace("/", "-")) if written else None


def _id(row: Mapping[str, Any]) -> str:
    return str(row.get("_id") or row.get("id") or "")


def _text(row: Mapping[str, Any], name: str, file: Path, *, empty: bool = False) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise SourceError(f"{file}: the row {_id(row) or str(row)[:60]!r} has no text in its field '{name}'.")
    return value


def _find(folder: Path, name: str) -> Path | None:
    return next((file for suffix in SUFFIXES if (file := folder / (name + suffix)).exists()), None)


def json_rows(file: Path) -> Iterator[dict[str, Any]]:
    """The rows of JSON lines, plain or compressed."""
    with _open(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise SourceError(f"{file}, line {number} is not valid JSON: {error}.") from error
            if not isinstance(row, dict):
                raise SourceError(f"{file}, line {number} is not a JSON object.")
            yield row


def _open(file: Path) -> TextIO:
    return cast(TextIO, _OPENERS.get(file.suffix, open)(file, "rt", encoding="utf-8"))


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
