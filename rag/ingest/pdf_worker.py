"""The process that reads one PDF: `python -m rag.ingest.pdf_worker SECONDS < file`, JSON on stdout.

The only module that knows pypdf. In: a PDF on stdin. Out: {"title", "author", "text"} or {"error", "mend"}.
pypdf rather than PyMuPDF: plain Python under BSD; PyMuPDF is faster but under the AGPL, which this project cannot take.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys

MOST_PAGES = 2000  # twice the longest report; an archive of papers is split first
MOST_CHARACTERS = 10_000_000
MEMORY = 2_000_000_000  # bytes of address space; 200-page papers take 0.4 GB of it
# Titles that programs put in by themselves.
_NO_TITLE = re.compile(r"untitled.*|microsoft word.*|.*\.(?:docx?|pdf|indd|qxd|tex|dvi|ps|pages|odt)|\W*|\d+", re.I)


def read_pdf(data: bytes) -> dict[str, str]:
    """What the PDF holds, or the error that says why nothing can be read."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return _error("The PDF is encrypted.", "Remove its password first.")
        if len(reader.pages) > MOST_PAGES:
            return _error(f"The PDF has {len(reader.pages)} pages, more than {MOST_PAGES}.", "Split it.")
        about = reader.metadata
        title, author = str(about.title or "") if about else "", str(about.author or "") if about else ""
        pages: list[str] = []
        size = 0
        for page in reader.pages:
            pages.append(page.extract_text())
            size += len(pages[-1])
            if size > MOST_CHARACTERS:
                return _error("The PDF holds more text than an article may have.", "Split it.")
    except PyPdfError:
        return _error("The PDF is damaged or incomplete.", "Get it again, or print it to a new PDF.")
    title = " ".join(title.split())
    return {
        "title": "" if _NO_TITLE.fullmatch(title) else title,
        "author": " ".join(author.split()),
        "text": paragraphs("\n".join(pages)),
    }


def paragraphs(text: str) -> str:
    """The lines of pages joined to paragraphs: a line that ends short after a full stop closes one."""
    lines = [line.strip() for line in text.encode("utf-8", "replace").decode().splitlines()]
    width = max((len(line) for line in lines), default=0)
    width = min(width, 110)
    out: list[str] = []
    open_paragraph = False
    for line in lines:
        if not line:
            open_paragraph = False
            continue
        if open_paragraph and out[-1].endswith("-") and out[-1][-2:-1].isalpha() and line[0].islower():
            out[-1] = out[-1][:-1] + line
        elif open_paragraph:
            out[-1] += " " + line
        else:
            out.append(line)
        ended = line[-1] in '.!?:”"' and len(line) < width * 0.8
        open_paragraph = not ended and not (len(line) < width * 0.5 and line[-1] not in ".,;-")
    return "\n\n".join(out)


def _error(message: str, mend: str) -> dict[str, str]:
    return {"error": message, "mend": mend}


def _limit(seconds: int) -> None:
    """Bound the process, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """Read the PDF on stdin. What pypdf raises beside its own errors on damaged files ends here as damage."""
    _limit(int(sys.argv[1]))
    logging.disable(logging.CRITICAL)  # pypdf logs each oddity of a file
    data = sys.stdin.buffer.read()
    try:
        answer = read_pdf(data)
    except (MemoryError, RecursionError):
        answer = _error("The PDF takes too much memory to read.", "Print it to a new PDF.")
    except (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError):
        answer = _error("The PDF is damaged or incomplete.", "Get it again, or print it to a new PDF.")
    except (ImportError, OSError, RuntimeError):
        answer = _error("The PDF uses a kind of encryption or packing that cannot be read.", "Print it to a new PDF.")
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
