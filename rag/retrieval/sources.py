"""The other sources of a story: which publishers of its syndicated copies say what a passage says.

In: candidates, and the copies of their articles. Out: the candidates with `also`. An editor may have cut the very
passage from a copy, or changed a figure in it: such a copy is no source of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from rag.schema import Candidate, OtherSource
from rag.store.store import Copy
from rag.text.copies import fingerprint, says


def with_sources(
    candidates: Sequence[Candidate], copies_of: Callable[[Sequence[str]], Iterable[Copy]]
) -> tuple[Candidate, ...]:
    """The candidates, each with who else has published its passage."""
    stories: dict[str, list[Copy]] = defaultdict(list)
    for copy in copies_of(sorted({candidate.passage.article_id for candidate in candidates})):
        stories[copy.story].append(copy)
    if not stories:
        return tuple(candidates)
    prints = {copy.article.id: fingerprint(copy.article.text) for story in stories.values() for copy in story}
    completed: list[Candidate] = []
    for candidate in candidates:
        copies = stories.get(candidate.passage.article_id)
        if copies is None:
            completed.append(candidate)
            continue
        mark = fingerprint(candidate.passage.text)
        saying = [copy for copy in copies if says(prints[copy.article.id], mark)]
        completed.append(replace(candidate, also=distinct(candidate.publisher, candidate.url, saying)))
    return tuple(completed)


def distinct(publisher: str | None, url: str | None, copies: Iterable[Copy]) -> tuple[OtherSource, ...]:
    """The copies as sources, one a publisher, without the publisher of the article itself and without the nameless."""
    names = {_name(publisher, url)}
    sources: list[OtherSource] = []
    for copy in copies:
        name = _name(copy.article.publisher, copy.article.url)
        if name and name not in names:
            names.add(name)
            sources.append(copy.source)
    return tuple(sources)


def _name(publisher: str | None, url: str | None) -> str:
    return (publisher or urlsplit(url or "").hostname or "").casefold()
