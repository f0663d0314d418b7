"""Cleaning: what is furniture goes, what is the article stays, and clean text stays as it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.text.boilerplate import is_boilerplate
from rag.text.cleaning import CleanText, clean, line_hash, recurring_lines
from rag.text.dates import date_in_url, date_line, parse_date, published_line
from rag.text.encoding import decode
from rag.text.language import detect_language
from rag.text.normalise import normalise

PASTED = (Path(__file__).parent / "data" / "pasted.txt").read_text(encoding="utf-8")
ARTICLE = [
    "The town of Norrmouth voted on Tuesday to keep its ferry, with 6,412 votes for and 1,877 against, mayor Ilse "
    "Brandt said.",
    "“We would be an island without it,” said Ms Brandt. “Something went wrong. Please try again later, they told us "
    "for years.”",
    "A ferry leaves the harbour at dawn, watched by pupils on their way to school",
    "The operator, Coastline Ltd., must now sign a contract by 1 July. It had asked residents to sign up for its "
    "newsletter and to share this article of faith: that the line could pay for itself.",
    "Critics say the line loses 2.3m a year. “The U.S. subsidises its ferries too,” said Prof. Adeyemi of the harbour "
    "institute.",
]
NASTY = [
    "",
    " \n\t ",
    "\x00\x01\x02",
    "😀 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 emoji",
    "שלום עולם. مرحبا \u202eبالعالم\u202c.",
    "zero\u200bwidth\ufeff and\u00adsoft",
    "می‌خواهم به خانه بروم.",
    "政府は昨日発表した。来年は賃金が上がる。\n次の段落。",
    "a\r\nb\rc\u2028d\x85e",
    "x" * 100_000,
    "word " * 30_000,
    "e\u0301" * 50 + "\u0301" * 30,
    "\ud800 lone surrogate \udfff",
    "Title\n\nTitle\n\n1 May 2022\n\nTitle\n\nText of the article.",
    "1 May 2022\n\n2 May 2022",
    "Only one line",
    "A first line that is a whole sentence of prose and goes on for quite a while.\n\nAnd a second.",
    "# Heading\n\n# Heading\n\ntext",
    "• Oops!\n• Oops!",
    "* * *\n\n----\n\n🙂🙂",
    "\n".join(
        "A line that was wrapped at seventy characters by some old mail program"[:n] for n in (70, 66, 69, 70, 12)
    ),
    PASTED,
]


def test_pasted_page_keeps_every_sentence_of_the_article_and_nothing_else() -> None:
    cleaned = clean(PASTED)
    assert cleaned.title == "Harbour town votes to keep its ferry: ‘We would be an island without it’"
    assert cleaned.text.split("\n\n") == ARTICLE
    assert cleaned.published == date(2022, 5, 25)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_cleaning_twice_equals_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once.text, title=once.title, published=once.published) == once
    assert normalise(normalise(text)) == normalise(text)
    once.text.encode("utf-8")


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_clean_text_holds_no_invisible_characters_and_single_blank_lines(text: str) -> None:
    cleaned = clean(text).text
    assert not set(cleaned) & set("\r\t\x00\u200b\u202e\u2066\ufeff\u00ad\u00a0\U000e0067")
    assert "\n\n\n" not in cleaned
    assert "  " not in cleaned
    assert cleaned == cleaned.strip()


def test_joiners_stay_inside_emoji_and_persian_words() -> None:
    assert normalise("👨‍👩‍👧") == "👨‍👩‍👧"
    assert normalise("می‌خواهم") == "می‌خواهم"
    assert normalise("a\u200db \u200cc") == "ab c"


def test_typographic_quotes_stay_and_letters_are_composed() -> None:
    assert normalise("“We don’t” cafe\u0301\u00a0!") == "“We don’t” café !"


def test_hard_wrapped_text_becomes_paragraphs() -> None:
    wrapped = (
        "Ferry vote\n\n"
        "The council met on Tuesday evening in the old town hall to talk about\n"
        "the ferry, which has linked the town with the mainland since 1908 and\n"
        "carries some nine hundred passengers a day in summer.\n\n"
        "A vote is planned for June, and residents will find the details in a\n"
        "letter that goes out this week, the mayor said after the meeting had\n"
        "ended.\n"
    )
    paragraphs = clean(wrapped).text.split("\n\n")
    assert len(paragraphs) == 2
    assert paragraphs[0].endswith("to talk about the ferry, which has linked the town with the mainland since 1908 and "
                                  "carries some nine hundred passengers a day in summer.")  # fmt: skip


def test_short_lines_and_lists_are_not_joined() -> None:
    poem = "Roses\n\nRoses are red,\nviolets are blue,\nferries are slow,\nand so are you."
    assert clean(poem).text.split("\n\n")[1:] == ["violets are blue,", "ferries are slow,", "and so are you."]


def test_a_first_line_of_prose_is_title_and_text_both() -> None:
    cleaned = clean("The council of the harbour town met on Tuesday to talk about the ferry.\n\nIt will vote in June.")
    assert cleaned.title == "The council of the harbour town met on Tuesday to talk about the ferry"
    assert cleaned.text.startswith("The council of the harbour town met on Tuesday to talk about the ferry.\n\n")


def test_a_title_made_of_a_first_sentence_does_not_end_at_an_abbreviation() -> None:
    cleaned = clean("The U.S. envoy Dr. Holt met the council of the harbour town on Tuesday. It will vote in June.")
    assert cleaned.title == "The U.S. envoy Dr. Holt met the council of the harbour town on Tuesday"


def test_a_given_title_is_not_repeated_in_the_text() -> None:
    assert clean("Ferry vote\n\nThe council met.", title="Ferry vote") == CleanText("Ferry vote", "The council met.")


@pytest.mark.parametrize(
    "line",
    [
        "• Oops!",
        "·3-min read",
        "In this article:",
        "Read more: The ferry that would not leave",
        "Photograph: Jane Doe/Reuters",
        "(AFP via Getty Images)",
        "This story has been updated to add new information.",
        "Sign up for our morning briefing, delivered to your inbox",
        "Subscribe to the Courier today",
        "Follow us on Facebook",
        "Facebook | Twitter | WhatsApp",
        "12 comments",
        "The Associated Press contributed to this report.",
        "Reach the reporter at 602-555-0100 or jane@example.org.",
        "© Example Media 2022",
        "Got a tip? Send it to jane@example.org.",
        "Skip to main content",
        "Most popular",
        "Share on Facebook Share on Twitter",
        "By Jane Doe · 3 min read",
        "(Photo: Jane Doe)",
        "RELATED: The ferry that would not leave",
    ],
)
def test_furniture_is_known_by_its_words(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "Residents who want to sign up for one of the classes can do so until Friday.",
        "He followed the story on Twitter and later deleted his account.",
        "Email info@example.org to find out whether you qualify for the grant, the ministry said.",
        "Prices rose by 3 percent.",
        "“Sign up,” he told them, “and we will see.”",
        "What happens next?",
        "The newsletter that he edited had 30 subscribers.",
        "More than 200 people died.",
        "Share prices fell.",
        "The minister said cookies should be banned.",
        "👍👍👍",
        "Jane Doe, a photographer for Reuters, was freed on Monday.",
        "The loss of the ferry: what it means",
        "Follow the money, Ms Brandt told the council; it ends in the harbour.",
        "Terms of the deal were not disclosed.",
        "Nobody may enter the site without permission.",
        "Copyright infringement claims rose by a tenth last year.",
        "By clicking on the link, victims let the thieves in.",
        "An earlier version of this article gave a wrong figure for the ferry.",
        "Photo: Relatives wait by the jetty on Thursday, when the ferry did not come. (Harbour Press)",
        "Listen to: “The Crossing”, which the band wrote on the ferry.",
    ],
)
def test_sentences_of_articles_are_not_furniture(line: str) -> None:
    assert not is_boilerplate(line)


def test_a_line_of_promotion_goes_when_other_articles_hold_it_too() -> None:
    text = "Title\n\nThe council met.\n\nHARBOUR LIFE: Ten walks along the coast\n\nWhat happens next?"
    assert recurring_lines(text) == {line_hash("HARBOUR LIFE: Ten walks along the coast")}
    assert "HARBOUR" in clean(text).text
    assert clean(text, recurring=lambda line: True).text == "The council met.\n\nWhat happens next?"


@pytest.mark.timeout(60)  # a second or two; a pattern that backtracks takes hours
def test_long_inputs_are_cleaned_in_time() -> None:
    clean("x" * 1_000_000)
    clean("Sign up and read more at our site, " * 30_000)
    clean("The council met on Tuesday. It will vote in June.\n\n" * 5_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-05-25T10:00:00Z", date(2022, 5, 25)),
        ("May 25, 2022", date(2022, 5, 25)),
        ("Wed, 25 May 2022 10:00:00 GMT", date(2022, 5, 25)),
        ("25.05.2022", date(2022, 5, 25)),
        ("05/25/2022", date(2022, 5, 25)),
        ("05/04/2022", None),
        ("2022-13-45", None),
        ("31 February 2022", None),
        ("soon", None),
    ],
)
def test_dates_are_read_when_they_can_mean_one_day_only(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "table",
    [
        "+--------+-------+\n| Ward   | Votes |\n+--------+-------+\n| Castle | 1,877 |\n+--------+-------+",
        "┌────────┬───────┐\n│ Ward   │ Votes │\n├────────┼───────┤\n│ Castle │ 1,877 │\n└────────┴───────┘",
        "| Ward | | Votes |\n|:---|---|---:|\n| Castle | | 1,877 |",
        "Ward\t\tVotes\r\nCastle\t\t1,877",
    ],
)
def test_rows_of_a_drawn_table_stay_rows(table: str) -> None:
    cleaned = clean(f"Who won which ward\n\nThe town voted on Thursday.\n\n{table}\n\nRecounts were held.")
    rows = ["Ward / Votes", "Castle / 1,877"]
    assert cleaned.text.split("\n\n") == ["The town voted on Thursday.", *rows, "Recounts were held."]
    assert clean(cleaned.text, title=cleaned.title) == cleaned


@pytest.mark.parametrize("text", ["1.\tA first thing\n2.\tA second thing", "Costs: a | b | c", "a\tb\tc stands alone"])
def test_what_only_holds_a_bar_or_a_tab_is_no_row(text: str) -> None:
    assert " / " not in clean(f"A title\n\n{text}").text


def test_a_line_that_tells_only_a_change_stays_and_gives_no_date() -> None:
    cleaned = clean("The ferry stays\n\nLast updated: 26 May 2022\n\nThe ferry of Norrmouth stays, its owner said.")
    assert cleaned.published is None
    assert "26 May 2022" in cleaned.text


def test_date_lines_and_addresses_tell_dates_and_prose_does_not() -> None:
    assert date_line("Published 25 May 2022 | Updated 26 May 2022") == date(2022, 5, 25)
    assert published_line("Updated 26 May 2022 | Published 25 May 2022") == date(2022, 5, 25)
    assert published_line("25 May 2022 (updated 26 May 2022)") == date(2022, 5, 25)
    assert date_line("The war began on 24 February 2022") is None
    assert date_in_url("https://example.org/news/2022/05/25/ferry") == date(2022, 5, 25)
    assert date_in_url("https://example.org/news/ferry") is None


ENCODED = {
    "cp1252": "The café’s owner said “we’re fine” – the naïve visitors paid £5 each.",
    "latin-1": "Die Größe der Bäume überrascht die Gäste aus München, die älteren Häuser sind schöner als früher.",
    "cp1251": "Вчера премьер сказал, что в следующем году зарплаты будут выше. Источники это подтверждают.",
    "shift_jis": "首相は昨日、来年は賃金が上がると述べた。政府筋はそれが可能だと主張している。",
    "gb18030": "总理昨天表示，明年工资将会更高。政府消息人士称这是可能的。",
    "euc-kr": "총리는 어제 내년에는 임금이 더 높을 것이라고 말했다. 정부 소식통은 그것이 가능하다고 주장한다.",
    "cp1253": "Ο πρωθυπουργός είπε χθες ότι οι μισθοί θα είναι υψηλότεροι το επόμενο έτος.",
    "utf-8-sig": "Żółć, naïve, 首相",
    "utf-16": "The café is open. 首相",
    "utf-16-le": "The ferry leaves at dawn.",
    "utf-32": "emoji 😀 text",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_encodings_are_found_out(encoding: str) -> None:
    assert decode(ENCODED[encoding].encode(encoding)) == ENCODED[encoding]


def test_a_declared_encoding_is_believed_and_a_broken_byte_does_not_spoil_utf8() -> None:
    assert decode("Žluťoučký kůň".encode("iso8859-2"), "iso-8859-2") == "Žluťoučký kůň"
    assert decode(b"caf\xc3\xa9 " * 100 + b"\xff") == "café " * 100 + "\ufffd"
    assert decode(b"plain", "no-such-charset") == "plain"


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 100, b"%PDF-1.7 text", b"PK\x03\x04abc", bytes(range(256)) * 4])
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="not text"):
        decode(data)


def test_languages_are_told_and_too_little_text_has_none() -> None:
    assert detect_language("Der Stadtrat hat am Dienstag über die Fähre abgestimmt.") == "de"
    assert detect_language("The council voted on the ferry on Tuesday.") == "en"
    assert detect_language("OK 12345") is None
