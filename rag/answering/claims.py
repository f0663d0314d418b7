"""Whether the articles say what a text says: each of its sentences judged against the passages found for it.

In: a text somebody pasted. Out: a `Claim` for each sentence: said, contradicted (another figure, date or name stands
there, or it is denied) or not found, with the places that show it. In doubt it is "not found".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answering.citations import cite, stands
from rag.answering.verification.evidence import Place, coverage, weigh
from rag.answering.verification.verifier import Judge, Judgement, verified
from rag.library import Library
from rag.schema import Candidate, Citation, Claim, Filters
from rag.text.moments import moments
from rag.text.numbers import figures
from rag.text.sentences import split_sentences
from rag.text.words import PRONOUNS, STOP_WORDS, stems, words

FOUND = 12  # passages found for a sentence
JUDGED = 6  # of these judged one by one: 16 to 45 ms each with the reader
QUOTED = 3  # places given for a sentence
AS_NEAR = 0.9  # of the words held by the passage that contradicts most closely: others are not quoted
NEAR_ENOUGH = 0.6  # the same for what is said: a passage that holds few of the words is no proof beside it
SAME_SUBJECT = 0.6  # share of a sentence's words that a passage must hold before it can contradict it
FEWEST_WORDS = 3  # a heading or "Really?" claims nothing


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    judgement: Judgement


class Checker:
    """Checks the sentences of texts against one library.

    >>> [one.verdict for one in Checker(library, None, Filters()).check("The pier opened in 1890.")]  # doctest: +SKIP
    ['said']
    """

    def __init__(self, library: Library, reader: object, filters: Filters) -> None:
        self._library = library
        self._filters = filters
        self._texts: dict[str, str | None] = {}
        self._judge = Judge(reader, self._text_of)

    def check(self, text: str) -> Iterator[Claim]:
        """A claim for each sentence, in order, as soon as it is judged."""
        before = ""
        for start, end in split_sentences(text):
            sentence = text[start:end]
            if len(words(sentence)) < FEWEST_WORDS:
                continue
            yield self._claim(sentence, f"{before} {sentence}" if words(sentence)[0] in PRONOUNS else sentence)
            before = sentence

    def _claim(self, sentence: str, sought: str) -> Claim:
        found = self._library.search(FOUND, self._filters).retrieve(sought)
        return replace(self._judged(sentence, list(found.candidates)), note=found.note)

    def _judged(self, sentence: str, candidates: list[Candidate]) -> Claim:
        if not candidates:
            return Claim(sentence, "not_found")
        asked = weigh(sentence)
        candidates.sort(key=lambda one: -coverage(asked, f"{one.title}\n{one.passage.text}"))
        alone = [_Judged(one, self._judge.judge(sentence, [one])) for one in candidates[:JUDGED]]
        saying = [one for one in alone if verified(one.judgement.support)]
        most = _most(saying)
        if saying and most >= _most([one for one in alone if denies(sentence, one.judgement)]):
            near = [one for one in saying if one.judgement.evidence.gathered >= NEAR_ENOUGH * most]
            near.sort(key=lambda one: -one.judgement.support)
            return self._made(sentence, "said", [one.judgement.evidence.main for one in near])
        whole = self._judge.judge(sentence, candidates[:JUDGED])
        if not saying and verified(whole.support):
            return self._made(sentence, "said", whole.places)
        against = [one for one in alone if contradicts(sentence, one.judgement)]
        nearest = _most(against)
        against = [one for one in against if one.judgement.evidence.gathered >= AS_NEAR * nearest]
        verdict = "contradicted" if against else "not_found"
        return self._made(sentence, verdict, [one.judgement.evidence.main for one in against])

    def _made(self, sentence: str, verdict: str, places: Sequence[Place]) -> Claim:
        cited = {(one.article_id, one.start): one for place in places if (one := self._citation(place))}
        chosen = list(cited.values())[:QUOTED]
        if not chosen:
            return Claim(sentence, "not_found")
        numbered = tuple(replace(one, number=number) for number, one in enumerate(chosen, start=1))
        return Claim(sentence, "said" if verdict == "said" else "contradicted", numbered)

    def _citation(self, place: Place) -> Citation | None:
        """The citation of a place; None when the article has changed meanwhile."""
        passage, text = place.candidate.passage, self._text_of(place.candidate.passage.article_id)
        if text is None or not stands(passage, text):
            return None
        return cite(place.candidate, text, passage.start + place.span[0], passage.start + place.span[1])

    def _text_of(self, article_id: str) -> str | None:
        if article_id not in self._texts:
            article = self._library.article(article_id)
            self._texts[article_id] = article.text if article else None
        return self._texts[article_id]


def _most(judged: Sequence[_Judged]) -> float:
    """The share of the sentence's words that the nearest of the passages holds; 0 for none."""
    return max((one.judgement.evidence.gathered for one in judged), default=0.0)


def denies(sentence: str, judged: Judgement) -> bool:
    """Whether a passage that speaks of the same denies it, or it denies what the passage says."""
    return bool(judged.features.negation) and contradicts(sentence, judged)


def contradicts(sentence: str, judged: Judgement) -> bool:
    """Whether a passage that speaks of the same says something else."""
    told = judged.evidence.main.text
    subject = weigh(_without_figures(sentence))
    if coverage(subject, told) < SAME_SUBJECT:
        return False
    return bool(judged.swapped or judged.features.negation or _another_figure(sentence, judged) or _another_day(judged))


def _another_figure(sentence: str, judged: Judgement) -> bool:
    """Whether the passage counts the same thing and gives another number."""
    told = judged.evidence.main.text
    for written in judged.missing.figures:
        counted = _counted(sentence, written)
        if figures(told) and counted and counted <= set(stems(told)) | set(_signs(told)):
            return True
    return False


def _another_day(judged: Judgement) -> bool:
    """Whether the passage dates it otherwise."""
    return bool(judged.missing.dates and moments(judged.evidence.main.text)[0])


def _counted(sentence: str, written: str) -> set[str]:
    """What a figure of the sentence counts: the sign at it, or the stem of the next word that means something."""
    at = sentence.lower().find(written.lower())
    if at < 0:
        return set()
    beside = sentence[max(0, at - 1) : at + len(written) + 2]
    if signs := set(_signs(beside)):
        return signs
    after = [word for word in words(sentence[at + len(written) :]) if word not in STOP_WORDS and not word[0].isdigit()]
    return set(stems(after[0])) if after else set()


def _signs(text: str) -> list[str]:
    return [sign for sign in "%$€£" if sign in text]


def _without_figures(sentence: str) -> str:
    return re.sub(r"\S*\d\S*", " ", sentence)
