"""Reports that differ: both figures are quoted, side by side, oldest first."""

from __future__ import annotations

from datetime import date

import pytest

import rag
from rag.answering.extractive.conflicts import other_reports, value_text
from rag.answering.reading.ranking import ScoredSentence
from rag.answering.reading.windows import Window
from rag.schema import Answer, Candidate, Passage, SentenceReading, WindowReading
from rag.text.sentences import Span


def ask(library: rag.Library, question: str) -> Answer:
    return rag.Assistant(library, settings=rag.Settings()).ask(question)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> rag.Library:
    """A count that changed, and a length that two papers agree on."""
    library = rag.Library.open(tmp_path_factory.mktemp("library"))
    library.add(
        [
            rag.Article(
                title="Ferry sinks off Norrvik",
                text="A ferry has sunk off Norrvik in a storm. At least 14 people died, the coast guard said. "
                "The ferry was 92 metres long.",
                published=date(2021, 10, 3),
            ),
            rag.Article(
                title="Inquiry into the Norrvik ferry ends",
                text="The inquiry into the sinking of the Norrvik ferry has ended. In all, 37 people died in the storm "
                "off Norrvik. The ferry, 92 metres long, had left the port too late.",
                published=date(2022, 10, 3),
            ),
        ]
    )
    return library


def test_figures_that_differ_stand_side_by_side_oldest_first(library: rag.Library) -> None:
    answer = ask(library, "How many people died when the ferry sank off Norrvik?")
    (difference,) = answer.differences
    assert [value.split()[0] for value in difference.values] == ["14", "37"]
    assert [citation.published for citation in difference.citations] == [date(2021, 10, 3), date(2022, 10, 3)]


def test_each_value_stands_in_a_quote_of_the_answer(library: rag.Library) -> None:
    answer = ask(library, "How many people died when the ferry sank off Norrvik?")
    (difference,) = answer.differences
    for value, citation in zip(difference.values, difference.citations, strict=True):
        assert value in citation.quote
        assert citation in answer.citations


def test_reports_that_agree_are_no_difference(library: rag.Library) -> None:
    answer = ask(library, "How long was the ferry that sank off Norrvik?")
    assert answer.answered
    assert answer.differences == ()


def test_a_question_that_asks_for_no_figure_has_no_differences(library: rag.Library) -> None:
    assert ask(library, "Who counted the dead of the ferry off Norrvik?").differences == ()


TEXT = (
    "The blast killed 218 people and wounded 7,000. The orbit became 33 minutes shorter, give or take one minute. "
    "The damage is put at 5 billion and more. She won in 2:15:37. She is 23 years old. It rose by $104 billion. "
    "The quake came on 6 February 2023. In all, 14 were killed. The number of dead is put at 99. "
    "It came on 7 March 2023. It came in 2023. Prices rose by 5 per cent. They rose by 9%."
)


def scored(candidate: Candidate, article: str, span: Span, score: float, short: Span) -> ScoredSentence:
    """A sentence with a short answer."""
    window = Window(candidate, article, span[0], 0, (span,))
    read = SentenceReading(0, span[1] - span[0], score, short=(short[0] - span[0], short[1] - span[0], 5.0))
    return ScoredSentence(window, WindowReading(1.0, (read,)), read, 0, span, score)


def pick(short: str, article: str = "a", score: float = 1.0, passage: str = TEXT) -> ScoredSentence:
    """The sentence of TEXT that holds the short answer."""
    start = TEXT.index(short)
    begin = TEXT.rfind(". ", 0, start) + 2 if ". " in TEXT[:start] else 0
    end = TEXT.find(". ", start + len(short)) + 1 or len(TEXT)
    found = Candidate(passage=Passage(article, article, 0, 0, len(TEXT), passage), title="", score=0.5)
    return scored(found, TEXT, (begin, end), score, (start, start + len(short)))


