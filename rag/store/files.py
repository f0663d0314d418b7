"""Folders that are made, and files on the disk for good."""

from __future__ import annotations

import os
from pathlib import Path

from rag.errors import LibraryError


def make_folder(folder: Path) -> None:
    """Make the folder of a library, unless it is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "it is a file" if folder.is_file() else error.strerror
        raise LibraryError(
            f"The library folder {folder} cannot be made: {why}.",
            "Choose another folder with RAG_LIBRARY, or mend its permissions.",
        ) from error


def flush(path: Path) -> None:
    """Bring a file or a folder's entries to the disk (folders cannot be flushed on Windows, nor need be)."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
