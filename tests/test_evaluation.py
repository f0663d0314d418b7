"""Evaluation: data sets in the usual layouts, figures that say what they say, comparisons, probes, reports."""

from __future__ import annotations

import gzip
import json
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ir_measures
import pytest

import rag
from rag.cli.app import run as run_command
from rag.evaluation import measures, pages, plots
from rag.evaluation.advice import advise
from rag.evaluation.cloze import clozes, full_names
from rag.evaluation.comparing import compare
from rag.evaluation.figures import ALL, RIGHT, counts_of, curve_of, figures_of
from rag.evaluation.probes import SWAPPED, make_probes
from rag.evaluation.results import Results, load_earlier, results_of, save
from rag.evaluation.running import Outcome, Quote, Reply, open_index, run
from rag.evaluation.sets import EvalQuestion, every, load_set

BRIDGE = (
    "The bridge over the Tarn at Lindrum was opened by Mayor Ilse Brandt on Saturday. Engineer Tomas Lind said that "
    "the work had taken 31 months. “We have built this bridge for a hundred winters,” said Tomas Lind. Lind was "
    "cheered by the crowd. Lindrum has 14,200 residents, and 8,500 of them crossed on the first day. Brandt said the "
    "toll would be abolished in 2031."
)
ORCHARD = (
    "The orchards of Ostby lost a third of their blossom to frost in April. Grower Mira Castellan said the harvest "
    "would be the smallest since 1998. “Nobody in this valley has seen such a night before,” said Mira Castellan. "
    "Castellan was not insured. The council of Ostby promised 2.4 million crowns to 76 growers."
)
LIGHTHOUSE = (
    "The lighthouse at Cape Orm was lit again after 52 years. Keeper Jonas Vetter climbed its 214 steps with a lamp. "
    "Vetter said that ships had missed it. The lamp of Cape Orm can be seen for 19 miles."
)
TEXTS = {
    "bridge": ("Lindrum opens its bridge over the Tarn", BRIDGE),
    "orchard": ("Frost takes a third of the Ostby blossom", ORCHARD),
    "lighthouse": ("Cape Orm lighthouse shines again", LIGHTHOUSE),
}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "id": "q1",
        "question": "Who opened the bridge at Lindrum?",
        "answers": ["Ilse Brandt"],
        "relevant": [{"article": "bridge"}],
    },
    {
        "id": "q2",
        "question": "How many steps does the lighthouse have?",
        "answers": ["214"],
        "relevant": [{"article": "lighthouse", "score": 0.9}],
    },
    {
        "id": "q3",
        "question": "Who won the chess championship of Peru?",
        "answers": [],
        "answerable": False,
        "relevant": [{"article": "orchard", "score": 0.2}],
    },
)


def write_set(folder: Path) -> Path:
    """A set in our own layout."""
    folder.mkdir()
    articles = [
        {"id": name, "title": title, "text": text, "date": f"2024-05-0{n}"}
        for n, (name, (title, text)) in enumerate(TEXTS.items(), 1)
    ]
    with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in articles)
    (folder / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in QUESTIONS), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plain_settings() -> rag.Settings:
    return rag.load_settings(reader="none", refuse_below=0.15)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, plain_settings: rag.Settings) -> Iterator[rag.Library]:
    """The three articles, read by the plain reader."""
    folder = tmp_path_factory.mktemp("evaluated") / "library"
    with rag.Library.open(folder, settings=plain_settings) as opened:
        opened.add([rag.Article(id=name, title=title, text=text) for name, (title, text) in TEXTS.items()])
        yield opened


def outcome(
    answerable: bool = True,
    *,
    name: str = "q",
    hits: tuple[bool, ...] = (True,),
    quotes: tuple[tuple[str, str], ...] = (),
    confidence: float = 0.5,
    kind: str = "",
) -> Outcome:
    """An outcome made by hand: the answer is "31 months", in the bridge article."""
    asked = EvalQuestion(
        id=name,
        text="How long did it take?",
        relevant={"bridge": 1.0} if answerable else {},
        answers=("31 months",) if answerable else (),
        answerable=answerable,
        kind=kind,
    )
    reply = Reply(
        answered=bool(quotes),
        text=" ".join(text for _, text in quotes) or "The articles do not say.",
        short=None,
        confidence=confidence,
        quotes=tuple(Quote(document, document, text, True) for document, text in quotes),
        tried=tuple(text for _, text in quotes),
        tried_documents=tuple(document for document, _ in quotes),
        model="plain",
    )
    return Outcome(asked=asked, hits=hits, documents=("bridge",), reply=reply, timings={"read": 5.0, "total": 9.0})


