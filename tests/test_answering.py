"""Choosing sentences, joining neighbours, refusing: on hand-made readings, without a model."""

from __future__ import annotations

import pytest

from rag.answering.extractive import Draft, draft, merge
from rag.answering.neighbours import block
from rag.answering.offline import answer_part, closest
from rag.answering.questions import analyse, asked_speaker, core, coverage, parts
from rag.answering.ranking import rank
from rag.answering.reading import FIRST, read_within
from rag.answering.refusal import TRAINED, Features, confidence, missing_terms, refusal_text
from rag.answering.statements import TextOf
from rag.schema import Candidate, Passage, Reading
from rag.text.sentences import split_sentences

ARTICLES = {
    "mill": (
        "The tide mill of Port Ellery opened in 1890. It ground rye for the whole valley.\n"
        "“Without the mill there would be no town,” said the archivist Ines Vogt. The wheel was replaced in 1931."
    ),
    "copy": "The tide mill of Port Ellery opened in 1890, records show. Tickets cost four euros.",
    "storm": "A storm closed the harbour on Friday. Nobody was hurt.",
}


def text_of(article_id: str) -> str | None:
    return ARTICLES.get(article_id)


def candidate(article_id: str, score: float = 0.8) -> Candidate:
    text = ARTICLES[article_id]
    return Candidate(
        passage=Passage(f"{article_id}:0", article_id, 0, 0, len(text), text), title=article_id, score=score, dense=0.6
    )


def reading(article_id: str, *scores: float, answerable: float = 0.9, short: str | None = None) -> Reading:
    text = ARTICLES[article_id]
    start = text.index(short) if short else None
    end = start + len(short) if short is not None and start is not None else None
    spans = tuple((a, b, score) for (a, b), score in zip(split_sentences(text), scores, strict=True))
    return Reading(answerable, start, end, spans)


MILL = reading("mill", 0.95, 0.1, 0.1, 0.1, short="1890")
COPY = reading("copy", 0.9, 0.0)


def drafted(question: str, candidates: list[Candidate], readings: list[Reading], texts: TextOf) -> Draft:
    """The draft for a question, its sentences ranked as the offline answer ranks them."""
    asked = analyse(question)
    return draft(asked, rank(asked, candidates, readings, texts), texts)


def test_the_best_sentence_is_quoted_word_for_word_with_its_place() -> None:
    made = drafted("When did the tide mill open?", [candidate("mill")], [MILL], text_of)
    assert [one.text for one in made.sentences] == ["The tide mill of Port Ellery opened in 1890."]
    place = made.sentences[0].citations[0]
    assert ARTICLES["mill"][place.start : place.end] == place.quote == made.sentences[0].text
    assert made.short == "1890"


def test_the_same_fact_in_another_article_is_a_second_citation_not_a_second_sentence() -> None:
    made = drafted("When did the tide mill open?", [candidate("mill"), candidate("copy")], [MILL, COPY], text_of)
    assert len(made.sentences) == 1
    assert [place.article_id for place in made.sentences[0].citations] == ["mill", "copy"]


def test_a_pronoun_brings_the_sentence_with_its_name() -> None:
    rye = reading("mill", 0.1, 0.95, 0.1, 0.1)
    made = drafted("What did the mill grind for the valley?", [candidate("mill")], [rye], text_of)
    assert [one.text for one in made.sentences][:2] == [
        "The tide mill of Port Ellery opened in 1890.", "It ground rye for the whole valley."
    ]  # fmt: skip


def test_nothing_is_quoted_from_an_article_that_changed_since_it_was_found() -> None:
    made = drafted(
        "When did the tide mill open?",
        [candidate("mill")],
        [MILL],
        lambda _: "Now it says more. " + ARTICLES["mill"],
    )
    assert made.sentences == ()
    assert closest([candidate("mill")], lambda _: None) == ()


