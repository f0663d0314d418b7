"""What the product's code must not grow again: `python -m benchmarks.house` counts it, `tests/test_house.py` holds it.

Counted from the source alone: regular expressions, rules about English by hand, modules, caches, lists of words that
belong in one place or nowhere, and names of persons. A count that falls is a reason to lower its ceiling.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from benchmarks.given_names import bearer

ROOT = Path(__file__).resolve().parents[1]

ENGLISH = frozenset(
    "a about after also an and are as at be been before by did do does for from had has have how if in into is it its "
    "many much no not of on or over said says since than that the this to told until was were what when where which "
    "who whom whose why will with would".split()
)
MONTHS = frozenset("january february march april june july august september october november december".split())
PRONOUNS = frozenset("he she they him her them his their hers theirs".split())
SAYING = frozenset("said says told tells added adds stated states announced announces warned claimed".split())

LEAST_ENGLISH = 6  # such words in a module's constants: its rules are about English
LEAST_LISTED = 4  # of a list's words in one constant: it is typed there

_ALTERNATIVES = re.compile(r"\w\|\w")
_WORD = re.compile(r"[A-Za-z]+")
_PERSON = re.compile(r"\b[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+")


@dataclass(frozen=True)
class Module:
    """The source of a module."""

    name: str  # path from the root, such as rag/text/words.py
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.source)

    @cached_property
    def constants(self) -> list[ast.expr]:
        """The values of the module's constants."""
        assigned = [node for node in self.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        return [node.value for node in assigned if node.value]

    @cached_property
    def vocabularies(self) -> list[frozenset[str]]:
        """The words of each constant that is a pattern or a list of words; texts for people and SQL are none."""
        listed = (list(_strings(value)) for value in self.constants if _is_vocabulary(value))
        return [frozenset(_WORD.findall(" ".join(texts).lower())) for texts in listed]


def modules(root: Path = ROOT) -> list[Module]:
    """Every module of the package."""
    files = sorted((root / "rag").rglob("*.py"))
    return [Module(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in files]


def regex_calls(module: Module) -> int:
    """Calls of the `re` module."""
    called = [node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    return sum(re.fullmatch(r"re\.\w+", ast.unparse(one)) is not None for one in called)


def lines_about_english(module: Module) -> int:
    """Lines of a module whose constants hold English function words: a grammar by hand. 0 for any other."""
    held = ENGLISH.intersection(frozenset(chain.from_iterable(module.vocabularies)))
    return module.source.count("\n") if len(held) >= LEAST_ENGLISH else 0


def in_answering(module: Module) -> int:
    """1 for a module of `answering`; what only opens a package does not count."""
    return int(module.name.startswith("rag/answering/") and not module.name.endswith("__init__.py"))


def caches(module: Module) -> int:
    """Functions that remember their results for the whole process."""
    functions = (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef))
    marks = [ast.unparse(mark) for function in functions for mark in function.decorator_list]
    return sum(re.match(r"(functools\.)?(lru_)?cache\b", mark) is not None for mark in marks)


def holds_list(words: frozenset[str]) -> Callable[[Module], int]:
    """Counts 1 for a module that types a list of these words."""
    return lambda module: int(any(len(words & typed) >= LEAST_LISTED for typed in module.vocabularies))


def persons(module: Module) -> int:
    """Full names in the module's constants: a common given name and another. "Hong Kong" reads like one,
    a family name alone does not."""
    texts = (text for value in module.constants for text in _strings(value))
    named = (name for text in texts for name in _PERSON.findall(text) if not MONTHS & set(name.lower().split()))
    return sum(bearer(name) is not None for name in named)


# What is counted: how, its ceiling (the count of the day when it was last lowered) and the goal.
MEASURES: dict[str, tuple[Callable[[Module], int], int, int]] = {
    "regex calls": (regex_calls, 198, 110),
    "lines of rules about English": (lines_about_english, 1119, 1200),
    "modules in answering": (in_answering, 34, 26),
    "process-wide caches": (caches, 8, 8),
    "modules that type the months": (holds_list(MONTHS), 1, 1),
    "modules that type pronouns": (holds_list(PRONOUNS), 1, 0),
    "modules that type verbs of saying": (holds_list(SAYING), 0, 1),
    "names of persons": (persons, 0, 0),
}


def count(measure: Callable[[Module], int], of: list[Module]) -> dict[str, int]:
    """The modules that hold some of what is measured, with how much."""
    counted = {module.name: measure(module) for module in of}
    return {name: number for name, number in counted.items() if number}


def _strings(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _is_vocabulary(value: ast.expr) -> bool:
    """Whether a constant is a pattern, a set, or a text that is split or holds alternatives."""
    if isinstance(value, ast.Set) or any(_ALTERNATIVES.search(text) for text in _strings(value)):
        return True
    called = [ast.unparse(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)]
    return any(name in ("re.compile", "frozenset", "set") or name.endswith(".split") for name in called)


def main() -> None:
    """Print the counts; with `--where`, the modules that they come from."""
    given = modules()
    for name, (measure, ceiling, goal) in MEASURES.items():
        found = count(measure, given)
        print(f"{name:34} {sum(found.values()):6,} (ceiling {ceiling:,}, goal {goal:,})")
        if "--where" in sys.argv:
            print("".join(f"    {number:5} {place}\n" for place, number in found.items()))


if __name__ == "__main__":
    main()
