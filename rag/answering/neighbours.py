"""Sentences that only make sense together: a quotation and who said it, a pronoun and its name."""

from __future__ import annotations

import re

from rag.answering.attribution import pronoun_speaks, speaks
from rag.answering.quotes import quotations, quoted_share, runs_on
from rag.text.sentences import Span

MAX_BLOCK = 3  # sentences; longer quotations are cut, since an answer is read, not studied
_FAR = 400  # characters between two sentences that are still neighbours: an advertisement may stand between them

_PRONOUN_START = re.compile(
    r"^[“\"‘']?(?:(?:But|And|However|Still|Yet|Also|Then|So|Instead|Later|Earlier),?\s+)?"
    r"(?:He|She|They|It|Its|His|Her|Their|This|These|That|Those|Such|The (?:former|latter)|he|she|"
    r"they|it|this|his|her|their|"
    r"(?:When|While|As|After|Before|Since|Once|If|Although|Though|Because|Until) (?:he|she|they|his|her|their))\b"
)
_ROLE_START = re.compile(
    r"^(?:The (?:president|minister|spokes\w+|official|company|group|statement|report|researchers?|team|study)\b)"
)
_INNER_NAME = re.compile(r"(?<=[a-z,;] )(?!I\b)[A-ZÀ-Þ][\w’'-]+")
_SPEECH_LEAD = re.compile(
    r"^(?:He|She|They|It)\s+(?:also\s+|then\s+)?(?:said|added|told|went on|continued|wrote|noted)\b"
)


def block(text: str, sentences: tuple[Span, ...], position: int) -> tuple[int, int]:
    """First and last position (inclusive) of the sentences that `sentences[position]` needs to be understood."""
    first, last = _whole_quotation(text, sentences, position)
    quotes = quotations(text)
    span = sentences[position]
    if quoted_share(span, quotes) > 0.9 and first == last == position:
        first, last = _with_speaker(text, sentences, position)
    while first > 0 and last - first + 1 < MAX_BLOCK and _leans_back(text, sentences, first):
        first -= 1
    return first, last


def _whole_quotation(text: str, sentences: tuple[Span, ...], position: int) -> tuple[int, int]:
    """The run of sentences that one quotation covers, as far as a block may go: backwards first, for who speaks."""
    quotes = quotations(text)
    first = last = position
    while first > 0 and last - first + 1 < MAX_BLOCK and runs_on(sentences[first - 1], sentences[first], quotes):
        first -= 1
    while (
        last + 1 < len(sentences)
        and last - first + 1 < MAX_BLOCK
        and runs_on(sentences[last], sentences[last + 1], quotes)
    ):
        last += 1
    return first, last


def _with_speaker(text: str, sentences: tuple[Span, ...], position: int) -> tuple[int, int]:
    """A bare quotation with the neighbour that says whose it is."""
    if position and _near(sentences, position - 1, position) and speaks(text[slice(*sentences[position - 1])]):
        return position - 1, position
    following = position + 1
    if following < len(sentences) and _near(sentences, position, following):
        after = text[slice(*sentences[following])]
        if _SPEECH_LEAD.match(after) or (speaks(after) and after[:1] in '“"'):
            return position, following
    return position, position


def _leans_back(text: str, sentences: tuple[Span, ...], position: int) -> bool:
    """Whether the sentence needs the one before: it opens with a pronoun, or only a pronoun speaks in it."""
    if not _near(sentences, position - 1, position):
        return False
    before, sentence = text[slice(*sentences[position - 1])], text[slice(*sentences[position])]
    if before[-1:] not in '.!?”"’:…)':  # a headline or a caption explains nothing
        return False
    if before.endswith(":"):
        return True
    if pronoun_speaks(sentence):
        return True
    opens = _PRONOUN_START.match(sentence) or _ROLE_START.match(sentence)
    return bool(opens) and not _INNER_NAME.search(sentence[:60])


def _near(sentences: tuple[Span, ...], one: int, two: int) -> bool:
    return sentences[two][0] - sentences[one][1] <= _FAR
