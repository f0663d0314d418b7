"""Follow-up questions made to stand alone.

Measured against human rewrites in benchmarks/followup.md. The names here are made up, so that no list of known people,
places or given names helps where it is not meant to.
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


def test_he_and_she_are_whoever_acts_even_by_surname_alone() -> None:
    asked = after("What did Brandvold tell Norsk Hydro?", "In Lyngdal, Brandvold told Norsk Hydro to wait.")
    assert standalone("Why did he wait?", asked) == "Why did Brandvold wait?"


def test_a_pronoun_keeps_meaning_whom_it_meant_before() -> None:
    talk = (
        *after("When was Ada Holm elected?", "In 2019."),
        *after("Whom did she beat?", "Holm beat Rosa Lind."),
        *after("Did she resign?", "Rosa Lind asked for it."),
    )
    assert standalone("Where does she live?", talk) == "Where does Ada Holm live?"


def test_who_is_named_next_is_meant_next() -> None:
    talk = (*after("When was Ada Holm elected?", "In 2019."), *after("Whom did she beat?", "Holm beat Rosa Lind."))
    for name in ("Jane Roe", "Rosa Lind"):
        asked = (*talk, *after(f"What did {name} say?", "That it was fair."))
        assert standalone("Where does she live?", asked) == f"Where does {name} live?"


def test_there_is_where_the_user_said_and_whoever_is_told_something_is_not_the_teller() -> None:
    talk = after("What did Ada Holm do in Lyngdal?", "The judge met Jon Berg. The UN and the EU had asked her to.")
    assert standalone("Whom did she meet there?", talk) == "Whom did Ada Holm meet in Lyngdal?"
    assert standalone("What did Berg tell her?", talk) == "What did Jon Berg tell Ada Holm?"


def test_a_new_subject_leaves_the_old_one_behind() -> None:
    talk = (*after("Who is Ada Holm?", "A judge."), *after("What happened in Lyngdal?", "A bridge fell down."))
    assert standalone("Were there any arrests?", talk) == "Were there any arrests (Lyngdal)?"


def test_a_pronoun_beside_a_name_is_somebody_else() -> None:
    talk = after("What did Jon Berg say about the port?", "Berg called it unsafe. Carl Dahl agreed.")
    assert standalone("Did he meet Berg?", talk) == "Did Carl Dahl meet Jon Berg?"


def test_a_surname_gets_the_given_name_that_was_told() -> None:
    talk = after("Who won the Elbe Prize?", "Ada Holm won it.")
    assert standalone("Where does Holm work?", talk) == "Where does Ada Holm work?"
    both = after("Who won the Elbe Prize?", "Ada Holm and Jon Holm won it.")
    assert standalone("Where does Holm work?", both) == "Where does Holm work?"


def test_saying_it_is_about_what_was_asked() -> None:
    talk = after("What did Brandvold say about pensions?", "Brandvold said they were safe.")
    assert standalone("When did he say it?", talk) == "When did Brandvold say that about pensions?"
    later = (*talk, *after("When did he say it?", "On Monday."))
    assert standalone("What did Jon Berg answer?", later) == "What did Jon Berg answer about pensions?"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Were there any arrests?", "Were there any arrests (Port Elbe)?"),
        ("What happened next?", "What happened next (Port Elbe)?"),
        ("What happened in 2021?", "What happened in 2021 (Port Elbe)?"),
        ("Any other victims?", "Any other victims (Port Elbe)?"),
        ("Who paid for this work?", "Who paid for this work (Port Elbe)?"),
    ],
)
def test_a_question_that_says_too_little_gets_what_the_user_spoke_of(question: str, expected: str) -> None:
    talk = after("Who runs Port Elbe?", "A firm from Lyngdal runs it.")
    assert standalone(question, talk) == expected


def test_what_the_user_named_first_is_known_after_many_turns() -> None:
    talk = after("Who is Ada Holm?", "A judge.")
    for asked in ("Where was she born?", "When was that?", "What did she study?", "Is she married?", "Who taught her?"):
        talk = (*talk, *after(asked, "The articles do not say."))
    assert standalone("How old is she?", (*talk, *talk[2:])) == "How old is Ada Holm?"


@pytest.mark.parametrize(
    "question",
    ["But I have to pay the whole sum within a year anyway", "What about the many homes built on the old harbour?"],
)  # fmt: skip
def test_a_long_remark_is_not_put_in_the_place_of_a_name(question: str) -> None:
    assert standalone(question, after("Who runs Port Elbe?", "A firm.")) == question


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
