"""Teach the reader its own task: `python -m training.learn --asks DIR --data DIR --start shipped.pt --out DIR`.

Starts from the weights of a reader that was trained on SQuAD (training/reader.py), adds the heads of training/task.py
and trains on labelled questions over articles, a part of SQuAD and conversations. One process and one thread, so that
the machine can do other work; bfloat16 where the processor has it. State is saved every few minutes, and a later call
with the same --out goes on from it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from rag.evaluation.layouts import json_rows
from rag.models.windows import Windower
from rag.text.sentences import split_sentences
from training.asks import Asked, Encoder, Ranked, canard, term_example
from training.steps import made_before, questions_in
from training.talks import Talks
from training.task import Example, TaskNetwork, collate, losses
from training.windows import Window, make_windows

BATCH_TOKENS = 3_600  # padded tokens of one step
POOL = 1_024  # windows sorted by length together
SQUAD_SOURCES = {"squad1": 0.35, "squad2_unans": 1.0, "squad_hardneg": 0.3, "nq": 1.0}
TALKS = 375  # conversations of canard in each chunk
CUT = 0.4  # share of the digests that are read without their answer as well
CHUNK = 3_000  # questions that are made examples at once
CANARD_SHARE = 0.5  # of canard's dialogs; the others measure


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result, beside the data."""

    asks: Path  # pickled lists of Asked, made by training/asks.py
    data: Path  # folder with train.jsonl.xz (SQuAD and others)
    canard: Path
    base: Path  # folder of the sentence encoder
    start: Path
    out: Path
    passes: float = 2.0
    steps: int = 0  # of the whole run; 0: as many as the passes have
    rate: float = 8e-5  # of the last layer; heads learn three times as fast
    layer_decay: float = 0.9
    warmup: float = 0.06  # share of the steps
    average: float = 0.997
    dropout: float = 0.05  # of hidden states
    digests: Path | None = None  # best sentences of the questions, made by training/digests.py
    terms: Path | None = None  # what a reader adds to follow-ups, made by training/found_terms.py
    squad: float = 0.2  # windows of SQuAD for each window of the task
    freeze: int = 0  # lowest layers that stay as they are: a run that goes on from trained weights is a fifth faster
    seed: int = 21
    save_seconds: int = 240


class Data:
    """The examples of one pass after another."""

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer) -> None:
        self._recipe, self._tokenizer = recipe, tokenizer
        self._seen: set[str] = set()
        self._ranked: dict[str, Sequence[Ranked]] = made_before(recipe.digests)
        self._terms: dict[str, Sequence[Sequence[str]]] = made_before(recipe.terms)
        self.squad = [
            row
            for row in json_rows(recipe.data / "train.jsonl.xz")
            if random.Random(row["id"]).random() < SQUAD_SOURCES.get(row["source"], 0.0)
        ]
        self.talks = [one for one in canard(recipe.canard) if in_training(one[0])]

    def one_pass(self, number: int) -> list[Example]:
        """The examples of the next CHUNK questions that were not seen yet, in random order.

        The file is read again for each chunk: it may have grown.
        """
        rng = random.Random(self._recipe.seed + number)
        held = questions_in(self._recipe.asks)
        asked = self._chunk(held, rng)
        encoder = Encoder(self._tokenizer, rng, self._terms)
        task = [example for one in asked for example in encoder.examples(one)]
        task += self._compared(asked, encoder, rng)
        talks: list[Example | None] = [*Talks(held).examples(self._tokenizer, rng)]
        several = rng.sample(self.talks, min(TALKS, len(self.talks)))
        talks += [term_example(self._tokenizer, history, last, full) for _, history, last, full in several]
        squad = self._squad(int(len(task) * self._recipe.squad), rng)
        found = [*task, *squad, *(one for one in talks if one is not None)]
        rng.shuffle(found)
        return found

    def _compared(self, asked: Sequence[Asked], encoder: Encoder, rng: random.Random) -> list[Example]:
        """The digests of the questions, and of some of them what is left of it without the answer."""
        made: list[Example | None] = []
        for one in asked:
            best = self._ranked.get(str(one.row["id"]), ())
            made.append(encoder.together(one, best))
            if one.row["ans"] and rng.random() < CUT:
                made.append(encoder.without_answer(one, best))
        return [example for example in made if example is not None]

    def _chunk(self, held: Sequence[Asked], rng: random.Random) -> list[Asked]:
        fresh = [one for one in held if one.row["id"] not in self._seen]
        if len(fresh) < CHUNK // 2:
            self._seen.clear()
            fresh = list(held)
        chosen = rng.sample(fresh, min(CHUNK, len(fresh)))
        self._seen |= {one.row["id"] for one in chosen}
        return chosen

    def _squad(self, count: int, rng: random.Random) -> list[Example]:
        """Windows of SQuAD, whole groups of a context."""
        contexts: dict[str, list[dict[str, object]]] = {}
        for row in self.squad:
            contexts.setdefault(row["context"], []).append(row)
        names = list(contexts)
        rng.shuffle(names)
        made: list[Example] = []
        for name in names:
            if len(made) >= count:
                break
            for group in make_windows(contexts[name], rng.randrange(1 << 30)):
                made += [example for one in group if (example := self._squad_example(one)) is not None]
        return made

    def _squad_example(self, window: Window) -> Example | None:
        spans = split_sentences(window.text)
        made = Windower(self._tokenizer, window.question).windows([window.text], [window.title], [spans])[0]
        if len(made) != 1:
            return None
        (one,) = made
        evidence = np.ones((len(spans), 2), np.float32)
        evidence[:, 0] = [
            window.answer is not None and start < window.answer[1] and end > window.answer[0] for start, end in spans
        ]
        first = last = 0
        if window.answer is not None:
            inside = np.flatnonzero((one.starts < window.answer[1]) & (one.ends > window.answer[0]))
            if not len(inside):
                return None
            first, last = one.offset + int(inside[0]), one.offset + int(inside[-1])
        sentences = np.full(len(one.ids), -1, np.int64)
        sentences[one.offset : one.offset + len(one.sentences)] = one.sentences
        nothing = np.zeros((len(spans), 2), np.float32)
        return Example(
            np.asarray(one.ids, np.int64), np.asarray(one.type_ids, np.int64), sentences,
            evidence, nothing, nothing, nothing, first, last, answers=float(window.answer is not None),
        )  # fmt: skip


