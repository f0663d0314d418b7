"""REST against what its OpenAPI promises: schemathesis sends what the schema allows, and what it forbids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import served

import rag
from rag.schema import Article

pytest.importorskip("schemathesis", reason="needs article-chat[dev]")

EXAMPLES = os.environ.get("SCHEMA_TEST_EXAMPLES", "5")  # of each operation; 25 before a release
WARDS = ("Ash", "Birch", "Cedar")
# A cursor is opaque, so a schema cannot say which are good; a file may hold anything, so none is of a wrong type.
LEFT_OUT = ["--exclude-checks", "positive_data_acceptance", "--exclude-path", "/files"]


def test_no_request_makes_the_server_fail_or_answer_against_its_schema(tmp_path: Path) -> None:
    notices = (Article(title=f"Notice {name}", text=f"The library of {name} opens at nine.") for name in WARDS)
    with rag.Library.open(tmp_path / "library") as library:
        library.add(notices)
    with served(tmp_path / "library", "--no-chat") as server:
        address = str(server.base_url).rstrip("/")
        code = "from schemathesis.cli import schemathesis; schemathesis()"
        options = ["--max-examples", EXAMPLES, "--seed", "1", "--generation-deterministic", "--no-color", *LEFT_OUT]
        tried = ["run", f"{address}/api/openapi.json", "--url", f"{address}/api", "--phases", "coverage,fuzzing"]
        command = [sys.executable, "-c", code, *tried, *options]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, cwd=tmp_path)
    assert run.returncode == 0, run.stdout[-6000:]
    assert "Tested: 12" in run.stdout
