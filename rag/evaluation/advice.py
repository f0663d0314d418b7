"""What to change, in plain words: outcomes over the user's own articles in, sentences with a setting or step each out.

Each sentence has its limit beside it, so that it comes only when the figures ask for it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from rag.evaluation.cloze import SPEAKER
from rag.evaluation.figures import ALL, RIGHT, Figures, figures_of, latency_of
from rag.evaluation.measures import balanced_accuracy, best_threshold
from rag.evaluation.running import Outcome
from rag.library import Library
from rag.schema import Article

# Probes repeat words of the articles, so nearly all should be found: news give .95 and more.
FOUND_IN_FIVE = 0.9
_FEW = 20  # questions of a side below which its share says little
_GAIN = 0.03  # of balanced accuracy: less is noise with a hundred questions
_SLOW_MS = 1_000  # a second is where people begin to wait
_LOOKED_AT = 300  # articles whose heads are looked at
_MANY = 0.2  # share of articles that lack something


def advise(outcomes: Sequence[Outcome], library: Library) -> tuple[str, ...]:
    """What to change, the most useful first; one sentence that all is well when nothing is to change."""
    figures = figures_of(outcomes)
    told = [
        *_on_search(figures),
        *_on_refusing(outcomes, library.settings.refuse_below),
        *_on_quotes(figures),
        *_on_speakers(figures),
        *_on_time(outcomes, library.settings.reader_windows),
        *_on_articles(library.articles(limit=_LOOKED_AT)),
    ]
    return tuple(told) or ("Nothing: search, answers, refusals and time are as they should be on these articles.",)


def _on_search(figures: Figures) -> list[str]:
    own = figures[ALL]
    if "hit@5" not in own or own["hit@5"].value >= FOUND_IN_FIVE:
        return []
    kinds = [kind for kind in figures if kind != ALL and "hit@5" in figures[kind]]
    worst = min(kinds, key=lambda kind: figures[kind]["hit@5"].value, default="")
    where = f" Worst are the questions of kind '{worst}'." if worst else ""
    return [
        f"Search finds the passage among the first five for only {own['hit@5'].value:.0%} of the questions.{where} "
        "Look at the missed ones with `rag search`; if the articles are not English, set RAG_EMBEDDER to a model of "
        "their language and add them again."
    ]


def _on_refusing(outcomes: Sequence[Outcome], chosen: float | None) -> list[str]:
    """Another threshold, when it would serve both kinds of question better."""
    sides: dict[bool, list[float]] = {True: [], False: []}
    for one in outcomes:
        if one.reply is not None:
            sides[one.asked.answerable].append(one.reply.confidence)
    can, cannot = sides[True], sides[False]
    now = _threshold(outcomes) if chosen is None else chosen
    if min(len(can), len(cannot)) < _FEW:
        return []
    best = round(best_threshold(can, cannot), 2)
    before, after = balanced_accuracy(can, cannot, now), balanced_accuracy(can, cannot, best)
    if after < before + _GAIN or not 0 < best < 1:
        return []
    answered = sum(value >= best for value in can) / len(can)
    refused = sum(value < best for value in cannot) / len(cannot)
    effect = "refuse more of what the articles do not say" if best > now else "answer more of what they do say"
    return [
        f"Set RAG_REFUSE_BELOW={best} instead of {now}: it would {effect} ({answered:.0%} of the questions with an "
        f"answer answered, {refused:.0%} of those without refused). Check it on questions of your own first: these "
        "are easier."
    ]


def _threshold(outcomes: Sequence[Outcome]) -> float:
    """The confidence below which the reader refused, as far as these questions show it."""
    replies = [one.reply for one in outcomes if one.reply is not None]
    refused = max((one.confidence for one in replies if not one.answered), default=0.0)
    answered = min((one.confidence for one in replies if one.answered), default=1.0)
    return round((refused + answered) / 2, 2)


def _on_quotes(figures: Figures) -> list[str]:
    quotes = figures[ALL].get("quote accuracy")
    if quotes is None or quotes.value == 1:
        return []
    return [
        "Some citations do not stand word for word in their article: run `rag doctor --fix` and add the articles again."
    ]


def _on_speakers(figures: Figures) -> list[str]:
    speakers = figures.get(SPEAKER, {}).get(RIGHT)
    if speakers is None or speakers.cases < _FEW // 2 or speakers.value >= 0.7:
        return []
    return [
        f"Who said a quotation is told right for {speakers.value:.0%} only. Where you can, ask with the speaker's "
        "name: what did X say about Y?"
    ]


def _on_time(outcomes: Sequence[Outcome], windows: int) -> list[str]:
    told = []
    total = latency_of(outcomes).get("total")
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
    less = f"RAG_READER_WINDOWS={max(1, windows // 2)} reads half as much of them."
    if total is not None and total.p50 > _SLOW_MS:
        told.append(
            f"Half of the answers take longer than {total.p50 / 1000:.1f} s: "
            + ("the machine is busy with other work, measure again when it is not." if busy else less)
        )
    return told


def _on_articles(articles: Sequence[Article]) -> list[str]:
    """What the articles lack."""
    if not articles:
        return []
    share = {
        "date, so that --since and questions about a time cannot find them": sum(
            one.published is None for one in articles
        ),
        "title": sum(not one.title.strip() for one in articles),
        "publisher, so that --publisher leaves them out": sum(not one.publisher for one in articles),
    }
    told = [
        f"{count / len(articles):.0%} of the articles have no {what}. Give it in front matter, or with `rag add --map`."
        for what, count in share.items()
        if count / len(articles) > _MANY
    ]
    languages = Counter(one.language for one in articles if one.language and one.language != "en")
    if languages and languages.total() / len(articles) > _MANY:
        most = languages.most_common(1)[0][0]
        told.append(
            f"{languages.total() / len(articles):.0%} of the articles are not English (most of them '{most}'): "
            "the reader and the rules for who said what know English only."
        )
    return told
