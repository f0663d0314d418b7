"""Bytes to text: the right letters, or a remark that the encoding was guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from embedders import DIMENSION, HashEmbedder

from rag.errors import SourceError
from rag.ingest.files import parse_file
from rag.ingest.pipeline import add_sources
from rag.store.store import Store
from rag.text.encoding import read_text

CASES = Path(__file__).parent / "data" / "cases" / "encodings"
SAMPLES = {
    "pl": ("We wtorek otwarto linię tramwajową, którą budowano trzy lata. Prezydent miasta Żaneta Gęśla powiedziała, "
           "że inwestycja kosztowała 95 milionów złotych.", ("iso8859-2", "cp1250")),
    "cs": ("V úterý byla otevřena trať, kterou stavěli tři roky. Primátor řekl, že příští rok přibudou další vozy a "
           "že náklady byly nižší, než se čekalo.", ("iso8859-2", "cp1250")),
    "hu": ("Kedden adták át a három évig épült vonalat, amely a belvárost köti össze a kórházzal. A polgármester "
           "szerint jövőre újabb járművek érkeznek, és az építkezés olcsóbb lett.", ("iso8859-2", "cp1250")),
    "tr": ("Salı günü Kadıköy ile Beşiktaş arasında yeni bir vapur hattı açıldı. Başkan Şule Çağlar, hattın yılda iki "
           "milyon yolcu taşıyacağını söyledi.", ("cp1254", "iso8859-9")),
    "de": ("Die Fähre fährt über die Förde, und die Gäste grüßen. Der Bürgermeister sagte, die Straßen würden größer.",
           ("cp1252", "mac_roman")),
    "lt": ("Antradienį atidaryta nauja troleibusų linija. Meras sakė, kad kitąmet bus daugiau mašinų ir kad statyba "
           "kainavo mažiau, nei buvo tikėtasi.", ("cp1257",)),
    "ru": ("Во вторник открыли новую линию трамвая. Мэр сказал, что строительство обошлось дешевле, чем ожидалось.",
           ("cp1251", "koi8-r", "iso8859-5", "cp866")),
    "el": ("Την Τρίτη άνοιξε η νέα γραμμή του τραμ. Ο δήμαρχος είπε ότι το έργο κόστισε λιγότερο από όσο αναμενόταν.",
           ("cp1253",)),
    "ja": ("火曜日、海辺の町で百年の灯台が再び開放された。町長は、修復には三億円かかったと述べた。",
           ("cp932", "euc_jp")),
    "zh": ("周二，一座百年灯塔在海边小镇重新开放。镇长李华说，修复工程花费了三百万元，历时十个月。", ("gb18030",)),
    "ko": ("화요일에 바닷가 마을의 백 년 된 등대가 다시 문을 열었다. 시장은 수리에 삼억 원이 들었다고 말했다.",
           ("euc_kr",)),
}  # fmt: skip
OLD = [(text, encoding) for text, encodings in SAMPLES.values() for encoding in encodings]


@pytest.mark.parametrize(("text", "encoding"), OLD)
def test_an_encoding_that_nothing_declares_is_found_and_the_guess_is_said(text: str, encoding: str) -> None:
    found = read_text(text.encode(encoding))
    assert found.text == text
    assert "guessed" in found.remark


@pytest.mark.parametrize("language", SAMPLES)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark_in_any_script(language: str, encoding: str) -> None:
    text = SAMPLES[language][0]
    assert read_text(text.encode(encoding)).text == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "iso-8859-15", "windows-1251", "utf-8", "us-ascii"])
def test_bytes_that_are_utf_8_win_over_another_declaration(declared: str) -> None:
    for text, _ in SAMPLES.values():
        assert read_text(text.encode(), declared) == read_text(text.encode())


def test_a_declaration_is_believed_where_the_bytes_are_not_utf_8() -> None:
    for text, encodings in SAMPLES.values():
        for encoding in encodings:
            found = read_text(text.encode(encoding), encoding)
            assert (found.text, found.remark) == (text, "")


@pytest.mark.parametrize(("language", "encoding"), [("ja", "iso2022_jp"), ("ko", "iso2022_kr")])
def test_escape_sequences_that_switch_alphabets_become_their_letters(language: str, encoding: str) -> None:
    text = SAMPLES[language][0]
    assert read_text(text.encode(encoding)).text == text


def test_colours_of_a_terminal_are_no_text() -> None:
    assert read_text(b"\x1b[31mThe ferry\x1b[0m stays.").text == "The ferry stays."


def test_a_pair_of_characters_that_could_be_utf_8_by_chance_is_read_as_declared() -> None:
    assert read_text("联通".encode("gbk"), "gbk").text == "联通"


def test_broken_bytes_in_utf_8_are_told() -> None:
    found = read_text("Die Fähre fährt über die Förde. ".encode() * 20 + b"\xff")
    assert found.text.startswith("Die Fähre")
    assert "no UTF-8" in found.remark


def test_marks_of_windows_alone_need_no_detector() -> None:
    text = "He said “no” – it’s £5. " * 3
    assert read_text(text.encode("cp1252")).text == text


def test_bytes_that_are_no_text_are_still_refused() -> None:
    for data in (bytes(range(256)) * 40, b"\x00\x01\x02\x03" * 50, b"\x7fELF\x02\x01" + bytes(500)):
        with pytest.raises(SourceError):
            read_text(data)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("de-declared-latin1-but-utf8.html", "Bürgermeisterin Jördis Häußler sagte am Dienstag, die Straßen müssten"),
        ("ja-iso2022.txt", "町長の佐藤花子氏は、修復に三億円かかったと述べた。"),
        ("pl-iso2.txt", "Prezydent miasta Żaneta Gęśla powiedziała, że inwestycja"),
        ("tr-cp1254.txt", "Başkan Şule Çağlar, hattın yılda iki milyon yolcu taşıyacağını söyledi."),
        ("zh-utf16le-nobom.txt", "镇长李华说，修复工程花费了三百万元"),
    ],
)
def test_files_of_old_encodings_have_their_letters(name: str, held: str) -> None:
    assert held in parse_file(name, (CASES / name).read_bytes()).text


def test_the_report_notes_a_guessed_encoding_and_no_sure_one(tmp_path: Path) -> None:
    paths = [CASES / "pl-iso2.txt", CASES / "ja-iso2022.txt"]
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as store:
        report = add_sources(store, HashEmbedder, paths)
    assert len(report.added) == 2
    ((source, text),) = [(note.source, note.text) for note in report.notes]
    assert source.endswith("pl-iso2.txt")
    assert "guessed" in text


def test_what_was_noted_of_an_article_stays_with_it_until_it_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes((CASES / "pl-iso2.txt").read_bytes())
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as store:
        (key,) = add_sources(store, HashEmbedder, [file]).added
        (note,) = store.article(key).notes  # type: ignore[union-attr]
        assert "guessed" in note
        assert [one.notes for one in store.articles()] == [(note,)]
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as store:
        assert [one.notes for one in store.articles()] == [(note,)]
        file.write_text((CASES / "pl-iso2.txt").read_bytes().decode("iso8859-2"), encoding="utf-8")
        assert len(add_sources(store, HashEmbedder, [file]).updated) == 1
        assert [one.notes for one in store.articles()] == [()]


def test_a_table_whose_encoding_was_guessed_is_noted_on_each_article_and_reported_once(tmp_path: Path) -> None:
    text = SAMPLES["tr"][0]
    table = tmp_path / "haberler.csv"
    table.write_bytes(f"title;text\nBir;{text}\nİki;{text[::-1]}\n".encode("cp1254"))
    with Store.open(tmp_path / "library", fingerprint="hash", dimension=DIMENSION) as store:
        report = add_sources(store, HashEmbedder, [table])
        assert text in [article.text for article in store.articles()]
        assert all("guessed" in article.notes[0] for article in store.articles())
    assert len(report.added) == 2
    assert ["guessed" in note.text for note in report.notes] == [True]


def test_letters_that_were_encoded_twice_are_put_right_with_a_remark() -> None:
    text = "La maire Hélène Garçon a déclaré qu’il coûte 90 €, selon l’opposition."
    found = read_text(text.encode().decode("cp1252").encode())
    assert found.text == text
    assert "encoded twice" in found.remark
    assert read_text(text.encode()).remark == ""
