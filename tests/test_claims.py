"""A text is checked sentence by sentence: said, contradicted or not found, each with the places that show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromas import Chroma

from rag.assistant import Assistant
from rag.cli.app import run
from rag.config import Settings
from rag.errors import QuestionError
from rag.library import Library
from rag.schema import Article
from rag.store.served import SILENT

CORPUS = Path(__file__).resolve().parent.parent / "corpus"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(library=tmp_path_factory.mktemp("claims") / "library")
    with Library.open(settings=settings, one_shot=True) as opened:
        names = ("kiptum-chicago-2023", "us-inflation-june-2022", "ecb-rate-rise-2022")
        opened.add([str(CORPUS / f"{name}.md") for name in names])
        yield opened


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Kelvin Kiptum of Kenya won in Chicago on 8 October 2023 in 2 hours and 35 seconds.", "said"),
        ("Kiptum ran the first half in 60 minutes and 48 seconds.", "said"),
        ("Kiptum ran the first half in 71 minutes and 12 seconds.", "contradicted"),
        (
            "Consumer prices in the United States were 4.2 per cent higher in June 2022.",
            "contradicted",
        ),
        ("The town council of Ellery closed its swimming pool for good.", "not_found"),
    ],
)
def test_each_sentence_gets_its_verdict(library: Library, text: str, verdict: str) -> None:
    (claim,) = Assistant(library, llm="").check(text)
    assert (claim.text, claim.verdict) == (text, verdict)
    assert bool(claim.citations) == (verdict != "not_found")
    for one in claim.citations:
        article = library.article(one.article_id)
        assert article is not None
        assert article.text[one.start : one.end] == one.quote


def test_a_paragraph_is_checked_sentence_by_sentence(library: Library) -> None:
    text = "Kelvin Kiptum won in Chicago. Is that so? He keeps bees on the roof of the harbour office."
    claims = Assistant(library, llm="").check(text)
    assert [one.verdict for one in claims][-1] == "not_found"
    assert len(claims) == 3


def test_a_claim_says_that_the_index_of_meanings_was_away(library: Library, tmp_path: Path, chroma: Chroma) -> None:
    text = "The town council of Ellery closed its swimming pool for good."
    assert Assistant(library, llm="").check(text)[0].note == ""
    with Library.open(settings=Settings(library=tmp_path / "library", chroma=chroma.address)) as opened:
        opened.add([str(CORPUS / "kiptum-chicago-2023.md")])
        chroma.kill()
        (claim,) = Assistant(opened, llm="").check(text)
    assert (claim.verdict, claim.note) == ("not_found", SILENT)


def test_nothing_to_check_is_refused(library: Library) -> None:
    with pytest.raises(QuestionError):
        Assistant(library, llm="").check("   ")


def test_the_command_prints_verdicts_and_tells_by_its_exit_code(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--library", str(library.settings.library)]
    assert run(["check", "Kiptum ran the first half in 60 minutes and 48 seconds.", "--json", *place]) == 0
    (claim,) = json.loads(capsys.readouterr().out)
    assert claim["verdict"] == "said"
    assert run(["check", "The pool of Ellery was closed for good.", *place]) == 4
    assert "not found" in capsys.readouterr().out


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = Settings(library=tmp_path_factory.mktemp("harbour") / "library")
    with Library.open(settings=settings, one_shot=True) as opened:
        opened.add(
            [
                Article(
                    title="Battery set the Halcyon on fire, board finds",
                    text="The fire on the ferry Halcyon began in the battery of a van, the accident board said on "
                    "Friday. A valve of the sprinklers had been closed for repair and was never opened again.\n\n"
                    "Seven people are now known to have died. Varn Lines said it accepted the findings and would equip "
                    "all ferries with heat cameras by 1 June.",
                ),
                Article(
                    title="Toll rises to six",
                    text="The number of dead in the fire on the ferry rose to six on Tuesday. Varn Lines denied that "
                    "the ship had been overloaded.",
                ),
            ]
        )
        yield opened


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Seven people died on the Halcyon.", "said"),  # the "never" of the sentence before it denies something else
        ("Varn Lines accepted the findings.", "said"),
        ("Varn Lines did not accept the findings.", "contradicted"),  # that it denied something else does not say so
    ],
)
def test_a_negation_counts_for_its_own_sentence_and_its_own_matter(harbour: Library, text: str, verdict: str) -> None:
    (claim,) = Assistant(harbour, llm="").check(text)
    assert claim.verdict == verdict
