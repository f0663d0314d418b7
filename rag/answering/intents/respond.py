"""The way in: a question that is no question to the articles gets its answer here, without reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

from rag.answering.intents import keywords, listing, replies, story
from rag.answering.intents.spelling import Corrected, correct, other_names
from rag.answering.intents.understanding import Wish, understand
from rag.answering.query.rewrite import with_terms
from rag.library import Library
from rag.schema import Answer, Filters, Turn
from rag.text.names import names_in
from rag.text.words import PRONOUNS, words

Reply = Callable[[Wish, Library, Filters, date], Answer | None]

# What answers each intent; a reply that has nothing to say leaves the question to the reader.
REPLIES: Mapping[str, Reply] = {
    "articles": listing.articles,
    "count": listing.count,
    "outlets": listing.outlets,
    "authors": listing.authors,
    "news": listing.news,
    "said": story.account,
    "compare": story.comparison,
    "hello": replies.greeting,
    "thanks": replies.thanks,
    "help": replies.help_text,
}
ALWAYS = ("hello", "thanks", "help")  # answered whatever the library holds
# Those that quote what the articles tell: with a chat model they are left to it.
QUOTED: Mapping[str, Reply] = {"story": story.story, "keywords": keywords.keywords}


@dataclass(frozen=True, slots=True)
class Response:
    """What became of a question: an answer of the assistant's own, or the question to search."""

    question: str  # its spelling corrected
    answer: Answer | None = None
    note: str = ""  # what was corrected

    def noted(self, answer: Answer, typed: str) -> Answer:
        """The answer with what was corrected."""
        return replace(answer, notes=(self.note, *answer.notes), typed=typed) if self.note else answer


def respond(
    question: str,
    turns: Sequence[Turn],
    library: Library,
    filters: Filters,
    today: date,
    *,
    model: bool,
    spelling: bool = True,
) -> Response:
    """The answer to what is no question to the articles, or the question to search, its spelling corrected.

    `turns` came before: a request is made to stand alone by them, and what only goes on is left to the reader. `model`
    says that a chat model writes the answers; without `spelling`, words stay as they were typed.
    """
    began = perf_counter()
    publishers = [name for name, _ in library.publishers()]
    wish = understand(question, publishers, today)
    if wish.intent not in ALWAYS:
        if not library.count_articles():
            return Response(question, replies.empty(question))
        if not model and (other := replies.foreign(question, library)):
            return Response(question, other)
    corrected = correct(question, library) if spelling and wish.intent not in ALWAYS else Corrected(question)
    if corrected.changes:
        wish = understand(corrected.question, publishers, today)
    if turns and not wish.topic and _goes_on(wish):
        wish = replace(wish, topic=_meant(turns))
        if not wish.topic or wish.intent in QUOTED:
            return Response(corrected.question, note=corrected.note)  # "what happened next?", "tell me more"
    made = None if model or turns or wish.intent in ALWAYS else keywords.titled(wish, library, filters, today)
    reply = REPLIES.get(wish.intent) or (None if model else QUOTED.get(wish.intent))
    made = made or (reply(wish, library, filters, today) if reply else None)
    if made is not None:
        made = replace(made, timings={"total": round(1000 * (perf_counter() - began), 2)})
        return Response(corrected.question, made, corrected.note)
    named = other_names(corrected.question, library) if spelling else ()
    return Response(with_terms(corrected.question, named), note=corrected.note)


def _goes_on(wish: Wish) -> bool:
    """Whether a request without a topic is about what was talked of: it points at something, or asks for a story."""
    return wish.intent in QUOTED or not PRONOUNS.isdisjoint(words(wish.question))


def _meant(turns: Sequence[Turn]) -> str:
    """The first name in the last question that has one."""
    asked = [turn.text for turn in turns if turn.role == "user"]
    return next((found[0] for text in reversed(asked) if (found := names_in(text))), "")
