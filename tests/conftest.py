"""Fixtures that several test files share, and the order of the tests."""

from __future__ import annotations

import pytest
from chromas import chroma, chroma_server
from postgres import database, postgres, postgres_address, pytest_generate_tests, schema
from sites import site
from stores import opening, opening_postgres, store

__all__ = [
    "chroma",
    "chroma_server",
    "database",
    "opening",
    "opening_postgres",
    "postgres",
    "postgres_address",
    "pytest_generate_tests",
    "schema",
    "site",
    "store",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests in a browser last: Playwright keeps an event loop in the main thread; asyncio.run fails there."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