@pytest.mark.parametrize(
    ("text", "picked", "expected"),
    [
        ("The dam is old, Mira Castell said. “It must go,” she said. Rain fell.", 1, (0, 1)),
        ("“The dam is old. It must go. We know it,” said Mira Castell. Rain fell.", 2, (0, 2)),
        ("Mira Castell added: “The dam is old.” Rain fell.", 0, (0, 0)),
        ("Rain fell on the town. Mira Castell left early.", 1, (1, 1)),
        ("Mira Castell saw the dam. When she stood before it she wept.", 1, (0, 1)),
        ("Rain fell on the town. When it rains, the dam leaks.", 1, (1, 1)),
        ("Rain fell on the town. When she saw it Mira Castell wept.", 1, (1, 1)),
    ],
)
def test_sentences_that_belong_together_stay_together(text: str, picked: int, expected: tuple[int, int]) -> None:
    assert block(text, split_sentences(text), picked) == expected


def test_a_question_about_a_name_that_no_article_holds_is_refused_and_says_so() -> None:
    part = answer_part(
        "When did Ottoline Brask open the tide mill?",
        [candidate("mill")],
        [MILL],
        reader_name="reader",
        refuse_below=0.5,
        text_of=text_of,
        occurs=lambda words: any(word in " ".join(ARTICLES.values()).lower() for word in words),
    )
    assert part.draft.sentences == ()
    assert part.missing == ("Ottoline Brask",)
    assert refusal_text(part.missing) == "The articles do not say. No article mentions “Ottoline Brask”."


def test_a_country_is_not_missing_when_an_article_uses_another_of_its_names() -> None:
    one = Candidate(passage=Passage("x", "x", 0, 0, 28, "Washington rejected the deal."), title="Deal")
    assert missing_terms(analyse("What did the US reject?"), [one], lambda words: False) == ()


def test_confidence_falls_with_missing_names_and_silent_speakers() -> None:
    sure = confidence(Features(0.9, 0.6, 0.9, 0), TRAINED)
    assert sure > 0.5
    assert confidence(Features(0.9, 0.6, 0.9, 1), TRAINED) < sure
    assert confidence(Features(0.9, 0.6, 0.9, 0, silence=1.0), TRAINED) < sure


@pytest.mark.parametrize(
    ("question", "speaker"),
    [
        ("what did the US say about the visit?", "US"),
        ("what does the us think of it?", "US"),
        ("What is China's position on fishing?", "China"),
        ("how did the foreign ministry describe the visit?", "Foreign Ministry"),
        ("what was the reaction of rights groups to the trip?", "rights groups"),
        ("What percentage live alone, according to analysis by The Valley Post?", "Valley Post"),
        ("When did the mill open?", None),
        ("What did it say?", None),
    ],
)
def test_the_speaker_asked_for_is_found_in_the_question(question: str, speaker: str | None) -> None:
    assert asked_speaker(question) == speaker


def test_two_questions_in_one_are_taken_apart() -> None:
    assert parts("When did she arrive and whom did she meet?") == ("When did she arrive?", "whom did she meet?")
    assert parts("What did bread and butter cost?") == ("What did bread and butter cost?",)


def test_a_question_in_a_long_text_is_the_sentence_that_asks() -> None:
    assert core("Blah blah blah. " * 100 + "When did the mill open?") == "When did the mill open?"
    assert len(core("x" * 10_000)) <= 600


def test_coverage_takes_another_name_of_a_country_for_the_name() -> None:
    asked = analyse("How large is the US deficit?")
    assert coverage(asked, "The American deficit is large.") == pytest.approx(1.0)
    assert coverage(asked, "The deficit is large.") < 0.6


def test_merged_parts_quote_a_shared_sentence_once() -> None:
    made = drafted("When did the tide mill open?", [candidate("mill")], [MILL], text_of)
    assert len(merge([made, made]).sentences) == 1


def test_reading_stops_at_the_budget_but_reads_the_first_ones() -> None:
    class Slow:
        name = "slow"

        def read(self, question: str, passages: list[str], *, titles: list[str] | None = None) -> list[Reading]:
            ticks.append(ticks[-1] + 0.1 * len(passages))
            return [Reading(0.5) for _ in passages]

    ticks = [0.0]
    readings = read_within(Slow(), "?", [candidate("storm")] * 20, 1000, clock=lambda: ticks[-1])  # type: ignore[arg-type]
    assert [one is None for one in readings] == [False] * (FIRST + 2) + [True] * (10 - FIRST + 8)