@pytest.mark.parametrize(
    ("short", "value"),
    [
        ("218", "218 people"),
        ("7,000", "7,000"),
        ("33 minutes shorter, give or take one minute", "33 minutes"),
        ("33", "33 minutes"),
        ("5 billion", "5 billion"),
        ("5", "5 billion"),
        ("2:15:37", "2:15:37"),
        ("104 billion", "104 billion"),
        ("104", "$104 billion"),
        ("6 February 2023", "6 February 2023"),
        ("14", "14"),
        ("The blast", ""),
    ],
)
def test_a_value_is_the_figure_with_what_it_counts_word_for_word(short: str, value: str) -> None:
    found = value_text(pick(short))
    assert found == value
    assert found in TEXT


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("218", "14", True),
        ("218", "33", False),  # people and minutes
        ("2:15:37", "23 years old", False),  # a time and an age
        ("5 billion", "104 billion", True),
        ("218", "218", False),
        ("218", "99", True),  # killed, and dead
        ("7,000", "99", False),  # wounded, and dead
        ("6 February 2023", "7 March 2023", True),
        ("6 February 2023", "2023", False),  # the day lies in the year
        ("104 billion", "14", False),  # a sum, and people
    ],
)
def test_figures_differ_when_they_count_the_same_in_other_numbers(one: str, other: str, differ: bool) -> None:
    assert bool(other_reports("How many?", [pick(one), pick(other, "b")])) is differ


def another(short: str, behind: float, passage: str = TEXT) -> ScoredSentence:
    """A sentence of another article, so many log-odds behind."""
    return pick(short, "b", 1.0 - behind, passage)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (another("14", 5.0), True),  # counts the very same
        (another("14", 7.0), False),
        (another("2:15:37", 5.0), False),
        (another("14", 2.0, passage="Rain in Lund."), False),  # about something else
    ],
)
def test_another_figure_is_looked_for_further_down_when_it_counts_the_same(given: ScoredSentence, shown: bool) -> None:
    assert bool(other_reports("How many people did the blast kill?", [pick("218"), given])) is shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The men's race was won in 2:04:11.", True),  # another time for the men
        ("The women's race was won in 2:17:29.", False),
        ("The race was won in 2:04:11.", True),
    ],
)
def test_results_of_women_and_of_men_are_no_reports_that_differ(sentence: str, shown: bool) -> None:
    assert differ("The men's race was won in 2:02:37.", "2:02:37", sentence) is shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [("Maria Holm is 34 years old.", True), ("Per Lind is 45 years old.", False), ("He is 45 years old.", True)],
)
def test_ages_of_two_persons_are_no_reports_that_differ(sentence: str, shown: bool) -> None:
    assert differ("Maria Holm is 33 years old.", "33", sentence) is shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The tremor of 1939 killed 33,000 people.", False),  # another year's
        ("The tremor of this week killed 33,000 people.", True),
        ("Rescuers in Lund counted 33,000 people who were killed.", True),
    ],
)
def test_figures_of_another_years_event_are_no_other_report(sentence: str, shown: bool) -> None:
    assert differ("The tremor of 2023 killed 53,537 people.", "53,537", sentence, "33,000") is shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [("The visit ended on 28 May 2022.", False), ("The visit began on 24 May 2022.", True)],
)
def test_dates_of_the_begin_and_of_the_end_are_no_reports_that_differ(sentence: str, shown: bool) -> None:
    day = "28 May 2022" if "28" in sentence else "24 May 2022"
    assert differ("The visit began on 23 May 2022.", "23 May 2022", sentence, day) is shown


def differ(one: str, short: str, other: str, value: str = "") -> bool:
    """Whether the figures of two sentences, each an article, are shown as differing."""
    texts = {"a": one, "b": other}
    value = value or next(word for word in other.split() if word[0].isdigit()).rstrip(".")
    found = [
        scored(
            Candidate(passage=Passage(name, name, 0, 0, len(text), text), title="", score=0.5), text,
            (0, len(text)), 1.0, (text.index(figure), text.index(figure) + len(figure)),
        )
        for (name, text), figure in zip(texts.items(), (short, value), strict=True)
    ]  # fmt: skip
    return bool(other_reports("How long, or how old?", found))
