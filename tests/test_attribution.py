"""Who said it: by name, by other names, by pronoun, in quotations that go on."""

from __future__ import annotations

import pytest

from rag.answering.verification.attribution import CONTINUED, MENTION, STATEMENT, speaks, statement_scores
from rag.text.names import aliases, names_in, pattern, same_speaker
from rag.text.sentences import split_sentences

TREATY = (
    "The lake treaty was signed in Port Ellery on Monday. "
    "Criticising Canada for the haste, US state department spokesperson Dana Holt said that the text "
    "was “a draft at best”. "
    "“We would have waited for the survey of the fish stocks,” she said. "
    "Canada’s environment minister rejected the charge. "
    "“The survey will come in time,” the minister told reporters. “Nobody has to wait.” "
    "The text asks the US to pay half of the costs. "
    "Fishing villages were not consulted."
)


def scores(text: str, speaker: str) -> dict[str, float]:
    """The score of each sentence by its first three words."""
    sentences = split_sentences(text)
    return {
        " ".join(text[start:end].split()[:3]): score
        for (start, end), score in zip(sentences, statement_scores(text, sentences, speaker), strict=True)
    }


def test_a_spokesperson_speaks_for_the_country() -> None:
    assert scores(TREATY, "US")["Criticising Canada for"] == STATEMENT


def test_a_pronoun_after_the_spokesperson_goes_on_speaking_for_the_country() -> None:
    assert scores(TREATY, "US")["“We would have"] == CONTINUED


def test_being_mentioned_is_not_saying() -> None:
    found = scores(TREATY, "US")
    assert found["The text asks"] == MENTION
    assert found["Canada’s environment minister"] < MENTION
    assert found["Fishing villages were"] == 0


def test_being_criticised_is_not_saying() -> None:
    assert scores(TREATY, "Canada")["Criticising Canada for"] == MENTION


def test_the_minister_named_once_is_known_by_the_office_afterwards() -> None:
    found = scores(TREATY, "Canada")
    assert found["Canada’s environment minister"] == STATEMENT


def test_a_person_named_once_in_full_is_known_by_surname_afterwards() -> None:
    text = "The road is closed, US State Department spokesman Ilan Roth said. It may open soon, Roth added."
    assert scores(text, "United States")["It may open"] == STATEMENT


def test_the_passive_gives_the_statement_to_whoever_stands_behind_by() -> None:
    text = "The plan was condemned by the Norwegian mission. The Norwegian mission was praised by Lund University."
    found = scores(text, "Norwegian mission")
    assert found["The plan was"] == STATEMENT
    assert found["The Norwegian mission"] == MENTION


def test_reported_speech_inside_a_statement_stays_with_the_one_who_reports_it() -> None:
    text = "Spokesman Lee Tan said that the Americans first demanded the talks."
    assert scores(text, "US")["Spokesman Lee Tan"] == MENTION


def test_an_apposition_between_name_and_verb_does_not_hide_the_speaker() -> None:
    text = "Ada Moreau, the director of Harbour Watch, had warned of the flood."
    assert scores(text, "Harbour Watch")["Ada Moreau, the"] == STATEMENT


def test_nouns_that_look_like_verbs_of_saying_are_no_statements() -> None:
    text = "Mayor Quill was met by few promises. He read Quill's remarks aloud."
    assert set(scores(text, "Quill").values()) == {MENTION}


def test_a_quotation_over_several_sentences_belongs_to_its_speaker() -> None:
    text = "“The dam is old. It must be mended before spring,” said engineer Mira Castell. The town agreed."
    found = scores(text, "Mira Castell")
    assert found["“The dam is"] >= CONTINUED
    assert found["It must be"] == STATEMENT
    assert found["The town agreed."] == 0


def test_speaks_looks_outside_quotations_only() -> None:
    assert speaks("The mayor said nothing was lost.")
    assert not speaks("A banner read “they said no” above the gate.")


@pytest.mark.parametrize("form", ["United States", "Washington", "State Department", "White House", "American"])
def test_the_obvious_names_of_the_us_are_its_aliases(form: str) -> None:
    assert form in aliases("US")
    assert same_speaker("U.S.", form)


def test_us_the_country_is_not_us_the_pronoun() -> None:
    assert pattern("US").search("They told us so.") is None
    assert pattern("US").search("The US told them so.")
    assert names_in("what did the us tell us?") == ("US",)


def test_a_person_is_also_found_by_surname_and_a_question_word_is_no_name() -> None:
    assert pattern("Dana Holt").search("Ms Holt left.")
    assert names_in("What did Dana Holt say in Port Ellery?") == ("Dana Holt", "Port Ellery")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I read about Jon Berg. The UN said what?", ("Jon Berg", "UN")),
        ("He met Kim. Ada Holm left.", ("Kim", "Ada Holm")),
        ("Gov. Ada Holm met John F. Berg Jr. in St. Lyngdal.", ("Gov. Ada Holm", "John F. Berg Jr", "St. Lyngdal")),
        ("The U.S. State Department spoke.", ("U.S. State Department",)),
    ],
)
def test_a_name_ends_at_a_full_stop_but_not_at_initials_and_titles(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names
