"""The reader's network for its own task: a BERT encoder over (question, window of sentences) with a head for each thing
that an answer needs to know.

Of each token: start and end of the short answer, evidence (does its sentence belong in the answer), needs (does its
sentence lean on one before it), forerunner (is it that one), corrects (does it contradict what the question presumes),
start and end of the speaker's name, term (does this word of the conversation belong to the question). Scores of a
sentence are means over its tokens. Of the first token: does the window answer; does the answer say yes, no or leave it
open; and, in the span heads, "none".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

CHANNELS = ("start", "end", "evidence", "needs", "forerunner", "corrects", "says_start", "says_end", "term")
SENTENCE_HEADS = ("evidence", "needs", "forerunner", "corrects")
VERDICTS = ("yes", "no", "unclear")
UNKNOWN = -1  # a label that a window does not have
WEIGHTS = {
    "evidence": 1.0, "order": 0.3, "needs": 0.15, "forerunner": 0.15, "corrects": 0.25, "span": 0.5, "says": 0.2,
    "answers": 0.7, "verdict": 0.4, "term": 12.0,
}  # fmt: skip


class TaskNetwork(nn.Module):
    """Token scores [windows, tokens, CHANNELS], answers logits [windows], verdict logits [windows, VERDICTS]."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.tokens = nn.Linear(width, len(CHANNELS))
        self.gate = nn.Linear(width, width)
        self.answerable = nn.Linear(width, 1)
        self.verdict = nn.Linear(width, len(VERDICTS))

    @classmethod
    def load(cls, base: Path, weights: dict[str, torch.Tensor], dropout: float = 0.0) -> TaskNetwork:
        """The network with these weights; heads that they lack start near nothing, the heads they share go on."""
        config = BertConfig.from_pretrained(base, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0)
        network = cls(BertModel(config, add_pooling_layer=False))
        own = network.state_dict()
        given = {name: value for name, value in weights.items() if name in own}
        for name in ("tokens.weight", "tokens.bias"):
            rows = len(given[name])
            if rows < len(CHANNELS):  # an earlier reader: start, end, evidence
                fresh = own[name] * 0.3
                fresh[:rows] = given[name]
                if "bias" in name:
                    fresh[rows:] = -2.0
                given[name] = fresh
        network.load_state_dict({**own, **given})
        return network

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        first = functional.gelu(self.gate(hidden[:, 0]))
        return self.tokens(hidden), self.answerable(first).squeeze(-1), self.verdict(first)


def _empty() -> NDArray[np.float32]:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Example:
    """One window for the network with the labels it has. Positions are token positions; 0 means "none".

    Sentence labels are [sentences, 2]: label 0..1, and weight (0: not labelled).
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    sentences: NDArray[np.int64]  # [tokens] number of the sentence a token is in, -1 for none
    evidence: NDArray[np.float32] = field(default_factory=_empty)
    needs: NDArray[np.float32] = field(default_factory=_empty)
    forerunner: NDArray[np.float32] = field(default_factory=_empty)
    corrects: NDArray[np.float32] = field(default_factory=_empty)
    start: int = UNKNOWN
    end: int = UNKNOWN
    says_start: int = UNKNOWN
    says_end: int = UNKNOWN
    answers: float = UNKNOWN
    verdict: int = UNKNOWN
    terms: NDArray[np.float32] | None = None  # [tokens] 1 and 0 for words of the conversation, -1 elsewhere
    key: str = ""  # of the question, for measuring


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded examples: tensors [windows, tokens], sentence labels flat with their cells."""

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    cells: torch.Tensor  # [windows, tokens] flat number of the token's sentence, last = none
    sentences: dict[str, torch.Tensor]  # [sentences of the batch, 2]
    sizes: list[int]  # sentences of each window
    spans: torch.Tensor  # [windows, 4]: start, end, says_start, says_end
    answers: torch.Tensor
    verdict: torch.Tensor
    terms: torch.Tensor


