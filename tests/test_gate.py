"""The quality gate counts what it says it counts, and its floors can only fall with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.gate import __main__ as gate
from benchmarks.gate.asking import GateQuestion, Outcome, Quote, ask_all, holds, load_questions, sample_of
from benchmarks.gate.floors import (
    Floors,
    broken,
    changed,
    fingerprint,
    floor_of,
    kept_or_raised,
    load_floors,
    lowerings,
)
from benchmarks.gate.measures import ALL, Figure, measure
from benchmarks.gate.report import markdown, save_json
from rag import Library, load_settings

HARBOUR = """---
title: "Harbour of Lindrum deepened"
publisher: "Coast Letter"
published: 2023-04-02
---

The harbour of Lindrum was deepened to 14 metres in March 2023. Engineer Ada Holm led the work, which took 21 weeks.
"""


def question(
    kind: str = "answerable", *answers: str, articles: tuple[str, ...] = ("a.md",), name: str = "q"
) -> GateQuestion:
    return GateQuestion(name, kind, "How deep is it?", (), answers, articles if answers else (), bool(answers))


def outcome(asked: GateQuestion, *quotes: tuple[str, str], verbatim: bool = True, retrieved: bool = True) -> Outcome:
    cited = tuple(Quote(article, text) for article, text in quotes)
    return Outcome(asked, asked.question, bool(quotes), "", cited, 0.5, verbatim, retrieved, "plain")


def test_one_accepted_answer_is_enough_in_any_case_and_spacing() -> None:
    assert holds(question("date", "May 2022", "in spring"), ["It came in  MAY\n2022."])
    assert not holds(question("date", "May 2022", "in spring"), ["It came in June."])


def test_where_reports_differ_every_figure_must_be_given() -> None:
    differing = question("conflict", "12 dead", "19 dead")
    assert not holds(differing, ["First 12 dead were counted."])
    assert holds(differing, ["First 12 dead were counted.", "Later 19 dead were counted."])


def test_figures_are_shares_of_the_cases_that_they_are_about() -> None:
    right, wrong, silent = (question("answerable", "14 metres") for _ in range(3))
    unsaid = [question("unanswerable", name=str(number)) for number in range(2)]
    figures = measure(
        [
            outcome(right, ("a.md", "It is 14 metres deep."), ("b.md", "It is old.")),
            outcome(wrong, ("b.md", "It is 9 metres deep."), retrieved=False),
            outcome(silent),
            outcome(unsaid[0]),
            outcome(unsaid[1], ("a.md", "It is 14 metres deep."), verbatim=False),
        ]
    )
    everything = figures[ALL]
    assert everything["answered"] == Figure(pytest.approx(2 / 3), 3)
    assert everything["answer_hit"] == Figure(pytest.approx(1 / 3), 3)
    assert everything["article_hit"] == Figure(pytest.approx(1 / 3), 3)
    assert everything["citation_precision"] == Figure(pytest.approx(1 / 3), 3)
    assert everything["hit_at_8"] == Figure(pytest.approx(2 / 3), 3)
    assert everything["refusal_recall"] == Figure(0.5, 2)
    assert everything["refusal_precision"] == Figure(0.5, 2)
    assert everything["balanced_accuracy"].value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert everything["verbatim"] == Figure(0.8, 5)
    assert "answer_hit" not in figures["unanswerable"]
    assert "refusal_recall" not in figures["answerable"]


def test_a_floor_leaves_two_points_or_one_case_and_none_for_the_invariant() -> None:
    assert floor_of("answer_hit", Figure(0.9, 200)) == pytest.approx(0.88)
    assert floor_of("answer_hit", Figure(0.75, 12)) == pytest.approx(0.666)
    assert floor_of("answer_hit", Figure(0.0, 12)) == 0.0
    assert floor_of("verbatim", Figure(1.0, 12)) == 1.0


def test_a_figure_under_its_floor_and_a_figure_that_is_gone_are_told() -> None:
    floors = Floors(values={"date": {"answer_hit": 0.8, "answered": 0.8}})
    assert broken(floors, {"date": {"answer_hit": Figure(0.8, 10), "answered": Figure(0.9, 10)}}) == []
    lines = broken(floors, {"date": {"answer_hit": Figure(0.79, 10)}})
    assert lines == [
        "date/answer_hit: 0.790 is under the floor of 0.800",
        "date/answered: not measured, the floor is 0.800",
    ]


def test_floors_only_rise_without_a_reason() -> None:
    old = Floors(values={"date": {"answer_hit": 0.8, "answered": 0.5}, "gone": {"answered": 0.4}})
    new = {"date": {"answer_hit": 0.7, "answered": 0.6}, "fresh": {"answered": 0.3}}
    assert kept_or_raised(old.values, new) == {
        "date": {"answer_hit": 0.8, "answered": 0.6},
        "fresh": {"answered": 0.3},
        "gone": {"answered": 0.4},
    }
    assert lowerings(old.values, new) == ["date/answer_hit: 0.8 -> 0.7", "gone/answered: 0.4 -> none"]


def test_another_corpus_is_noticed_by_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one")
    first = fingerprint(tmp_path.glob("*.md"))
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    second = fingerprint(tmp_path.glob("*.md"))
    (tmp_path / "b.md").write_text("two")
    assert len({first, second, fingerprint(tmp_path.glob("*.md"))}) == 3
    assert changed(Floors(corpus=first, questions="q"), first, "q") == []
    assert [line.split()[0] for line in changed(Floors(corpus=first, questions="q"), second, "r")] == [
        "corpus/",
        "questions.jsonl",
    ]


def test_a_real_assistant_is_asked_and_its_quotes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    fields = {
        "id": "x-1",
        "kind": "answerable",
        "question": "To how many metres was the harbour of Lindrum deepened?",
        "history": [],
    }
    line = json.dumps(fields | {"answers": ["14 metres"], "articles": ["harbour.md"], "answerable": True})
    (tmp_path / "questions.jsonl").write_text(line + "\n", encoding="utf-8")
    with Library.open(tmp_path / "library", settings=load_settings(reader="none")) as library:
        library.add([tmp_path / "harbour.md"])
        (found,) = ask_all(library, load_questions(tmp_path / "questions.jsonl"))
    assert (found.answered, found.hit, found.article_hit, found.verbatim, found.retrieved) == (True,) * 5
    assert found.reader == "plain"


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """Outcomes that the command line measures instead of asking, and places of its own for what it writes."""
    outcomes = [outcome(question("date", "May", name=str(number)), ("a.md", "In May.")) for number in range(100)]
    monkeypatch.setattr(
        gate, "answer_everything", lambda console, asked: [one for one in outcomes if one.asked in asked]
    )
    monkeypatch.setattr(gate, "load_questions", lambda file: [one.asked for one in outcomes])
    monkeypatch.setattr(gate, "ROOT", tmp_path)
    for name, file in {"FLOORS": "floors.json", "RESULTS": "results.md", "OUTCOMES": "gate.json"}.items():
        monkeypatch.setattr(gate, name, tmp_path / file)
    return outcomes


def miss(outcomes: list[Outcome], count: int) -> None:
    outcomes[:count] = [outcome(one.asked, ("a.md", "In June.")) for one in outcomes[:count]]


def test_the_exit_code_tells_whether_a_floor_broke(measured: list[Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(["--write"]) == 0
    assert gate.main([]) == 0
    miss(measured, 3)
    assert gate.main([]) == 1
    assert "date/answer_hit: 0.970 is under the floor of 0.980" in capsys.readouterr().out


def test_the_sample_is_every_other_question_of_a_kind_with_floors_of_its_own(
    measured: list[Outcome], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = [question(kind, "x", name=str(number)) for number, kind in enumerate(("date", "date", "conflict", "date"))]
    assert [one.id for one in sample_of(kinds)] == ["0", "2", "3"]
    assert gate.main(["--sample"]) == 1
    assert "There are no floors" in capsys.readouterr().out
    gate.main(["--write"])
    assert gate.main(["--sample"]) == 0
    assert load_floors(tmp_path / "floors.json").sample["date"]["answer_hit"] == pytest.approx(0.98)
    assert "50 questions" in capsys.readouterr().out
    miss(measured, 4)
    assert gate.main(["--sample"]) == 1
    assert "date/answer_hit: 0.960 is under the floor of 0.980" in capsys.readouterr().out


def test_writing_keeps_a_broken_floor_unless_there_is_a_reason(measured: list[Outcome], tmp_path: Path) -> None:
    gate.main(["--write"])
    miss(measured, 5)
    assert gate.main(["--write"]) == 1
    assert gate.main(["--write", "--lower", "dates are read more strictly"]) == 0
    floors = load_floors(tmp_path / "floors.json")
    assert floors.values["date"]["answer_hit"] == pytest.approx(0.93)
    assert floors.lowered[0].reason == "dates are read more strictly"
    assert "date/answer_hit: 0.98 -> 0.93" in floors.lowered[0].floors


@pytest.mark.parametrize("arguments", [["--lower", "why not"], ["--write", "--lower", " "]])
def test_lowering_takes_a_reason_and_write(measured: list[Outcome], arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        gate.main(arguments)


def test_reports_hold_every_outcome_and_every_figure(tmp_path: Path) -> None:
    outcomes = [outcome(question("date", "May", name="q7"), ("a.md", "In June."))]
    figures = measure(outcomes)
    save_json(tmp_path / "gate.json", figures, outcomes, 1.0)
    (kept,) = json.loads((tmp_path / "gate.json").read_text())["outcomes"]
    assert (kept["id"], kept["right"], kept["quotes"]) == ("q7", False, [{"article": "a.md", "text": "In June."}])
    values = {kind: dict.fromkeys(own, 0.25) for kind, own in figures.items()}
    page = markdown(figures, Floors(values=values, reader="plain"), {"date": 1, ALL: 1}, 1.0)
    assert "| date | 1 | 1.000 (0.250) | 0.000 (0.250) |" in page
