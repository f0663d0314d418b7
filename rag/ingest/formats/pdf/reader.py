"""PDF files to articles, read in a process of its own that may be stopped: damaged PDFs can loop or fill the memory.

In: the bytes of a PDF. Out: its Article; a SourceError with a plain reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rag.errors import SourceError
from rag.ingest.formats.pdf.worker import NO_LETTERS
from rag.schema import Article
from rag.text.language import is_language

# Seconds for one PDF. 100 pages of text take about 5 s here with both cores busy, 1,000 are read in less than this.
LONGEST_S = 60.0
_HEAD = 1024  # bytes in which readers look for the mark
_STUCK = SourceError("The PDF could not be read within the time allowed.", "Print it to a new PDF, or save its text.")


def parse_pdf(data: bytes, *, longest: float = LONGEST_S) -> Article:
    """The article in a PDF. Its date is left to what the text says: a PDF states when the file was made."""
    if b"%PDF-" not in data[:_HEAD]:
        raise SourceError("This is not a PDF.", "Check the ending of the file.")
    answer = _ask_worker(data, longest)
    if "error" in answer:
        raise SourceError(answer["error"], answer.get("hint", ""))
    if not answer.get("text", "").strip():
        raise SourceError("The PDF holds no text, perhaps only scanned pictures.", "Run OCR on it first.")
    if not is_language(answer.get("sample", "")):
        raise SourceError(NO_LETTERS, "Run OCR on it, or copy the text from another version.")
    return Article(title=answer.get("title", ""), text=answer["text"], author=answer.get("author") or None)


def _ask_worker(data: bytes, longest: float) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[4])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "rag.ingest.formats.pdf.worker", str(int(longest) + 1)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=longest, env=environment)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _STUCK from None
    except OSError as error:
        raise SourceError(f"The PDF reader could not be started: {error.strerror or error}.") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:  # killed by its limits of memory or time
        raise SourceError("The PDF is damaged, or takes too much memory to read.", "Print it to a new PDF.") from None
    return {str(key): str(value) for key, value in answer.items()}
