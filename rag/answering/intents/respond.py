"""The way in: a question that is no question to the articles gets its answer here, without reading.

Greetings, thanks, help, an empty library and a question in another language are answered with a short reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from time import perf_counter
from unicodedata import name

from rag.answering.citations import own_answer, said
from rag.answering.intents import keywords, listing, story
from rag.answering.intents.spelling import Corrected, correct, is_english, other_names
from rag.answering.intents.understanding import Wish, understand
from rag.answering.query.rewrite import with_terms
from rag.answering.suggestions import MOST_NEXT, suggested_questions
from rag.library import Library
from rag.schema import Answer, Filters, Turn
from rag.text.language import detect_language, language_name
from rag.text.names import names_in
from rag.text.words import PRONOUNS, STOP_WORDS, words

# --- short replies

GREETING = "Hello. Ask me anything about the {articles} in this library."
THANKS = "You are welcome. Ask on whenever you like."
HELP = (
    "I answer questions from the {articles} in this library and show the passage behind every sentence. Ask what "
    "somebody said, who, when or how many; type a few keywords; ask for a summary of a story, for what an outlet says, "
    "for what is new, or which articles there are on something."
)
EMPTY = (
    "The library is empty, so there is nothing to answer from yet. Add articles first: on the Library page, or with "
    "`rag add SOURCE`."
)
UNHEARD = "No article has {words}, nor anything near it. Try other words, or ask a question in a sentence."
FOREIGN = "This looks like {language}. The articles here are in {languages}, so please ask in {languages}."
UNKNOWN = "This does not look like {languages}, in which the articles here are. Please ask in {languages}."
FEWEST_WORDS = 3  # of a question whose language is guessed
KNOWN = 0.5  # share of words known from English questions or from the articles, from which it is no other language
TITLES = 200  # of the newest articles, for questions to begin with
SAMPLE = 50  # articles whose languages are looked at
_LATIN = frozenset(
    "en de fr es it nl pt pl sv da no nb nn fi tr cs sk hu ro hr sl et lv lt id ms vi af ca eu gl".split()
)


def greeting(wish: Wish, library: Library, _filters: Filters, _today: date) -> Answer:
    """An answer to a greeting."""
    return _reply(wish.question, GREETING.format(articles=_articles(library)), questions=_first(library))


def thanks(wish: Wish, _library: Library, _filters: Filters, _today: date) -> Answer:
    """An answer to thanks and goodbyes."""
    return _reply(wish.question, THANKS)


def help_text(wish: Wish, library: Library, _filters: Filters, _today: date) -> Answer:
    """What the assistant can do."""
    return _reply(wish.question, HELP.format(articles=_articles(library)), questions=_first(library))


def unheard(wish: Wish, library: Library) -> Answer:
    """That no article has any of the keywords."""
    asked = UNHEARD.format(words=f"“{' '.join(wish.question.split())}”")
    return _reply(wish.question, asked, answered=False, questions=_first(library))


def _held(typed: str, library: Library, filters: Filters) -> bool:
    """Whether an article has one of the words that were typed."""
    return any(library.store.mentioning([word], filters) for word in words(typed))


def empty(question: str) -> Answer:
    """That there is nothing to answer from."""
    return _reply(question, EMPTY, answered=False)


def foreign(question: str, library: Library) -> Answer | None:
    """That the question is in a language that no article is in; None for one that may be answered."""
    if len(words(question)) < FEWEST_WORDS and not _other_script(question):
        return None
    asked = _told_by(question)
    familiar = sum(word in STOP_WORDS or bool(library.store.mentioning([word], Filters())) for word in asked)
    if familiar >= KNOWN * len(asked):
        return None
    language = detect_language(question)
    held = {one.language for one in library.articles(limit=SAMPLE) if one.language}
    if not held or language == "en" or language in held or (language is None and not _is_foreign(question, held)):
        return None
    names = " and ".join(sorted(map(language_name, held)))
    text = (
        FOREIGN.format(language=language_name(language), languages=names)
        if language
        else UNKNOWN.format(languages=names)
    )
    return _reply(question, text, answered=False)


def _is_foreign(question: str, held: set[str]) -> bool:
    """Whether a question too short to tell its language is surely in none of these: by its letters, or its marks."""
    if held <= _LATIN and _other_script(question):
        return True
    content = [word for word in _told_by(question) if word not in STOP_WORDS]
    if held == {"en"} and len(content) > 1 and not any(map(is_english, content)):
        return True
    return "es" not in held and any(mark in question for mark in "¿¡")


def _told_by(question: str) -> list[str]:
    """The words that tell its language: not names, which are the same in others, nor single letters."""
    typed = question.lower().split() if question.isupper() else question.split()
    plain = (word for place, word in enumerate(typed) if not (place and word[0].isupper()))
    return [word for word in words(" ".join(plain)) if len(word) > 1]


def _other_script(text: str) -> bool:
    """Whether most letters are not Latin."""
    letters = [letter for letter in text if letter.isalpha()]
    return 2 * sum(not name(letter, "").startswith("LATIN") for letter in letters) > len(letters)


def _articles(library: Library) -> str:
    count = library.count_articles()
    return f"{count:,} {'article' if count == 1 else 'articles'}"


def _first(library: Library) -> tuple[str, ...]:
    """Questions to begin with."""
    return tuple(suggested_questions([one.title for one in library.articles(limit=TITLES)], MOST_NEXT))


def _reply(question: str, text: str, *, answered: bool = True, questions: tuple[str, ...] = ()) -> Answer:
    return own_answer("reply", question, [said(text)], answered=answered, suggestions=questions)


# --- which answer, or the question to search

Reply = Callable[[Wish, Library, Filters, date], Answer | None]
Otherwise = Callable[[], Answer | None]

# What answers each intent; a reply that has nothing to say leaves the question to the reader.
REPLIES: Mapping[str, Reply] = {
    "articles": listing.articles,
    "count": listing.count,
    "outlets": listing.outlets,
    "authors": listing.authors,
    "news": listing.news,
    "said": story.account,
    "compare": story.comparison,
    "hello": greeting,
    "thanks": thanks,
    "help": help_text,
}
ALWAYS = ("hello", "thanks", "help")  # answered whatever the library holds
# Those that quote what the articles tell: with a chat model they are left to it.
QUOTED: Mapping[str, Reply] = {"story": story.story, "keywords": keywords.keywords}
# Keywords from which they ask for something: of 24 lines of so many, over articles that nothing was fitted to, the
# reader shows what was asked for 21 times, the sentences that hold the words 10 times.
ASKING = 3


@dataclass(frozen=True, slots=True)
class Response:
    """What became of a question: an answer of the assistant's own, or the question to search."""

    question: str  # its spelling corrected
    answer: Answer | None = None
    note: str = ""  # what was corrected
    otherwise: Otherwise | None = None  # what is said when the reader finds no answer; None for its refusal

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
    wish = understand(question, publishers, today, first=not turns)
    if wish.intent not in ALWAYS and not library.count_articles():
        return Response(question, empty(question))
    if not model and (other := foreign(question, library)):
        return Response(question, other)
    corrected = correct(question, library) if spelling and wish.intent not in ALWAYS else Corrected(question)
    if corrected.changes:
        wish = understand(corrected.question, publishers, today, first=not turns)
    if turns and not wish.topic and _goes_on(wish):
        wish = replace(wish, topic=_meant(turns))
        if not wish.topic or wish.intent in QUOTED:
            return Response(corrected.question, note=corrected.note)  # "what happened next?", "tell me more"
    made = None if model or turns or wish.intent in ALWAYS else keywords.titled(wish, library, filters, today)
    reply = REPLIES.get(wish.intent) or (None if model else QUOTED.get(wish.intent))
    otherwise: Otherwise | None = None
    if wish.intent == "keywords" and reply and len(words(wish.question)) >= ASKING:
        otherwise, reply = partial(reply, wish, library, filters, today), None
    if made is None and reply:
        made = _as_sure(reply(wish, library, filters, today), wish)
    if made is None and wish.intent == "keywords" and not turns and not _held(wish.question, library, filters):
        made = listing.author(wish.question, library, filters) or unheard(wish, library)
    if made is not None:
        made = replace(made, timings={"total": round(1000 * (perf_counter() - began), 2)})
        return Response(corrected.question, made, corrected.note)
    if otherwise is None and not model:
        otherwise = partial(listing.author, corrected.question, library, filters)
    named = other_names(corrected.question, library) if spelling else ()
    return Response(with_terms(corrected.question, named), note=corrected.note, otherwise=otherwise)


def _as_sure(made: Answer | None, wish: Wish) -> Answer | None:
    """The answer, no surer than that this was wanted: what is counted is right, but perhaps not what was asked for."""
    if made is None or not made.answered or wish.intent in ALWAYS or wish.intent == "keywords":
        return made
    return replace(made, confidence=round(min(made.confidence, wish.sure), 4))


def _goes_on(wish: Wish) -> bool:
    """Whether a request without a topic is about what was talked of: it points at something, or asks for a story."""
    return wish.intent in QUOTED or not PRONOUNS.isdisjoint(words(wish.question))


def _meant(turns: Sequence[Turn]) -> str:
    """The first name in the last question that has one."""
    asked = [turn.text for turn in turns if turn.role == "user"]
    return next((found[0] for text in reversed(asked) if (found := names_in(text))), "")