# --- data sets


def test_our_json_lines_are_read_and_doubtful_labels_left_out(tmp_path: Path) -> None:
    loaded = load_set(write_set(tmp_path / "town"))
    assert loaded.name == "town"
    assert [one.id for one in loaded.articles] == list(TEXTS)
    assert loaded.articles[0].published == date(2024, 5, 1)
    assert [dict(one.relevant) for one in loaded.questions] == [{"bridge": 1.0}, {"lighthouse": 1.0}, {}]
    assert not loaded.questions[2].answerable


def test_a_beir_folder_keeps_its_grades_and_one_of_two_equal_documents(tmp_path: Path) -> None:
    corpus = [
        {"_id": "a", "title": "", "text": "One text."},
        {"_id": "b", "title": "", "text": "one  text"},
        {"_id": "c", "text": "Other."},
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), encoding="utf-8")
    queries = [{"_id": "1", "text": "one?"}, {"_id": "2", "text": "unjudged?"}]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t2\n1\tc\t0\n", encoding="utf-8")
    loaded = load_set(tmp_path, split="dev")
    assert [one.id for one in loaded.articles] == ["a", "c"]
    assert [(one.id, dict(one.relevant)) for one in loaded.questions] == [("1", {"a": 2.0})]
    with pytest.raises(rag.SourceError, match=r"no judgements for 'test'.*there: dev"):
        load_set(tmp_path)


def test_squad_json_gives_paragraphs_and_its_impossible_questions(tmp_path: Path) -> None:
    answered = {"id": "1", "question": "How long?", "answers": [{"text": "31 months", "answer_start": 0}] * 2}
    impossible = {"id": "2", "question": "How deep?", "answers": [], "is_impossible": True}
    content = {"data": [{"title": "The_bridge", "paragraphs": [{"context": BRIDGE, "qas": [answered, impossible]}]}]}
    (tmp_path / "v2.json").write_text(json.dumps(content), encoding="utf-8")
    loaded = load_set(tmp_path / "v2.json")
    assert [(one.title, one.text) for one in loaded.articles] == [("The bridge", BRIDGE)]
    assert [(one.answers, one.answerable) for one in loaded.questions] == [(("31 months",), True), ((), False)]


def test_rows_with_the_same_context_share_an_article(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "question": f"{n}?", "context": BRIDGE, "answers": [{"text": "31 months"}]} for n in range(2)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    loaded = load_set(tmp_path / "rows.jsonl")
    assert len(loaded.articles) == 1
    assert loaded.questions[0].relevant.keys() == loaded.questions[1].relevant.keys() == {loaded.articles[0].id}


def test_what_is_no_data_set_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(rag.SourceError, match="no data set at"):
        load_set(tmp_path / "missing")
    with pytest.raises(rag.SourceError, match="layout of no known data set"):
        load_set(tmp_path)
    (tmp_path / "bad.jsonl").write_text(
        '{"question": "a?", "context": "b", "answers": []}\nno json\n', encoding="utf-8"
    )
    with pytest.raises(rag.SourceError, match=r"bad\.jsonl, line 2 is not valid JSON"):
        load_set(tmp_path / "bad.jsonl")


def test_a_hit_needs_the_right_document_and_the_answer_as_whole_words() -> None:
    asked = EvalQuestion(id="1", text="?", relevant={"a": 1.0}, answers=("1 month",))
    assert asked.is_hit("a", "It took 1 month.")
    assert not asked.is_hit("a", "It took 31 months.")
    assert not asked.is_hit("b", "It took 1 month.")
    assert EvalQuestion(id="1", text="?", relevant={"a": 1.0}).is_hit("a", "anything")


def test_a_limit_spreads_over_all_questions() -> None:
    questions = [EvalQuestion(id=str(number), text="?") for number in range(10)]
    assert [one.id for one in every(questions, 3)] == ["0", "3", "6"]
    assert len(every(questions, 0)) == 10


# --- measures


