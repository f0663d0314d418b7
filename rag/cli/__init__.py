"""The `rag` command. In: the command line. Out: text or JSON on stdout, progress and errors on stderr, an exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the `rag` command and leave with its exit code."""
    from rag.cli.app import run

    sys.exit(run(sys.argv[1:]))
