"""Export for onnxruntime: `python -m training.export --base DIR [--weights averaged.pt] --out rag/models/weights`.

Writes graphs without weights (a few hundred kB): `encoder.onnx`, the sentence encoder with mean pooling, whose weights are
read from the installed model package; and `reader.onnx`, whose trained weights stand in `reader.safetensors` as float16
(its word embeddings were frozen in training, so they too come from the package).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import onnx
import torch
from onnx.external_data_helper import set_external_data
from safetensors.torch import save_file
from torch import nn
from transformers import BertModel

from training.network import ReaderNetwork

SHARED = "embeddings.word_embeddings.weight"
NAMES = ("ids", "mask", "types")


class SentenceEncoder(nn.Module):
    """Unit vectors [texts, width]: mean of the token vectors, as sentence-transformers pools this model."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return nn.functional.normalize(mean, dim=1)


def export_graph(network: nn.Module, outputs: dict[str, dict[int, str]], path: Path) -> None:
    """Write the graph of `network` with its parameters named but left out."""
    network.eval()
    example = tuple(torch.ones(2, 9, dtype=torch.int64) for _ in NAMES)
    axes = {name: {0: "rows", 1: "tokens"} for name in NAMES} | outputs
    torch.onnx.export(
        network, example, str(path), input_names=list(NAMES), output_names=list(outputs), dynamic_axes=axes,
        opset_version=17, do_constant_folding=False, dynamo=False, keep_initializers_as_inputs=False,
    )  # fmt: skip
    model = onnx.load(str(path))
    parameters = dict(network.named_parameters())
    for tensor in model.graph.initializer:
        if tensor.name in parameters:
            set_external_data(tensor, "weights-are-handed-in")
            tensor.ClearField("raw_data")
    missing = parameters.keys() - {tensor.name for tensor in model.graph.initializer}
    assert not missing, f"parameters that the exporter renamed: {sorted(missing)[:3]}"
    path.write_bytes(model.SerializeToString())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="averaged.pt of a training run; without it only the encoder is written")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    plain = BertModel.from_pretrained(options.base, add_pooling_layer=False, attn_implementation="eager")
    export_graph(SentenceEncoder(plain), {"vectors": {0: "rows"}}, options.out / "encoder.onnx")
    reader = ReaderNetwork(plain)
    tokens = {"tokens": {0: "rows", 1: "tokens"}, "answerable": {0: "rows"}}
    export_graph(reader, tokens, options.out / "reader.onnx")
    if options.weights:
        weights = torch.load(options.weights, weights_only=True)
        trained = {name: value.half() for name, value in weights.items() if name != f"encoder.{SHARED}"}
        save_file(trained, options.out / "reader.safetensors")
    files = sorted(path for path in options.out.iterdir() if path.suffix in (".onnx", ".safetensors"))
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (options.out / "sha256.json").write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
