"""How a question is asked: the keywords of `Assistant.ask`, `aask`, `stream` and `astream`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypedDict

from rag.schema import Filters

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


class AskOptions(TypedDict, total=False):
    """How a question is asked; every key can be left out.

    >>> on_that_day: rag.AskOptions = {"today": date(2022, 5, 30), "filters": rag.Filters(publisher="Reuters")}
    >>> assistant.ask("What did the US say about the visit?", **on_that_day)  # doctest: +SKIP
    """

    filters: Filters | None
    """Where is searched: publisher, days of publication, articles. Everywhere without them."""

    periods: bool
    """Whether a time in the question ("since March", "last week") narrows the search to articles published then, unless
    these do not answer. True when left out."""

    spelling: bool
    """Whether words that no article has are corrected by those that the articles have; `answer.typed` then holds what
    was typed. True when left out."""

    today: date | None
    """The day it is asked as on: times count from it, articles published later are left out, and of two that fit alike
    the one fresher on it comes first. Without it, this day counts and nothing is left out."""

    config: RunnableConfig | None
    """LangChain's callbacks, tags and the like, for the chat model."""


def checked(options: AskOptions) -> AskOptions:
    """The options; a TypeError for a keyword that is none of them, as Python raises it."""
    unknown = options.keys() - AskOptions.__annotations__.keys()
    if unknown:
        known = ", ".join(AskOptions.__annotations__)
        raise TypeError(f"A question is asked with {known}; got an unexpected keyword argument {min(unknown)!r}.")
    return options
