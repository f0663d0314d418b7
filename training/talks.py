"""Conversations for the term head: follow-ups in theirs, and questions that stand alone behind some other one.

In: labelled questions. Out: examples. People ask about several things in one chat; a reader that has only seen
conversations about one article takes words of them to every question that follows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer

from rag.answering.query.rewrite import LONGEST_REPLY, LOOK_BACK
from rag.answering.reading.refusal import REFUSAL
from training.asks import Asked, term_example
from training.task import Example

FOLLOWS = 600  # follow-ups in each chunk of questions
ALONE = 600  # questions that stand alone
BEHIND = 0.5  # of the follow-ups whose conversation was about something else first
KEPT = 0.4  # of the exchanges of another conversation that are a labelled one; the others are single questions
MOST = 3  # exchanges of a conversation about something else


class Talks:
    """Draws examples for the term head.

    >>> list(Talks(questions).examples(tokenizer, random.Random(1)))  # doctest: +SKIP
    [Example(...), ...]
    """

    def __init__(self, questions: Sequence[Asked]) -> None:
        self._follows = [one for one in questions if one.history]
        self._singles = [one for one in questions if one.row["kind"] != "follow"]

    def examples(self, tokenizer: Tokenizer, rng: random.Random) -> Iterator[Example]:
        """Follow-ups, half of them behind another conversation, and as many questions that need none of theirs."""
        for one in rng.sample(self._follows, min(FOLLOWS, len(self._follows))):
            turns = (*self.other(rng), *one.history)[-LOOK_BACK:] if rng.random() < BEHIND else one.history
            yield from _made(tokenizer, turns, one.row["question"], one.row["standalone"])
        for one in rng.sample(self._singles, min(ALONE, len(self._singles))):
            yield from _made(tokenizer, self.other(rng), one.row["question"], one.row["question"])

    def other(self, rng: random.Random) -> tuple[str, ...]:
        """Turns about something else."""
        turns: list[str] = []
        for _ in range(rng.choice((1, 1, 2, 2, MOST))):
            if self._follows and rng.random() < KEPT:
                turns += rng.choice(self._follows).history[-2 * rng.randint(1, MOST) :]
            elif self._singles:
                one = rng.choice(self._singles)
                turns += [one.row["question"], _reply(one)]
        return tuple(turns[-LOOK_BACK:])


def _reply(one: Asked) -> str:
    """What the labels answer to a question, as much of it as terms are looked for in."""
    said = " ".join(one.text[start:end] for start, end in one.row["ans"])
    return (said or REFUSAL)[:LONGEST_REPLY]


def _made(tokenizer: Tokenizer, turns: Sequence[str], question: str, standalone: str) -> Iterator[Example]:
    example = term_example(tokenizer, turns, question, standalone)
    if example is not None:
        yield example
