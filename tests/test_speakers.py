"""Whose words a question asks for, in the many ways to ask; and questions that ask for nobody's words."""

from __future__ import annotations

import pytest

from rag.answering.questions import analyse, asked_speaker


@pytest.mark.parametrize(
    ("question", "speaker"),
    [
        ("What did the transport ministry's Ada Holm say about the tunnel?", "Ada Holm"),
        ("What was Ruiz's verdict on the budget?", "Ruiz"),
        ("What were Ruiz's words about the budget?", "Ruiz"),
        ("What is Ruiz saying about the tunnel?", "Ruiz"),
        ("What did Ruiz blame the delay on?", "Ruiz"),
        ("What did the United States say about the tunnel?", "United States"),
        ("what did the united states say about the tunnel?", "United States"),
        ("What was the reaction of Norway to the budget?", "Norway"),
        ("What substance did the Lund Lions goalkeeper Ada Holm say is no drug?", "Ada Holm"),
        ("What did Norway's transport ministry say about the tunnel?", "Norway's transport ministry"),
    ],
)
def test_the_speaker_is_found(question: str, speaker: str) -> None:
    assert asked_speaker(question) == speaker


@pytest.mark.parametrize(
    "question",
    [
        "What is the new bridge of Norway called?",
        "What is Lumen's answer to Vexa called?",
        "Where was Ruiz when he was told about the prize?",
        "How high was inflation in the United States in June 2021?",
        "How many people were interviewed for the assessment of Northmoor?",
        "Which ministers were accused of fraud?",
        "According to a new poll, how many people want the tunnel?",
        "How many words does a dog know, according to research published in June?",
        "How much did a jury decide Ruiz should pay over his false claims?",
        "According to Ruiz's trainer, what did the horse eat?",
        "Acknowledging the complaint, they have promised a change. What will it be called?",
    ],
)
def test_a_passive_or_a_thing_spoken_about_is_no_speaker(question: str) -> None:
    assert asked_speaker(question) is None


@pytest.mark.parametrize("verb", ["declared", "cautioned", "spoke of a warning", "reminded all", "complained"])
def test_who_said_it_asks_for_a_statement(verb: str) -> None:
    assert analyse(f"Who {verb} that the tunnel leaks?").wants_statement


def test_a_verdict_of_a_speaker_need_not_be_called_a_verdict_in_the_text() -> None:
    weights = analyse("What was Ruiz's verdict on the budget?").weights
    assert weights["verdict"] < weights["budget"]
