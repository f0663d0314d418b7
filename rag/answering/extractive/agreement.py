"""Which outlets say the same thing at a sentence: near-identical or agreeing sentences, copies of the story included.

An outlet that is cited for another part of the answer, or that gives another figure, does not say the same.
"""

from __future__ import annotations

from rag.schema import AnswerSentence, Citation
from rag.text.names import numbers_in
from rag.text.words import stems

SAME = 0.5  # share of the words of the shorter of two sentences that agree
NEAR_SAME = 0.4  # Jaccard of their words


def outlets_saying(sentence: AnswerSentence) -> tuple[str, ...]:
    """The outlets that say what the sentence says, in the order of their citations; each once."""
    names: dict[str, str] = {}
    for citation in sentence.citations:
        if not agrees(sentence.text, citation.quote):
            continue
        for name in (_outlet(citation), *(one.publisher or "" for one in citation.also)):
            if name:
                names.setdefault(name.casefold(), name)
    return tuple(names.values())


def agrees(text: str, quote: str) -> bool:
    """Whether two sentences say the same: most of their words, and no figure that the other lacks."""
    if text == quote:
        return True
    one, other = set(stems(text)), set(stems(quote))
    figures, others = set(numbers_in(text)), set(numbers_in(quote))
    if not one or not other or (figures and others and not (figures <= others or others <= figures)):
        return False
    shared = len(one & other)
    return shared >= SAME * min(len(one), len(other)) and shared >= NEAR_SAME * len(one | other)


def _outlet(citation: Citation) -> str:
    return (citation.publisher or "").strip()
