"""Passages: nothing of an article is lost, nothing is cut by the model, sentences stay whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rag.ingest.chunking import chunk_articles, embedding_prefix, embedding_text
from rag.models.embedder import load_embedder
from rag.schema import Article, Passage, Vectors
from rag.text.cleaning import clean
from rag.text.sentences import split_sentences

EMBEDDER = load_embedder("builtin")
SENTENCES = [
    f"The ferry number {n} left the harbour of Norrmouth at {n % 12 + 1} with {n * 7} people." for n in range(60)
]
NEWS = "\n\n".join(" ".join(SENTENCES[n : n + 3]) for n in range(0, 60, 3))
NASTY = [
    NEWS,
    "One sentence.",
    "🙂" * 3000,
    "👨‍👩‍👧‍👦" * 400,
    "政府は昨日、新しい法律を発表した。" * 200,
    "مرحبا بالعالم، هذا نص طويل. " * 200,
    "x" * 50_000,
    "a,b;" * 5_000,
    "word " * 4_000,
    "no stop " + "and on, " * 800,
    "e\u0301" * 4000,
    "\n\n".join(["Heading"] * 100),
    "antidisestablishmentarianism" * 60 + " end.",
]


class CharacterEmbedder:
    """Counts each character as a token, as byte-level tokenizers nearly do, and sees little."""

    fingerprint, dimension, max_tokens = "characters", 4, 64

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 4), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        return np.zeros(4, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def article(text: str, title: str = "Ferry vote", published: date | None = date(2022, 5, 25)) -> Article:
    cleaned = clean(text, title=title)
    return Article(id="a1", title=cleaned.title, text=cleaned.text, published=published)


def chunk(one: Article) -> tuple[Passage, ...]:
    return chunk_articles([one], EMBEDDER)[0]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_passages_are_slices_of_the_text_in_order_that_leave_out_nothing_but_space(text: str) -> None:
    one = article(text)
    passages = chunk(one)
    end = 0
    for position, passage in enumerate(passages):
        assert passage.position == position
        assert passage.text == one.text[passage.start : passage.end]
        assert passage.text.strip() == passage.text != ""
        assert one.text[end : passage.start].strip() == ""
        end = passage.end
    assert one.text[end:].strip() == ""


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_what_is_embedded_fits_into_what_the_model_sees(text: str) -> None:
    one = article(text, title="政府" * 200 if "政府" in text else "A headline of quite usual length for the harbour")
    texts = [embedding_text(one, passage) for passage in chunk(one)]
    assert max(EMBEDDER.count_tokens(texts)) + 2 <= EMBEDDER.max_tokens
    assert max(map(len, texts)) < 4000


@pytest.mark.parametrize(
    "sentences",
    [
        ("»Das ist gut.«", "Sie ging."),
        ("Il dit : « C'est bon. »", "Puis il part.", "« Oui », dit-elle."),
        ("Il part ce soir.", "« Je reviens », dit-il."),
        ("„Gut.“", "Dann ging er.", "»Und nun?«, fragte er."),
        ("Er kam.", "»Gut«, sagte sie."),
        ("Disse: «Va bene.»", "Poi uscì."),
        ("He said “Yes.”", "Then he left."),
    ],
)
def test_a_closing_mark_of_any_language_closes_its_own_sentence(sentences: tuple[str, ...]) -> None:
    text = " ".join(sentences)
    assert tuple(text[start:end] for start, end in split_sentences(text)) == sentences


def test_a_model_that_sees_little_gets_short_passages() -> None:
    one = Article(id="a1", title="Ferry", text=NEWS)
    embedder = CharacterEmbedder()
    passages = chunk_articles([one], embedder)[0]
    assert all(len(embedding_text(one, passage)) <= embedder.max_tokens for passage in passages)
    assert "".join("".join(passage.text for passage in passages).split()) == "".join(NEWS.split())


def test_sentences_stay_whole_and_passages_have_about_the_target_size() -> None:
    one = article(NEWS)
    passages = chunk(one)
    starts, ends = {start for start, _ in split_sentences(one.text)}, {end for _, end in split_sentences(one.text)}
    assert all(passage.start in starts and passage.end in ends for passage in passages)
    sizes = [len(passage.text.split()) for passage in passages]
    assert all(60 <= size <= 150 for size in sizes[:-1])


def test_passages_end_at_paragraphs_where_they_can() -> None:
    one = article(NEWS)
    assert all(one.text[passage.end :][:2] in ("\n\n", "") for passage in chunk(one))


def test_a_heading_goes_with_what_it_introduces() -> None:
    text = "\n\n".join([" ".join(SENTENCES[:8]), "What happens next", " ".join(SENTENCES[8:14])])
    assert chunk(article(text))[1].text.startswith("What happens next\n\nThe ferry number 8")


def test_a_tiny_end_joins_the_passage_before_it() -> None:
    text = " ".join(SENTENCES[:7]) + "\n\nThat is all."
    assert [passage.text.endswith("That is all.") for passage in chunk(article(text))] == [True]


def test_joined_characters_are_not_torn() -> None:
    for passage in chunk(article("👨‍👩‍👧‍👦" * 400)):
        assert not passage.text.startswith("\u200d")
        assert not passage.text.endswith("\u200d")
    assert all(passage.text[0] != "\u0301" for passage in chunk(article("x\u0301" * 4000)))


def test_title_and_date_are_put_in_front_for_embedding_only() -> None:
    one = article("The ferry stays.")
    passage = chunk(one)[0]
    assert embedding_text(one, passage) == "Ferry vote (2022-05-25)\nThe ferry stays."
    assert passage.text == "The ferry stays."
    assert len(embedding_prefix(replace(one, title="word " * 500)).encode()) < 200


def test_ids_are_the_same_each_time_and_change_with_what_the_vector_depends_on() -> None:
    one = article(NEWS)
    ids = [passage.id for passage in chunk(one)]
    assert ids == [passage.id for passage in chunk(one)]
    assert len(set(ids)) == len(ids)
    for other in (replace(one, id="a2"), replace(one, title="Other"), replace(one, published=None)):
        assert not set(ids) & {passage.id for passage in chunk(other)}
    changed = chunk(replace(one, text=re.sub("number 59", "number 60", one.text)))
    assert [passage.id for passage in changed][:-1] == ids[:-1]


@pytest.mark.timeout(60)  # a second or two; a pattern that backtracks takes hours
def test_a_line_of_a_million_characters_is_cut_in_time() -> None:
    assert len(chunk(article("x" * 1_000_000))) > 500
    assert len(chunk(article("word, " * 160_000))) > 500
