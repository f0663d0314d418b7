"""What happened when: the dated sentences among the passages found for a question, in order, each with its place.

In: an Answer. Out: moments, the oldest first. A sentence's date is the one it names; a cited sentence that names none
has that of its article. Rules only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from rag.answering.citations import cite_within
from rag.schema import Answer, Citation
from rag.text.moments import day_named
from rag.text.names import names_in
from rag.text.sentences import split_sentences
from rag.text.words import stems

MAX_MOMENTS = 24
FOLLOWED = 12  # candidates after these are seldom about the question
FRAME = frozenset(stems("say said tell told happen happened article articles report reported news when what"))
SHORTEST = 20  # characters: shorter sentences tell nothing by themselves


class Moment(NamedTuple):
    """A dated sentence; the citation's quote is the sentence, its number counts the moments."""

    day: date
    citation: Citation


def timeline(answer: Answer) -> tuple[Moment, ...]:
    """The moments of an answer's topic, the oldest first; what several articles tell of a day comes once."""
    topic = set(stems(answer.question)) - FRAME
    named = {word for one in answer.citations for name in names_in(one.quote) for word in stems(name)}
    found: list[Moment] = []
    for moment in _moments(answer, topic, named):
        if not any(one.day == moment.day and _alike(one, moment) for one in found):
            found.append(moment)
    near = sorted(found, key=lambda one: -len(topic & set(stems(one.citation.quote))))[:MAX_MOMENTS]
    ordered = sorted(near, key=lambda one: (one.day, one.citation.article_id, one.citation.start))
    return tuple(Moment(day, replace(citation, number=n)) for n, (day, citation) in enumerate(ordered, start=1))


def _moments(answer: Answer, topic: set[str], named: set[str]) -> Iterator[Moment]:
    """Cited sentences first, then those of the passages that were found, best first, as far as they are on the subject:
    in an article that is cited a sentence shares a word with the question, or a name with what is cited; in another one
    it also holds, with its title, half of what the question is about."""
    for citation in answer.citations:
        when = day_named(citation.quote, citation.published) or citation.published
        if when:
            yield Moment(when, citation)
    cited = {citation.article_id for citation in answer.citations}
    ranked = [one for one in answer.candidates if one.passage.article_id in cited]
    ranked += [one for one in answer.candidates[:FOLLOWED] if one.passage.article_id not in cited]
    for candidate in ranked:
        text = candidate.passage.text
        shared = topic | (named if candidate.passage.article_id in cited else set())
        for start, end in split_sentences(text):
            said = set(stems(text[start:end]))
            whole = said | set(stems(candidate.title))
            on_subject = candidate.passage.article_id in cited or 2 * len(topic & whole) >= len(topic)
            when = day_named(text[start:end], candidate.published)
            if when and end - start >= SHORTEST and said & shared and on_subject:
                yield Moment(when, cite_within(candidate, start, end))


def _alike(one: Moment, other: Moment) -> bool:
    """Whether two sentences of a day say the same."""
    left, right = set(stems(one.citation.quote)), set(stems(other.citation.quote))
    return len(left & right) * 2 > min(len(left), len(right))
