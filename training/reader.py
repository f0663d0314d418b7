"""Train the reader: `python -m training.reader --data DIR --out DIR [--windows 80000]`.

Two processes share the work (one a core: faster here than one process with two threads, and less hurt by other
load), each
with half of every batch; gradients are averaged. The schedule is warm-up, constant, then linear decay to nothing, so
that a
run can be cut or lengthened; a moving average of the weights is kept beside them. State is saved every few minutes,
and a
later call with the same --out goes on from it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from tokenizers import Tokenizer
from torch.multiprocessing.spawn import spawn

from rag.evaluation.layouts import json_rows
from training.features import Batch, Features, collate, encode
from training.network import ReaderNetwork, loss
from training.statements import statements
from training.windows import Row, Window, make_windows

POOL = 2048  # windows sorted by length together: batches hardly padded, order still random


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result, beside the data."""

    data: Path
    out: Path
    base: Path  # folder of the sentence encoder that the reader starts from
    windows: int = 80_000
    batch: int = 32
    rate: float = 2.5e-4  # peak learning rate of the last layer; small encoders want more than BERT's 2e-5..5e-5
    layer_decay: float = 0.9  # each layer below learns that much slower
    warmup: int = 6_000  # windows
    decay_share: float = 0.4
    smoothing: float = 0.05
    average: float = 0.998  # of the moving average of the weights, per step
    start: Path | None = None  # weights of an earlier run to begin with, instead of the sentence encoder alone
    seed: int = 13
    workers: int = 2
    save_seconds: int = 300


# Rows of each source in one pass: all human unanswerable questions, since they teach most; the oddities only as a
# spice.
SHARES = {"squad1": 0.6, "squad2_unans": 1.0, "squad_hardneg": 0.3, "nq": 1.0, "fairytale": 0.2, "doc2dial": 0.1}
STATEMENT_SHARE = 0.35  # of contexts that give statements for the support head: a tenth of the windows


def plan(recipe: Recipe) -> list[Window]:
    """The windows of the run in training order: passes over the data, easy negatives first in the first pass."""
    rows = list(json_rows(recipe.data / "train.jsonl.xz"))
    windows: list[Window] = []
    number = 0
    while len(windows) < recipe.windows:
        rng = random.Random(recipe.seed + number)
        chosen: list[Row] = [row for row in rows if rng.random() < SHARES.get(row["source"], 1.0)]
        groups = make_windows(chosen, recipe.seed + number) + statement_groups(chosen, rng)
        rng.shuffle(groups)
        windows.extend(window for group in groups for window in group)
        number += 1
    return windows[: recipe.windows]


def statement_groups(rows: list[Row], rng: random.Random) -> list[list[Window]]:
    """Statements about a share of the contexts; the passage that does not support one is of the same article."""
    contexts: dict[str, list[Row]] = defaultdict(list)
    articles: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["source"] in ("squad1", "squad2_unans", "nq"):
            contexts[row["context"]].append(row)
            articles[row["title"]].append(row["context"])
    chosen = [one for one in contexts if rng.random() < STATEMENT_SHARE]
    groups = []
    for context in chosen:
        foreign = rng.choice(articles[contexts[context][0]["title"]])
        groups.append(statements(contexts[context], foreign if foreign != context else "", rng))
    return [group for group in groups if group]


def pools(recipe: Recipe, windows: list[Window], tokenizer: Tokenizer, first: int) -> list[list[Features]]:
    """Batches of the pool that begins at window `first`: sorted by length inside the pool, in random order."""
    encoded = encode(windows[first : first + POOL], tokenizer)
    usable = sorted((one for one in encoded if one is not None), key=lambda one: len(one.ids))
    batches = [usable[at : at + recipe.batch] for at in range(0, len(usable), recipe.batch)]
    random.Random(recipe.seed + first).shuffle(batches)
    return [batch for batch in batches if len(batch) >= recipe.workers * 2]


def parameter_groups(network: ReaderNetwork, recipe: Recipe) -> list[dict[str, object]]:
    """Optimizer groups: lower layers learn slower, heads faster, word embeddings not at all."""
    network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    depth = network.encoder.config.num_hidden_layers
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        parts = name.split(".")
        if "layer" in parts:
            scale = recipe.layer_decay ** (depth - 1 - int(parts[parts.index("layer") + 1]))
        else:
            scale = recipe.layer_decay**depth if name.startswith("encoder") else 2.0
        groups.setdefault(scale, []).append(parameter)
    return [
        {"params": params, "lr": recipe.rate * scale, "base": recipe.rate * scale} for scale, params in groups.items()
    ]


