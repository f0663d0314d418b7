"""Names in texts: which ones there are, and the other obvious names of one country or body."""

from __future__ import annotations

import pytest

from rag.text.aliases import aliases
from rag.text.names import names_in


@pytest.mark.parametrize("form", ["United States", "Washington", "State Department", "White House", "American"])
def test_the_obvious_names_of_the_us_are_its_aliases(form: str) -> None:
    assert form in aliases("US")
    assert form in aliases("U.S.")


def test_us_the_country_is_not_us_the_pronoun() -> None:
    assert names_in("what did the us tell us?") == ("US",)
    assert names_in("They told us so.") == ()


def test_a_person_is_also_found_by_surname_and_a_question_word_is_no_name() -> None:
    assert aliases("Dana Holt") == ("Dana Holt", "Holt")
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
