"""Web addresses to articles: pages, feeds and site maps fetched politely, within bounds, through the guard.

In: an address that the user named. Out: the Article of its page, or what the server sent; a SourceError with a plain
reason. No proxy, cookie or password of the environment is used.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

import certifi
import httpcore

from rag.errors import SourceError
from rag.ingest.files import LARGEST_FILE, parse_file
from rag.ingest.guard import GuardedBackend, left
from rag.ingest.html import parse_html
from rag.schema import Article

AGENT = "ArticleChat"  # the name that robots.txt may address
USER_AGENT = f"{AGENT}/0.1 (adds pages and feeds that its user names)"
LONGEST_S = 30.0  # of one page with its redirects and retries
MOST_REDIRECTS = 5
DELAY_S = 1.0  # between two requests to one host; a robots.txt may ask for up to ten times as much
_RETRIED = (429, 502, 503, 504)
_BACKOFF_S = (1.0, 3.0)  # before the second and the third try
_LARGEST_ROBOTS = 500_000  # bytes, as RFC 9309 wants
_LONGEST_MARK = 500  # characters of an ETag or a date that are remembered
_ARTICLE_KINDS = "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.8"
_UNSAFE = frozenset((*map(chr, range(0x21)), "\x7f", "\\"))


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page with the address where it was found in the end."""

    url: str
    kind: str
    charset: str | None
    body: bytes
    changed: bool = True  # False: the server says that it is what was fetched before (304), and sent no body
    etag: str = ""
    modified: str = ""


class Fetcher:
    """Fetches pages, remembering robots.txt and the last request of each host.

    Args:
        permitted: addresses that need not be public; for tests with a server of their own.
        pause: how it waits.
    """

    def __init__(
        self,
        *,
        permitted: frozenset[str] = frozenset(),
        pause: Callable[[float], None] = time.sleep,
        longest: float = LONGEST_S,
    ) -> None:
        self._permitted = permitted
        self._pause = pause
        self._longest = longest
        self._robots: dict[str, RobotFileParser] = {}
        self._last: dict[str, float] = {}

    def article(self, url: str) -> Article:
        """The article at the address."""
        page = self.fetch(url)
        if page.kind in ("text/html", "application/xhtml+xml", ""):
            article = parse_html(page.body, url=page.url, charset=page.charset)
        elif page.kind in ("application/pdf", "text/plain", "text/markdown"):
            ending = {"application/pdf": ".pdf", "text/plain": ".txt"}.get(page.kind, ".md")
            article = parse_file(f"page{ending}", page.body)
        else:
            raise SourceError(
                f"The address leads to {page.kind[:60]}, not to a page.", "Give the address of an article."
            )
        return replace(article, url=page.url, source=url)

    def fetch(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """What is at the address, redirects followed, each checked as the first one.

        `headers` are sent along: what is accepted, and what was fetched before (If-None-Match, If-Modified-Since).
        """
        deadline = time.monotonic() + self._longest
        for _ in range(MOST_REDIRECTS + 1):
            parts = check_address(url)
            self._respect_robots(parts, deadline)
            response = self._retried(parts, deadline, headers=headers)
            target = response.headers.get("location")
            if response.status in (301, 302, 303, 307, 308) and target:
                url = urljoin(urlunsplit(parts), target)
                continue
            if response.status != 200 and not (response.status == 304 and headers):
                raise SourceError(f"The server answered {response.status}.", _mend_of(response.status))
            stated = Message()
            stated["content-type"] = response.headers.get("content-type", "")
            return Fetched(
                url=urlunsplit(parts),
                kind=stated["content-type"].partition(";")[0].strip().lower(),
                charset=stated.get_content_charset(),
                body=response.body,
                changed=response.status == 200,
                etag=response.headers.get("etag", "")[:_LONGEST_MARK],
                modified=response.headers.get("last-modified", "")[:_LONGEST_MARK],
            )
        raise SourceError(f"The address redirects more than {MOST_REDIRECTS} times.", "Check it in a browser.")

    def _respect_robots(self, parts: SplitResult, deadline: float) -> None:
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(urlsplit(f"{origin}/robots.txt"), deadline)
        if not self._robots[origin].can_fetch(AGENT, urlunsplit(parts)):
            raise SourceError("The site's robots.txt does not allow programs to fetch this page.", "Save it by hand.")

    def _read_robots(self, parts: SplitResult, deadline: float) -> RobotFileParser:
        """The rules of a site: none when it has no such file, everything forbidden when the server fails (RFC 9309)."""
        rules = RobotFileParser()
        response = self._retried(parts, deadline, largest=_LARGEST_ROBOTS)
        for _ in range(MOST_REDIRECTS):
            if response.status not in (301, 302, 307, 308) or "location" not in response.headers:
                break
            parts = check_address(urljoin(urlunsplit(parts), response.headers["location"]))
            response = self._retried(parts, deadline, largest=_LARGEST_ROBOTS)
        if response.status >= 500 or response.status == 429:
            raise SourceError(f"The site's robots.txt cannot be read: it answered {response.status}.", "Try later.")
        found = response.body.decode("utf-8", errors="replace") if response.status == 200 else ""
        rules.parse(found.splitlines())
        return rules

    def _retried(
        self,
        parts: SplitResult,
        deadline: float,
        *,
        largest: int = LARGEST_FILE,
        headers: Mapping[str, str] | None = None,
    ) -> _Response:
        """The answer of the server, asked again after a while when it is busy or does not answer."""
        for wait in (*_BACKOFF_S, None):
            self._wait_turn(parts, deadline)
            try:
                response = self._request(parts, deadline, largest, headers or {})
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ReadError, httpcore.ReadTimeout,
                    httpcore.RemoteProtocolError) as error:  # fmt: skip
                left(deadline)
                if wait is None:
                    raise SourceError(
                        f"The server cannot be reached: {_one_line(error)}.", "Try again later."
                    ) from error
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
                raise SourceError(f"The page cannot be fetched: {_one_line(error)}.", "Try again later.") from error
            else:
                if response.status not in _RETRIED or wait is None:
                    return response
                wait = max(wait, _asked_wait(response.headers.get("retry-after", "")))
            if wait > left(deadline):
                raise SourceError("The server is busy.", "Try again later.")
            self._pause(wait)
        raise AssertionError

    def _wait_turn(self, parts: SplitResult, deadline: float) -> None:
        rules = self._robots.get(f"{parts.scheme}://{parts.netloc}")
        asked = rules.crawl_delay(AGENT) if rules else None
        delay = min(float(asked or DELAY_S), DELAY_S * 10)
        since = time.monotonic() - self._last.get(parts.netloc, -1e9)
        if since < delay:
            self._pause(min(delay - since, left(deadline)))
        self._last[parts.netloc] = time.monotonic()

    def _request(self, parts: SplitResult, deadline: float, largest: int, more: Mapping[str, str]) -> _Response:
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        url = httpcore.URL(
            scheme=parts.scheme.encode(), host=(parts.hostname or "").encode(), port=parts.port, target=target.encode()
        )
        headers: dict[bytes | str, bytes | str] = {
            "Host": parts.netloc,
            "User-Agent": USER_AGENT,
            "Accept": _ARTICLE_KINDS,
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **dict(more.items()),
        }
        context = ssl.create_default_context(cafile=certifi.where())
        backend = GuardedBackend(deadline, self._permitted)
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream("GET", url, headers=headers) as response,
        ):
            received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            body = _body(response, received, largest) if response.status == 200 else b""
            return _Response(response.status, received, body)


