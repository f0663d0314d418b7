"""E-mails (.eml), mailboxes (.mbox) and pages saved as one file (.mhtml) to articles.

In: the bytes of a MIME message, or of many. Out: their Articles. Attached mails are opened, other attachments are not,
and nothing that a mail names is fetched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from itertools import islice
from typing import TypeVar

from rag.errors import SourceError
from rag.ingest.formats.mail.forwarded import Inner, inner_mail
from rag.ingest.formats.mail.newsletters import web_version
from rag.ingest.formats.mail.text import page_text, plain_text
from rag.ingest.frontmatter import web_address
from rag.ingest.html import parse_html
from rag.schema import Article, Failure
from rag.text.encoding import Decoded, read_text

MOST_PARTS = 500  # of a message; a saved page has about 100 pictures
MOST_MAILS = 20_000  # of a mailbox
_DEEPEST = 10  # mails inside mails, and parts inside parts
# Of the words of its HTML, from which the plain text is the article: below it is a teaser, or says that it is none.
_SAME_TEXT = 0.7
_FEWEST_WORDS = 40  # a shorter text above a mail that is passed on is a covering note
_OF_OUTLET = ("from", "at", "via", "von", "@", "|")  # between the author and the outlet of a sender
_PREFIXES = ("re", "aw", "fw", "fwd", "wg", "tr", "rv", "res", "enc", "i", "sv", "vs", "doorst")
_REPLIES = ("re", "aw", "res", "sv")  # of these, those of answers
# The line before each mail of a mailbox. Python's mailbox takes any line with "From " for one, also inside a text.
_ENVELOPE = re.compile(rb"^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b[^\n]*\d{4}[^\n]*\n", re.MULTILINE)
_ESCAPED = re.compile(rb"^(>*)>From ", re.MULTILINE)
_Value = TypeVar("_Value")


def parse_eml(data: bytes) -> Article:
    """The article of a mail: its subject, sender and day of sending describe it.

    Of plain text and HTML the one that holds the article is read. A mail that only passes another one on is that one.
    """
    return next(iter(_articles(_mail(data))))


def holds_several(data: bytes) -> bool:
    """Whether a mail holds several articles: its own text, and mails attached to it."""
    try:
        return len(_articles(_mail(data))) > 1
    except SourceError:
        return False


def read_mails(data: bytes) -> Iterator[Article | Failure]:
    """The articles of a mailbox, or of a mail with others attached; a Failure for each mail without text."""
    begins = [match.end() for match in islice(_ENVELOPE.finditer(data), MOST_MAILS)]
    if not begins:
        yield from _named(_mail(data))
        return
    ends = [data.rfind(b"\nFrom ", 0, begin) for begin in begins[1:]]
    for begin, end in zip(begins, [*ends, len(data)], strict=True):
        yield from _read_one(_ESCAPED.sub(rb"\1From ", data[begin:end]))


def parse_mhtml(data: bytes) -> Article:
    """The article of a page that a browser saved with all its parts."""
    message = _message(data)
    for part in _parts(message):
        if _kind(part) == "text/html":
            url = _header(part, "Content-Location") or _header(message, "Snapshot-Content-Location")
            return parse_html(_payload(part), url=web_address(url), charset=_charset(part))
    raise SourceError("This is not a saved page (.mhtml).", "Check the ending of the file.")


# --- messages to articles


def _read_one(data: bytes) -> Iterator[Article | Failure]:
    """The articles of a mail of a mailbox."""
    subject = ""
    try:
        message = _mail(data)
        subject = _header(message, "Subject")
        yield from _named(message)
    except SourceError as error:
        yield Failure(subject or "a mail without subject", str(error))


def _named(message: Message) -> Iterator[Article]:
    """The articles of a mail, each with an identity by the message's own."""
    own = _header(message, "Message-ID")
    for number, article in enumerate(_articles(message)):
        name = hashlib.sha256(f"mail:{own}\x1f{number}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        yield replace(article, id=name if own and not article.url else "")


def _articles(message: Message, depth: int = 0) -> list[Article]:
    """The article of a mail, then those of the mails attached to it; a covering note above these is none."""
    attached: list[Article] = []
    for part in _attached_mails(message) if depth < _DEEPEST else ():
        try:
            attached += _articles(part, depth + 1)
        except SourceError:
            continue  # an empty one
    body = _body(message)
    if attached and len(body.text.split()) < _FEWEST_WORDS:
        return attached
    if not body.text.strip():
        raise SourceError("The e-mail holds no text.")
    return [_article(message, body), *attached]


def _article(message: Message, body: Decoded) -> Article:
    inner = inner_mail(body.text)
    fewest = 1 if _prefix(_header(message, "Subject")) in _REPLIES else _FEWEST_WORDS  # an answer may be short
    if inner is not None and len(inner.before.split()) < fewest and inner.text.strip():
        return _passed_on(message, inner, body.remark)
    sender, address = parseaddr(_header(message, "From"))
    author, outlet = _author_and_outlet(sender, address, _list_name(message))
    url = web_address(_header(message, "Archived-At").strip("<>")) or web_address(web_version(_plain(message)) or "")
    return Article(
        title=_title(message),
        text=plain_text(body.text),
        author=author,
        publisher=outlet,
        published=_sent(message),
        url=url,
        notes=(body.remark,) if body.remark else (),
    )


def _passed_on(message: Message, inner: Inner, remark: str) -> Article:
    """The mail inside a mail whose sender only passed it on."""
    sender, address = parseaddr(inner.sender) if "@" in inner.sender else (inner.sender, "")
    author, outlet = _author_and_outlet(sender, address, "")
    return Article(
        title=inner.subject or _title(message),
        text=plain_text(inner.text),
        author=author,
        publisher=outlet,
        published=inner.sent or _sent(message),
        notes=(remark,) if remark else (),
    )


def _author_and_outlet(sender: str, address: str, listed: str) -> tuple[str | None, str | None]:
    """Who wrote, and who published: "Dora Fink from Brightwater Weekly" says both."""
    words = sender.strip(" '\"").split()
    link = next((place for place, word in enumerate(words[1:-1], 1) if word.lower() in _OF_OUTLET), len(words))
    author = " ".join(words[:link]) or address
    outlet = listed or " ".join(words[link + 1 :] or words) or address.rpartition("@")[2]
    return author or None, outlet or None


def _title(message: Message) -> str:
    """The subject without what replies and forwarding put before it."""
    subject = _header(message, "Subject")
    while _prefix(subject) in _PREFIXES:
        subject = subject.partition(":")[2].lstrip()
    return subject


def _prefix(subject: str) -> str | None:
    """What a program put before the subject: "re" of "Re[2]: News"; None without."""
    prefix, mark, _ = subject.partition(":")
    return prefix.lower().rstrip("[]0123456789 ") if mark else None


def _list_name(message: Message) -> str:
    """The name of a mailing list, where its List-Id gives one in words."""
    words = _header(message, "List-Id").partition("<")[0].strip(" \"'")
    return words if " " in words or words.istitle() else ""


# --- the part that holds the text


def _body(message: Message) -> Decoded:
    """The text of a mail: its parts in order, of alternatives the one that holds the article."""
    return _part_text(message, 0)


def _part_text(part: Message, depth: int) -> Decoded:
    if depth > _DEEPEST or _is_attachment(part):
        return Decoded("")
    if part.is_multipart() and _kind(part) != "message/rfc822":
        found = [_part_text(child, depth + 1) for child in _children(part)]
        if _kind(part) == "multipart/alternative":
            return _fullest(found)
        pages = [_kind(child) == "text/html" for child in _children(part)]
        kinds = [[one for one, page in zip(found, pages, strict=True) if page == kind] for kind in (False, True)]
        return _fullest([_joined(kind) for kind in kinds])  # both kinds beside each other are the same, or a foot
    if _kind(part) not in ("text/plain", "text/html") or not (data := _payload(part)).strip():
        return Decoded("")
    decoded = read_text(data, _charset(part))
    if _kind(part) == "text/html":
        return replace(decoded, text=page_text(decoded.text))
    flowed = str(_guarded(lambda: part.get_param("format", ""))).lower() == "flowed"
    joined = str(_guarded(lambda: part.get_param("delsp", ""))).lower() == "yes"
    return replace(decoded, text=plain_text(decoded.text, flowed=flowed, joined=joined))


def _fullest(found: list[Decoded]) -> Decoded:
    """The first alternative that says about as much as the fullest."""
    most = max((len(one.text.split()) for one in found), default=0)
    return next((one for one in found if one.text and len(one.text.split()) >= _SAME_TEXT * most), Decoded(""))


def _joined(found: list[Decoded]) -> Decoded:
    remark = next((one.remark for one in found if one.remark), "")
    return Decoded("\n\n".join(one.text for one in found if one.text.strip()), remark)


def _plain(message: Message) -> str:
    """The plain text of a mail as it is."""
    texts = (part for part in _parts(message) if _kind(part) == "text/plain" and not _is_attachment(part))
    return next((read_text(data, _charset(part)).text for part in texts if (data := _payload(part)).strip()), "")


def _attached_mails(message: Message) -> list[Message]:
    """The mails attached to a message, not those inside these."""
    found: list[Message] = []
    waiting = list(_children(message))
    while waiting:
        part = waiting.pop(0)
        if _kind(part) == "message/rfc822":
            found += _children(part)[:1]
        elif part.is_multipart():
            waiting += _children(part)
    return found[:MOST_PARTS]


def _is_attachment(part: Message) -> bool:
    return "attachment" in _header(part, "Content-Disposition").lower()


# --- the email package, whose errors on damaged messages become reasons


def _mail(data: bytes) -> Message:
    message = _message(data)
    if not any(name in message for name in ("From", "Subject", "Date", "Received")):
        raise SourceError("This is not an e-mail.", "Check the ending of the file.")
    return message


def _message(data: bytes) -> Message:
    # compat32 makes nothing of headers before they are asked for; the newer policy raises on some broken ones.
    return _guarded(lambda: message_from_bytes(data, policy=policy.compat32))


def _guarded(read: Callable[[], _Value]) -> _Value:
    """What `read` gives; what the email package raises on damaged messages becomes a SourceError."""
    try:
        return read()
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise SourceError("The message is damaged.", "Save it again.") from error


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)][:MOST_PARTS] if isinstance(payload, list) else []


def _parts(message: Message) -> list[Message]:
    return _guarded(lambda: list(islice(message.walk(), MOST_PARTS)))


def _kind(part: Message) -> str:
    return _guarded(part.get_content_type)


def _charset(part: Message) -> str | None:
    return _guarded(part.get_content_charset)


def _payload(part: Message) -> bytes:
    payload = _guarded(lambda: part.get_payload(decode=True))
    return payload if isinstance(payload, bytes) else b""


def _header(message: Message, name: str) -> str:
    """The header decoded to one line; empty when there is none."""
    value = message.get(name)
    if value is None:
        return ""
    return _guarded(lambda: " ".join(_decoded(str(value)).split()))


def _decoded(value: str) -> str:
    raw = EmailMessage(policy=policy.default)
    raw["Subject"] = " ".join(value.split())
    return str(raw["Subject"])


def _sent(message: Message) -> date | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date()
    except (ValueError, TypeError, OverflowError):
        return None
