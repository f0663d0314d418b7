"""The forms of an exported page: Markdown, HTML, plain text. Text of articles is text in each of them."""

from __future__ import annotations

import re
from html import escape

from rag.export.pages import Footnote, Page

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|$~!&])")
_LIST = re.compile(r"^(\d+)([.)])(?=\s)|^([-+=])(?=\s|[-+=]|$)")
_STYLE = (
    "body{max-width:42rem;margin:3rem auto;padding:0 1rem;font:1.0625rem/1.6 Georgia,serif;color:#16181d;"
    "background:#fdfcf9}h1{font-size:1.75rem}h2{font-size:1.25rem;margin-top:2.5rem}"
    "sup a{text-decoration:none;padding:0 .1em}ol{font-size:.9375rem;padding-left:1.5rem}li{margin-bottom:.6rem}"
    "a{color:#1d4f91;overflow-wrap:anywhere}"
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
        lines.append(f"[^{note.number}]: “{_markdown(note.quote)}” ({_markdown(note.source)}){address}")
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
    """A page that needs nothing else: no scripts, nothing loaded."""
    body = [f"<h1>{escape(page.title)}</h1>"]
    for section in page.sections:
        if section.question != page.title or len(page.sections) > 1:
            body.append(f"<h2>{escape(section.question)}</h2>")
        said = " ".join(escape(text) + "".join(map(_mark, numbers)) for text, numbers in section.sentences)
        body.append(f"<p>{said}</p>")
        body += [f"<p><em>{escape(text)}</em>{''.join(map(_mark, numbers))}</p>" for text, numbers in section.notes]
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


def _mark(number: int) -> str:
    return f'<sup><a href="#note-{number}">{number}</a></sup>'


def _html_note(note: Footnote) -> str:
    address = f' <a href="{escape(note.url)}" rel="noreferrer">{escape(note.url)}</a>' if note.url else ""
    return f'<li id="note-{note.number}">“{escape(note.quote)}” {escape(note.source)}{address}</li>'


def _plain_note(note: Footnote) -> str:
    address = f" {note.url}" if note.url else ""
    return f"[{note.number}] “{note.quote}” {note.source}.{address}"


def _markdown(text: str) -> str:
    """Markdown that shows this line as it is; it stands after other text or at the beginning of a line."""
    escaped = _MARKDOWN.sub(r"\\\1", text)
    return _LIST.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", escaped)
