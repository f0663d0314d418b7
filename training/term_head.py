"""Fit the term head alone: `python -m training.term_head --asks FILE --base DIR --weights FILE --out FILE`.

The encoder and all other heads stay as they are, so that what the reader says of windows is the same before and after.
The head is one row of weights over the encoder's tokens: a logistic regression, in minutes.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from training.steps import questions_in
from training.talks import Talks
from training.task import CHANNELS, Example, TaskNetwork

TERM = CHANNELS.index("term")
DRAWS = 4  # times that examples are drawn: each has other conversations in front
BATCH = 24  # conversations read at once
MEANT = 2.0  # a word that is meant weighs as much as so many that are not
RIDGE = 1e-4  # of how far the row moves


def fitted(weights: dict[str, torch.Tensor], hidden: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """The weights with the term head's row fitted to tokens [tokens, width] and labels 0 or 1 [tokens]."""
    before = weights["tokens.weight"][TERM].float()
    row = before.clone().requires_grad_(True)
    bias = weights["tokens.bias"][TERM].float().clone().requires_grad_(True)
    search = torch.optim.LBFGS([row, bias], max_iter=60, line_search_fn="strong_wolfe")

    def cost() -> torch.Tensor:
        search.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(hidden @ row + bias, labels, pos_weight=torch.tensor(MEANT))
        loss = loss + RIDGE * ((row - before) ** 2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    search.step(cost)  # type: ignore[no-untyped-call]
    made = {name: value.clone() for name, value in weights.items()}
    made["tokens.weight"][TERM], made["tokens.bias"][TERM] = row.detach(), bias.detach()
    return made


def read(network: TaskNetwork, examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """The encoder's output at each word of the conversations, and whether the question means it."""
    hidden, labels = [], []
    ordered = sorted(examples, key=lambda one: len(one.ids))
    for first in range(0, len(ordered), BATCH):
        batch = ordered[first : first + BATCH]
        for one, output in zip(batch, _outputs(network, batch), strict=True):
            assert one.terms is not None
            known = torch.from_numpy(one.terms >= 0)
            hidden.append(output[: len(known)][known])
            labels.append(torch.from_numpy(one.terms)[known])
    return torch.cat(hidden), torch.cat(labels)


def _outputs(network: TaskNetwork, batch: Sequence[Example]) -> Iterator[torch.Tensor]:
    width = max(len(one.ids) for one in batch)
    ids, mask, types = (torch.zeros(len(batch), width, dtype=torch.long) for _ in range(3))
    for row, one in enumerate(batch):
        size = len(one.ids)
        ids[row, :size], types[row, :size] = torch.from_numpy(one.ids), torch.from_numpy(one.types)
        mask[row, :size] = 1
    with torch.no_grad():
        made = network.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types)
    yield from made.last_hidden_state


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, told in (
        ("asks", "labelled questions, made by training/asks.py"), ("base", "folder of the sentence encoder"),
        ("weights", "of the reader"), ("out", "where the weights with the fitted head go"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=Path, required=True, help=told)
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    talks, rng = Talks(questions_in(options.asks)), random.Random(5)
    examples = [one for _ in range(DRAWS) for one in talks.examples(tokenizer, rng)]
    weights = torch.load(options.weights, weights_only=True)
    hidden, labels = read(TaskNetwork.load(options.base, weights).eval(), examples)
    print(f"{len(examples)} conversations, {len(labels)} words, {labels.mean():.3f} of them meant")
    torch.save(fitted(weights, hidden, labels), options.out)


if __name__ == "__main__":
    main()
