"""E-mails (.eml) and pages saved as one file (.mhtml) to articles.

In: the bytes of a MIME message. Out: its Article. Attachments are not read, and nothing that a mail names is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from itertools import islice
from typing import TypeVar

from rag.errors import SourceError
from rag.ingest.frontmatter import web_address
from rag.ingest.html import parse_html
from rag.ingest.markup import html_text
from rag.schema import Article
from rag.text.encoding import decode

MOST_PARTS = 500  # of a message; a saved page has about 100 pictures
_Value = TypeVar("_Value")


def parse_eml(data: bytes) -> Article:
    """The text of a mail: subject, sender and day of sending describe it; the plain text wins over the HTML."""
    message = _message(data)
    if not any(name in message for name in ("From", "Subject", "Date", "Received")):
        raise SourceError("This is not an e-mail.", "Check the ending of the file.")
    text = _body(message, "plain") or html_text(_body(message, "html"))
    if not text.strip():
        raise SourceError("The e-mail holds no text.")
    sender, address = parseaddr(_header(message, "From"))
    return Article(
        title=_header(message, "Subject"), text=text, author=sender or address or None, published=_sent(message)
    )


def parse_mhtml(data: bytes) -> Article:
    """The article of a page that a browser saved with all its parts."""
    message = _message(data)
    for part in _parts(message):
        if _kind(part) == "text/html":
            url = _header(part, "Content-Location") or _header(message, "Snapshot-Content-Location")
            return parse_html(_payload(part), url=web_address(url), charset=_charset(part))
    raise SourceError("This is not a saved page (.mhtml).", "Check the ending of the file.")


def _message(data: bytes) -> Message:
    # compat32 makes nothing of headers before they are asked for; the newer policy raises on some broken ones.
    return _guarded(lambda: message_from_bytes(data, policy=policy.compat32))


def _guarded(read: Callable[[], _Value]) -> _Value:
    """What `read` gives; what the email package raises on damaged messages becomes a SourceError."""
    try:
        return read()
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise SourceError("The message is damaged.", "Save it again.") from error


def _parts(message: Message) -> list[Message]:
    return _guarded(lambda: list(islice(message.walk(), MOST_PARTS)))


def _kind(part: Message) -> str:
    return _guarded(part.get_content_type)


def _charset(part: Message) -> str | None:
    return _guarded(part.get_content_charset)


def _payload(part: Message) -> bytes:
    payload = _guarded(lambda: part.get_payload(decode=True))
    return payload if isinstance(payload, bytes) else b""


def _body(message: Message, subtype: str) -> str:
    """The text of the first part of this kind that is no attachment."""
    for part in _parts(message):
        attached = "attachment" in _header(part, "Content-Disposition").lower()
        if _kind(part) == f"text/{subtype}" and not attached and (data := _payload(part)).strip():
            return decode(data, _charset(part))
    return ""


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