def in_training(dialog: str) -> bool:
    """Whether a dialog is for training; the others are for measuring."""
    return random.Random(dialog).random() < CANARD_SHARE


def batches(examples: Sequence[Example], rng: random.Random) -> Iterator[list[Example]]:
    """Batches of like length, in random order."""
    for first in range(0, len(examples), POOL):
        pool = sorted(examples[first : first + POOL], key=lambda one: len(one.ids))
        made: list[list[Example]] = []
        for one in pool:
            if made and (len(made[-1]) + 1) * len(one.ids) <= BATCH_TOKENS:
                made[-1].append(one)
            else:
                made.append([one])
        rng.shuffle(made)
        yield from made


class Run:
    """A training run."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.network = TaskNetwork.load(recipe.base, torch.load(recipe.start, weights_only=True), recipe.dropout)
        self.network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        if recipe.freeze:
            self.network.encoder.embeddings.requires_grad_(False)
        for layer in self.network.encoder.encoder.layer[: recipe.freeze]:
            layer.requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self._groups(), weight_decay=0.01, fused=True)
        self.trained = [one for one in self.network.parameters() if one.requires_grad]
        self.average = [one.detach().clone() for one in self.trained]
        self.steps = 0
        self.sums: dict[str, float] = {}
        self.half = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        self.state_file = recipe.out / "state.pt"
        if self.state_file.exists():
            state = torch.load(self.state_file, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average, self.steps = state["average"], state["steps"]

    def _groups(self) -> list[dict[str, object]]:
        depth = self.network.encoder.config.num_hidden_layers
        groups: dict[float, list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if not parameter.requires_grad:
                continue
            parts = name.split(".")
            below = depth - 1 - int(parts[parts.index("layer") + 1]) if "layer" in parts else depth
            scale = self.recipe.layer_decay**below if name.startswith("encoder") else 3.0
            groups.setdefault(scale, []).append(parameter)
        rate = self.recipe.rate
        return [{"params": one, "lr": rate * scale, "base": rate * scale} for scale, one in groups.items()]

    def train(self) -> None:
        tokenizer = Tokenizer.from_file(str(self.recipe.base / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        data = Data(self.recipe, tokenizer)
        self.network.train()
        first = data.one_pass(self.steps)
        a_pass = sum(1 for _ in batches(first, random.Random(0)))
        total = self.recipe.steps or int(a_pass * self.recipe.passes)
        self._log({"examples": len(first), "steps_in_pass": a_pass, "steps": total})
        saved = began = time.monotonic()
        for number in range(1_000):
            if self.steps >= total:
                break
            examples = first if number == 0 else data.one_pass(self.steps)
            for batch in batches(examples, random.Random(self.steps)):
                if self.steps >= total:
                    break
                self._step(batch, total)
                if self.steps % 40 == 0:
                    row = {name: round(value / 40, 4) for name, value in self.sums.items()}
                    self.sums = {}
                    self._log({"step": self.steps, "minutes": round((time.monotonic() - began) / 60, 1)} | row)
                if time.monotonic() - saved > self.recipe.save_seconds:
                    saved = time.monotonic()
                    self.save()
        self.save()

    def _step(self, examples: list[Example], total: int) -> None:
        progress = self.steps / total
        warm = min(1.0, progress / self.recipe.warmup)
        factor = warm * max(0.02, 1 - max(0.0, progress - self.recipe.warmup) / (1 - self.recipe.warmup))
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        batch = collate(examples)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            tokens, answers, verdict = self.network(batch.ids, batch.mask, batch.types)
        found = losses(tokens.float(), answers.float(), verdict.float(), batch)
        self.optimizer.zero_grad(set_to_none=True)
        found["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.steps += 1
        for name, value in found.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.item()
        share = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.average, [one.detach() for one in self.trained], 1 - share)

    def _log(self, row: Mapping[str, object]) -> None:
        with (self.recipe.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """State to go on from, and the averaged weights alone; each replaced as one step."""
        state = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "average": self.average, "steps": self.steps,
        }  # fmt: skip
        _write(state, self.state_file)
        names = [name for name, one in self.network.named_parameters() if one.requires_grad]
        weights = self.network.state_dict() | dict(zip(names, self.average, strict=True))
        _write(weights, self.recipe.out / "averaged.pt")


def _write(value: object, path: Path) -> None:
    half = path.with_suffix(".half")
    torch.save(value, half)
    half.replace(path)


def main() -> None:
    """Command line: every field of the recipe is an option."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for one in fields(Recipe):
        required = one.default is MISSING
        kind = Path if required or one.default is None else type(one.default)
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, required=required, default=one.default)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    Run(Recipe(**vars(options))).train()


if __name__ == "__main__":
    main()
