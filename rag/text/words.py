"""Words of a text as the lexical side sees them: lower case, without accents, stop words dropped, stemmed."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:[.,]\d+)*", re.UNICODE)

# Function words of English questions and news; without them an OR query over 100k passages takes 10 ms instead of 200.
STOP_WORDS = frozenset(
    (
        "a about above after again against all also am an and any are aren't as at be because been before being "
        "below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down "
        "during each few for from further had hadn't has hasn't have haven't having he he'd he'll he's her here "
        "here's hers herself him himself his how how's i i'd i'll i'm i've if in into is isn't it it's its itself "
        "let's me more most mustn't my myself no nor not of off on once only or other ought our ours ourselves out "
        "over own same shan't she she'd she'll she's should shouldn't so some such than that that's the their "
        "theirs them themselves then there there's these they they'd they'll they're they've this those through to "
        "too under until up upon us very was wasn't we we'd we'll we're we've were weren't what what's when when's "
        "where where's which while who who's whom whose why why's with won't would wouldn't you you'd you'll "
        "you're you've your yours yourself yourselves will shall may might must "
    ).split()
)

# Words that stand for something said before: a text that has or begins with one may need what came before it.
PRONOUNS = frozenset("he she it they him her them his hers its their theirs that this these those".split())

# Characters of scripts that write a word in one or two of them, and no spaces between words.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_DENSITY = 3  # letters of English that say as much as one such character: translated news is a third as long

_local = threading.local()


def words(text: str) -> list[str]:
    """Lower-case words and numbers in order, accents removed; '1,000.5' is one word."""
    return [_fold(match.group()) for match in _WORD.finditer(text)]


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in order. 'US' and 'WHO' in capitals count, though 'us' and 'who' do not."""
    kept: list[str] = []
    for match in _WORD.finditer(text):
        token = match.group()
        folded = _fold(token)
        named = len(token) in (2, 3) and token.isupper() and not text.isupper()
        if folded not in STOP_WORDS or named:
            kept.append(folded.removesuffix("'s"))
    return kept


def stems(text: str) -> list[str]:
    """Stems of the content words, in order."""
    return [stem(word) for word in content_words(text)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The English Snowball stem of a lower-case word; words of other languages come back nearly as they are."""
    stemmer = getattr(_local, "stemmer", None)  # a stemmer keeps state while it works: one a thread
    if stemmer is None:
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


def _fold(token: str) -> str:
    plain = token.replace("’", "'").lower()
    if plain.isascii():
        return plain
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


def weight(text: str) -> int:
    """The length of a text in characters as if it was written in Latin letters: 80 Han characters are a text."""
    return len(text) + (_DENSITY - 1) * len(_DENSE.findall(text))
