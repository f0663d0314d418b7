"""Files and folders to articles.

In: what the user named. Out: the files that may hold articles, their bytes, and the article in them before cleaning.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SourceError
from rag.ingest.formats.epub import parse_epub
from rag.ingest.formats.feed_file import is_feed
from rag.ingest.formats.mail.reader import parse_eml, parse_mhtml
from rag.ingest.formats.markdown import to_plain
from rag.ingest.formats.opendocument import parse_odt
from rag.ingest.formats.pdf.reader import parse_pdf
from rag.ingest.formats.rtf import parse_rtf
from rag.ingest.formats.several import SEVERAL
from rag.ingest.formats.word import parse_docx
from rag.ingest.frontmatter import split_front_matter
from rag.ingest.html import parse_html
from rag.schema import Article
from rag.text.encoding import read_text

TEXT, MARKDOWN, PAGE = (".txt", ".text"), (".md", ".markdown"), (".html", ".htm", ".xhtml")
# Documents of one article each, with what reads them.
DOCUMENT: dict[str, Callable[[bytes], Article]] = {
    ".pdf": parse_pdf, ".docx": parse_docx, ".odt": parse_odt, ".rtf": parse_rtf, ".epub": parse_epub,
    ".eml": parse_eml, ".mhtml": parse_mhtml, ".mht": parse_mhtml,
}  # fmt: skip
# Files of many articles: rag/ingest/archives.py reads them.
TABLE = (".json", ".jsonl", ".csv", ".tsv", ".json.gz", ".jsonl.gz", ".csv.gz", ".tsv.gz")
ARCHIVE = (".zip", ".wacz")
KNOWN_ENDINGS = (*TEXT, *MARKDOWN, *PAGE, *DOCUMENT, *TABLE, *ARCHIVE, *SEVERAL)
LARGEST_FILE = 20_000_000  # bytes. The longest novels have 4 MB; what is larger is a dump of many articles
LARGEST_DOCUMENT = 100_000_000  # bytes, pictures included; most of them are never unpacked
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "changelog", "contributing")
# Part of every digest: raise it when cleaning or parsing changes, and unchanged files are read again.
_READING = "4"


@dataclass(frozen=True, slots=True)
class RawFile:
    """The bytes of a file, with what names them."""

    path: Path
    data: bytes
    digest: str

    @property
    def source(self) -> str:
        """The path as text, for reports."""
        return str(self.path)


def find_files(path: Path) -> Iterator[Path]:
    """The article files that `path` names: itself, or those in the folder, sorted; a SourceError when there are none.

    In folders, README, LICENSE and CHANGELOG files, hidden ones and other endings are passed over, and links to
    folders are not followed.
    """
    if not os.path.lexists(path):
        raise SourceError("There is no such file or folder.", "Check the path.")
    if not path.is_dir():
        yield path
        return
    found = False
    for file in _walk(path):
        found = True
        yield file
    if not found:
        raise SourceError("The folder holds no articles.", f"Known endings: {' '.join(KNOWN_ENDINGS)}.")


def read_raw(path: Path) -> RawFile:
    """The bytes of an article file; a SourceError for what is too large, of another kind, or cannot be read."""
    ending = path.suffix.lower()
    if not path.name.lower().endswith(KNOWN_ENDINGS):
        raise SourceError(
            f"The ending '{path.suffix}' is not known." if ending else "The file has no ending.",
            f"Known endings: {' '.join(KNOWN_ENDINGS)}.",
        )
    data = read_bytes(path)
    return RawFile(path, data, digest_of(data))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; a SourceError for what is too large for its kind, or cannot be read."""
    try:
        return _read(path, largest_of(path.name))
    except OSError as error:
        raise SourceError(f"The file cannot be read: {error.strerror or error}.") from error


def largest_of(name: str) -> int:
    """How many bytes a file called `name` may have."""
    ending = Path(name).suffix.lower()
    return LARGEST_FILE if ending in (*TEXT, *MARKDOWN, ".eml") else LARGEST_DOCUMENT


def is_table(name: str) -> bool:
    """Whether a file called `name` holds one article a row."""
    return name.lower().endswith(TABLE)


def is_article_name(name: str) -> bool:
    """Whether a file called `name` may hold one article."""
    known = Path(name).suffix.lower() in (*TEXT, *MARKDOWN, *PAGE, *DOCUMENT)
    first = name.lower().replace("-", ".").replace("_", ".").partition(".")[0]
    return known and not name.startswith(".") and first not in _ABOUT_THE_FOLDER


def parse_file(name: str, data: bytes) -> Article:
    """The article in the bytes of a file called `name`, not cleaned yet; its title is empty when none is given."""
    if not data.strip():
        raise SourceError("The file is empty.")
    ending = Path(name).suffix.lower()
    if ending in PAGE:
        return parse_html(data)
    if ending in DOCUMENT:
        return DOCUMENT[ending](data)
    decoded = read_text(data)
    text = decoded.text
    if not text.strip():
        raise SourceError("The file holds nothing but white space.")
    front, body = split_front_matter(text)
    title = front.title
    if ending in MARKDOWN:
        heading, body = to_plain(body)
        title = title or heading
    if not body.strip():
        raise SourceError("The file has front matter but no text.")
    return Article(
        title=title or "",
        text=body,
        url=front.url,
        publisher=front.publisher,
        author=front.author,
        published=front.published,
        language=front.language,
        notes=(decoded.remark,) if decoded.remark else (),
    )


def address_of(raw: RawFile) -> str | None:
    """The address that the file's front matter gives its article; cheap, so that unchanged files need no parsing."""
    if raw.path.suffix.lower() not in (*TEXT, *MARKDOWN) or not raw.data[:10].strip(b"\xef\xbb\xbf\r\n ").startswith(
        (b"---", b"+++")
    ):
        return None
    return split_front_matter(raw.data[:20_000].decode("utf-8", errors="replace"))[0].url


def digest_of(data: bytes) -> str:
    """A name for raw content: equal for equal bytes read by the same version of this code."""
    return hashlib.sha256(_READING.encode() + b":" + data).hexdigest()[:32]


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            several = name.lower().endswith((*TABLE, *ARCHIVE, *SEVERAL)) and not name.startswith(".")
            path = Path(parent, name)
            if is_article_name(name) or (several and not _is_other_xml(path)):
                yield path


def _is_other_xml(path: Path) -> bool:
    """Whether an XML file in a folder is something else than a feed: settings, a site map."""
    if path.suffix.lower() != ".xml":
        return False
    try:
        with path.open("rb") as file:
            return not is_feed(file.read(4096))
    except OSError:
        return False  # reported when it is read


def _read(path: Path, largest: int) -> bytes:
    if not path.is_file():
        path.stat()  # tells a broken link or a loop of links by its own error
        raise SourceError("This is not a regular file.")
    size = path.stat().st_size
    if size > largest:
        raise SourceError(
            f"The file has {size / 1e6:.0f} MB, more than the {largest / 1e6:.0f} MB that an article may have.",
            "Split it into articles.",
        )
    with path.open("rb") as file:
        return file.read(largest)
