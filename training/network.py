"""The reader's network: a BERT encoder over (question, passage) with four small heads.

Heads: start and end of the short answer (the first token stands for "none"), evidence (is this token's sentence the one
that answers; averaged over the sentence), answerable (does the passage answer at all; from the first token), and
support (does the passage say what the first text states, when that is a statement; from the first token).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from training.features import Batch

SENTENCE_WEIGHT = 0.5
ANSWERABLE_WEIGHT = 0.7
SUPPORT_WEIGHT = 0.7


class ReaderNetwork(nn.Module):
    """Token scores [windows, tokens, 3] (start, end, evidence), answerable and support logits [windows]."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.tokens = nn.Linear(width, 3)
        self.gate = nn.Linear(width, width)
        self.answerable = nn.Linear(width, 1)
        self.claim = nn.Linear(width, width)
        self.support = nn.Linear(width, 1)

    @classmethod
    def from_sentence_encoder(cls, folder: Path) -> ReaderNetwork:
        """Start from the weights of a sentence-transformers BERT model (its pooling layer is not used)."""
        encoder = BertModel.from_pretrained(
            folder, add_pooling_layer=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        return cls(encoder)

    @classmethod
    def empty(cls, folder: Path) -> ReaderNetwork:
        """The same network with random weights, to load a checkpoint into."""
        return cls(BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False))

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        first = functional.gelu(self.gate(hidden[:, 0]))
        claim = functional.gelu(self.claim(hidden[:, 0]))
        return self.tokens(hidden), self.answerable(first).squeeze(-1), self.support(claim).squeeze(-1)


def loss(
    tokens: torch.Tensor, answerable: torch.Tensor, support: torch.Tensor, batch: Batch, smoothing: float
) -> dict[str, torch.Tensor]:
    """Losses by name: span, sentence, answerable, support, and their weighted sum `total`.

    Statements teach evidence and support, questions all but support.
    """
    asked = batch.supported < 0
    closed = ~batch.passage
    start = tokens[..., 0].masked_fill(closed, -1e4)[asked]
    end = tokens[..., 1].masked_fill(closed, -1e4)[asked]
    parts = {
        "span": (_choice(start, batch.start[asked]) + _choice(end, batch.end[asked])) / 2,
        "sentence": _yes(sentence_scores(tokens[..., 2], batch), batch.sentence_labels, smoothing),
        "answerable": _yes(answerable[asked], (batch.start > 0).float()[asked], smoothing),
        "support": _yes(support[~asked], batch.supported[~asked], smoothing),
    }
    shares = (float(asked.float().mean()), 1.0, float(asked.float().mean()), float((~asked).float().mean()))
    weights = (1.0, SENTENCE_WEIGHT, ANSWERABLE_WEIGHT, SUPPORT_WEIGHT)
    total = sum(part * share * weight for part, share, weight in zip(parts.values(), shares, weights, strict=True))
    return {"total": torch.as_tensor(total), **parts}


def _choice(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(scores, labels, reduction="sum") / max(1, len(labels))


def _yes(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    smooth = labels * (1 - smoothing) + smoothing / 2
    return functional.binary_cross_entropy_with_logits(logits, smooth, reduction="sum") / max(1, len(labels))


def sentence_scores(evidence: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean evidence logit of each sentence of the batch, flat, in order."""
    count = len(batch.sentence_labels)
    flat, cells = evidence.reshape(-1), batch.cells.reshape(-1)
    sums = torch.zeros(count + 1).index_add_(0, cells, flat)
    sizes = torch.zeros(count + 1).index_add_(0, cells, torch.ones_like(flat))
    return (sums / sizes.clamp(min=1))[:count]
