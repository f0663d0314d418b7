"""Chroma snapshots of the vectors: the only module that knows Chroma.

Chroma's folder cannot be shared: a second process makes the first find wrong neighbours, a kill while it is written
may leave a folder whose opening segfaults, a truncated file is read without complaint, and even an opening for reading
rewrites files (all measured on chromadb 1.5.9). So a published snapshot is never opened and never changed. It is built
aside, tried, flushed, and published by replacing one small file that lists its files with their hashes. Who wants to
search copies it, hash by hash, and opens the private copy: what Chroma opens is byte for byte what was tried, whatever
happened to the folder since.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
import uuid
import weakref
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from rag.schema import Vectors
from rag.store.files import flush

Numbers = NDArray[np.int64]

log = logging.getLogger("rag.store")

BATCH = 5_000  # Chroma takes 5,461 at most
COLLECTION = "passages"
# Recall@10 on real sentence vectors is .990 with ef_search 100 and .997 with 200; a query of 100k takes 1-2 ms.
HNSW = {"space": "cosine", "ef_construction": 100, "ef_search": 200, "max_neighbors": 16, "sync_threshold": 1000}
TRIED_A_BATCH = 8  # stored vectors that are searched after building: each must find itself ...
FOUND_AT_LEAST = 0.9  # ... in so many cases (the index is approximate)
SAME = 1e-3  # cosine distance below which a vector has found itself or its twin
CHUNK = 1 << 20


@dataclass(frozen=True)
class Published:
    """The published snapshot: all passages up to a number that lived at a generation, and perhaps dead ones."""

    name: str
    upto: int  # highest passage number in it
    held: int  # vectors in it
    generation: int
    files: Mapping[str, tuple[int, str]]  # relative path -> size, hash


class Snapshots:
    """The snapshots in one folder. Publishing is the business of the holder of the writer lock; opening is anyone's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._card = folder.with_suffix(".json")  # beside the folder: it outlives the folder's deletion

    def current(self) -> Published | None:
        """The published snapshot, None when there is none or its files are plainly not those that were published."""
        try:
            card = json.loads(self._card.read_text(encoding="utf-8"))
            files = {str(path): (int(size), str(digest)) for path, (size, digest) in card.pop("files").items()}
            published = Published(**card, files=files)
            sizes_agree = all(
                (self._folder / published.name / path).stat().st_size == size for path, (size, _) in files.items()
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return published if sizes_agree else None

    def promised(self) -> bool:
        """Whether a snapshot was ever published here, whatever has become of it."""
        return self._card.exists()

    def sound(self, published: Published) -> bool:
        """Whether every byte is as it was published."""
        return all(
            _digest(self._folder / published.name / path) == digest for path, (_, digest) in published.files.items()
        )

    def open(self, published: Published) -> OpenSnapshot | None:
        """A private copy of the published snapshot, ready for search; None when it is damaged."""
        try:
            private, lock = self._reserve()
        except OSError as error:
            log.warning("The dense index cannot be copied: %s", error)
            return None
        try:
            if self._copy(published, private):
                return OpenSnapshot(private, lock, published)
        except _chroma_errors() as error:
            log.warning("The dense index cannot be opened: %s", error)
        _dispose(None, private, lock)
        return None

    def build(
        self, base: Published | None, batches: Iterable[tuple[Numbers, Vectors]], *, upto: int, generation: int
    ) -> Published | None:
        """Publish `base` (or nothing) with the batches added; None when it cannot be done: then nothing has changed."""
        work = self._folder / f"work-{uuid.uuid4().hex[:12]}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            work.mkdir()
            if base is not None and not self._copy(base, work):
                return None
            held = _fill(work, batches)
            if held is None:
                log.warning("The new dense index does not find its own vectors; it is not used.")
                return None
            return self._publish(work, upto, held, generation)
        except _chroma_errors() as error:
            log.warning("The dense index could not be brought up to date: %s", error)
            return None
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def withdraw(self) -> None:
        """Unpublish: the next search finds no snapshot."""
        self._card.unlink(missing_ok=True)
        self.clean()

    def clean(self) -> int:
        """Remove what crashes and earlier snapshots left; how many folders. The caller holds the writer lock."""
        if not self._folder.is_dir():
            return 0
        published = self.current()
        keep = {published.name} if published else set()
        debris = [path for path in self._folder.glob("*-*") if path.is_dir() and not path.name.startswith("open-")]
        debris = [path for path in debris if path.name not in keep]
        for path in debris:
            shutil.rmtree(path, ignore_errors=True)
        return len(debris) + self._clean_copies()

    def _reserve(self) -> tuple[Path, FileLock]:
        """A new private folder and the lock that tells others that its owner lives."""
        self._folder.mkdir(parents=True, exist_ok=True)
        private = self._folder / f"open-{uuid.uuid4().hex[:12]}"
        lock = FileLock(private.with_suffix(".lock"), thread_local=False)
        with FileLock(self._folder / "copies.lock"):
            self._clean_copies_now()
            lock.acquire()
            private.mkdir()
        return private, lock

    def _clean_copies(self) -> int:
        with FileLock(self._folder / "copies.lock"):
            return self._clean_copies_now()

    def _clean_copies_now(self) -> int:
        """Remove private copies whose owners are gone: their locks can be had."""
        gone = 0
        for path in self._folder.glob("open-*.lock"):
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            _dispose(None, path.with_suffix(""), lock)
            gone += 1
        return gone

    def _copy(self, published: Published, target: Path) -> bool:
        """Copy the files, hashing what is written; False when a hash differs or a file is gone."""
        for path, (_, digest) in published.files.items():
            to = target / path
            to.parent.mkdir(parents=True, exist_ok=True)
            try:
                copied = _digest(self._folder / published.name / path, to)
            except FileNotFoundError:
                return False
            if copied != digest:
                return False
        return True

    def _publish(self, work: Path, upto: int, held: int, generation: int) -> Published:
        """Flush the files, then let the card name them: a reader sees the old snapshot or the new one, whole."""
        paths = sorted(path for path in work.rglob("*") if path.is_file())
        files = {path.relative_to(work).as_posix(): (path.stat().st_size, _digest(path)) for path in paths}
        for path in [*paths, *{path.parent for path in paths}]:
            flush(path)
        published = Published(f"at-{uuid.uuid4().hex[:12]}", upto, held, generation, files)
        work.rename(self._folder / published.name)
        draft = self._card.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(published)), encoding="utf-8")
        flush(draft)
        draft.replace(self._card)
        flush(self._folder)
        flush(self._folder.parent)
        self.clean()
        return published


