"""The `rag` command. In: the command line. Out: text or JSON on stdout, progress and errors on stderr, an exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the `rag` command and leave with its exit code."""
    try:
        from rag.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the modules above were still loading
        code = 130
    sys.exit(code)
