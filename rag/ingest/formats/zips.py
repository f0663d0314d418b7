"""ZIP containers with bounds: the only module that unpacks them.

In: the bytes of an archive, or of a document that is one. Out: its parts, never more than what was allowed.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import SourceError

MOST_MEMBERS = 20_000  # a ZIP of a year of a daily paper has fewer; the list alone then takes 20 MB
# What zipfile and its decompressors raise for damaged data; RuntimeError is "password required".
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError,
    RuntimeError, ValueError, OverflowError, IndexError,
)  # fmt: skip


class Container:
    """The parts of a ZIP file; all reads together unpack at most `budget` bytes."""

    def __init__(self, archive: zipfile.ZipFile, budget: int) -> None:
        self._archive = archive
        self._left = budget
        self.names = [info.filename for info in archive.infolist() if not info.is_dir()]
        if len(self.names) > MOST_MEMBERS:
            raise SourceError(f"The archive has {len(self.names):,} files, more than {MOST_MEMBERS:,}.", "Split it.")

    def read(self, name: str, largest: int) -> bytes:
        """The bytes of a part; a SourceError when it is missing, encrypted, damaged or larger than `largest`."""
        with _damage():
            try:
                info = self._archive.getinfo(name)
            except KeyError as error:
                raise SourceError(f"The file is incomplete: it has no part '{name}'.") from error
            if info.flag_bits & 1:
                raise SourceError("It is encrypted.", "Remove the password first.")
            with self._archive.open(info) as part:
                data = part.read(min(largest, self._left) + 1)  # the size that the archive states may be a lie
        self._left -= len(data)
        if self._left < 0:
            raise SourceError("Unpacked, the archive is larger than allowed.", "Split it.")
        if len(data) > largest:
            raise SourceError(f"Unpacked, it has more than {largest / 1e6:.0f} MB.", "Split it into articles.")
        return data


def open_container(data: bytes, budget: int) -> Container:
    """The archive in `data`; a SourceError when it is none."""
    with _damage():
        return Container(zipfile.ZipFile(io.BytesIO(data)), budget)


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise SourceError("The file is damaged or incomplete: it cannot be unpacked.", "Get it again.") from error
