"""The terms of what is typed into a search of a list: words, and phrases in quotation marks."""

from __future__ import annotations


def terms(query: str) -> list[str]:
    """The words of a query; what stands between quotation marks is one term."""
    parts = query.replace("“", '"').replace("”", '"').split('"')
    listed = [[part] if number % 2 else part.split() for number, part in enumerate(parts)]
    return list(dict.fromkeys(" ".join(term.split()) for part in listed for term in part if term.strip()))
