"""The forms of an exported page: Markdown, HTML, rich text, plain text. Text of articles is text in each of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from rag.export.pages import Footnote, Page
from rag.text.dates import day_in_words

_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in r"\`*_{}[]<>#|$~!&"})
_LIST = re.compile(r"^(\d+)([.)])(?=\s)|^([-+=])(?=\s|[-+=]|$)")
_STYLE = (
    "body{max-width:42rem;margin:3rem auto;padding:0 1rem;font:1.0625rem/1.6 Georgia,serif;color:#16181d;"
    "background:#fdfcf9}h1{font-size:1.75rem}h2{font-size:1.25rem;margin-top:2.5rem}"
    "sup a{text-decoration:none;padding:0 .1em}ol{font-size:.9375rem;padding-left:1.5rem}li{margin-bottom:.6rem}"
    "a{color:#1d4f91;overflow-wrap:anywhere}cite{font-style:normal}"
)


def to_markdown(page: Page) -> str:
    """Markdown with footnotes."""
    lines = [f"# {_markdown(page.title)}", ""]
    for section in page.sections:
        if section.question != page.title or len(page.sections) > 1:
            lines += [f"## {_markdown(section.question)}", ""]
        lines += [
            " ".join(_markdown(text) + "".join(f"[^{n}]" for n in numbers) for text, numbers in section.sentences)
        ]
        lines.append("")
        for text, numbers in section.notes:
            lines += [_markdown(text) + "".join(f"[^{n}]" for n in numbers), ""]
    for note in page.footnotes:
        address = f" <{note.url}>" if note.url else ""
        quoted = "" if note.repeated else f"“{_markdown(note.quote)}” "
        source = _markdown(note.source)
        lines.append(f"[^{note.number}]: {quoted}{source if note.repeated else f'({source})'}{address}")
    return "\n".join(lines).rstrip() + "\n"


def to_text(page: Page) -> str:
    """Plain text with numbers in brackets and the sources below: what the copy button gives."""
    blocks = []
    for section in page.sections:
        said = " ".join(text + "".join(f" [{n}]" for n in numbers) for text, numbers in section.sentences)
        notes = [text + "".join(f" [{n}]" for n in numbers) for text, numbers in section.notes]
        blocks.append("\n\n".join([section.question, said, *notes]))
    sources = [_plain_note(note) for note in page.footnotes]
    return "\n\n".join([*blocks, "\n".join(sources)]).strip() + "\n"


def to_html(page: Page) -> str:
    """A page that needs nothing else: no scripts, nothing loaded. Its sources are schema.org quotations (microdata)."""
    body = [f"<h1>{escape(page.title)}</h1>", *_html_sections(page, _mark)]
    if page.footnotes:
        body += ["<h2>Sources</h2>", "<ol>", *(_html_note(note) for note in page.footnotes), "</ol>"]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def to_rich_text(page: Page) -> str:
    """HTML for the clipboard, to be pasted into a document or an e-mail: each number leads to its source's own page."""
    places = {note.number: note.place for note in page.footnotes}

    def mark(number: int) -> str:
        shown = f"[{number}]"
        return f'<sup><a href="{escape(places[number])}">{shown}</a></sup>' if places[number] else f"<sup>{shown}</sup>"

    notes = "".join(
        f"<p>[{note.number}] {_quoted(note)}{escape(note.source)}.{_link(note)}</p>" for note in page.footnotes
    )
    return "\n".join([f"<h2>{escape(page.title)}</h2>", *_html_sections(page, mark), notes])


def _html_sections(page: Page, mark: Callable[[int], str]) -> list[str]:
    """Questions, sentences and notes, without the title and the sources."""
    body = []
    for section in page.sections:
        if section.question != page.title or len(page.sections) > 1:
            body.append(f"<h2>{escape(section.question)}</h2>")
        said = " ".join(escape(text) + "".join(map(mark, numbers)) for text, numbers in section.sentences)
        body.append(f"<p>{said}</p>")
        body += [f"<p><em>{escape(text)}</em>{''.join(map(mark, numbers))}</p>" for text, numbers in section.notes]
    return body


def _mark(number: int) -> str:
    return f'<sup><a href="#note-{number}">{number}</a></sup>'


def _quoted(note: Footnote) -> str:
    return "" if note.repeated else f"“{escape(note.quote)}” "


def _link(note: Footnote) -> str:
    return f' <a href="{escape(note.place)}" rel="noreferrer">{escape(note.url)}</a>' if note.url else ""


def _html_note(note: Footnote) -> str:
    """A quotation of a news article as schema.org has it; the link opens the passage in the page."""
    parts = [f'<cite itemprop="headline">{escape(note.title)}</cite>']
    if note.outlet:
        name = f'<span itemprop="name">{escape(note.outlet)}</span>'
        parts.append(f'<span itemprop="publisher" itemscope itemtype="https://schema.org/Organization">{name}</span>')
    if note.published:
        day = day_in_words(note.published)
        parts.append(f'<time itemprop="datePublished" datetime="{note.published.isoformat()}">{day}</time>')
    if note.also:
        parts.append(f"also in {escape(note.also)}")
    url = f'<meta itemprop="url" content="{escape(note.url)}">' if note.url else ""
    article = (
        f'<span itemprop="isPartOf" itemscope itemtype="https://schema.org/NewsArticle">{", ".join(parts)}{url}</span>'
    )
    quotation = f'“<span itemprop="text">{escape(note.quote)}</span>” {article}{_link(note)}'
    return f'<li id="note-{note.number}" itemscope itemtype="https://schema.org/Quotation">{quotation}</li>'


def _plain_note(note: Footnote) -> str:
    address = f" {note.url}" if note.url else ""
    quoted = "" if note.repeated else f"“{note.quote}” "
    return f"[{note.number}] {quoted}{note.source}.{address}"


def _markdown(text: str) -> str:
    """Markdown that shows this line as it is; it stands after other text or at the beginning of a line."""
    escaped = text.translate(_MARKDOWN)
    return _LIST.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", escaped)