def collate(examples: list[Example]) -> Batch:
    """Pad to the longest window of the batch."""
    width, rows = max(len(one.ids) for one in examples), len(examples)
    ids, types, mask = (np.zeros((rows, width), np.int64) for _ in range(3))
    terms = np.full((rows, width), UNKNOWN, np.float32)
    total = sum(len(one.evidence) for one in examples)
    cells = np.full((rows, width), total, np.int64)
    base = 0
    for row, one in enumerate(examples):
        size = len(one.ids)
        ids[row, :size], types[row, :size], mask[row, :size] = one.ids, one.types, 1
        inside = one.sentences >= 0
        cells[row, :size][inside] = one.sentences[inside] + base
        base += len(one.evidence)
        if one.terms is not None:
            terms[row, :size] = one.terms
    tensor = torch.from_numpy
    return Batch(
        tensor(ids), tensor(mask), tensor(types), tensor(cells),
        {name: tensor(np.concatenate([getattr(one, name) for one in examples])) for name in SENTENCE_HEADS},
        [len(one.evidence) for one in examples],
        torch.tensor([[one.start, one.end, one.says_start, one.says_end] for one in examples]),
        torch.tensor([one.answers for one in examples], dtype=torch.float32),
        torch.tensor([one.verdict for one in examples]),
        tensor(terms),
    )  # fmt: skip


def sentence_means(tokens: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean scores of each sentence of the batch [sentences, CHANNELS], flat, in order."""
    count = len(batch.sentences["evidence"])
    flat, cells = tokens.reshape(-1, tokens.shape[-1]), batch.cells.reshape(-1)
    sums = torch.zeros(count + 1, tokens.shape[-1]).index_add_(0, cells, flat)
    sizes = torch.zeros(count + 1).index_add_(0, cells, torch.ones(len(cells)))
    return (sums / sizes.clamp(min=1).unsqueeze(1))[:count]


def losses(
    tokens: torch.Tensor, answers: torch.Tensor, verdict: torch.Tensor, batch: Batch, smoothing: float = 0.03
) -> dict[str, torch.Tensor]:
    """The loss of each head, and their weighted sum `total`. Sums over labels are divided by the batch's windows."""
    windows = len(batch.answers)
    means = sentence_means(tokens, batch)
    parts = {"order": _order(means[:, CHANNELS.index("evidence")], batch) / windows}
    for name in SENTENCE_HEADS:
        label, weight = batch.sentences[name].unbind(1)
        cost = functional.binary_cross_entropy_with_logits(
            means[:, CHANNELS.index(name)], label * (1 - smoothing) + smoothing / 2, reduction="none"
        )
        parts[name] = (cost * weight).sum() / windows
    total = len(batch.sentences["evidence"])
    closed = batch.cells == total
    closed[:, 0] = False
    for name, first in (("span", 0), ("says", 2)):
        channels = ("start", "end") if name == "span" else ("says_start", "says_end")
        costs = [_choice(tokens, closed, batch.spans[:, first + at], channels[at]) for at in range(2)]
        parts[name] = torch.stack(costs).sum() / (2 * windows)
    known = batch.answers >= 0
    cost = functional.binary_cross_entropy_with_logits(
        answers, batch.answers.clamp(min=0) * (1 - smoothing) + smoothing / 2, reduction="none"
    )
    parts["answers"] = (cost * known).sum() / windows
    parts["verdict"] = (
        functional.cross_entropy(
            verdict, batch.verdict, ignore_index=UNKNOWN, reduction="sum", weight=torch.tensor([1.2, 0.8, 1.2])
        )
        / windows
    )
    named = batch.terms >= 0
    cost = functional.binary_cross_entropy_with_logits(
        tokens[..., CHANNELS.index("term")],
        batch.terms.clamp(min=0),
        reduction="none",
        pos_weight=torch.tensor(2.0),
    )
    parts["term"] = (cost * named).sum() / named.sum(1).clamp(min=1).float().max() / windows * 2
    parts["total"] = torch.stack([parts[name] * weight for name, weight in WEIGHTS.items()]).sum()
    return parts


def _order(scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropy of each answering window's sentences against those to show: which of them comes first."""
    label, weight = batch.sentences["evidence"].unbind(1)
    wanted = torch.split(label * weight, batch.sizes)
    costs = [
        -(functional.log_softmax(one, 0) * goal).sum() / goal.sum()
        for one, goal in zip(torch.split(scores, batch.sizes), wanted, strict=True)
        if len(one) > 1 and goal.sum() >= 1
    ]
    return torch.stack(costs).sum() if costs else scores.sum() * 0


def _choice(tokens: torch.Tensor, closed: torch.Tensor, label: torch.Tensor, channel: str) -> torch.Tensor:
    scores = tokens[..., CHANNELS.index(channel)].masked_fill(closed, -1e4)
    return functional.cross_entropy(scores, label, ignore_index=UNKNOWN, reduction="sum")
