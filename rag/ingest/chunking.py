"""Articles to passages: runs of whole sentences that the embedding model can see to their end.

In: a cleaned article and the model's token counter. Out: passages that cover every sentence, in order.
Invariant: `passage.text == article.text[passage.start:passage.end]`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.schema import Article, Embedder, Passage
from rag.text.sentences import Span, split_sentences

Counter = Callable[[Sequence[str]], list[int]]

# About 110 words of news: the size at which the baselines of the news set were measured.
TARGET_TOKENS = 145
_SPECIAL_TOKENS = 4  # [CLS] and [SEP], and two to spare for models that put in more
_TINY_TOKENS = 40  # a last passage below this says too little by itself to be found
# Bytes of a title in front of a passage. No tokenizer makes more tokens than bytes; 99 % of news headlines have fewer.
_LONGEST_TITLE = 160
# Characters of one piece. A word of any length is one token to BERT: tokens alone do not bound a line without spaces.
_LONGEST_PIECE = 1500
_MOST_CHARACTERS_A_TOKEN = 10  # news has 5; a piece counts as no fewer tokens than this makes of it
_CLAUSE_END = re.compile(r"[,;:–—)\]、，；：]\s*")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long."""

    start: int
    end: int
    tokens: int
    opens: bool  # begins a paragraph
    heading: bool  # a short paragraph that introduces the next one


def chunk_articles(articles: Sequence[Article], embedder: Embedder) -> list[tuple[Passage, ...]]:
    """The passages of each article; tokens are counted for all articles together, which is faster than one by one."""
    spans = [_short_spans(article.text) for article in articles]
    texts = [article.text[start:end] for article, part in zip(articles, spans, strict=True) for start, end in part]
    counts = iter(embedder.count_tokens(texts))
    prefixes = embedder.count_tokens([embedding_prefix(article) for article in articles])
    chunked: list[tuple[Passage, ...]] = []
    for article, part, prefix in zip(articles, spans, prefixes, strict=True):
        limit = max(8, embedder.max_tokens - _SPECIAL_TOKENS - prefix)
        counted = [(span, next(counts)) for span in part]
        chunked.append(_chunk(article, counted, limit, embedder.count_tokens))
    return chunked


def embedding_text(article: Article, passage: Passage) -> str:
    """What is embedded for a passage: title and date in front, for embedding only."""
    return embedding_prefix(article) + passage.text


def embedding_prefix(article: Article) -> str:
    """The title, cut where it is no headline any more, and the date."""
    title = article.title
    if len(title) > _LONGEST_TITLE // 4 and len(title.encode()) > _LONGEST_TITLE:
        title = title.encode()[:_LONGEST_TITLE].decode(errors="ignore").rsplit(" ", 1)[0]
    date = f" ({article.published.isoformat()})" if article.published else ""
    return f"{title}{date}\n" if title or date else ""


# --- sentences to passages ---


def _chunk(article: Article, counted: Sequence[tuple[Span, int]], limit: int, count: Counter) -> tuple[Passage, ...]:
    pieces = _pieces(article.text, counted, limit, count)
    spans = [(group[0].start, group[-1].end) for group in _group(pieces, limit)]
    return tuple(_passage(article, position, span) for position, span in enumerate(spans))


def _group(pieces: Sequence[_Piece], limit: int) -> list[list[_Piece]]:
    """Pieces in runs of about the target size, paragraph boundaries preferred."""
    target = min(TARGET_TOKENS, limit)
    groups: list[list[_Piece]] = []
    current: list[_Piece] = []
    size = 0
    for piece in pieces:
        if current and _closes(piece, size, target, limit):
            carried = _trailing_headings(current)
            if carried and len(carried) < len(current) and sum(p.tokens for p in carried) + piece.tokens <= limit:
                current = current[: -len(carried)]
            else:
                carried = []
            groups.append(current)
            current, size = carried, sum(p.tokens for p in carried)
        current.append(piece)
        size += piece.tokens
    if current:
        groups.append(current)
    return _merge_last(groups, limit)


