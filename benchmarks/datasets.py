"""The data sets of the benchmarks, read from a folder by the product's own adapters (rag/evaluation/sets.py)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rag.evaluation.sets import EvalQuestion as Question
from rag.evaluation.sets import EvalSet as DataSet
from rag.evaluation.sets import load_set, renamed

__all__ = ["JUDGED", "NEWS", "DataSet", "Question", "document_of", "load"]

NEWS = ("dev_300", "dev_1000")
JUDGED = {
    "squad_dev11": "squad_dev11_retrieval",
    "cranfield": "cranfield",
    "time_1963": "time_1963",
    "vaswani": "vaswani_npl",
}
_ADDRESS = "https://dataset.example/"


def load(name: str, root: Path) -> DataSet:
    """The data set called `name` under the folder `root`. Each article's url carries its id in the set."""
    loaded = load_set(root / "news" / name if name in NEWS else root / "retrieval" / JUDGED[name])
    return replace(loaded, name=name, articles=renamed(loaded.articles, _ADDRESS))


def document_of(url: str | None) -> str:
    """The id in the data set of the article with this url."""
    return (url or "").removeprefix(_ADDRESS)
