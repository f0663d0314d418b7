"""Questions with the sentences that answer them: from labelled rows to windows as the product makes them.

`python -m training.asks ARTICLES,QUESTIONS ... --library DIR --out FILE` writes them for training/learn.py.

In: articles and questions (fields: article, kind, question, ans, ok, ctx, short, says, yn, near, fix, first, turns,
standalone; labels are character spans of the article's text). The articles are put into a library of the product, every
question is searched there, and what it finds is cut into windows by the product's own code: those of the labelled
article teach which sentences belong, those of other articles that none does. Out: `Asked`, and `Example`s of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

import rag
from rag.answering.query.analysis import names
from rag.answering.query.rewrite import phrases, with_terms, words
from rag.answering.reading.windows import MOST_COMPARED, Window, digest, make_windows
from rag.models.conversation import encode_turns
from rag.models.windows import TokenWindow, Windower
from rag.retrieval.hybrid import HybridSearch
from rag.text.sentences import Span, split_sentences
from rag.text.words import content_words, stem
from training.task import UNKNOWN, VERDICTS, Example

Row = dict[str, Any]

WINDOWS = 10  # of each question to learn from
CANDIDATES = 24  # passages that the product retrieves for a question
OTHERS = 0.7  # windows of other articles for each question
STANDALONE = 0.35  # follow-ups that are read in their stand-alone form, not with their terms
STRANGE = 0.08  # single questions that are read with terms of another conversation
FOUND = 0.55  # of the others, those that are read with the terms that a reader adds
LOST, ADDED = 0.15, 0.35  # chances that a term of a follow-up is missing, and that a name too many is added
REST = 0.5  # windows of its own article without a labelled sentence
SOFT = (0.6, 0.3)  # label and weight of sentences that would do
BESIDE = (0.2, 0.4)  # of sentences that must stand before an answer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its windows: those of its own article, and those of others that were found for it."""

    row: Row
    question: str  # as the retriever gets it
    own: tuple[Window, ...]
    others: tuple[Window, ...]
    text: str  # of the labelled article, as the library holds it
    history: tuple[str, ...] = ()  # turns of the conversation, questions and answers, oldest first
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sentence as an earlier reader ranked it: what the digest of a question is made of."""

    article_id: str
    span: Span  # in the article's text
    text: str
    title: str

    @property
    def key(self) -> tuple[str, int]:
        """Its place."""
        return self.article_id, self.span[0]


def rows(file: Path) -> list[Row]:
    """The rows of a .jsonl.gz or .jsonl file."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def library_of(folder: Path, articles: Sequence[Row]) -> tuple[rag.Library, dict[str, str]]:
    """A library of the articles, and the library's id of each by its own."""
    library = rag.Library.open(folder)
    library.add([_article(one) for one in articles])
    held = {one.url: one.id for one in library.articles(limit=100_000)}
    return library, {one["id"]: held[_url(one)] for one in articles if _url(one) in held}


def _url(row: Row) -> str:
    return str(row.get("url") or f"https://example.org/{row['id']}")


def _article(row: Row) -> rag.Article:
    day = str(row.get("published") or "")[:10]
    published = date.fromisoformat(day) if day and not day.startswith("0000") else None
    return rag.Article(
        title=row["title"], text=row["text"], publisher=row.get("publisher"), url=_url(row), published=published
    )


def collect(
    library: rag.Library, ids: Mapping[str, str], articles: Sequence[Row], questions: Sequence[Row], limit: int
) -> Iterator[Asked]:
    """Each question with its windows; questions whose labels the library's text does not hold are left out."""
    texts = {one["id"]: one["text"] for one in articles}
    cache: dict[str, str | None] = {}

    def text_of(article_id: str) -> str | None:
        if article_id not in cache:
            article = library.article(article_id)
            cache[article_id] = article.text if article else None
        return cache[article_id]

    search = HybridSearch(library.store, lambda: library.embedder, k=CANDIDATES)
    answers = _answers(questions, texts)
    for row in questions:
        own_id = ids.get(row["article"])
        text = text_of(own_id) if own_id else None
        if own_id is None or text is None:
            continue
        moved = _moved(row, texts[row["article"]], text)
        if moved is None:
            continue
        history = _history(row, answers)
        terms = gold_terms(history, row["question"], row.get("standalone") or "")
        asked = with_terms(row["question"], terms)
        found = search.retrieve(asked).candidates
        windows = make_windows(found, text_of, limit)
        everything = make_windows(found, text_of, 10 * limit)
        yield Asked(
            moved, asked,
            tuple(one for one in everything if one.article_id == own_id),
            tuple(one for one in windows if one.article_id != own_id),
            text, history, terms,
        )  # fmt: skip


