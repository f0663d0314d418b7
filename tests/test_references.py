"""Cited articles as RIS, BibTeX and CSL-JSON: each once, and hostile titles stay text."""

from __future__ import annotations

import json
from datetime import date

from rag.export.references import references, to_bibtex, to_csl, to_ris
from rag.schema import Citation


def cited(article: str, title: str, **more: object) -> Citation:
    return Citation(number=1, article_id=article, title=title, start=0, end=1, quote="x", **more)  # type: ignore[arg-type]


FIRST = cited("a", "Board approves {barrier} & more\nER  - ", publisher="Vellmar Post", published=date(2024, 3, 5))
SECOND = cited("b", "Eels", url="https://example.com/eels")


def test_an_article_stands_once_in_the_order_of_its_citation() -> None:
    made = references([FIRST, SECOND, FIRST], {"a": "Ada Holm"})
    assert [one.key for one in made] == ["vellmarpost2024-1", "eels-2"]
    assert made[0].author == "Ada Holm"


def test_ris_has_a_record_for_each_and_no_title_can_end_one() -> None:
    text = to_ris(references([FIRST, SECOND]))
    assert [line for line in text.split("\r\n") if line == "ER  - "] == ["ER  - "] * 2
    assert "DA  - 2024/03/05" in text
    assert "T2  - Vellmar Post" in text


def test_bibtex_escapes_what_it_would_read() -> None:
    text = to_bibtex(references([FIRST]))
    assert r"title = {{Board approves \{barrier\} \& more ER -}}" in text
    assert text.count("@article") == 1


def test_csl_is_json_with_the_date_in_parts() -> None:
    first, second = json.loads(to_csl(references([FIRST, SECOND])))
    assert first["issued"] == {"date-parts": [[2024, 3, 5]]}
    assert first["container-title"] == "Vellmar Post"
    assert second["URL"] == "https://example.com/eels"
    assert "issued" not in second