class SnapshotLost(Exception):
    """The private copy cannot be searched any more: somebody deleted it, and Chroma opens its database now and then."""


class OpenSnapshot:
    """A private copy of a snapshot, open in Chroma. It is removed when the last user lets go of it."""

    def __init__(self, folder: Path, lock: FileLock, published: Published) -> None:
        self.published = published
        self._client = _client(folder)
        self._close = weakref.finalize(self, _dispose_own, os.getpid(), self._client, folder, lock)
        self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        self._one_at_a_time = threading.Lock()  # four threads get no more out of Chroma than one

    @property
    def held(self) -> int:
        """Vectors in it."""
        return self.published.held

    def nearest(self, query: Vectors, n: int) -> tuple[Numbers, Vectors]:
        """Numbers and cosine similarities of the n nearest vectors, best first; SnapshotLost when Chroma fails."""
        try:
            with self._one_at_a_time:
                found = self._collection.query(
                    query_embeddings=query[None, :], n_results=min(n, self.published.held), include=["distances"]
                )
        except _chroma_errors() as error:
            raise SnapshotLost(str(error)) from error
        return np.array(found["ids"][0], dtype=np.int64), 1 - np.array(found["distances"][0], dtype=np.float32)

    def close(self) -> None:
        """Close Chroma and remove the copy."""
        self._close()


def _fill(folder: Path, batches: Iterable[tuple[Numbers, Vectors]]) -> int | None:
    """Add the batches to the Chroma folder and try it; the vectors in it, None when it does not find its own."""
    client = _client(folder)
    try:
        collection = client.get_or_create_collection(COLLECTION, configuration={"hnsw": HNSW}, embedding_function=None)
        samples: list[Vectors] = []
        for numbers, vectors in batches:
            collection.add(ids=[str(number) for number in numbers], embeddings=vectors)
            samples.append(vectors[:: max(1, len(vectors) // TRIED_A_BATCH)])
        held = int(collection.count())
        return held if _finds(collection, samples) else None
    finally:
        client.close()


def _finds(collection: Any, samples: list[Vectors]) -> bool:
    """Whether stored vectors find themselves."""
    tried = np.concatenate(samples) if samples else np.empty((0, 0), np.float32)
    tried = tried[np.linalg.norm(tried, axis=1) > 0] if len(tried) else tried
    if not len(tried):
        return True
    found = collection.query(query_embeddings=tried, n_results=1, include=["distances"])["distances"]
    return float(np.mean([bool(row) and row[0] < SAME for row in found])) >= FOUND_AT_LEAST


_used_by: list[int] = []  # the process that first used Chroma, here or before it forked this one


def chroma_works() -> bool:
    """Whether Chroma can be used: in a process forked from one that has used it, its first call never returns."""
    return not _used_by or _used_by[0] == os.getpid()


def _client(folder: Path) -> Any:
    if not chroma_works():
        raise RuntimeError("this process was forked from one that uses Chroma")
    _used_by[:] = [os.getpid()]
    import chromadb  # 0.7 s: only who searches or builds pays for it
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def _chroma_errors() -> tuple[type[Exception], ...]:
    """What a damaged folder, a full disk or Chroma itself may raise."""
    from chromadb.errors import ChromaError

    return (ChromaError, OSError, RuntimeError, ValueError)


def _dispose_own(owner: int, client: Any, folder: Path, lock: FileLock) -> None:
    """Let go of a copy, unless this is a forked child and the copy its parent's."""
    if os.getpid() == owner:
        _dispose(client, folder, lock)


def _dispose(client: Any, folder: Path, lock: FileLock) -> None:
    if client is not None:
        client.close()
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


def _digest(source: Path, copy: Path | None = None) -> str:
    """Hash of a file's bytes, which are written to `copy` on the way."""
    digest = hashlib.blake2b(digest_size=16)
    with source.open("rb") as read:
        write = copy.open("wb") if copy else None
        try:
            while chunk := read.read(CHUNK):
                digest.update(chunk)
                if write:
                    write.write(chunk)
        finally:
            if write:
                write.close()
    return digest.hexdigest()
