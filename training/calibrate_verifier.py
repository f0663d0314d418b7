"""Fit the reader's probability: `python -m training.calibrate --data DIR [--limit N]` writes
rag/models/weights/calibration.json.

Logistic regression of "the passage answers" on the answerable logit and the span margin, over held-out reader data.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from rag.evaluation.layouts import json_rows
from rag.models.session import WEIGHTS
from rag.models.verifier import Calibration, Verifier

STEPS = 60  # of Newton's method; it settles in about ten
RIDGE = 1e-3  # towards nought, as if so many rows spoke for it: keeps the curve from being flat


def fit(features: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights [features + 1] (bias last) of a logistic regression; `weights` is what each row counts."""
    rows = np.hstack([features, np.ones((len(features), 1))])
    beta = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ beta, -30, 30)))
        slope = rows.T @ (weights * (chance - labels)) + RIDGE * beta
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows + RIDGE * np.eye(len(beta))
        beta = beta - np.linalg.solve(curve, slope)
    return beta


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with dev.jsonl.gz")
    parser.add_argument("--limit", type=int, default=3000)
    options = parser.parse_args()
    rows = list(json_rows(options.data / "dev.jsonl.gz"))
    rows = rows[:: max(1, len(rows) // options.limit)]
    verifier = Verifier()
    features = []
    for row in rows:
        parts = [verifier.parts(one) for one in verifier.windows(row["question"], [row["context"]])[0]]
        best = max(parts, key=sum)
        features.append(best)
    labels = np.asarray([float(row["answerable"]) for row in rows])
    share = labels.mean()  # answerable and unanswerable weigh the same: in use neither is the rule
    beta = fit(np.asarray(features), labels, np.where(labels == 1, 0.5 / share, 0.5 / (1 - share)))
    found = Calibration(*(round(float(value), 4) for value in beta))
    target = WEIGHTS / "calibration.json"
    held = json.loads(target.read_text(encoding="utf-8"))
    held["verifier"] = {name: getattr(found, name) for name in ("answerable", "margin", "bias")}
    target.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    logit = np.asarray(features) @ beta[:2] + beta[2]
    right = ((logit > 0) == (labels == 1)).astype(float)
    balanced = (right[labels == 1].mean() + right[labels == 0].mean()) / 2
    print(f"{len(rows)} rows: {found}; balanced accuracy {balanced:.3f}")


if __name__ == "__main__":
    main()
