"""Weights to go on from, read back from what ships: `python -m training.restore --base DIR --out start.pt`.

What a run keeps (`state.pt`, `averaged.pt`) is not in the repository; `reader.onnx` and `verifier.onnx` are. Their
matrices are int8 with a scale a column, so what is read back differs from what was trained by half a step at most;
further training makes that good. Word embeddings come from the base model, as in the product.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import BertModel

from rag.models.session import SHARED, WEIGHTS
from training.network import ReaderNetwork
from training.task import TaskNetwork

_QUANTIZED = "_quantized"


def restored(base: Path, graph: Path) -> dict[str, torch.Tensor]:
    """The weights in `graph` by their names in the network that it was exported from, as float32."""
    model = onnx.load(str(graph), load_external_data=False)
    held = {one.name: one for one in model.graph.initializer}
    encoder = BertModel.from_pretrained(base, add_pooling_layer=False)
    network = TaskNetwork(encoder) if "verdict.bias" in held else ReaderNetwork(encoder)
    weights = network.state_dict()
    for name, _ in network.named_parameters():
        if name != f"encoder.{SHARED}":
            weights[name] = torch.tensor(_stored(held, name)).reshape(weights[name].shape)
    return weights


def _stored(held: Mapping[str, onnx.TensorProto], name: str) -> NDArray[np.float32]:
    """A weight as the network has it; a KeyError names one that the graph lacks."""
    matrix = next((one for one in _stored_names(name) if one + _QUANTIZED in held), None)
    if matrix is None:
        return np.asarray(numpy_helper.to_array(held[name]), dtype=np.float32)
    whole, zero, scale = (numpy_helper.to_array(held[matrix + part]) for part in (_QUANTIZED, "_zero_point", "_scale"))
    return np.asarray((whole.astype(np.float32) - zero.astype(np.float32)) * scale, dtype=np.float32).T


def _stored_names(name: str) -> tuple[str, str]:
    """The names that the exporter gives the transpose of a weight."""
    layer = name.removesuffix(".weight").split(".")
    path = [f"layer.{layer[at + 1]}" if part == "layer" else part for at, part in enumerate(layer) if part.isalpha()]
    return "/" + "/".join([*path, "Transpose_output_0"]), f"{name}_Transposed"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--graph", type=Path, default=WEIGHTS / "reader.onnx")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save(restored(options.base, options.graph), options.out)


if __name__ == "__main__":
    main()
