"""Fit a reader's calibration: `python -m training.calibrate SET ... [--reader none]` writes weights/calibration.json.

A SET is ARTICLES,QUESTIONS in the layout of training/asks.py. Every question is searched and read as the product does
it. Then, each on its own labels: logistic weights of "this sentence belongs in the answer"; of "what is shown answers"
(near-misses count as not answered); of "this short answer is right"; and the thresholds of the other heads.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rag.answering.extractive.answer import Draft, draft
from rag.answering.pipeline import Pipeline, Read
from rag.answering.query.analysis import analyse
from rag.answering.query.rewrite import Rewritten
from rag.answering.reading.ranking import ScoredSentence, compared, rank
from rag.answering.reading.readers import Choice, choose_reader
from rag.answering.reading.refusal import Signals, signals
from rag.config import load_settings
from rag.models.calibration import AnswerWeights, Calibration, SentenceWeights, ShortWeights, TogetherWeights
from rag.models.embedder import load_embedder
from rag.models.session import WEIGHTS
from rag.schema import Filters
from training.asks import Row, library_of, rows

PRECISION = 0.85  # of the short answers that are shown
RIDGE = 0.5
MISSING = -2.0  # the least that a name counts which no article holds: few labelled questions have one
FEWEST = 20  # short answers, or verdicts, that a fit needs
NO_LOGIT = 99.0  # a logit that none has
FRESH = 0.5  # logits that an article of today leads by; see `reading.ranking`
# Logits that a sentence gains by its article having been quoted earlier in the conversation. Follow-ups held, and f1 of
# the shown set, with 0 / 1 / 1.6 / 2.2: .487 / .553 / .572 / .592 and .436 / .487 / .483 / .481 (training/data, held).
TOLD = 1.0
LEVEL = 0.01  # of balanced accuracy: what the sample cannot tell apart, and an answer withheld is worth
NEVER = 1.01  # a probability that none has
UNFITTED = Calibration(together=TogetherWeights(score=0.75, evidence=0.25))  # what questions are read with

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question as it was read, with its labels moved into the library's text."""

    row: Row
    read: Read
    spans: dict[str, list[tuple[int, int]]]  # ans, ok, ctx, fix in the article's text
    article_id: str

    def hits(self, one: ScoredSentence, key: str) -> bool:
        """Whether a sentence is one of the labelled ones."""
        if one.window.article_id != self.article_id:
            return False
        return any(_same(one.span, span) for span in self.spans[key])


def _same(one: tuple[int, int], other: tuple[int, int]) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > 0.5 * min(one[1] - one[0], other[1] - other[0])


def labelled(articles: Path, questions: Path, choice: Choice, folder: Path) -> list[Labelled]:
    """Every question of a set but follow-ups, read by the product; follow-ups have their own figures."""
    held = rows(articles)
    library, ids = library_of(folder, held)
    texts = {one["id"]: one["text"] for one in held}
    settings = load_settings(library=folder)
    found = []
    for row in rows(questions):
        if row["kind"] == "follow" or row["article"] not in ids:
            continue
        pipeline = Pipeline(library, replace(choice, calibration=UNFITTED), settings, Filters(), date.today())
        asked = analyse(row["question"])
        read = pipeline.read(asked, Rewritten(row["question"]), pipeline.retrieve(asked.searched, None))
        text = library.article(ids[row["article"]])
        spans = {key: list(_moved(row, key, texts[row["article"]], text.text if text else "")) for key in KEYS}
        found.append(Labelled(row, read, spans, ids[row["article"]]))
    return found


KEYS = ("ans", "ok", "ctx", "fix")


def _moved(row: Row, key: str, labelled_text: str, text: str) -> Iterator[tuple[int, int]]:
    for start, end in row.get(key) or []:
        quote = labelled_text[start:end].strip()
        at = text.find(quote, max(0, start - 400))
        at = text.find(quote) if at < 0 else at
        if at >= 0:
            yield at, at + len(quote)


# --- fitting


