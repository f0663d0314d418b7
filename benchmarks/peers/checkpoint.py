"""Our reader as a Hugging Face question-answering checkpoint, for peers that read with one.

Start and end of the short answer only: of the sentence, answerable and support heads such a checkpoint knows nothing.
Needs the `training` extra.
"""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

from rag.models.package import package_folder
from rag.models.session import WEIGHTS

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
SPAN = 2  # rows of the token head: start and end


def write_checkpoint(within: Path) -> Path:
    """The folder, named after the weights, filled with the model and its tokenizer when it is not there."""
    folder = within / sha256((WEIGHTS / "reader.onnx").read_bytes()).hexdigest()[:12]
    if not (folder / "config.json").exists():
        from transformers import BertConfig, BertForQuestionAnswering

        from training.restore import restored

        weights = restored(package_folder(), WEIGHTS / "reader.onnx")
        own = {
            f"bert.{name.removeprefix('encoder.')}": value
            for name, value in weights.items()
            if name.startswith("encoder.")
        }
        own |= {"qa_outputs.weight": weights["tokens.weight"][:SPAN], "qa_outputs.bias": weights["tokens.bias"][:SPAN]}
        model = BertForQuestionAnswering(BertConfig.from_pretrained(package_folder()))
        model.load_state_dict(own)
        folder.mkdir(parents=True, exist_ok=True)
        for name in TOKENIZER:
            shutil.copy(package_folder() / name, folder / name)
        model.save_pretrained(folder)
    return folder
