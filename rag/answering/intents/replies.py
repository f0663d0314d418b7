"""Short replies of the assistant's own: greetings, thanks, help, an empty library, a question in another language."""

from __future__ import annotations

from datetime import date

from rag.answering.intents.quoting import own_answer, said
from rag.answering.intents.understanding import Wish
from rag.answering.suggestions import MOST_NEXT, suggested_questions
from rag.library import Library
from rag.schema import Answer, Filters
from rag.text.language import detect_language
from rag.text.words import STOP_WORDS, words

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
FOREIGN = "This looks like {language}. The articles here are in {languages}, so please ask in {languages}."
FEWEST_WORDS = 3  # of a question whose language is guessed
KNOWN = 0.5  # share of words known from English questions or from the articles, from which it is no other language
TITLES = 200  # of the newest articles, for questions to begin with
SAMPLE = 50  # articles whose languages are looked at


def greeting(wish: Wish, library: Library, _filters: Filters, _today: date) -> Answer:
    """An answer to a greeting."""
    return _reply(wish.question, GREETING.format(articles=_articles(library)), questions=_first(library))


def thanks(wish: Wish, _library: Library, _filters: Filters, _today: date) -> Answer:
    """An answer to thanks and goodbyes."""
    return _reply(wish.question, THANKS)


def help_text(wish: Wish, library: Library, _filters: Filters, _today: date) -> Answer:
    """What the assistant can do."""
    return _reply(wish.question, HELP.format(articles=_articles(library)), questions=_first(library))


def empty(question: str) -> Answer:
    """That there is nothing to answer from."""
    return _reply(question, EMPTY, answered=False)


def foreign(question: str, library: Library) -> Answer | None:
    """That the question is in a language that no article is in; None for one that may be answered."""
    asked = words(question)
    if len(asked) < FEWEST_WORDS:
        return None
    familiar = sum(word in STOP_WORDS or bool(library.store.mentioning([word], Filters())) for word in asked)
    if familiar >= KNOWN * len(asked):
        return None
    language = detect_language(question)
    held = {one.language for one in library.articles(limit=SAMPLE) if one.language}
    if language is None or language == "en" or not held or language in held:
        return None
    names = " and ".join(sorted(map(_named, held)))
    return _reply(question, FOREIGN.format(language=_named(language), languages=names), answered=False)


def _named(code: str) -> str:
    """The English name of a language."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale(code).get_display_name("en") or code)
    except (UnknownLocaleError, ValueError):
        return code


def _articles(library: Library) -> str:
    count = library.count_articles()
    return f"{count:,} {'article' if count == 1 else 'articles'}"


def _first(library: Library) -> tuple[str, ...]:
    """Questions to begin with."""
    return tuple(suggested_questions([one.title for one in library.articles(limit=TITLES)], MOST_NEXT))


def _reply(question: str, text: str, *, answered: bool = True, questions: tuple[str, ...] = ()) -> Answer:
    return own_answer("reply", question, [said(text)], answered=answered, suggestions=questions)
