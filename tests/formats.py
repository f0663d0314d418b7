"""Files of every kind made in memory for the tests and benchmarks/fuzz.py, all with the same short article."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile

TITLE = "Ferry stays"
BODY = (
    "The town of Norrmouth voted on Tuesday to keep its ferry, with 6,412 votes for and 1,877 against, the mayor said.",
    "The operator must now sign a contract by the first of July, and critics say that the line loses money each year.",
    "Residents had collected signatures for months, in the market square and on the quay, before the council gave in.",
)
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP archive of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(lines: tuple[str, ...] = BODY, *, title: str = TITLE) -> bytes:
    """A PDF of one page, written by hand; long lines run over its edge, which text extraction does not mind."""
    shown = "".join(f"({line.replace('(', '').replace(')', '')}) Tj 0 -40 Td " for line in lines)
    stream = f"BT /F1 11 Tf 50 780 Td {shown}ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Title({title})/Author(Ann Lee)/CreationDate(D:20200101000000Z)>>".encode(),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        data
        + b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (
            table,
            len(data),
        )
    )


def docx() -> bytes:
    """A Word document with a heading, a deleted run, and metadata."""
    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    head = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{TITLE}</w:t></w:r></w:p>'
    gone = "<w:del><w:r><w:delText>Deleted words.</w:delText></w:r></w:del>"
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r>{gone}</w:p>" for line in BODY)
    core = f"<cp {_DC}><dc:creator>Ann Lee</dc:creator><dc:language>en-GB</dc:language></cp>"
    document = f"<w:document {name}><w:body>{head}{body}</w:body></w:document>"
    return zipped({"word/document.xml": document, "docProps/core.xml": core})


def odt() -> bytes:
    """An OpenDocument text."""
    names = 'xmlns:office="urn:o" xmlns:text="urn:t"'
    body = "".join(f"<text:p>{line.replace(' ', '<text:s/>', 1)}</text:p>" for line in BODY)
    content = (
        f"<office:document {names}><office:body><office:text><text:h>{TITLE}</text:h>{body}"
        "</office:text></office:body></office:document>"
    )
    meta = f"<m {_DC}><dc:creator>Ann Lee</dc:creator><dc:date>2020-01-01T00:00:00</dc:date></m>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, "meta.xml": meta})


def epub() -> bytes:
    """A book of two chapters, the second listed first in the manifest."""
    package = (
        f"<package {_DC}><metadata><dc:title>{TITLE}</dc:title><dc:creator>Ann Lee</dc:creator>"
        "<dc:date>2022-05-25</dc:date><dc:publisher>Courier</dc:publisher></metadata><manifest>"
        '<item id="b" href="two%20.xhtml"/><item id="a" href="one.xhtml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    entry = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    chapter = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{}</body></html>"
    return zipped(
        {
            "META-INF/container.xml": entry,
            "OPS/book.opf": package,
            "OPS/one.xhtml": chapter.format(f"<p>{BODY[0]}</p><p>{BODY[1]}</p>"),
            "OPS/two .xhtml": chapter.format(f"<p>{BODY[2]}</p><script>alert(1)</script>"),
        }
    )


def eml() -> bytes:
    """A mail with plain text, HTML and an attachment."""
    return (
        "From: =?utf-8?q?Ann_L=C3=A9e?= <ann@example.org>\r\nSubject: Ferry stays\r\n"
        "Date: Wed, 25 May 2022 08:00:00 +0200\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n'
        "Attached words.\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + "\r\n\r\n".join(BODY)
        + "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>The page</p>\r\n--b--\r\n"
    ).encode()


def mhtml() -> bytes:
    """A page that a browser saved."""
    page = "".join(f"<p>{line}</p>" for line in BODY)
    return (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/2022/05/25/ferry\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Location: https://example.org/2022/05/25/ferry\r\n\r\n"
        f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>{page}</article></body></html>\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
    ).encode()


def rows() -> list[dict[str, object]]:
    """Three rows as a news export has them."""
    return [
        {"headline": f"{TITLE} {number}", "content": line, "link": f"https://example.org/{number}",
         "source": {"name": "Courier"}, "authors": ["Ann Lee", "Bo Ek"], "published_at": "2022-05-25T08:00:00Z"}
        for number, line in enumerate(BODY)
    ]  # fmt: skip


def table_json() -> bytes:
    """The rows under a key, as an API gives them."""
    return json.dumps({"status": "ok", "articles": rows()}).encode()


def table_jsonl() -> bytes:
    """One row a line."""
    return "\n".join(json.dumps(row) for row in rows()).encode()


def table_csv() -> bytes:
    """The rows with semicolons between values, as Excel writes them in Europe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(["Title", "Story", "Published Date", "URL"])
    writer.writerows(
        [TITLE, f"{line}\n\nSecond paragraph.", "25.05.2022", f"https://example.org/{BODY.index(line)}"]
        for line in BODY
    )
    return buffer.getvalue().encode("utf-8-sig")


