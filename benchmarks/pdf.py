"""Text of PDF files beside other readers: `python -m benchmarks.pdf FOLDER [--write]`.

FOLDER holds sets, a folder each, of PDFs; a file of the same name with the ending .Rnw, .tex or .html beside one is its
source, from which sentences and title are known. One more set is made here from the articles in corpus/: one to three
columns, on one to four pages, with running heads and feet. All lines of other readers are joined: that favours them.
`pip install -c constraints.txt -e ".[benchmarks]"` first.
"""

from __future__ import annotations

import io
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import made_by
from rag.errors import SourceError
from rag.ingest.files import parse_file
from rag.ingest.formats.pdf.worker import read_pdf
from rag.ingest.markup import html_text
from rag.text.cleaning import clean
from rag.text.sentences import split_sentences

RESULTS = Path(__file__).with_suffix(".md")
CORPUS = Path(__file__).parents[1] / "corpus"
_FEWEST_WORDS = 8  # of a sentence that is looked for
_LONG = 100  # characters of a paragraph that is looked at
_ENDED = re.compile(r"[.!?:;…][)\]”’\"'»]*$")
_HEAD, _FOOT = "The Courier of the Harbour", "Printed for the members of the reading room"


@dataclass(frozen=True, slots=True)
class Sample:
    """A PDF, with what is known of it."""

    data: bytes
    title: str = ""
    sentences: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


@dataclass
class Score:
    """What a reader made of a set."""

    sentences: int = 0
    whole: int = 0
    paragraphs: int = 0
    ended: int = 0
    running: int = 0
    titles: int = 0
    right: int = 0
    failed: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)


Reader = Callable[[bytes], tuple[str, str]]


def main() -> None:
    """Print a table for each set, or write them all."""
    folder = Path(sys.argv[1])
    sets = {part.name: list(_samples(part)) for part in sorted(folder.iterdir()) if part.is_dir()}
    tables = [_table(name, samples) for name, samples in ({"made": list(_made())} | sets).items()]
    text = "\n\n".join([made_by("python -m benchmarks.pdf FOLDER"), *tables])
    print(text)
    if "--write" in sys.argv:
        _write(text)


def _write(text: str) -> None:
    """The tables, above what people wrote about them."""
    told = RESULTS.read_text(encoding="utf-8").partition("\n## Reading them")[1:] if RESULTS.exists() else ("", "")
    RESULTS.write_text(f"# Text of PDF files\n\n{text}\n{''.join(told)}", encoding="utf-8")


def _table(name: str, samples: list[Sample]) -> str:
    rows = [_row(label, _score(read, samples)) for label, read in READERS.items()]
    head = "| reader | sentences whole | paragraphs that end | running lines left | titles | failed | ms a PDF |"
    return "\n".join([f"## {name} ({len(samples)} PDFs)\n", head, "|---|---|---|---|---|---|---|", *rows])


def _row(label: str, score: Score) -> str:
    return (
        f"| {label} | {_share(score.whole, score.sentences)} | {_share(score.ended, score.paragraphs)} "
        f"| {score.running} | {score.right} of {score.titles} | {score.failed} | {1000 * score.seconds:.0f} |"
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} of {whole:,}" if whole else "-"


def _score(read: Reader, samples: list[Sample]) -> Score:
    score = Score()
    for sample in samples:
        started = time.process_time()
        try:
            title, text = read(sample.data)
        except Exception:  # whatever a reader raises on a PDF counts against it
            title, text = "", ""
            score.failed += 1
        score.seconds += (time.process_time() - started) / len(samples)
        paragraphs = clean(text, title=title or "-").text.split("\n\n")
        _count(score, sample, title, paragraphs)
    return score


def _count(score: Score, sample: Sample, title: str, paragraphs: list[str]) -> None:
    shown = [_plain(paragraph) for paragraph in paragraphs]
    joined = "\n".join(shown)
    score.sentences += len(sample.sentences)
    score.whole += sum(_plain(sentence) in joined for sentence in sample.sentences)
    long = [paragraph for paragraph in paragraphs if len(paragraph) >= _LONG] if len(paragraphs) > 1 else []
    score.paragraphs += len(long)
    score.ended += sum(bool(_ENDED.search(paragraph)) for paragraph in long)
    score.running += sum(joined.count(_plain(line)) for line in sample.running)
    score.titles += bool(sample.title)
    score.right += bool(sample.title) and _plain(title) == _plain(sample.title)