def _moved(row: Row, labelled: str, text: str) -> Row | None:
    """The row with its spans moved into the library's text; None when a sentence to show is not in it."""
    made = dict(row)
    for key in ("ans", "ok", "ctx", "near", "fix"):
        spans = []
        for start, end in row.get(key) or []:
            quote = labelled[start:end].strip()
            at = text.find(quote, max(0, start - 400)) if quote else -1
            at = text.find(quote) if at < 0 and quote else at
            if at < 0 and key == "ans":
                return None
            if at >= 0:
                spans.append((at, at + len(quote)))
        made[key] = spans
    return made


def _answers(questions: Sequence[Row], texts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """What answers a question of an article, as the assistant would show it."""
    return {
        (row["article"], row["question"]): " ".join(texts[row["article"]][start:end] for start, end in row["ans"])
        for row in questions
        if row.get("ans")
    }


def _history(row: Row, answers: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    if row["kind"] != "follow":
        return ()
    turns: list[str] = []
    for said in (row["first"], *row["turns"]):
        turns += [said, answers.get((row["article"], said), "The articles do not say.")]
    return tuple(turns)


def gold_terms(history: Sequence[str], question: str, standalone: str) -> tuple[str, ...]:
    """The phrases of the conversation that the stand-alone question has and the question itself lacks."""
    labels = term_words(history, question, standalone)
    chosen = [[span for span, label in turn if label] for turn in labels]
    return phrases(history, chosen, question)


def term_words(history: Sequence[str], question: str, standalone: str) -> list[list[tuple[Span, bool]]]:
    """Each word of the conversation with whether the stand-alone question needs it."""
    wanted = {stem(word) for word in content_words(standalone)} - {stem(word) for word in content_words(question)}
    return [
        [(span, any(stem(word) in wanted for word in content_words(turn[slice(*span)]))) for span in words(turn)]
        for turn in history
    ]


# --- to examples


class Encoder:
    """Turns questions with their windows into examples; what is random comes from `rng`.

    `found` has, for ids of follow-ups, the terms that a reader adds to them.
    """

    def __init__(
        self, tokenizer: Tokenizer, rng: random.Random, found: Mapping[str, Sequence[Sequence[str]]] | None = None
    ) -> None:
        self._tokenizer, self._rng, self._found = tokenizer, rng, found or {}
        self._strange = [list(terms) for several in self._found.values() for terms in several[-1:] if terms]

    def examples(self, asked: Asked, others: float = OTHERS) -> list[Example]:
        """The windows to learn from: one or two with a labelled sentence, some of the rest and of other articles."""
        rng = self._rng
        row = asked.row
        labelled = [*row["ans"], *(row["near"] or row["ok"]), *row["fix"]]
        holding = [one for one in asked.own if _touches(one, row["ans"] or labelled)]
        rest = [one for one in asked.own if one not in holding]
        head = (asked.own or asked.others)[:1]
        if row["ans"] and head and (not holding or rng.random() < 0.4):
            holding.append(self._around(asked, rng.choice(row["ans"]), head[0]))
        chosen = rng.sample(holding, min(len(holding), 1 + (len(holding) > 1 and rng.random() < 0.4)))
        if row["fix"] and not any(_touches(one, row["fix"]) for one in chosen):
            chosen += [one for one in asked.own if _touches(one, row["fix"])][:1]
        chosen += rng.sample(rest, min(len(rest), rng.random() < REST))
        chosen += rng.sample(asked.others[:4], min(len(asked.others[:4]), rng.random() < others))
        question = self._question(asked)
        return [one for window in chosen if (one := self._example(question, window, asked)) is not None]

    def all(self, asked: Asked, limit: int) -> list[tuple[Window, Example]]:
        """Every window as the product reads it, with its labels."""
        windows = [*asked.own, *asked.others][:limit]
        pairs = [(one, self._example(asked.question, one, asked)) for one in windows]
        return [(window, example) for window, example in pairs if example is not None]

    def together(self, asked: Asked, ranked: Sequence[Ranked]) -> Example | None:
        """The digest of a question, as the product reads it, with its labels."""
        own = asked.own[0].article_id if asked.own else None
        made = digest(ranked, most=MOST_COMPARED + self._rng.randint(-4, 2))
        if made is None:
            return None
        spans = {one.key: one.span for one in ranked}
        places = [spans[key] if key[0] == own else None for key in made.keys]
        title = made.title if self._rng.random() < 0.9 else ""
        cut = Windower(self._tokenizer, self._question(asked)).windows([made.text], [title], [made.spans])[0]
        return _compared(cut[0], places, asked.row) if len(cut) == 1 else None

    def without_answer(self, asked: Asked, ranked: Sequence[Ranked]) -> Example | None:
        """The digest of a question when its answer was not found: tempting, and nothing of it is to be shown."""
        own = asked.own[0].article_id if asked.own else None
        gone = [span for key in ("ans", "ok") for span in asked.row[key]]
        kept = [one for one in ranked if one.article_id != own or not any(_meet(one.span, span) for span in gone)]
        nothing: Row = {key: [] for key in ("ans", "ok", "ctx", "near", "fix")}
        return self.together(replace(asked, row=asked.row | nothing), kept)

    def _question(self, asked: Asked) -> str:
        rng = self._rng
        text = asked.question
        if asked.history:
            alone = rng.random() < STANDALONE
            text = str(asked.row["standalone"]) if alone else with_terms(asked.row["question"], self._terms(asked))
        elif self._strange and rng.random() < STRANGE:
            text = with_terms(text, rng.choice(self._strange)[: rng.randint(1, 3)])
        if rng.random() < 0.1:
            text = text.lower()
        if rng.random() < 0.1:
            text = text.rstrip("?")
        return text

    def _terms(self, asked: Asked) -> list[str]:
        """The terms of a follow-up with the faults that finding them has: one is missing, another name is added."""
        rng = self._rng
        found = self._found.get(str(asked.row["id"]), ())
        if found and rng.random() < FOUND:
            return list(rng.choice(found))
        kept = [term for term in asked.terms if rng.random() > LOST]
        others = [name for turn in asked.history for name in names(turn) if name not in kept]
        return [*kept, *rng.sample(others, min(len(others), rng.random() < ADDED))]

    def _around(self, asked: Asked, span: tuple[int, int], like: Window) -> Window:
        """A window of random length around a labelled sentence."""
        spans = split_sentences(asked.text)
        at = max((n for n, one in enumerate(spans) if one[0] <= span[0]), default=0)
        first = max(0, at - self._rng.randint(0, 5))
        last = min(len(spans), at + 1 + self._rng.randint(0, 6))
        while spans[last - 1][1] - spans[first][0] > 1300 and last > at + 1:
            last -= 1
        while spans[last - 1][1] - spans[first][0] > 1300 and first < at:
            first += 1
        chosen = spans[first:last]
        own = next((one.candidate for one in asked.own), like.candidate)
        return Window(own, asked.text, chosen[0][0], first, chosen)

    def _example(self, question: str, window: Window, asked: Asked) -> Example | None:
        title = window.candidate.title if self._rng.random() < 0.9 else ""
        made = Windower(self._tokenizer, question).windows([window.text], [title], [window.spans])[0]
        if len(made) != 1:
            return None
        owned = window in asked.own or window.text in asked.text
        return _labelled(made[0], window, asked.row if owned else None, asked.row, asked.text)


def _meet(one: Span, other: Sequence[int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _touches(window: Window, spans: Sequence[Sequence[int]]) -> bool:
    return any(_meet(sentence, span) for sentence in window.sentences for span in spans)


def _labelled(made: TokenWindow, window: Window, own: Row | None, row: Row, text: str) -> Example:
    """The labels of a window; `own` is None for a window of another article."""
    count = len(window.sentences)
    places = window.sentences if own else [None] * count
    hits = _hits(places, row)
    evidence = _evidence(hits)
    needs, forerunner = np.zeros((count, 2), np.float32), np.zeros((count, 2), np.float32)
    if own and row["ans"]:
        opening = _overlaps(places, row["ans"][:1])
        needs[opening] = (float(bool(row["ctx"])), 1.0)
        if opening.any():
            forerunner[:, 1] = 1.0
            forerunner[hits["ctx"], 0] = 1.0
            forerunner[hits["ans"], 1] = 0.0
    corrects = np.stack([hits["fix"].astype(np.float32), np.ones(count, np.float32)], axis=1)
    sentences = _cells(made)
    answered = bool(hits["ans"].any())
    start, end = _span(made, window, _short_place(own, text)) if answered else (0, 0)
    if not answered and hits["ok"].any():
        start = end = UNKNOWN
    says = (
        _span(made, window, _says_place(own, text)) if answered and own and row["kind"] != "follow" else (UNKNOWN,) * 2
    )
    verdict = VERDICTS.index(row["yn"]) if answered and row.get("yn") else UNKNOWN
    answers = _answers_it(hits)
    return Example(
        np.asarray(made.ids, np.int64), np.asarray(made.type_ids, np.int64), sentences,
        evidence, needs, forerunner, corrects, start, end, says[0], says[1], answers, verdict,
        key=str(row["id"]),
    )  # fmt: skip


def _compared(made: TokenWindow, places: Sequence[Span | None], row: Row) -> Example:
    """The labels of a digest: which sentences to show, whether they answer, what they leave open."""
    hits = _hits(places, row)
    corrects = np.stack([hits["fix"].astype(np.float32), np.ones(len(places), np.float32)], axis=1)
    nothing = np.zeros((len(places), 2), np.float32)
    verdict = VERDICTS.index(row["yn"]) if hits["ans"].any() and row.get("yn") else UNKNOWN
    return Example(
        np.asarray(made.ids, np.int64), np.asarray(made.type_ids, np.int64), _cells(made),
        _evidence(hits), nothing, nothing, corrects, answers=_answers_it(hits), verdict=verdict, key=str(row["id"]),
    )  # fmt: skip


def _cells(made: TokenWindow) -> NDArray[np.int64]:
    """Of each token the number of its sentence, -1 for none."""
    cells = np.full(len(made.ids), -1, np.int64)
    cells[made.offset : made.offset + len(made.sentences)] = made.sentences
    return cells


def _hits(places: Sequence[Span | None], row: Row) -> dict[str, NDArray[np.bool_]]:
    """Which sentences are labelled; None is the place of one of another article."""
    return {key: _overlaps(places, row[key]) for key in ("ans", "ok", "ctx", "fix")}


def _evidence(hits: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.float32]:
    """Of each sentence: does it belong in the answer, and how much the label counts."""
    evidence = np.stack([hits["ans"].astype(np.float32), np.ones(len(hits["ans"]), np.float32)], axis=1)
    for key, (label, weight) in (("ctx", BESIDE), ("ok", SOFT)):
        evidence[hits[key] & ~hits["ans"]] = (label, weight)
    evidence[hits["fix"]] = (0.0, 0.0)
    return evidence


def _answers_it(hits: Mapping[str, NDArray[np.bool_]]) -> float:
    if hits["ans"].any():
        return 1.0
    return UNKNOWN if hits["ok"].any() or hits["ctx"].any() else 0.0


def _overlaps(places: Sequence[Span | None], spans: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Which sentences are, for their larger part, one of the spans."""
    found = np.zeros(len(places), bool)
    for number, place in enumerate(places):
        for first, last in spans:
            if place is not None:
                shared = min(place[1], last) - max(place[0], first)
                found[number] |= shared > 0 and shared >= 0.5 * min(place[1] - place[0], last - first)
    return found


def _short_place(row: Row | None, text: str) -> Span | None:
    if row is None or not row.get("short"):
        return None
    for start, end in row["ans"]:
        at = text.find(row["short"], start, end)
        if at >= 0:
            return at, at + len(row["short"])
    return None


def _says_place(row: Row | None, text: str) -> Span | None:
    """The speaker's name nearest to the first sentence to show, before it rather than behind."""
    if row is None or not row.get("says"):
        return None
    anchor, name = row["ans"][0][0], row["says"]
    places = [match.start() for match in re.finditer(re.escape(name), text)]
    if not places:
        return None
    at = min(places, key=lambda place: abs(place - anchor) + (500 if place > row["ans"][-1][1] else 0))
    return at, at + len(name)


def _span(made: TokenWindow, window: Window, place: Span | None) -> tuple[int, int]:
    """First and last token of a place of the article; the first token of all for none, UNKNOWN when it is outside."""
    if place is None:
        return 0, 0
    start, end = place[0] - window.start, place[1] - window.start
    inside = np.flatnonzero((made.starts < end) & (made.ends > start))
    if not len(inside):
        return UNKNOWN, UNKNOWN
    return made.offset + int(inside[0]), made.offset + int(inside[-1])


def term_example(
    tokenizer: Tokenizer, history: Sequence[str], question: str, standalone: str, key: str = ""
) -> Example | None:
    """An example for the term head; None when there is no conversation."""
    if not history:
        return None
    made = encode_turns(tokenizer, history, question)
    terms = np.full(len(made.ids), UNKNOWN, np.float32)
    for turn, labels in enumerate(term_words(history, question, standalone)):
        for (start, end), label in labels:
            at = [n for n, (t, a, b) in enumerate(made.places) if t == turn and a < end and b > start]
            terms[at] = float(label)
    return Example(
        np.asarray(made.ids, np.int64), np.asarray(made.types, np.int64), np.full(len(made.ids), -1, np.int64),
        terms=terms, key=key,
    )  # fmt: skip


def canard(file: Path) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Dialog, conversation, question and its stand-alone form."""
    for row in rows(file):
        yield row["dialog"], tuple(row["history"]), row["question"], row["rewrite"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="ARTICLES,QUESTIONS")
    parser.add_argument("--library", type=Path, required=True, help="folder that keeps the indexed articles")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pairs = [tuple(map(Path, one.split(","))) for one in options.sets]
    articles = list({one["id"]: one for held, _ in pairs for one in rows(held)}.values())
    questions = [one for _, asked in pairs for one in rows(asked)]
    library, ids = library_of(options.library, articles)
    found = list(collect(library, ids, articles, questions, WINDOWS))
    print(f"{len(found)} of {len(questions)} questions, {len(ids)} articles")
    with options.out.open("wb") as file:
        pickle.dump({"train": found}, file)


if __name__ == "__main__":
    main()
