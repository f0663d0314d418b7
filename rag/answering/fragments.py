"""Questions that say too little to be asked alone: "were there any arrests?", "what happened next?", "how wide is it?"

In: a question without names, and the stems of what was said before it. Rules only.
"""

from __future__ import annotations

import re

from rag.text.words import content_words, stems

FEW_WORDS = 2  # content words of a question about "the asteroid" that says no more of it
LONGEST_DEFINITE = 9  # words; longer questions mostly say themselves what they are about
LONGEST_FRAGMENT = 7  # words: "Any other notable players?", "Were there any hit songs?"

_MORE = re.compile(
    r"\b(?:else|other(?:s)?|another|more|next|afterwards?|later|too|as well|instead|same|besides|in addition|"
    r"the (?:visit|trip|meeting|talks|report|study|deal|attack|event|match|game|war|law|plan|company|"
    r"band|film|book|album|song|team|group|incident|case))\b",
    re.I,
)
# "How wide is the asteroid?", "how much of that is debt?": short questions about something that was talked about.
_DEFINITE = re.compile(
    r"\b(?P<thing>the)\s+(?!(?:most|first|last|best|same|only|world)\b)[a-z]|\b(?:that|this)\s+(?:is|was|are|were|has|had)\b"
)
# "Was this album well received?"; "this week" is a date, and "this article" is what stands on the screen.
_THIS_ONE = re.compile(
    r"\b(?:these|this|(?:was|is|did|were|does|has|of|from|in|on|at|for|with|about|after|before|during|to|by) "
    r"(?:that|those)) (?!(?:week|month|year|morning|summer|winter|spring|autumn|article|is|was|are|were|has|had|he|she|"
    r"it|they|we|you|i|the|a|an|can|could|will|would|do|does|did)\b)[a-z]{3,}",
    re.I,
)
_HAPPENED = re.compile(
    r"^what(?:['’]s| (?:is|was|else|has))? happen(?:ed|s|ing)"
    r"(?: (?:in|after|before|during|on)\b.{1,30}| next| then)?\W*$",
    re.I,
)
_ANY = re.compile(r"^(?:is|are|was|were) there an(?:y|ything)\b", re.I)
_ASKS = re.compile(
    r"^(?:wh\w+|how|did|does|do|has|have|had|is|was|were|are|will|would|can|could|should|in|on|at|by|for|tell|give|show|list|"
    r"name|explain|describe|i|no|not|yes|ok|thanks?|so|please)\b",
    re.I,
)


def leaves_out(question: str, said: frozenset[str]) -> bool:
    """Whether a question without names says too little to be asked alone."""
    few = len(content_words(question))
    definite = few <= FEW_WORDS and len(question.split()) <= LONGEST_DEFINITE and _takes_up(question, said)
    if few < 2 or definite or _MORE.search(question) or _HAPPENED.match(question):
        return True
    fragment = question.rstrip().endswith("?") and not _ASKS.match(question)
    return len(question.split()) <= LONGEST_FRAGMENT and bool(
        fragment or _ANY.match(question) or _THIS_ONE.search(question)
    )


def _takes_up(question: str, said: frozenset[str]) -> bool:
    """Whether a question speaks of "the asteroid" that was talked about, or of "that"; another thing is a new topic."""
    found = _DEFINITE.search(question)
    return found is not None and (not found["thing"] or not said.isdisjoint(stems(question)))
