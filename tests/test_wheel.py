"""The wheel installs into an empty environment and answers outside the checkout: weights and assets are in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import rag

ROOT = Path(__file__).resolve().parents[1]
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "rag")
CODE = (".py", ".pyc")
ARTICLE = """---
title: Night trains come back to the coast
publisher: Harbour Post
published: 2026-03-02
---
The railway will run night trains to the coast again. The first night train leaves on 14 June, said its director Mira
Castell. Tickets cost 40 euros for a berth and go on sale in April.
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; its error when it fails."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "RAG_LIBRARY": str(cwd / "library")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=240, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    building = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"
    run(sys.executable, "-c", building, cwd=folder)
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and nothing else of the checkout: only the packages that it needs are lent."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv" / "bin" / "python"
    (own,) = (home / "venv" / "lib").glob("python*/site-packages")
    (own / "lent.pth").write_text("\n".join(entry for entry in sys.path if entry.endswith("site-packages")) + "\n")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=home,
    )
    return python


def test_everything_beside_the_code_is_in_the_wheel(wheel: Path) -> None:
    tracked = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rag").rglob("*") if path.is_file()}
    data = {name for name in tracked if not name.endswith(CODE) and "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    assert "rag/models/weights/reader.onnx" in data
    assert data <= held
    assert {name for name in tracked if name.endswith(".py")} <= held


def test_the_wheel_is_of_the_version_that_the_code_says(installed: Path, tmp_path: Path) -> None:
    packaged = "importlib.metadata.version('article-chat')"
    asked = f"import importlib.metadata, json, rag; print(json.dumps([rag.__file__, rag.__version__, {packaged}]))"
    place, version, packaged = json.loads(run(installed, "-c", asked, cwd=tmp_path))
    assert Path(place).is_relative_to(installed.parents[1])
    assert version == packaged == rag.__version__


def test_the_command_of_the_wheel_answers_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "trains.md").write_text(ARTICLE, encoding="utf-8")
    command = installed.with_name("rag")
    run(command, "add", "trains.md", cwd=tmp_path)
    answer = json.loads(run(command, "ask", "When does the first night train leave?", "--json", cwd=tmp_path))
    assert answer["answered"]
    assert "14 June" in answer["text"]
    assert not any("could not be loaded" in note for note in answer["notes"])
