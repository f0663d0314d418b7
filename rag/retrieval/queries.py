"""What of a question goes to which index: text for the embedding model, content words for the lexical index."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import QuestionError
from rag.text.showable import CONTROLS, SURROGATES
from rag.text.words import content_words

# The embedding model sees 256 tokens, about 1,100 characters of English. Of a longer question the beginning and the
# end are kept: pasted text has the question itself before or behind it.
HEAD = 550
TAIL = 550
# 32 distinct words ask more than any real question; an OR query's time grows with its words.
MAX_WORDS = 32

_UNREADABLE = dict.fromkeys((*CONTROLS, *SURROGATES), " ")  # a lone surrogate would break the tokenizer


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready: `text` to embed, `words` for the lexical index (none when all are stop words)."""

    text: str
    words: tuple[str, ...]


def make_query(question: str) -> Query:
    """The query of a question; a QuestionError when there is nothing in it."""
    text = " ".join(question.translate(_UNREADABLE).split())
    if not text:
        raise QuestionError("The question is empty.", "Type what you want to know.")
    text = _clip(text)
    return Query(text, tuple(dict.fromkeys(content_words(text)))[:MAX_WORDS])


def _clip(text: str) -> str:
    """The head and the tail of an overlong text, cut at spaces where there are any."""
    if len(text) <= HEAD + TAIL:
        return text
    head, tail = text[:HEAD], text[-TAIL:]
    return f"{head.rpartition(' ')[0] or head} … {tail.partition(' ')[2] or tail}"
