"""The product's code does not grow again what it was rid of; and what counts it sees each kind."""

from __future__ import annotations

import pytest

from benchmarks import house
from benchmarks.house import MEASURES, Module, count


@pytest.fixture(scope="module")
def package() -> list[Module]:
    return house.modules()


@pytest.mark.parametrize("name", MEASURES)
def test_no_count_rises_above_its_ceiling(name: str, package: list[Module]) -> None:
    measure, ceiling, _ = MEASURES[name]
    found = count(measure, package)
    total = sum(found.values())
    assert total <= ceiling, f"{name}: {total}, at most {ceiling}. See `python -m benchmarks.house --where`: {found}"


@pytest.mark.parametrize(
    ("name", "source", "counted"),
    [
        ("regex calls", 'import re\nx = re.compile("a").sub("b", re.escape("c"))', 2),
        ("lines of rules about English", 'A = "who what when where which whose".split()\n', 1),
        ("lines of rules about English", 'A = re.compile("who|what|when|where|which|whose")\n\n', 2),
        ("lines of rules about English", 'A = "Tell us who, what, when, where, which and whose it is."\n', 0),
        ("lines of rules about English", '"""Who, what, when, where, which, whose."""\n', 0),
        ("modules in answering", "", 1),
        ("process-wide caches", "@lru_cache(maxsize=1)\ndef f(): ...\n@functools.cache\ndef g(): ...\n", 2),
        ("process-wide caches", "class A:\n    @cached_property\n    def f(self): ...\n", 0),
        ("modules that type the months", 'M = {"january", "february", "march", "april"}\n', 1),
        ("modules that type the months", 'M = frozenset({"january", "march", "april"})\n', 0),
        ("modules that type pronouns", 'M = re.compile(r"\\b(?:he|she|they|him)\\b")\n', 1),
        ("modules that type verbs of saying", 'M = "said says told added"\nV = M.split()\n', 0),
        ("modules that type verbs of saying", 'M = "said says told added".split()\n', 1),
        ("names of persons", 'SPEAKERS = ["Anna Lindqvist", "Harbour Post"]\n', 1),
    ],
)
def test_each_kind_is_seen(name: str, source: str, counted: int) -> None:
    assert MEASURES[name][0](Module("rag/answering/reading/made_up.py", source)) == counted


def test_what_opens_a_package_is_no_module_of_its_own() -> None:
    assert MEASURES["modules in answering"][0](Module("rag/answering/reading/__init__.py", "")) == 0
