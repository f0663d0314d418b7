"""The trained reader: finds spans, scores sentences and windows, survives odd input and damaged files."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

import rag
from rag.errors import ModelError
from rag.models import session as module
from rag.models.reader import BuiltinReader, Reader
from rag.schema import WindowReading
from rag.text.sentences import split_sentences

BRIDGE = (
    "The old harbour bridge was closed for repairs in March. Engineers from the county found rust in four of "
    "its cables. It reopened to traffic on 12 September 2021, two weeks late. "
    "Mayor Helen Osei called the delay a nuisance."
)
BAKERY = "The bakery on Mill Lane sells rye bread and plum cake. Its owner, Tomas Brandt, bakes through the night."


@pytest.fixture(scope="module")
def reader() -> Reader:
    return rag.Reader.load()


def test_the_short_answer_is_a_span_of_the_passage(reader: Reader) -> None:
    reading = reader.read("When did the bridge reopen to traffic?", [BRIDGE])[0]
    assert reading.start is not None
    assert "12 September 2021" in BRIDGE[reading.start : reading.end]


def test_the_sentence_that_answers_scores_highest(reader: Reader) -> None:
    reading = reader.read("Who bakes through the night?", [BAKERY])[0]
    start, end, score = max(reading.sentences, key=lambda one: one[2])
    assert "Tomas Brandt" in BAKERY[start:end]
    assert 0 <= score <= 1


def test_a_passage_that_answers_is_surer_than_one_that_does_not(reader: Reader) -> None:
    answers, silent = reader.read("Who is the owner of the bakery?", [BAKERY, BRIDGE])
    assert answers.answerable > 0.5 > silent.answerable


def test_readings_come_in_the_order_of_the_passages_whatever_their_length(reader: Reader) -> None:
    question = "What does the bakery sell?"
    # int8 activations share one scale a batch, so a reading moves a little (.01 seen) with what is read beside it.
    together = reader.read(question, [BRIDGE * 4, BAKERY, "Short."])
    alone = [reader.read(question, [passage])[0] for passage in (BRIDGE * 4, BAKERY, "Short.")]
    assert [one.answerable for one in together] == pytest.approx([one.answerable for one in alone], abs=0.04)


def test_an_answer_far_into_a_long_passage_is_found(reader: Reader) -> None:
    passage = "The council met and talked about parking fees again. " * 120 + BAKERY
    reading = reader.read("Who is the owner of the bakery?", [passage])[0]
    assert reading.start is not None
    assert "Tomas Brandt" in passage[reading.start : reading.end]
    assert len(reading.sentences) == 122


@pytest.mark.parametrize("passage", ["", "   \n", "\u200b"])
def test_a_passage_without_words_answers_nothing(reader: Reader, passage: str) -> None:
    reading = reader.read("Who is the owner?", [passage])[0]
    assert (reading.start, reading.end) == (None, None) or passage.strip()
    assert reading.answerable < 0.5


@pytest.mark.parametrize(
    "question",
    ["owner?", "¿Quién es el dueño de la panadería?", "誰がパンを焼きますか", "who " * 3000, "🙂", "\u202ewho\u202c"],
)
def test_odd_questions_are_read(reader: Reader, question: str) -> None:
    reading = reader.read(question, [BAKERY])[0]
    assert 0 <= reading.answerable <= 1
    assert all(0 <= start < end <= len(BAKERY) for start, end, _ in reading.sentences)


def test_passages_of_5000_words_and_one_endless_word_are_read(reader: Reader) -> None:
    many, endless = "word " * 5000, "x" * 20_000
    for passage, reading in zip((many, endless), reader.read("What is it?", [many, endless]), strict=True):
        assert reading.end is None or reading.end <= len(passage)


def window_of(reader: Reader, question: str, text: str) -> WindowReading:
    assert isinstance(reader, BuiltinReader)
    (read,) = reader.read_windows(question, [text], [""], [split_sentences(text)])
    return read


def test_a_window_is_read_sentence_by_sentence_in_order(reader: Reader) -> None:
    read = window_of(reader, "When did the bridge reopen to traffic?", BRIDGE)
    assert [(one.start, one.end) for one in read.sentences] == list(split_sentences(BRIDGE))
    assert len(read.verdict) == 3
    best = max(read.sentences, key=lambda one: one.evidence)
    assert "12 September 2021" in BRIDGE[best.start : best.end]


def test_every_span_of_a_window_stands_in_its_sentence_or_text(reader: Reader) -> None:
    read = window_of(reader, "Who called the delay a nuisance?", BRIDGE)
    for one in read.sentences:
        assert one.short is not None
        assert one.start <= one.short[0] < one.short[1] <= one.end
    assert read.speaker is not None
    assert 0 <= read.speaker[0] < read.speaker[1] <= len(BRIDGE)


def test_a_window_longer_than_the_network_sees_is_read_in_pieces_and_no_sentence_is_lost(reader: Reader) -> None:
    text = " ".join(f"In year {year} the council met and spoke about parking fees." for year in range(150))
    read = window_of(reader, "Who met?", text)
    assert [(one.start, one.end) for one in read.sentences] == list(split_sentences(text))


def test_a_window_without_words_says_nothing(reader: Reader) -> None:
    read = window_of(reader, "Who met?", "")
    assert (read.sentences, read.answers < 0) == ((), True)


def test_terms_are_looked_for_in_every_turn(reader: Reader) -> None:
    assert isinstance(reader, BuiltinReader)
    turns = ["Who runs the bakery on Mill Lane?", "Tomas Brandt runs it."]
    found = reader.terms(turns, "since when?")
    assert len(found) == 2
    for turn, pieces in zip(turns, found, strict=True):
        assert pieces
        assert all(0 <= start < end <= len(turn) and 0 <= chance <= 1 for start, end, chance in pieces)


def test_readers_of_one_process_are_one_and_a_copy_is_the_same(reader: Reader) -> None:
    assert BuiltinReader.shared() is reader
    assert pickle.loads(pickle.dumps(reader)) is reader


def test_damaged_weights_are_said_with_the_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(module.WEIGHTS, folder)
    with (folder / "reader.onnx").open("r+b") as file:
        file.seek(100_000)
        file.write(b"\0" * 1000)
    monkeypatch.setattr(module, "WEIGHTS", folder)
    with pytest.raises(ModelError, match=r"damaged.*RAG_READER=none"):
        BuiltinReader()


def test_missing_weights_are_said_with_the_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)
    with pytest.raises(ModelError, match="RAG_READER=none"):
        BuiltinReader()


# Other readers by name, with tiny untrained checkpoints made here: shapes and errors, not quality.


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    from transformers import BertConfig, BertForQuestionAnswering, BertForSequenceClassification, BertTokenizerFast

    from rag.models.package import package_folder

    tokenizer = BertTokenizerFast.from_pretrained(str(package_folder()))
    made = {}
    for name, maker, labels in (
        ("qa", BertForQuestionAnswering, 2),
        ("cross", BertForSequenceClassification, 1),
        ("classes", BertForSequenceClassification, 3),
    ):
        config = BertConfig(
            vocab_size=30522,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            num_labels=labels,
        )
        folder = tmp_path_factory.mktemp(name)
        maker(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        made[name] = str(folder)
    return made


def test_a_question_answering_checkpoint_gives_spans(folders: dict[str, str]) -> None:
    reading, long, empty = Reader.load(folders["qa"]).read("Who is the owner?", [BAKERY, " ".join([BRIDGE] * 20), ""])
    assert reading.start is not None
    assert reading.end is not None
    assert 0 <= reading.start < reading.end <= len(BAKERY)
    assert len(reading.sentences) == 2
    assert len(long.sentences) == 80
    assert empty.start is None


def test_a_cross_encoder_scores_passage_and_sentences(folders: dict[str, str]) -> None:
    reading = Reader.load(folders["cross"]).read("Who is the owner?", [BAKERY])[0]
    assert reading.start is None
    assert len(reading.sentences) == 2
    assert 0 <= reading.answerable <= 1


def test_a_classifier_of_several_labels_is_refused(folders: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="3 labels"):
        Reader.load(folders["classes"])


def test_a_name_that_leads_nowhere_names_the_hint(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="RAG_READER=builtin"):
        Reader.load(str(tmp_path))