def _plain(text: str) -> str:
    """The text as it is compared: signs of typesetting made plain."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"[‘’`´]|''", "'", text)
    text = re.sub(r"[“”„\"]", "'", text)
    return " ".join(re.sub(r"[–—]|--+", "-", text).split())


# --- samples


def _samples(folder: Path) -> Iterator[Sample]:
    for path in sorted(folder.rglob("*.pdf")):
        data = path.read_bytes()
        for ending, known in ((".Rnw", _from_tex), (".tex", _from_tex), (".html", _from_html)):
            source = path.with_suffix(ending)
            if source.exists():
                yield Sample(data, *known(source.read_text(encoding="utf-8", errors="replace")))
                break
        else:
            yield Sample(data)


def _from_tex(source: str) -> tuple[str, tuple[str, ...]]:
    """Title and sentences of a TeX source, those without commands."""
    titled = re.search(r"\\title\{([^{}\\$]+)\}", source)
    body = source.partition("\\begin{document}")[2]
    body = re.sub(r"(?ms)^<<.*?>>=.*?^@.*?$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}|(?<!\\)%.*?$", "\n\n", body)
    texts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
    return titled[1] if titled else "", _sentences(texts, re.compile(r"[\\$&{}~#^_|<>]"))


def _from_html(source: str) -> tuple[str, tuple[str, ...]]:
    titled = re.search(r"<title>([^<]+)</title>", source)
    return titled[1].strip() if titled else "", _sentences(
        html_text(source.encode()).split("\n\n"), re.compile(r"[{}|<>]")
    )


def _sentences(texts: Iterator[str] | list[str], unwanted: re.Pattern[str]) -> tuple[str, ...]:
    found = (text[start:end] for text in texts for start, end in split_sentences(text))
    return tuple(
        sentence
        for sentence in found
        if len(sentence.split()) >= _FEWEST_WORDS and sentence[-1] in ".!?" and not unwanted.search(sentence)
    )


def _made() -> Iterator[Sample]:
    """Articles of the corpus as PDFs."""
    articles = [
        parse_file(path.name, path.read_bytes()) for path in sorted(CORPUS.glob("*.md")) if path.stem != "README"
    ]
    for number in range(30):
        columns = number % 3 + 1
        chosen = [articles[(number + step) % len(articles)] for step in range(1 + number // 10)]
        paragraphs = [one for article in chosen for one in article.text.split("\n\n")]
        title = chosen[0].title or ""
        yield Sample(
            _pdf(title, paragraphs, columns), title, _sentences(paragraphs, re.compile(r"[|<>]")), (_HEAD, _FOOT)
        )


def _pdf(title: str, paragraphs: list[str], columns: int) -> bytes:
    from importlib.resources import files

    from fpdf import FPDF

    class Paper(FPDF):
        def header(self) -> None:
            self.set_font("own", size=8)
            self.cell(0, 8, f"{_HEAD}  {self.page_no()}", align="R", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("own", size=8)
            self.cell(0, 8, _FOOT, align="C")

    paper = Paper()
    for style, name in (("", "Regular"), ("B", "Bold")):
        font = files("font_source_sans_pro") / "files" / f"SourceSansPro-{name}.ttf"
        paper.add_font("own", style=style, fname=str(font))
    paper.add_page()
    paper.set_font("own", style="B", size=18)
    paper.multi_cell(0, 9, title, new_x="LMARGIN", new_y="NEXT", align="L")
    paper.set_font("own", size=10)
    with paper.text_columns(ncols=columns, gutter=8, text_align="J" if columns > 1 else "L") as area:
        for paragraph in paragraphs:
            with area.paragraph(bottom_margin=2) as part:
                part.write(paragraph)
    return bytes(paper.output())


# --- readers


def _ours(data: bytes) -> tuple[str, str]:
    found = read_pdf(data)
    if "error" in found:
        raise SourceError(found["error"])
    return found["title"], found["text"]


def _pypdf(mode: str) -> Reader:
    def read(data: bytes) -> tuple[str, str]:
        from pypdf import PdfReader

        document: Any = PdfReader(io.BytesIO(data))
        about = document.metadata
        title = str(about.title or "") if about else ""
        return title, "\n".join(page.extract_text(extraction_mode=mode) for page in document.pages)

    return read


def _pdfminer(data: bytes) -> tuple[str, str]:
    from pdfminer.high_level import extract_text

    return "", extract_text(io.BytesIO(data))


def _pdfplumber(data: bytes) -> tuple[str, str]:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        text = "\n".join(page.extract_text() or "" for page in document.pages)
        return str((document.metadata or {}).get("Title") or ""), text


def _pdfium(data: bytes) -> tuple[str, str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    return document.get_metadata_dict().get("Title", ""), text.replace("\ufffe", "-\n")


def _lenient(read: Reader) -> Reader:
    """The reader with all its lines joined, and the words broken at line ends: what any program could make of it."""

    def joined(data: bytes) -> tuple[str, str]:
        title, text = read(data)
        return title, " ".join(re.sub(r"(?<=[^\W\d_])-\s*\n\s*(?=[a-z])", "", text).split())

    return joined


READERS: dict[str, Reader] = {
    "ours (letters by pypdfium2)": _ours,
    "pypdfium2, as it gives text": _lenient(_pdfium),
    "pypdf, plain": _lenient(_pypdf("plain")),
    "pypdf, layout": _lenient(_pypdf("layout")),
    "pdfminer.six": _lenient(_pdfminer),
    "pdfplumber": _lenient(_pdfplumber),
}


if __name__ == "__main__":
    main()
