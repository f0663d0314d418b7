"""E-mails: the part that holds the article, whole paragraphs, mails inside mails, mailboxes, and who published."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.ingest.formats.mail.reader import holds_several, parse_eml, read_mails
from rag.schema import Article, Failure
from rag.text.cleaning import clean

CASES = Path(__file__).parent / "data" / "cases" / "mail"
STORY = (
    "The mayor of Brightwater, Ida Solheim, announced on Friday that the tram line to the airport will open on 4 May "
    "2025, two years late.",
    "The line is 11 kilometres long and cost 640 million euros, of which the state paid half. Trams will run every "
    "eight minutes between five in the morning and midnight.",
    "Opposition leader Tom Abara said the delay was the result of bad planning. Solheim blamed a supplier from Linz "
    "that went bankrupt in 2022.",
)
HEAD = "From: Dora Fink <dora@example.org>\nSubject: {}\nDate: Fri, 14 Mar 2025 06:30:00 +0100\n"


def paragraphs(article: Article | Failure) -> list[str]:
    assert isinstance(article, Article)
    return clean(article.text, title=article.title).text.split("\n\n")


def mail(body: str, *, subject: str = "The tram", head: str = "") -> bytes:
    return (HEAD.format(subject) + head + "\n" + body).encode()


def both(plain: str, page: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Dora Fink <dora@example.org>", "The tram"
    message.set_content(plain)
    message.add_alternative(page, subtype="html")
    return message.as_bytes()


def wrapped(text: str, width: int = 72, quote: str = "") -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join(quote + one for one in [*lines, line])


PAGE = "<html><body>" + "".join(f"<p>{line}</p>" for line in STORY) + "</body></html>"


def test_of_a_stub_in_plain_text_and_the_article_in_html_the_article_is_read() -> None:
    article = parse_eml((CASES / "a-plain-stub.eml").read_bytes())
    found = paragraphs(article)
    assert found[:3] == list(STORY)
    assert found[-1].endswith("after nine o'clock.")
    assert (article.author, article.publisher) == ("Dora Fink", "Brightwater Weekly")
    assert article.url == "https://brightwater.newsletter.example/p/the-tram-that-came-late"


@pytest.mark.parametrize("teaser", ["Please view this mail in a browser.", STORY[0], "[image: logo]"])
def test_a_teaser_in_plain_text_does_not_win_over_the_page(teaser: str) -> None:
    assert paragraphs(parse_eml(both(teaser, PAGE))) == list(STORY)


def test_plain_text_that_says_the_same_wins_over_the_page() -> None:
    page = PAGE.replace("tram", "TRAM")
    assert paragraphs(parse_eml(both("\n\n".join(STORY), page))) == list(STORY)


def test_what_a_page_hides_is_not_read() -> None:
    hidden = "<div style='display:none'>Plus: a bankrupt supplier</div><p hidden>Preheader</p>"
    assert paragraphs(parse_eml(both("x", PAGE.replace("<body>", "<body>" + hidden)))) == list(STORY)


def test_hard_wrapped_lines_are_joined_beside_lists_and_signatures() -> None:
    found = paragraphs(parse_eml((CASES / "d-hardwrap.eml").read_bytes()))
    assert [one for one in found if one in STORY] == list(STORY)
    assert "* The tram" in found
    assert not any("+49 30" in one for one in found)


@pytest.mark.parametrize("width", [60, 66, 72, 76])
def test_every_width_of_wrapping_is_undone(width: int) -> None:
    body = "Contents\n- The tram\n- Letters\n\n" + "\n\n".join(wrapped(line, width) for line in STORY)
    assert paragraphs(parse_eml(mail(body + "\n\n-- \nDora Fink\n+49 30 0000")))[3:] == list(STORY)


def test_a_reply_and_what_it_quotes_may_be_wrapped_at_different_widths() -> None:
    own = (
        "I saw the report below and agree with most of it, but the costs\nare wrong: the supplier was paid in advance."
    )
    body = f"{own}\n\n" + "\n>\n".join(wrapped(one, 70, "> ") for one in STORY)
    found = paragraphs(parse_eml(mail(body, subject="Re: The tram")))
    assert found == [own.replace("\n", " "), *STORY]


def test_flowed_text_is_joined_by_its_own_rule() -> None:
    body = "The mayor of Brightwater said that \nthe tram will open.\nA line of its own.\n"
    article = parse_eml(mail(body, head="Content-Type: text/plain; charset=utf-8; format=flowed\n"))
    assert article.text.split("\n") == ["The mayor of Brightwater said that the tram will open.", "A line of its own."]


def test_quoted_replies_lose_their_marks() -> None:
    body = "I agree with this.\n\nOn Friday Dora wrote:\n" + "\n>\n".join(wrapped(one, 70, "> ") for one in STORY)
    found = paragraphs(parse_eml(mail(body, subject="Re: The tram")))
    assert found[-3:] == list(STORY)
    assert not any(">" in one for one in found)


SIGNED = (
    "Best regards,\nDora Fink\nHead of Transport\nTel. +49 30 0000",
    "Viele Grüße\nDora Fink\n\nMobil: 0171 0000",
    "-- \nDora Fink\nTel. +49 30 0000",
    "Sent from my telephone",
)
QUOTED = (
    "On Mon, 3 Mar 2025 at 18:11, Rui Falcao\n<rui@courier.example> wrote:\n\n{marked}",
    "Am 03.03.2025 um 18:11 schrieb Rui Falcao:\n{marked}\n> \n> -- \n> Rui Falcao\n> Tel. +49 30 1111",
    "________________________________\nFrom: Rui Falcao <rui@courier.example>\nSent: Monday, March 3, 2025\n"
    "To: Dora Fink\nSubject: The tram\n\n{plain}\n\nKind regards\nRui Falcao\nTel. +49 30 1111",
)


@pytest.mark.parametrize("signed", SIGNED)
@pytest.mark.parametrize("quoted", QUOTED)
def test_the_signature_above_a_quoted_mail_goes_and_what_is_quoted_stays(signed: str, quoted: str) -> None:
    own = "I agree with most of this report, but the supplier of the tram line was paid in advance, the council says."
    marked = "\n>\n".join(wrapped(one, 70, "> ") for one in STORY)
    body = f"{own}\n\n{signed}\n\n{quoted.format(marked=marked, plain=(chr(10) * 2).join(STORY))}"
    found = paragraphs(parse_eml(mail(body, subject="Re: The tram")))
    assert found[0] == own
    assert found[-3:] == list(STORY)
    assert not any(word in " ".join(found) for word in ("regards", "Grüße", "Tel.", "Mobil", "telephone"))


def test_a_word_of_closing_within_a_text_ends_nothing() -> None:
    body = f"{STORY[0]}\n\nThanks,\n\n{STORY[1]}\n\nBest\n\nIt was the best of all lines, he said.\n\n{STORY[2]}"
    found = paragraphs(parse_eml(mail(body)))
    assert [one for one in found if one in STORY] == list(STORY)
    assert "It was the best of all lines, he said." in found


def test_a_mail_passed_on_is_dated_by_its_head_in_another_language() -> None:
    head = "Von: Rui Falcao\nGesendet: Montag, 3. März 2025 18:00\nAn: Dora Fink\nBetreff: Two years late"
    article = parse_eml(mail(f"fyi\n\n{head}\n\n" + "\n\n".join(STORY), subject="WG: Two years late"))
    assert article.published == date(2025, 3, 3)


def test_a_mail_that_only_passes_one_on_is_that_one() -> None:
    article = parse_eml((CASES / "g-forward-attached.eml").read_bytes())
    assert article.title == "The tram that came late"
    assert paragraphs(article)[:3] == list(STORY)


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------\n",
        "Begin forwarded message:\n\n",
        "-----Original Message-----\n",
        "Anfang der weitergeleiteten Nachricht:\n\n",
        "",
    ],
)
def test_a_mail_passed_on_in_the_text_is_known_by_its_own_head(mark: str) -> None:
    head = "From: Rui Falcao from The Courier <rui@courier.example>\nDate: Mon, 3 Mar 2025 08:00:00 +0000\n"
    body = f"fyi\n\n{mark}{head}Subject: Two years late\nTo: dora@example.org\n\n" + "\n\n".join(STORY)
    article = parse_eml(mail(body, subject="Fwd: Two years late"))
    assert (article.title, article.author, article.publisher) == ("Two years late", "Rui Falcao", "The Courier")
    assert article.published == date(2025, 3, 3)
    assert paragraphs(article) == list(STORY)


@pytest.mark.parametrize(
    "head",
    [
        "From: Rui Falcao <rui@c.example>\nSent: Monday, 3 March 2025 08:00\nTo: Dora Fink\nSubject: Two years late",
        "Von: Rui Falcao\nGesendet: Montag, 3. März 2025\nAn: Dora Fink\nBetreff: Two years late",
        "Subject: Two years late\nDate: Mon, 3 Mar 2025 08:00:00 +0000\nFrom: Rui Falcao <rui@c.example>",
        "*From:* Rui Falcao <rui@c.example>\n\n*Date:* 3 March 2025\n\n*Subject:* Two years late",
    ],
)
def test_the_head_of_a_mail_passed_on_is_known_in_the_order_of_any_program(head: str) -> None:
    article = parse_eml(mail(f"fyi\n\n{head}\n\n" + "\n\n".join(STORY), subject="Fwd: Re[2]: News"))
    assert (article.title, article.author) == ("Two years late", "Rui Falcao")
    assert paragraphs(article) == list(STORY)


def test_a_list_of_times_and_places_is_no_mail_passed_on() -> None:
    body = "Open days\n\nDate: 4 May 2025\nFrom: 18:00\nTo: 20:00\n\n" + "\n\n".join(STORY)
    article = parse_eml(mail(body, subject="Fwd: AW: The tram"))
    assert article.title == "The tram"
    assert "From: 18:00" in paragraphs(article)


def test_a_mail_with_an_own_text_and_others_attached_is_several_articles() -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Dora Fink <dora@example.org>", "Two reports"
    outer.set_content("\n\n".join(STORY))
    for number in range(2):
        inner = EmailMessage()
        inner["From"], inner["Subject"] = "Rui Falcao <rui@example.org>", f"Report {number}"
        inner.set_content("\n\n".join(STORY))
        outer.add_attachment(inner)
    data = outer.as_bytes()
    assert holds_several(data)
    assert [one.title for one in read_mails(data) if isinstance(one, Article)] == [
        "Two reports",
        "Report 0",
        "Report 1",
    ]
    assert not holds_several(mail(STORY[0]))


def test_a_mailbox_gives_each_of_its_mails_with_an_identity_of_its_own() -> None:
    found = list(read_mails((CASES / "j-export.mbox").read_bytes()))
    assert [one.title for one in found if isinstance(one, Article)] == [
        "The tram that came late",
        "Brightwater Weekly no. 112",
    ]
    assert all(paragraphs(one)[-5:] for one in found)
    envelope, end = b"From x Fri Mar 14 06:30:00 2025\n", f"{STORY[0]}\n\nFrom here on the number is "
    box = b"".join(
        envelope + mail(f"{end}{number}.", head=f"Message-ID: <{number}>\n") + b"\n\n" for number in range(3)
    )
    mails = [one for one in read_mails(box) if isinstance(one, Article)]
    assert len({one.id for one in mails}) == 3
    assert [paragraphs(one)[-1] for one in mails] == [f"From here on the number is {n}." for n in range(3)]
    assert [one.id for one in mails] == [one.id for one in read_mails(box) if isinstance(one, Article)]


def test_a_mail_without_text_in_a_mailbox_does_not_stop_the_others() -> None:
    empty = b"From x Fri Mar 14 06:30:00 2025\n" + mail("", subject="Empty") + b"\n\n"
    full = b"From x Fri Mar 14 06:30:00 2025\n" + mail(STORY[0]) + b"\n"
    failure, article = list(read_mails(empty + full))
    assert isinstance(failure, Failure)
    assert "no text" in failure.reason
    assert isinstance(article, Article)


@pytest.mark.parametrize(
    ("head", "author", "publisher"),
    [
        ("From: Dora Fink from Brightwater Weekly <b@n.example>", "Dora Fink", "Brightwater Weekly"),
        ("From: Brightwater Weekly <b@n.example>", "Brightwater Weekly", "Brightwater Weekly"),
        ("From: Dora Fink <d@n.example>\nList-Id: Tram News <tram.n.example>", "Dora Fink", "Tram News"),
        ("From: Dora Fink <d@n.example>\nList-Id: <tram.n.example>", "Dora Fink", "Dora Fink"),
        ("From: d@n.example", "d@n.example", "n.example"),
    ],
)
def test_the_list_or_the_sender_is_the_publisher(head: str, author: str, publisher: str) -> None:
    article = parse_eml(f"{head}\nSubject: S\n\n{STORY[0]}".encode())
    assert (article.author, article.publisher) == (author, publisher)


def test_a_foot_of_a_newsletter_goes_and_a_story_about_unsubscribing_stays() -> None:
    foot = "You are receiving this because you signed up.\n\nUnsubscribe\n\n1 Quay Street, Brightwater"
    story = "The minister wants an unsubscribe button in every newsletter, and publishers are against it. " * 6
    found = paragraphs(parse_eml(mail("\n\n".join((story, *STORY, foot)))))
    assert found[-1] == STORY[-1]
    assert found[0].startswith("The minister wants")


def test_a_mail_without_text_is_refused() -> None:
    with pytest.raises(SourceError, match="no text"):
        parse_eml(mail(""))
