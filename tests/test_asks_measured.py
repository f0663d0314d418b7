"""benchmarks/asks measures what it says: hand-made answers against hand-made labels. No models."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.asks import __main__ as command
from benchmarks.asks.figures import sum_up
from benchmarks.asks.judging import Judged, is_heading, judge, judge_short, same_sentence
from benchmarks.asks.questions import Ask, behind_others, conversations, read_articles, read_asks
from benchmarks.asks.report import page
from rag import Answer
from rag.schema import AnswerSentence

DEEPENED = "The harbour of Lindrum was deepened to 14 metres in May."
COST = "The work cost 30 million crowns, twice what was planned."
COUNCIL = "The council voted for it by seven to two."
WEATHER = "It rained all week in the hills behind the town."


def asked(kind: str = "fact", *, answerable: bool = True, why: str = "", opening: str = "", short: str = "") -> Ask:
    return Ask(
        id=f"{kind}-{why}",
        article="a",
        kind=kind,
        question="How deep?",
        answerable=answerable,
        answers=(DEEPENED, COST) if answerable else (),
        others=(COUNCIL,),
        short=short,
        why=why,
        opening=opening,
        verdict="yes" if kind == "yesno" else "",
    )


def answer(*shown: str, short: str | None = None, confidence: float = 0.5) -> Answer:
    sentences = tuple(AnswerSentence(one, (), 1.0, True) for one in shown)
    text = " ".join(shown) or "The articles do not say."
    return Answer(question="", text=text, answered=bool(shown), sentences=sentences, short=short, confidence=confidence)


def test_a_shown_set_is_measured_by_its_sentences_and_context_counts_for_nothing_lost() -> None:
    judged = judge(asked(), answer(COUNCIL, DEEPENED, WEATHER))
    assert (judged.held, judged.first) == (True, False)  # what stands before is no first sentence of an answer
    assert judged.precision == pytest.approx(2 / 3)
    assert judged.recall == pytest.approx(1 / 2)
    assert judged.f1 == pytest.approx(4 / 7)


def test_a_refusal_holds_nothing_whatever_it_carries() -> None:
    judged = judge(asked(short="14 metres"), Answer(question="", text="", answered=False, short="14 metres"))
    assert (judged.held, judged.precision, judged.recall, judged.f1, judged.short) == (False, 0.0, 0.0, 0.0, "missed")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (DEEPENED, f"Lindrum, Tuesday: {DEEPENED}", True),
        (DEEPENED, DEEPENED.removesuffix(" in May."), True),
        (DEEPENED, COST, False),
        ("Yes.", "yes", True),
        ("It cost.", "It cost a lot.", False),  # two words are too few to tell
        ("", "", False),
    ],
)
def test_sentences_are_one_however_they_were_cut(one: str, other: str, same: bool) -> None:
    assert same_sentence(one, other) is same_sentence(other, one) is same


@pytest.mark.parametrize(
    ("given", "wanted", "judgement"),
    [
        ("14 metres", "14 metres in May", "right"),
        ("to 14 metres", "14 metres", "right"),
        ("seven", "14 metres", "wrong"),
        ("seven", "", "wrong"),
        ("", "14 metres", "missed"),
        ("", "", "rightly none"),
    ],
)
def test_a_short_answer_is_right_wrong_missed_or_rightly_none(given: str, wanted: str, judgement: str) -> None:
    assert judge_short(given, wanted) == judgement


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("Read more: how the harbour was deepened", True),
        ("A long winter in Lindrum", True),
        (DEEPENED, False),
        ("“It will do,” she said, “for now”", False),
        ("- 14 metres at low tide", False),
        ("2. Lindrum to Aven", False),
        ("Lindrum | 14 | 3", False),
        ("Depth: 14 metres", False),
    ],
)
def test_lines_that_end_as_no_sentence_and_are_no_rows_are_headings(line: str, heading: bool) -> None:
    assert is_heading(line) is heading


def test_headings_are_counted_unless_a_label_says_that_the_line_answers() -> None:
    one = Ask(
        id="1", article="a", kind="fact", question="?", answerable=True, answers=("Lindrum Harbour Works Limited",)
    )
    judged = judge(one, answer("Lindrum Harbour Works Limited", "Read more about the harbour", DEEPENED))
    assert (judged.headings, judged.shown) == (1, 3)


def test_near_misses_are_balanced_against_answered_questions_and_told_by_reason() -> None:
    judged = [
        judge(asked(), answer(DEEPENED)),
        judge(asked(), answer()),
        judge(asked("none", answerable=False, why="other_time"), answer()),
        judge(asked("none", answerable=False, why="other_time"), answer(WEATHER)),
        judge(asked("none", answerable=False, why="not_stated"), answer()),
    ]
    figures = sum_up(judged)
    assert (figures.single.answered, figures.refused) == (0.5, pytest.approx(2 / 3))
    assert figures.balanced == pytest.approx((0.5 + 2 / 3) / 2)
    assert figures.refused_by_reason == {"other_time": (0.5, 2), "not_stated": (1.0, 1)}
    assert figures.single.precision == 1.0  # of those answered
    assert figures.single.questions == 2


def test_calibration_is_measured_over_answered_questions_and_near_misses_but_no_follow_ups() -> None:
    judged = [
        judge(asked(), answer(DEEPENED, confidence=0.95)),
        judge(asked(), answer(WEATHER, confidence=0.91)),
        judge(asked("none", answerable=False, why="x"), answer(WEATHER, confidence=0.31)),
        judge(asked(), answer(confidence=0.1)),
        judge(asked("follow", opening="Why?"), answer(DEEPENED, confidence=0.5)),
        judge(asked(), answer(DEEPENED, confidence=1.0)),
    ]
    figures = sum_up(judged)
    sure, unsure = figures.bins[9], figures.bins[3]
    assert sure is not None
    assert unsure is not None
    assert (sure.answers, sure.right) == (3, pytest.approx(2 / 3))
    assert sum(one.answers for one in figures.bins if one) == 4
    assert figures.ece == pytest.approx((3 * abs(sure.confidence - 2 / 3) + 0.31) / 4)


def test_an_answer_with_more_strange_sentences_than_good_ones_is_not_right() -> None:
    assert judge(asked(), answer(DEEPENED, WEATHER)).right
    assert not judge(asked(), answer(DEEPENED, WEATHER, "The band played until dusk.")).right


def test_follow_ups_are_asked_in_their_conversation_with_the_answers_that_were_given() -> None:
    class Recording:
        """Answers each question by its number."""

        def __init__(self) -> None:
            self.heard: list[tuple[str, list[tuple[str, str]]]] = []

        def ask(self, question: str, history: list[tuple[str, str]] | None = None) -> Answer:
            self.heard.append((question, list(history or [])))
            return answer(f"Answer {len(self.heard)} is given here.")

    first, second = (
        Ask(id=name, article="a", kind="follow", question=name, answerable=True, opening="Why?") for name in ("b", "c")
    )
    assistant = Recording()
    judged = list(command.ask_all(assistant, [first, asked(), second]))  # type: ignore[arg-type]
    said = [("user", "Why?"), ("assistant", "Answer 1 is given here.")]
    more = [("user", "b"), ("assistant", "Answer 2 is given here.")]
    assert assistant.heard == [("Why?", []), ("b", said), ("c", said + more), ("How deep?", [])]
    assert [one.ask.id for one in judged] == ["b", "c", "fact-"]


def test_every_third_question_that_stands_alone_is_asked_again_behind_others() -> None:
    class Answering:
        """Answers well, but for a question that is asked in a conversation."""

        def ask(self, question: str, history: list[tuple[str, str]] | None = None) -> Answer:
            return answer(WEATHER if history else DEEPENED)

    asks = [replace(asked(), id=str(n), article=f"a{n}") for n in range(6)]
    asks.append(replace(asked("none", answerable=False), id="6", article="a6"))
    judged = list(command.ask_all(Answering(), asks))  # type: ignore[arg-type]
    assert [one.ask.id for one in judged if one.behind] == ["0", "3", "6"]
    figures = sum_up(judged)
    assert (figures.single.questions, figures.behind.questions, figures.near_misses) == (6, 2, 1)
    assert (figures.single.held, figures.alone.held, figures.behind.held) == (1.0, 1.0, 0.0)
    assert figures.refused_behind == (0.0, 0.0)
    assert "behind others: held; alone | 0.000; 1.000" in page({"own": figures}, "made here")


def test_questions_behind_others_are_about_another_article() -> None:
    asks = [replace(asked(), id=str(n), article=f"a{n % 2}") for n in range(7)]
    found = behind_others(asks)
    assert len(found) == 3
    assert all(len(others) == 3 and all(other.article != one.article for other in others) for one, others in found)
    assert behind_others(asks) == found


def test_labels_become_the_words_of_both_articles(tmp_path: Path) -> None:
    articles, questions = tmp_path / "articles.jsonl.gz", tmp_path / "questions.jsonl"
    rows = [
        {"id": "a", "title": "Harbour", "text": f"{DEEPENED} {COUNCIL}"},
        {"id": "b", "title": "Cost", "text": COST},
    ]
    with gzip.open(articles, "wt", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, rows)))
    end = len(DEEPENED)
    row = {"id": "1", "article": "a", "kind": "compare", "question": "?", "answerable": True, "ans": [[0, end]]}
    row |= {"ok": [[end + 1, end + 1 + len(COUNCIL)]], "also_in": {"article": "b", "ans": [[0, len(COST)]]}}
    questions.write_text(json.dumps(row) + "\n", encoding="utf-8")
    _, texts = read_articles(articles)
    (one,) = read_asks(questions, texts)
    assert (one.answers, one.others, one.may_open) == ((DEEPENED, COST), (COUNCIL,), (COUNCIL,))


def test_the_own_set_is_whole_and_its_labels_stand_in_its_articles() -> None:
    given, texts = read_articles(command.OWN[0])
    asks = read_asks(command.OWN[1], texts)
    assert len(given) == len(texts)
    assert sum(map(len, conversations(asks))) == len(asks) == len({one.id for one in asks}) == 395
    for one in asks:
        assert bool(one.answers) is one.answerable, one.id
        assert all(sentence.strip() for sentence in one.answers + one.others), one.id
        assert not one.short or any(one.short in sentence for sentence in one.answers), one.id
        assert bool(one.why) is (one.kind == "none"), one.id
        assert bool(one.opening) is (one.kind == "follow"), one.id


def test_the_page_sets_several_sets_side_by_side() -> None:
    def one(confidence: float) -> list[Judged]:
        near = judge(asked("none", answerable=False, why="other_time"), answer())
        return [judge(asked("yesno"), answer(DEEPENED, confidence=confidence), 12.0), near]

    written = page({"dev": sum_up(one(0.95)), "own": sum_up(one(0.05))}, "Made today.")
    assert "|  | dev | own |" in written
    assert "| held | 1.000 | 1.000 |" in written
    assert "| other_time | 1.000 (1) | 1.000 (1) |" in written
    assert "| ece | 0.050 | 0.950 |" in written
    assert "| 0.9 to 1.0 | 1 | 0.950 | 1.000 | 0 | - | - |" in written


def test_a_file_without_its_questions_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["articles.jsonl"])
    assert "pairs" in capsys.readouterr().err