def check_address(url: str) -> SplitResult:
    """The parts of an http or https address in ASCII, without fragment; a SourceError for every other one."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode() if ":" not in (parts.hostname or "") else ""
        port = parts.port
    except (ValueError, UnicodeError) as error:
        raise SourceError("This is not a web address.", "Check it.") from error
    if parts.scheme not in ("http", "https"):
        raise SourceError("Only http and https addresses are fetched.", "Check the address.")
    if not _UNSAFE.isdisjoint(url) or len(url) > 2000 or "@" in parts.netloc:
        raise SourceError(
            "The address holds a password, white space or other things that are not fetched.", "Check it."
        )
    if not host or port == 0:
        raise SourceError("The address names no host.", "Addresses made of an IPv6 number are not fetched.")
    netloc = f"{host}:{port}" if port else host
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    return SplitResult(parts.scheme, netloc, path or "/", quote(parts.query, safe="/%:@!$&'()*+,;=~-._?"), "")


def _body(response: httpcore.Response, headers: dict[str, str], largest: int) -> bytes:
    """The body, unpacked as it comes, so that neither a large nor a packed one fills the memory."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise SourceError(f"The page is packed as '{encoding[:20]}', which was not asked for.", "Save it by hand.")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    body = bytearray()
    try:
        for chunk in response.iter_stream():
            body += unpack.decompress(chunk, largest + 1 - len(body)) if unpack else chunk
            if len(body) > largest or (unpack and unpack.unconsumed_tail):
                raise SourceError(f"The page has more than {largest / 1e6:.0f} MB.", "Give the address of one article.")
    except zlib.error as error:
        raise SourceError("The page came damaged.", "Try again later.") from error
    if unpack and not unpack.eof:
        raise SourceError("The page did not come whole.", "Try again later.")
    return bytes(body)


def _asked_wait(retry_after: str) -> float:
    """The seconds that a Retry-After header asks for, as a number or as a date; 0 when it says neither."""
    if retry_after.isdecimal() and len(retry_after) < 6:
        return float(retry_after)
    try:
        when = parsedate_to_datetime(retry_after)
    except (ValueError, IndexError):
        return 0.0
    return (when - datetime.now(UTC)).total_seconds() if when.tzinfo else 0.0


def _mend_of(status: int) -> str:
    if status in (401, 402, 403, 451):
        return "The page wants a log-in or refuses programs: save it by hand and add the file."
    return "Check the address." if status in (404, 410) else "Try again later."


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