def logistic(inputs: Numbers, labels: Numbers, weights: Numbers | None = None) -> Numbers:
    """Bias and weights of a logistic regression with a small ridge."""
    scale = inputs.std(axis=0)
    scale[scale == 0] = 1.0
    x = np.column_stack([np.ones(len(inputs)), inputs / scale])
    own = np.ones(len(labels)) if weights is None else weights

    def cost(values: Numbers) -> tuple[float, Numbers]:
        scores = np.clip(x @ values, -40, 40)
        chance = 1 / (1 + np.exp(-scores))
        loss = -(own * (labels * np.log(chance + 1e-12) + (1 - labels) * np.log(1 - chance + 1e-12))).sum()
        ridge = np.concatenate([[0.0], values[1:]])
        slope = x.T @ (own * (chance - labels)) + RIDGE * ridge
        return float(loss + RIDGE * (ridge**2).sum() / 2), slope

    best = minimize(cost, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    return np.concatenate([best[:1], best[1:] / scale])


def fit_sentences(sets: Sequence[Labelled]) -> SentenceWeights:
    """Weights of "this sentence belongs in the answer"; sentences that would do count neither way."""
    inputs, labels = [], []
    for one in sets:
        for sentence in one.read.ranked:
            if one.hits(sentence, "ok") or one.hits(sentence, "fix"):
                continue
            inputs.append([sentence.sentence.evidence, sentence.reading.answers, sentence.candidate.score])
            labels.append(float(one.hits(sentence, "ans")))
    bias, evidence, answers, fused = logistic(np.asarray(inputs), np.asarray(labels)).tolist()
    return SentenceWeights(_r(evidence), _r(max(0.0, answers)), _r(max(0.0, fused)), FRESH, TOLD, _r(bias))


def fit_together(sets: Sequence[Labelled], calibration: Calibration) -> TogetherWeights:
    """Weights of the same for the sentences of the digests, of what their windows and the digest say."""
    inputs, labels = [], []
    for one in sets:
        seen = one.read.seen
        if seen.digest is None or seen.whole is None:
            continue
        places = seen.digest.said(seen.whole)
        for sentence in rank(seen.windows, seen.readings, calibration):
            said = places.get(sentence.key)
            if said is None or one.hits(sentence, "ok") or one.hits(sentence, "fix"):
                continue
            inputs.append([sentence.score, said.evidence, seen.whole.answers])
            labels.append(float(one.hits(sentence, "ans")))
    if not inputs:
        return TogetherWeights()  # nothing was read side by side
    bias, score, evidence, answers = logistic(np.asarray(inputs), np.asarray(labels)).tolist()
    return TogetherWeights(_r(score), _r(evidence), _r(answers), _r(bias))


def ranked_again(one: Labelled, calibration: Calibration) -> tuple[ScoredSentence, ...]:
    """The sentences of a question under other weights."""
    seen = one.read.seen
    ranked = rank(seen.windows, seen.readings, calibration)
    if seen.digest is None or seen.whole is None or not calibration.together.counts:
        return tuple(ranked)
    return tuple(compared(ranked, seen.digest, seen.whole, calibration))


def judged(one: Labelled, made: Draft, chosen: Sequence[tuple[str, int, int]]) -> bool:
    """Whether an `ans` sentence is shown and half of what is shown is labelled."""
    labels = [(key, span) for key in ("ans", "ok", "ctx") for span in one.spans[key]]
    good, held = 0, False
    for article_id, start, end in chosen:
        own = {key for key, span in labels if article_id == one.article_id and _same((start, end), span)}
        good += bool(own)
        held |= "ans" in own
    return held and good >= 0.5 * len(chosen) if made.sentences else False


def shown(made: Draft) -> list[tuple[str, int, int]]:
    """The places of what a draft shows."""
    return [(one.citations[0].article_id, one.citations[0].start, one.citations[0].end) for one in made.sentences]


def fit_answers(sets: Sequence[Labelled], calibration: Calibration) -> tuple[AnswerWeights, float]:
    """Weights of "what is shown answers", and the confidence below which refusing is right more often than answering.

    The threshold is the one with the best balanced accuracy between questions that can be answered and near-misses; of
    those as good as that but for LEVEL, the lowest: a sentence that helps little costs less than an answer withheld.
    """
    inputs, labels, answerable = [], [], []
    for one in sets:
        ranked = ranked_again(one, calibration)
        if not ranked:
            continue
        made = draft(ranked, calibration)
        found = signals(ranked, one.read.seen.readings, one.read.candidates, one.read.missing, one.read.seen.whole)
        inputs.append(list(asdict(found).values()))
        labels.append(float(bool(one.row.get("ans")) and judged(one, made, shown(made))))
        answerable.append(bool(one.row.get("ans")))
    x, y, can = np.asarray(inputs), np.asarray(labels), np.asarray(answerable)
    bias, *others = _answering(x, can, y)
    named = dict(zip((one.name for one in fields(Signals)), map(_r, others), strict=True))
    named["missing"] = min(named["missing"], MISSING)
    weights = AnswerWeights(**named, bias=_r(bias))
    sure = 1 / (1 + np.exp(-(weights.bias + x @ np.asarray(list(named.values())))))
    grid = np.unique(np.round(sure, 3))
    balanced = [((sure[can] >= t).mean() + (sure[~can] < t).mean()) / 2 for t in grid]
    smooth = np.convolve(balanced, np.ones(9) / 9, mode="valid")
    print(
        f"answers: balanced {max(balanced):.3f}; right {y[can].mean():.3f} of {can.sum()}; near-misses {(~can).sum()}"
    )
    good = np.flatnonzero(smooth >= smooth.max() - LEVEL)
    return weights, float(grid[int(good[0]) + 4])


def _answering(signals: Numbers, answerable: NDArray[np.bool_], right: Numbers) -> list[float]:
    """Bias and weights: what tells answerable questions from near-misses, scaled to how often the answer is right.

    What is right depends on the choice of sentences as well; fitted to that at once, near-misses are told apart less.
    """
    bias, *weights = logistic(signals, answerable.astype(float)).tolist()
    scores = bias + signals @ np.asarray(weights)
    moved, scale = logistic(scores[:, None], right).tolist()
    return [moved + scale * bias, *(scale * one for one in weights)]


def fit_shorts(sets: Sequence[Labelled], calibration: Calibration) -> tuple[ShortWeights, float]:
    """Weights of "this short answer is right", and the lowest probability from which PRECISION of them are."""
    open_to_all = replace(calibration, short_from=0.0)
    inputs, labels = [], []
    for one in sets:
        if not one.row.get("ans"):
            continue
        made = draft(ranked_again(one, calibration), open_to_all)
        best = _best_short(one, calibration)
        if made.short and best:
            inputs.append([best.sentence.short[2] if best.sentence.short else 0.0])
            labels.append(float(_agrees(best_text(best), one.row.get("short"))))
    if len(inputs) < FEWEST:
        return ShortWeights(), NEVER  # a reader without short answers
    x, y = np.asarray(inputs), np.asarray(labels)
    bias, margin = logistic(x, y).tolist()
    sure = 1 / (1 + np.exp(-(bias + margin * x[:, 0])))
    order = np.argsort(-sure)
    share = np.cumsum(y[order]) / np.arange(1, len(y) + 1)
    good = np.flatnonzero((share >= PRECISION) & (np.arange(len(y)) >= 15))
    last = int(good.max()) if len(good) else 14
    print(f"shorts: {y.sum():.0f} of {len(y)} right; shown {last + 1}, right {share[last]:.3f}")
    return ShortWeights(_r(margin), _r(bias)), _r(float(sure[order][last]))


def _best_short(one: Labelled, calibration: Calibration) -> ScoredSentence | None:
    best = next(iter(ranked_again(one, calibration)), None)
    return best if best and best.sentence.short else None


def best_text(one: ScoredSentence) -> str:
    """The short answer of a sentence."""
    return one.window.text[one.sentence.short[0] : one.sentence.short[1]] if one.sentence.short else ""


def _agrees(short: str, wanted: str | None) -> bool:
    """Whether one of the two holds the other, by words."""
    one, other = (" ".join(text.lower().split()).strip(" .,") for text in (short, wanted or ""))
    return bool(one and other) and (one in other or other in one)


def threshold(values: Sequence[float], labels: Sequence[bool], precision: float, fewest: int = 5) -> float:
    """The lowest value from which `precision` of the labels, at least `fewest`, are true; above all values if none."""
    order = np.argsort(-np.asarray(values))
    right = np.asarray(labels, float)[order]
    share = np.cumsum(right) / np.arange(1, len(right) + 1)
    good = np.flatnonzero((share >= precision) & (np.arange(len(right)) >= fewest - 1))
    if not len(good):
        return NO_LOGIT
    print(
        f"  from {np.asarray(values)[order][good.max()]:.2f}: {good.max() + 1} of {len(right)}, {share[good.max()]:.2f}"
    )
    return _r(float(np.asarray(values)[order][good.max()]))


def fit_heads(sets: Sequence[Labelled], calibration: Calibration) -> Calibration:
    """Thresholds of the other heads."""
    needs: list[tuple[float, bool]] = []
    corrects: list[tuple[float, bool]] = []
    speakers: list[tuple[float, bool]] = []
    verdicts: list[tuple[float, bool]] = []
    for one in sets:
        ranked = ranked_again(one, calibration)
        firsts = [s for s in ranked if one.hits(s, "ans")]
        if firsts:
            first = min(firsts, key=lambda s: s.position)
            needs.append((first.sentence.needs, bool(one.spans["ctx"])))
            found = firsts[0].reading.speaker
            if found:
                said = firsts[0].window.text[found[0] : found[1]]
                speakers.append((found[2], _agrees(said, one.row.get("says"))))
            if one.row.get("yn"):
                logits = firsts[0].reading.verdict
                right = ("yes", "no", "unclear")[int(np.argmax(logits))] == one.row["yn"] if logits else False
                verdicts.append((max(logits, default=0.0), right))
        if not one.row.get("ans") and ranked:
            top = max(ranked, key=lambda s: s.sentence.corrects)
            corrects.append((top.sentence.corrects, one.hits(top, "fix")))
    made: dict[str, Any] = {}
    for name, pairs, precision, fewest in (
        ("needs_from", needs, 0.6, 5), ("corrects_from", corrects, 0.7, 5), ("speaker_from", speakers, 0.8, 5),
        ("verdict_from", verdicts, 0.9, FEWEST),  # a wrong yes or no does more harm than none
    ):  # fmt: skip
        print(name, len(pairs), sum(right for _, right in pairs))
        made[name] = (
            threshold([value for value, _ in pairs], [right for _, right in pairs], precision, fewest)
            if pairs
            else NO_LOGIT
        )
    return replace(calibration, **made)


def _r(value: float) -> float:
    return round(float(value), 4)


def fit(sets: Sequence[Labelled]) -> Calibration:
    """All weights and thresholds of a reader."""
    made = replace(Calibration(), sentence=fit_sentences(sets), fitted=True)
    made = replace(made, together=fit_together(sets, made))
    answer, below = fit_answers(sets, made)
    made = replace(made, answer=answer, refuse_below=_r(below))
    short, short_from = fit_shorts(sets, made)
    return fit_heads(sets, replace(made, short=short, short_from=short_from))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="ARTICLES,QUESTIONS")
    parser.add_argument("--reader", default="builtin", help="builtin, or none for the plain selector")
    parser.add_argument("--libraries", type=Path, help="folder that keeps the indexed articles for the next call")
    options = parser.parse_args()
    choice = choose_reader(options.reader, None, load_embedder)()
    kept = options.libraries or Path(tempfile.mkdtemp())
    sets = []
    for number, pair in enumerate(options.sets):
        articles, questions = map(Path, pair.split(","))
        sets += labelled(articles, questions, choice, kept / f"{number}-{articles.stem.split('.')[0]}")
    made = asdict(fit(sets))
    del made["fitted"]
    file = WEIGHTS / "calibration.json"
    held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    held.setdefault("readers", {})[getattr(choice.reader, "fingerprint", choice.reader.name)] = made
    file.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
