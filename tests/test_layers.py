"""Imports point down only, and each heavy package has one home. Reads the source; imports inside functions count."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Floor of each part of the package, longest name first wins. A part may import from lower floors and from itself.
FLOORS = {
    "rag.errors": 0,
    "rag.readings": 0,
    "rag.reports": 0,
    "rag.schema": 0,
    "rag.forks": 0,
    "rag.config": 1,
    "rag.tracing": 1,
    "rag.text": 1,
    "rag.models": 1,
    "rag.store": 1,
    "rag.ingest": 2,
    "rag.retrieval": 2,
    "rag.library": 3,
    "rag.answering": 4,
    "rag.export": 4,
    "rag.assistant": 5,
    "rag.evaluation": 5,
    "rag": 6,
    "rag.cli": 7,
    "rag.__main__": 8,
    "rag.ui": 7,
    "rag.server": 7,
    "app": 8,
}

# Rooms inside rag.answering: what a room may import of the others stands below it. The question is understood, passages
# are read for it, statements are checked against passages, an answer is made; the pipeline puts them together.
ROOMS = {
    "rag.answering.query": 0,
    "rag.answering.reading": 1,
    "rag.answering.verification": 2,
    "rag.answering.extractive": 3,
    "rag.answering.intents": 3,
    "rag.answering.generative": 4,
    "rag.answering.claims": 6,
    "rag.answering.pipeline": 5,
}
# Modules beside the rooms: what all of them pass on to each other, and what is made of a finished answer.
OUTSIDE = {"certainty", "citations", "options", "suggestions"}

# Sideways imports that are wanted, each with its reason.
WANTED = {
    ("rag.cli.service", "rag.ui.launch"): "`rag chat` starts the page",
    ("rag.cli.service", "rag.ui.openid"): "`rag doctor` says whether people can sign in to the page",
    ("rag.cli.serving", "rag.server.app"): "`rag serve` starts the server",
    ("rag.server", "rag.ui"): "the page and its backend are served with REST and MCP, over one open library",
    ("rag.schema", "rag.readings"): "the door to all that travels between the steps",
    ("rag.schema", "rag.reports"): "the same",
    ("rag.server", "rag"): "the version, as any program asks for it",
    ("rag.library", "rag.answering.reading.looking"): "a retriever may order what it found by reading it",
    ("rag.evaluation", "rag.assistant"): "evaluation asks the assistant as a user does",
    ("rag.export", "rag.answering.certainty"): "an export says how sure an answer is in the words of the page",
    ("rag.models", "rag.text.sentences"): "a Reading scores the sentences of a passage; text knows nothing of models",
}

# The only places that may import these packages.
ONLY_IN = {
    "streamlit": ("rag.ui", "app"),
    "chromadb": ("rag.store.vectors", "rag.store.chroma_server"),
    "torch": ("rag.models",),
    "ray": ("rag.models.cluster",),
    "transformers": ("rag.models",),
    "sentence_transformers": ("rag.models",),
    "onnxruntime": ("rag.models",),
    "chardet": ("rag.text.encoding",),
    "pypdfium2": ("rag.ingest.formats.pdf.glyphs",),
    "markdown_it": ("rag.ingest.formats.markdown",),
    "warcio": ("rag.ingest.formats.web_archive",),
    "striprtf": ("rag.ingest.formats.rtf",),
    "typer": ("rag.cli",),
    "psycopg": ("rag.store.postgresql",),
    "fastapi": ("rag.server",),
    "mcp": ("rag.server",),
    "rich": ("rag.cli",),
    "opentelemetry": ("rag.tracing",),
}


def modules() -> list[tuple[str, Path]]:
    """Name and path of each module of the package, and of app.py."""
    found = []
    for path in sorted([*ROOT.glob("rag/**/*.py"), *ROOT.glob("app.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(module: str, source: str, *, package: bool) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `source` imports, in functions and under TYPE_CHECKING as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: len(module.split(".")) - node.level + package]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif isinstance(node, ast.Call) and (name := _named_at_run_time(node)):
            yield node.lineno, name


def _named_at_run_time(call: ast.Call) -> str | None:
    """The module that an `import_module("...")` names."""
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    first = call.args[0] if called == "import_module" and call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def inside(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def part_of(name: str) -> str:
    """The part that a module or an imported name belongs to; `rag.Library` is the door's."""
    matching = [part for part in FLOORS if inside(name, part)]
    return max(matching, key=len)


def room_of(name: str) -> str | None:
    """The room of rag.answering that a module or an imported name belongs to, if it has one."""
    return next((room for room in ROOMS if inside(name, room)), None)