def rtf() -> bytes:
    """A rich text file with metadata and a deleted run."""
    lines = "".join(rf"{line}{{\deleted Deleted words.}}\par " for line in BODY)
    return (rf"{{\rtf1\ansi\ansicpg1252{{\info{{\title {TITLE}}}{{\author Ann Lee}}}}" + lines + "}").encode()


def nexis() -> bytes:
    """An export of a press database with three articles."""
    return "\n\n".join(
        f"{number} of 3 DOCUMENTS\n\nCourier\n\nMay 25, 2022 Wednesday\n\n{TITLE} {number}\n\nBYLINE: Ann Lee\n\n"
        f"LENGTH: 20 words\n\n{line}\n\nLOAD-DATE: May 26, 2022"
        for number, line in enumerate(BODY, start=1)
    ).encode()


def enex() -> bytes:
    """An export of notes."""
    text = f"<en-note>{''.join(f'<p>{line}</p>' for line in BODY)}</en-note>"
    note = (
        f"<note><title>{TITLE}</title><created>20220525T080000Z</created><content><![CDATA[{text}]]></content></note>"
    )
    return f"<en-export>{note}</en-export>".encode()


def rss() -> bytes:
    """A feed kept as a file."""
    item = f"<item><title>{TITLE}</title><guid>a</guid><description>{' '.join(BODY)}</description></item>"
    return f'<rss version="2.0"><channel><title>Courier</title>{item}</channel></rss>'.encode()


def warc() -> bytes:
    """A web archive of one page."""
    story = "".join(f"<p>{line}</p>" for line in BODY)
    page = f"<html><head><title>{TITLE}</title></head><body><article>{story}</article></body></html>"
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}"
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a\r\n"
        "WARC-Date: 2023-11-01T08:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n"
    )
    return (head + answer + "\r\n\r\n").encode()


def samples() -> dict[str, bytes]:
    """A sound file of each kind by its name."""
    page = "".join(f"<p>{line}</p>" for line in BODY)
    return {
        "a.txt": "\n\n".join((TITLE, *BODY)).encode(),
        "a.md": f"---\ntitle: {TITLE}\n---\n{BODY[0]}".encode(),
        "a.html": f"<html><head><title>{TITLE}</title></head><body><article>{page}</article></body></html>".encode(),
        "a.pdf": pdf(),
        "a.docx": docx(),
        "a.odt": odt(),
        "a.epub": epub(),
        "a.rtf": rtf(),
        "b.txt": nexis(),
        "a.enex": enex(),
        "a.rss": rss(),
        "a.warc": warc(),
        "a.warc.gz": gzip.compress(warc()),
        "a.eml": eml(),
        "a.mbox": b"From a@example.org Wed May 25 08:00:00 2022\n"
        + eml()
        + b"\nFrom b@example.org Thu May 26 08:00:00 2022\n"
        + eml(),
        "a.mhtml": mhtml(),
        "a.json": table_json(),
        "a.jsonl": table_jsonl(),
        "a.jsonl.gz": gzip.compress(table_jsonl()),
        "a.csv": table_csv(),
        "a.zip": zipped({"one.txt": BODY[0] * 2, "two.docx": docx(), "rows.jsonl": table_jsonl()}),
    }
