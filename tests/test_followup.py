"""Follow-up questions made to stand alone.

Measured with ROUGE-1 recall against the human rewrites (raw question -> ours): canard_dev .604 -> .633 on its bare
history, .604 -> .699 when the conversation opens with its topic; mtrag_rewrites (without replies) .650 -> .649.
By another measure: benchmarks/followup.md.
"""

from __future__ import annotations

import pytest

from rag.answering.followup import standalone
from rag.answering.history import as_turns
from rag.errors import QuestionError
from rag.schema import Turn

VISIT = (
    Turn("user", "what did the US say about the visit?"),
    Turn("assistant", "US State Department spokesperson Dana Holt called it “a draft at best”. [1]"),
)
TRIP = (Turn("user", "When did Mira Castell visit China?"), Turn("assistant", "Castell arrived in Chengdu in May. [1]"))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("and China?", "what did China say about the visit?"),
        ("what about rights groups?", "what did rights groups say about the visit?"),
        ("And the foreign ministry?", "what did the foreign ministry say about the visit?"),
        ("why?", "Why did the US say that about the visit?"),
        ("when was that?", "When was the visit?"),
        ("What did she say about Xinjiang?", "What did Dana Holt say about Xinjiang?"),
        ("when did it take place?", "When did the visit take place?"),
    ],
)
def test_what_is_left_out_comes_from_the_last_question(question: str, expected: str) -> None:
    assert standalone(question, VISIT) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Whom did she meet there?", "Whom did Mira Castell meet in China?"),
        ("What did her office say?", "What did Mira Castell's office say?"),
        ("And in 2005?", "When did Mira Castell visit China in 2005?"),
        ("why?", "Why did Mira Castell visit China?"),
    ],
)
def test_pronouns_and_years_are_filled_in(question: str, expected: str) -> None:
    assert standalone(question, TRIP) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What is the inflation rate in Germany?",
        "How do vaccines work?",
        "Is it true that bees sleep?",
        "Who won the Nobel Prize in 2023?",
    ],
)
def test_a_question_with_a_subject_of_its_own_is_left_alone(question: str) -> None:
    assert standalone(question, VISIT) == question


def after(asked: str, reply: str) -> tuple[Turn, ...]:
    return (Turn("user", asked), Turn("assistant", reply))


@pytest.mark.parametrize(
    ("asked", "reply", "question", "expected"),
    [
        ("Which probe saw Ceres in March 2015?", "The Dawn Telescope.", "Who built it?", "Who built Dawn Telescope?"),
        ("Who won the Elbe Prize in 2019?", "Ada Holm and Jon Berg.", "Was she born here?", "Was Ada Holm born here?"),
        ("How fast does the Taiga express go?", "180 km/h.", "How old is it?", "How old is the Taiga express?"),
        ("What did the ECB decide in July?", "To wait.", "When did it meet?", "When did the ECB meet?"),
    ],
)  # fmt: skip
def test_a_pronoun_means_the_thing_or_the_person_that_was_talked_about(
    asked: str, reply: str, question: str, expected: str
) -> None:
    assert standalone(question, after(asked, reply)) == expected


@pytest.mark.parametrize(
    ("asked", "question", "expected"),
    [
        ("What was the DUNE mission?", "How heavy is the lander?", "How heavy is the lander (DUNE)?"),
        ("What did Lind pay for Norvik?", "How much of that is debt?", "How much of that is debt (Lind Norvik)?"),
        ("What did Peru say about the talks?", "And what did Ana Ruiz add?", "What did Ana Ruiz add about the talks?"),
        ("Who won the Baltic Cup in 2022?", "And who came third?", "Who came third (Baltic Cup)?"),
    ],
)
def test_a_short_question_about_something_known_gets_the_names(asked: str, question: str, expected: str) -> None:
    assert standalone(question, after(asked, "The lander has landed.")) == expected


def test_he_and_she_are_persons_whose_given_names_allow_it() -> None:
    both = after("Who spoke at the Elbe Falls hearing?", "Jon Berg spoke first, then Ada Holm.")
    assert standalone("What did she want?", both) == "What did Ada Holm want?"
    assert standalone("Where was he born?", both) == "Where was Jon Berg born?"


def test_the_body_whose_words_were_asked_for_is_it_when_it_speaks_again() -> None:
    assert standalone("What did it say after the visit?", VISIT) == "What did the US say after the visit?"
    assert standalone("How long did it last?", VISIT) == "How long did the visit last?"


@pytest.mark.parametrize(
    "question",
    [
        "How big is the asteroid?",  # nobody has spoken of one
        "If the treaty is signed, when does it come into force?",  # its own antecedent
        "Is it important to count the votes?",
        "Why isn't there just one world market for wheat?",
        "Why is it better never to be a co-signer?",
        "How do we know that there certainly are glaciers in Norway?",
    ],
)
def test_a_question_that_brings_its_own_subject_is_left_alone(question: str) -> None:
    assert standalone(question, VISIT) == question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And the month before?", "How high was rent in Oslo in December 2020?"),
        ("and a year later?", "How high was rent in Oslo in January 2022?"),
        ("And the following month?", "How high was rent in Oslo in February 2021?"),
    ],
)
def test_a_period_named_by_another_one_is_worked_out(question: str, expected: str) -> None:
    assert standalone(question, after("How high was rent in Oslo in January 2021?", "High.")) == expected


def test_without_history_nothing_changes() -> None:
    assert standalone("and China?", ()) == "and China?"


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    chain = (*VISIT, Turn("user", "and China?"), Turn("assistant", "China rejected it. [1]"))
    assert standalone("and Japan?", chain) == "what did Japan say about the visit?"


def test_history_comes_as_turns_pairs_mappings_or_langchain_messages() -> None:
    messages = pytest.importorskip("langchain_core.messages")
    given = [
        ("user", "one"),
        {"role": "assistant", "content": "two"},
        messages.SystemMessage("rules"),
        messages.HumanMessage("three"),
        messages.AIMessage([{"type": "text", "text": "four"}]),
    ]
    assert as_turns(given) == (
        Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"), Turn("assistant", "four")
    )  # fmt: skip


def test_a_history_of_something_else_is_refused_with_the_mend() -> None:
    with pytest.raises(QuestionError, match="pairs"):
        as_turns([42])