def schedule(recipe: Recipe, seen: int) -> float:
    """Share of the peak rate after `seen` windows."""
    if seen < recipe.warmup:
        return (seen + 1) / recipe.warmup
    start = recipe.windows * (1 - recipe.decay_share)
    if seen < start:
        return 1.0
    return max(0.02, (recipe.windows - seen) / (recipe.windows - start))


class Run:
    """One worker's share of a training run; worker 0 logs and saves."""

    def __init__(self, recipe: Recipe, rank: int) -> None:
        self.recipe, self.rank = recipe, rank
        self.network = ReaderNetwork.from_sentence_encoder(recipe.base)
        if recipe.start is not None:  # heads that the earlier run did not have begin fresh
            self.network.load_state_dict(torch.load(recipe.start, weights_only=True), strict=False)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.network, recipe), weight_decay=0.01, fused=True)
        self.trained = [p for p in self.network.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.trained]
        self.seen = self.steps = self.pool_seen = 0
        self.sums: dict[str, float] = {}
        self.state_file = recipe.out / "state.pt"
        if self.state_file.exists():
            self._restore()

    def _restore(self) -> None:
        state = torch.load(self.state_file, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for group, fresh in zip(self.optimizer.param_groups, parameter_groups(self.network, self.recipe), strict=True):
            group["base"] = fresh["base"]
        self.average = state["average"]
        self.seen, self.steps = state["seen"], state["steps"]

    def train(self) -> None:
        tokenizer = Tokenizer.from_file(str(self.recipe.base / "tokenizer.json"))
        windows = plan(self.recipe)
        self.network.train()
        saved = started = time.monotonic()
        began = self.seen
        while self.seen < self.recipe.windows:
            for batch in pools(self.recipe, windows, tokenizer, self.seen):
                self._step(collate(batch[self.rank :: self.recipe.workers]))
                if self.steps % 50 == 0 and self.rank == 0:
                    done = self.seen + self.pool_seen - began
                    self._log(done / (time.monotonic() - started))
            self.seen += POOL
            self.pool_seen = 0
            if self.rank == 0 and time.monotonic() - saved > self.recipe.save_seconds:
                saved = time.monotonic()
                self.save()
        if self.rank == 0:
            self.save()

    def _step(self, batch: Batch) -> None:
        factor = schedule(self.recipe, self.seen + self.pool_seen)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        tokens, answerable, support = self.network(batch.ids, batch.mask, batch.types)
        losses = loss(tokens, answerable, support, batch, self.recipe.smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.steps += 1
        self.pool_seen += batch.size * self.recipe.workers
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.item()
        share = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.trained], 1 - share)

    def _share_gradients(self) -> None:
        gradients = [p.grad for p in self.trained if p.grad is not None]
        flat = torch.cat([gradient.view(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.recipe.workers
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def _log(self, speed: float) -> None:
        row = {name: round(value / 50, 4) for name, value in self.sums.items()}
        self.sums = {}
        rate = self.optimizer.param_groups[-1]["lr"]
        row |= {"seen": self.seen + self.pool_seen, "per_second": round(speed, 1), "rate": float(f"{rate:.2e}")}
        with (self.recipe.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """State to go on from, and the averaged weights alone for evaluation; each replaced as one step."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "seen": self.seen,
            "steps": self.steps,
        }
        _write(state, self.state_file)
        weights = self.network.state_dict()
        names = [name for name, p in self.network.named_parameters() if p.requires_grad]
        weights |= dict(zip(names, self.average, strict=True))
        _write(weights, self.recipe.out / "averaged.pt")


def _write(value: object, path: Path) -> None:
    half = path.with_suffix(".half")
    torch.save(value, half)
    half.replace(path)


def _worker(rank: int, recipe: Recipe) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    np.random.seed(recipe.seed)
    store = f"file://{(recipe.out / 'rendezvous').absolute()}"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=recipe.workers)
    Run(recipe, rank).train()
    dist.destroy_process_group()


def main() -> None:
    """Command line: every field of the recipe is an option."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for field in fields(Recipe):
        required = field.default is MISSING
        kind = Path if required or field.default is None else type(field.default)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, required=required, default=field.default)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "rendezvous").unlink(missing_ok=True)
    recipe = Recipe(**vars(options))
    spawn(_worker, args=(recipe,), nprocs=recipe.workers)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
