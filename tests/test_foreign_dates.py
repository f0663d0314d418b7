"""Stated dates whose month is written in another language."""

from __future__ import annotations

from datetime import date

import pytest

from rag.text.foreign_dates import stated_date


@pytest.mark.parametrize(
    "text",
    [
        "9. Februar 2026 Montag", "Mo, 9. Feb. 2026 18:00", "lundi 9 février 2026", "9 de febrero de 2026",
        "9 lutego 2026", "9 febbraio 2026", "9 februari 2026", "9. února 2026", "February 9, 2026", "2026-02-09",
    ],
)  # fmt: skip
def test_a_stated_date_is_read_in_the_language_of_its_month(text: str) -> None:
    assert stated_date(text) == date(2026, 2, 9)


def test_the_first_of_a_month_has_forms_of_its_own() -> None:
    assert stated_date("1er mars 2026") == stated_date("1º de marzo de 2026") == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["", "3/4/2026", "31 juin 2026", "9 listopad", "Februar 2026", "9 wagons 2026"])
def test_what_is_no_sure_date_is_none(text: str) -> None:
    assert stated_date(text) is None