def test_ranking_measures_agree_with_trec_eval() -> None:
    rng = random.Random(7)
    for _ in range(30):
        documents = [f"d{number}" for number in range(40)]
        relevant = {name: float(rng.randint(1, 3)) for name in rng.sample(documents, rng.randint(1, 15))}
        ranked = rng.sample(documents, 25)
        qrels = [ir_measures.Qrel("q", name, int(grade)) for name, grade in relevant.items()]
        found = [ir_measures.ScoredDoc("q", name, -rank) for rank, name in enumerate(ranked)]
        wanted = [ir_measures.nDCG @ 10, ir_measures.R @ 10, ir_measures.RR @ 10, ir_measures.AP]
        theirs = ir_measures.calc_aggregate(wanted, qrels, found)
        labels = [int(name in relevant) for name in ranked]
        assert measures.ndcg(ranked, relevant) == pytest.approx(theirs[wanted[0]])
        assert measures.recall(ranked, relevant) == pytest.approx(theirs[wanted[1]])
        assert measures.reciprocal_rank(labels) == pytest.approx(theirs[wanted[2]])


def test_risk_and_coverage_take_equal_confidences_together() -> None:
    points = measures.risk_coverage([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    assert points == [(0.25, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]
    assert measures.area_under(points) == pytest.approx(0.5 / 3 + 0.25 * 0.5)


def test_figures_are_shares_of_the_cases_that_they_are_about() -> None:
    right = outcome(quotes=(("bridge", "It had taken 31 months."), ("orchard", "Frost.")))
    wrong = outcome(name="w", hits=(False, False, True), quotes=(("orchard", "Frost."),))
    silent = outcome(name="s", hits=())
    refused, told = outcome(False, name="r"), outcome(False, name="t", quotes=(("orchard", "Frost."),))
    figures = figures_of([right, wrong, silent, refused, told])[ALL]
    assert figures["hit@1"].value == pytest.approx(1 / 3)
    assert figures["MRR@10"].value == pytest.approx((1 + 1 / 3) / 3)
    assert figures["answered"].value == pytest.approx(2 / 3)
    assert figures[RIGHT].value == figures["citation recall"].value == pytest.approx(1 / 3)
    assert (figures["citation precision"].value, figures["citation precision"].cases) == (pytest.approx(1 / 3), 3)
    assert (figures["refusal recall"].value, figures["refusal precision"].value) == (0.5, 0.5)
    assert figures["balanced accuracy"].value == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_the_curve_counts_an_answer_to_what_cannot_be_answered_as_wrong() -> None:
    sure = outcome(quotes=(("bridge", "31 months"),), confidence=0.9)
    unsure = outcome(False, name="u", quotes=(("orchard", "Frost."),), confidence=0.2)
    assert curve_of([unsure, sure]) == [(0.5, 0.0), (1.0, 0.5)]


# --- comparing


def runs(rights: int, of: int = 120) -> dict[str, dict[str, tuple[float, float]]]:
    """Counts of a run that got the first questions right."""
    hit, miss = outcome(quotes=(("bridge", "31 months"),)), outcome()
    return {str(number): counts_of(hit if number < rights else miss) for number in range(of)}


def test_a_run_is_never_worse_than_itself_and_a_clear_drop_is_seen() -> None:
    assert not any(one.worse or one.better for one in compare(runs(90), runs(90)))
    worse = {one.measure: one for one in compare(runs(90), runs(75))}
    assert worse[RIGHT].worse
    assert worse[RIGHT].high < 0
    assert not worse["hit@1"].worse
    assert next(one for one in compare(runs(75), runs(90)) if one.measure == RIGHT).better


def test_one_question_of_many_is_no_more_than_chance() -> None:
    assert not any(one.worse for one in compare(runs(90), runs(89)))


def test_only_questions_that_both_runs_asked_are_compared() -> None:
    before = runs(120)
    now = {**{name: counts for name, counts in runs(120).items() if int(name) < 40}, "new": counts_of(outcome())}
    answered = next(one for one in compare(before, now) if one.measure == RIGHT)
    assert (answered.cases, answered.now) == (40, 1.0)


# --- running


def test_a_library_is_measured_as_it_answers(library: rag.Library, tmp_path: Path) -> None:
    questions = load_set(write_set(tmp_path / "town")).questions
    first, second, third = run(library, questions)
    assert first.hits[0]
    assert first.documents[0] == "bridge"
    assert first.reply is not None
    assert any(
        "Ilse Brandt" in quote.text and quote.stands and quote.document == "bridge" for quote in first.reply.quotes
    )
    assert second.reply is not None
    assert "214" in second.reply.text
    assert third.reply is not None
    assert not third.reply.answered
    assert third.reply.tried or third.reply.confidence < 0.5
    assert {"encode", "lexical", "dense", "read", "total"} <= set(first.timings)


def test_retrieval_alone_asks_nobody(library: rag.Library, tmp_path: Path) -> None:
    questions = load_set(write_set(tmp_path / "town")).questions
    found = list(run(library, questions, answers=False))
    assert all(one.reply is None for one in found)
    assert "answered" not in figures_of(found)[ALL]
    assert curve_of(found) == []


def test_the_index_of_a_set_is_kept_until_its_articles_change(tmp_path: Path, plain_settings: rag.Settings) -> None:
    loaded = load_set(write_set(tmp_path / "town"))
    for _ in range(2):
        with open_index(loaded, tmp_path / "cache", plain_settings, None) as opened:
            assert (opened.stats().articles, opened.generation) == (3, 1)
    with open_index(replace(loaded, articles=loaded.articles[:1]), tmp_path / "cache", plain_settings, None) as opened:
        assert opened.stats().articles == 1
    assert len(list((tmp_path / "cache").iterdir())) == 2


# --- probes


def test_a_sentence_gives_questions_that_it_answers() -> None:
    figure, who = clozes("Engineer Tomas Lind said that the work had taken 31 months in all.")
    assert (figure.question, figure.answer) == (
        "Engineer Tomas Lind said that the work had taken how many months in all?",
        "31",
    )
    assert (who.question, who.answer) == ("Who said that the work had taken 31 months in all?", "Engineer Tomas Lind")
    (speaker,) = clozes("“We have built this bridge for a hundred winters,” said Tomas Lind.")
    assert (speaker.question, speaker.answer) == (
        "Who said “We have built this bridge for a hundred winters”?",
        "Tomas Lind",
    )
    (name,) = clozes("Ilse Brandt opened the bridge over the Tarn at noon.")
    assert (name.question, name.answer) == ("Who opened the bridge over the Tarn at noon?", "Ilse Brandt")


@pytest.mark.parametrize(
    "sentence",
    [
        "She opened the bridge over the Tarn with 31 guests.",  # who is she?
        "The ferry to Cape Orm takes 12 to 36 hours in winter.",  # two answers
        "It was cold.",
        "Tomas Lind said “yes” and left the bridge.",  # anybody says yes
        "",
    ],
)
def test_a_sentence_that_does_not_stand_alone_gives_none(sentence: str) -> None:
    assert list(clozes(sentence)) == []


def test_full_names_are_those_of_several_words_that_are_no_country() -> None:
    assert full_names("Ilse Brandt met Bong Joon-ho of Ostby in South Korea.") == [
        "Ilse Brandt",
        "Bong Joon-ho of Ostby",
    ]


def test_probes_come_from_the_articles_and_the_same_seed_gives_the_same(library: rag.Library) -> None:
    probes = make_probes(library, 15, seed=3)
    assert probes == make_probes(library, 15, seed=3)
    assert {"title", "number", "speaker", SWAPPED} <= {one.kind for one in probes}
    for one in probes:
        texts = [text for name in one.relevant if (article := library.article(name)) and (text := article.text)]
        assert one.answerable == bool(texts)
        assert all(any(answer in text for text in texts) for answer in one.answers)


def test_an_empty_library_gives_no_probes_but_a_hint(tmp_path: Path, plain_settings: rag.Settings) -> None:
    with (
        rag.Library.open(tmp_path / "empty", settings=plain_settings) as empty,
        pytest.raises(rag.LibraryError, match="rag add"),
    ):
        make_probes(empty, 10)


def test_advice_names_the_setting_that_would_help(library: rag.Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "settings", library.settings.model_copy(update={"refuse_below": 0.5}))
    shy = [outcome(name=f"a{n}", confidence=0.4) for n in range(25)]
    rightly = [outcome(False, name=f"u{n}", confidence=0.1) for n in range(25)]
    advice = advise(shy + rightly, library)
    assert any("RAG_REFUSE_BELOW=0.4 instead of 0.5" in one for one in advice)
    assert any("100% of the articles have no date" in one for one in advice)


def test_advice_is_silent_about_what_is_well(library: rag.Library) -> None:
    good = [outcome(name=f"a{n}", quotes=(("bridge", "31 months"),), confidence=0.9) for n in range(25)]
    advice = advise(good + [outcome(False, name=f"u{n}", confidence=0.1) for n in range(25)], library)
    assert not any("RAG_REFUSE_BELOW" in one or "Search" in one for one in advice)


# --- reports and the command


def made(plain_settings: rag.Settings, *outcomes: Outcome, about: str = "town") -> Results:
    return results_of(
        outcomes, about=about, digest="d", articles=3, settings=plain_settings, advice=("Set <b>this</b>.",)
    )


HOSTILE = "<script>alert(1)</script> [a](http://evil.example) | **bold** \u202e"


def test_reports_show_hostile_text_and_load_nothing(plain_settings: rag.Settings) -> None:
    bad = outcome(quotes=(("orchard", HOSTILE),))
    bad = replace(bad, asked=replace(bad.asked, text=HOSTILE))
    results = made(plain_settings, bad, outcome(False, name="u"), about=HOSTILE)
    page = pages.html(results, compare(runs(90), runs(75)))
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert not any(word in page for word in ("src=", "href=", "@import", "url("))
    assert "default-src 'none'" in page
    assert page.count("<svg") == 3
    text = pages.markdown(results, compare(runs(90), runs(75)))
    assert "<script" not in text.replace("\\<", "")
    assert "](http" not in text
    assert "| answer hit | 0.750 | 0.625 | -0.125 |" in text


def test_a_report_is_named_md_or_html() -> None:
    assert pages.writer_for("a.HTML") is pages.html
    with pytest.raises(rag.SourceError, match=r"\.md or \.html"):
        pages.writer_for("a.pdf")


def test_plots_are_well_formed() -> None:
    drawn = [
        plots.curve([(0.5, 0.0), (1.0, 0.4)], "answered", "wrong <1>", 0.7),
        plots.bars({"read & choose": 12.0}, "ms", second={"read & choose": 30.0}),
        plots.growth({"query": [(1000, 2.0), (100_000, 3.5)]}, "passages", "ms"),
        plots.growth({}, "passages", "ms"),
    ]
    for svg in drawn:
        ElementTree.fromstring(plots.standalone(svg))


def test_results_are_read_back_and_other_files_refused(plain_settings: rag.Settings, tmp_path: Path) -> None:
    results = made(plain_settings, outcome(quotes=(("bridge", "31 months"),)), outcome(False, name="u"))
    save(results, tmp_path / "deep" / "a.json")
    assert load_earlier(tmp_path / "deep" / "a.json").counts == results.counts()
    (tmp_path / "b.json").write_text("[]", encoding="utf-8")
    with pytest.raises(rag.SourceError, match="holds no results"):
        load_earlier(tmp_path / "b.json")


def test_the_command_measures_a_set_and_tells_when_it_got_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_READER", "none")
    data, kept = write_set(tmp_path / "town"), tmp_path / "run.json"
    always = ["eval", str(data), "--cache", str(tmp_path / "cache")]
    assert run_command([*always, "--json", str(kept), "--report", str(tmp_path / "run.html")]) == 0
    assert "answer hit" in capsys.readouterr().out
    assert "<svg" in (tmp_path / "run.html").read_text(encoding="utf-8")
    content = json.loads(kept.read_text(encoding="utf-8"))
    assert content["figures"]["all"]["hit@1"] == {"value": 1.0, "cases": 2}
    assert run_command([*always, "--retrieval-only", "--compare", str(kept)]) == 0
    better = [
        {**one, "id": f"{one['id']}", "counts": {"nDCG@10": [1.0, 1.0], "hit@1": [5.0, 1.0]}}
        for one in content["questions"]
    ]
    kept.write_text(json.dumps({**content, "questions": better}), encoding="utf-8")
    assert run_command([*always, "--retrieval-only", "--compare", str(kept)]) == 5
    assert "worse" in capsys.readouterr().out


def test_the_command_needs_a_set_or_my_articles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["eval"]) == 2
    assert "--my-articles" in capsys.readouterr().err
    assert run_command(["eval", str(tmp_path / "missing")]) == 1
    assert "no data set" in capsys.readouterr().err


def test_the_command_asks_about_my_articles(
    library: rag.Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_READER", "none")
    folder = str(library.settings.library)
    assert run_command(["--library", folder, "eval", "--my-articles", "--limit", "5"]) == 0
    out = capsys.readouterr().out
    assert "quote accuracy" in out
    assert "What to change" in out
