"""First questions are made from titles, on different things, the most covered event first."""

from __future__ import annotations

from rag.answering.suggestions import suggested_questions


def test_a_statement_about_an_event_becomes_a_question_to_the_speaker() -> None:
    titles = [
        "Bakers win their first Bread Cup",
        'Washington calls the trip "a mistake"',
        "Envoy ends visit to the coast",
    ]
    assert suggested_questions(titles)[0] == "What did the US say about the visit?"


def test_one_event_gives_one_question() -> None:
    titles = ["Moscow rejects the summit", "Brussels praises the summit"]
    assert len([question for question in suggested_questions(titles) if "summit" in question]) == 1


def test_words_before_a_colon_that_are_no_name_are_not_taken_for_a_speaker() -> None:
    assert not any(
        "Minutes" in question for question in suggested_questions(["Minutes before midnight: a report ends"])
    )


def test_a_single_word_before_a_colon_is_no_speaker() -> None:
    titles = ["Live: dockers' strike, day by day", "Correction: the visit to the port"]
    assert not any("say about the" in question for question in suggested_questions(titles))


def test_names_in_titles_are_asked_about_when_nothing_else_fits() -> None:
    assert suggested_questions(["A walk along the river Tamsel"]) == ["What do the articles say about Tamsel?"]


def test_no_titles_no_questions() -> None:
    assert suggested_questions([]) == []


def test_next_questions_are_on_what_was_found_and_not_yet_asked() -> None:
    from rag.answering.suggestions import next_questions
    from rag.schema import Answer, Candidate, Passage

    titles = ["Washington calls the visit a mistake", "Beijing defends the visit", "Spain win their first World Cup"]
    found = tuple(
        Candidate(passage=Passage(f"p{n}", f"a{n}", 0, 0, 1, "x"), title=title) for n, title in enumerate(titles)
    )
    answer = Answer(question="What did the US say about the visit?", text="", answered=True, candidates=found)
    asked = next_questions(answer)
    assert "What do the articles say about World Cup?" in asked
    assert "What did the US say about the visit?" not in asked
    assert len(asked) <= 3