def _closes(piece: _Piece, size: int, target: int, limit: int) -> bool:
    """Whether the passage of `size` tokens ends before `piece`."""
    grown = size + piece.tokens
    if grown > limit:
        return True
    if piece.opens:
        return size >= target * 0.65 or grown > target * 1.1
    return size >= target or grown > target * 1.25


def _trailing_headings(group: Sequence[_Piece]) -> list[_Piece]:
    """The headings at the end of a group: they belong to what follows."""
    first = len(group)
    while first > 0 and group[first - 1].heading:
        first -= 1
    return list(group[first:])


def _merge_last(groups: list[list[_Piece]], limit: int) -> list[list[_Piece]]:
    if len(groups) > 1:
        last = sum(piece.tokens for piece in groups[-1])
        if last < _TINY_TOKENS and last + sum(piece.tokens for piece in groups[-2]) <= limit:
            groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _passage(article: Article, position: int, span: Span) -> Passage:
    """A passage whose id is made of all that its vector depends on: equal ids have equal vectors."""
    start, end = span
    text = article.text[start:end]
    content = "\x1f".join((article.id, str(position), str(start), embedding_prefix(article), text))
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return Passage(digest[:24], article.id, position, start, end, text)


# --- sentences that are too long ---


def _short_spans(text: str) -> list[Span]:
    """The sentences of `text`, cut so that no span has more than `_LONGEST_PIECE` characters."""
    spans: list[Span] = []
    for start, end in split_sentences(text):
        while end - start > _LONGEST_PIECE:
            cut = _best_cut(text, start + _LONGEST_PIECE // 2, start + _LONGEST_PIECE)
            spans.append(_trimmed(text, start, cut))
            start = cut
            while start < end and text[start].isspace():
                start += 1
        if start < end:
            spans.append((start, end))
    return spans


def _pieces(text: str, counted: Sequence[tuple[Span, int]], limit: int, count: Counter) -> list[_Piece]:
    pieces: list[_Piece] = []
    before = 0
    for (start, end), tokens in counted:
        opens = start == 0 or "\n" in text[before:start]
        closes = end == len(text) or text[end : end + 2].startswith("\n")
        heading = opens and closes and tokens <= 16 and text[end - 1] not in '.!?…。！？"”’'
        for number, (span, part) in enumerate(_fitting(text, (start, end), tokens, limit, count)):
            weight = max(part, (span[1] - span[0]) // _MOST_CHARACTERS_A_TOKEN)
            pieces.append(_Piece(*span, weight, opens and number == 0, heading))
        before = end
    return pieces


def _fitting(text: str, span: Span, tokens: int, limit: int, count: Counter) -> list[tuple[Span, int]]:
    """The span, halved at clauses or spaces until each part has at most `limit` tokens."""
    start, end = span
    if tokens <= limit or end - start < 2:
        return [(span, tokens)]
    quarter = max(1, (end - start) // 4)
    cut = _best_cut(text, start + quarter, end - quarter)
    parts = [_trimmed(text, start, cut), _trimmed(text, cut, end)]
    parts = [part for part in parts if part[0] < part[1]]
    counts = count([text[a:b] for a, b in parts])
    return [
        piece for part, size in zip(parts, counts, strict=True) for piece in _fitting(text, part, size, limit, count)
    ]


def _best_cut(text: str, low: int, high: int) -> int:
    """A place in low..high to cut: after the last clause, else the last space, else where no character is torn."""
    for pattern in (_CLAUSE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, low, high)]
        if ends:
            return ends[-1]
    cut = high
    while cut > low + 1 and (_joins(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut


def _joins(character: str) -> bool:
    """Whether the character belongs to the one before it: accents, joiners, variation selectors, skin tones."""
    return unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") or "\U0001f3fb" <= character <= "\U0001f3ff"


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end