def climbs(module: str, name: str) -> bool:
    """Whether a module of one room imports from a room that is not below it."""
    own, other = room_of(module), room_of(name)
    return own is not None and other is not None and own != other and ROOMS[other] >= ROOMS[own]


def faults(module: str, source: str, *, package: bool = False) -> list[str]:
    """What is wrong with the imports of one module, in words."""
    wrong = []
    own = part_of(module)
    for line, name in imports(module, source, package=package):
        top = name.split(".")[0]
        if top == "rag":
            other = part_of(name)
            wanted = any(inside(module, source_) and inside(name, target) for source_, target in WANTED)
            if other != own and FLOORS[other] >= FLOORS[own] and not wanted:
                wrong.append(f"{module}:{line} (floor {FLOORS[own]}) imports {name} (floor {FLOORS[other]})")
            if climbs(module, name):
                wrong.append(f"{module}:{line} imports {name}, a room that is not below its own")
        elif top in ONLY_IN and not any(inside(module, place) for place in ONLY_IN[top]):
            wrong.append(f"{module}:{line} imports {name}, which only {' and '.join(ONLY_IN[top])} may")
    return wrong


def test_imports_point_down_and_heavy_packages_have_one_home() -> None:
    wrong = [
        fault
        for module, path in modules()
        for fault in faults(module, path.read_text(encoding="utf-8"), package=path.name == "__init__.py")
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_of_answering_stands_in_a_room_or_is_known_to_stand_beside() -> None:
    inside_it = [module for module, _ in modules() if module.startswith("rag.answering.")]
    homeless = {name.removeprefix("rag.answering.") for name in inside_it if room_of(name) is None}
    assert homeless == OUTSIDE


@pytest.mark.parametrize("room", ["query", "reading", "verification", "extractive", "intents", "generative"])
def test_each_room_says_in_three_lines_what_comes_in_and_goes_out(room: str) -> None:
    source = (ROOT / "rag" / "answering" / room / "__init__.py").read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(source)) or ""
    assert "In: " in said
    assert "Out: " in said
    assert "\nNothing here " in said or "\nNo " in said
    assert len(said.splitlines()) <= 4


def test_every_module_has_a_floor_of_its_own_part() -> None:
    homeless = [module for module, _ in modules() if part_of(module) == "rag" and module != "rag"]
    assert not homeless, f"give these a floor in FLOORS: {homeless}"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rag.text.words", "from rag.store import database"),
        ("rag.schema", "from rag.errors import RagError"),
        ("rag.store.lexical", "def find():\n    from rag.library import Library"),
        ("rag.ingest.files", "import rag.retrieval.fusion"),
        ("rag.answering.extractive", "from rag import Assistant"),
        ("rag.answering.query.rewrite", "from rag.answering.reading.windows import Window"),
        ("rag.answering.query.rewrite", "from rag.answering.reading.readers import Choice"),
        ("rag.answering.query.rewrite", "from rag.answering.generative.chat_models import Model"),
        ("rag.answering.verification.verifier", "from rag.answering.generative.citation_marks import Claim"),
        ("rag.answering.extractive.answer", "from rag.answering.intents.story import story"),
        ("rag.answering.reading.ranking", "from rag.answering.extractive.answer import draft"),
        ("rag.answering.reading.windows", "import rag.answering.pipeline"),
        ("rag.answering.extractive.answer", "from rag.answering.generative.writer import Writer"),
        ("rag.ingest.files", "from importlib import import_module\nimport_module('rag.assistant')"),
        ("rag.text.words", "from ..store import database"),
        ("rag.ui.chat", "from rag.cli import app"),
        ("rag.store.library", "import chromadb.config"),
        ("rag.retrieval.retriever", "def load():\n    import torch"),
        ("rag.library", "from rich.console import Console"),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str) -> None:
    assert faults(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rag.store.vectors", "import chromadb"),
        ("rag.store.vectors", "from rag.store.database import Database"),
        ("rag.text.words", "from . import sentences"),
        ("rag.cli.service", "from rag.ui.launch import serve"),
        ("rag.ui.chat", "import rag\nimport streamlit as st"),
        ("rag.assistant", "from rag.answering.extractive import answer"),
        ("rag.answering.extractive.answer", "from rag.answering.reading.ranking import choose"),
        ("rag.answering.reading.refusal", "from rag.answering.query.analysis import Question"),
        ("rag.answering.reading.ranking", "from rag.models.calibration import Calibration"),
        ("rag.answering.reading.readers", "from rag.answering.reading.windows import Window"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert not faults(module, source)
