"""What an address of the page names: a citation of a message, a span of an article, an action under an answer.

In: text out of an address, which may hold anything. Out: its parts, or None when it names nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = "ctof"  # of passages that are shown beside an answer's own; see `Message.shown`
ACTIONS = ("copy", "why", "timeline", "export")
ALL = "all"  # in the place of a message: the whole conversation
_LONGEST = 9  # figures of a number


@dataclass(frozen=True, slots=True)
class Reference:
    """A citation of a message: `m2-1`, or `m2-c1` of another kind than the answer's own."""

    message: str
    kind: str
    number: int


def parse_reference(text: str) -> Reference | None:
    """The citation that a text such as `m2-c1` names."""
    message, _, rest = text.partition("-")
    kind = rest[:1] if rest and rest[0] in KINDS else ""
    number = rest.removeprefix(kind)
    return Reference(message, kind, int(number)) if _is_message(message) and _is_number(number) else None


def parse_span(text: str) -> tuple[int, int] | None:
    """The characters that a text such as `120-240` names."""
    start, _, end = text.partition("-")
    return (int(start), int(end)) if _is_number(start) and _is_number(end) else None


def parse_place(text: str) -> tuple[str, str] | None:
    """The article and the span that a text such as `at-ARTICLE-120-240` names: a passage that no answer cites."""
    article, _, end = text.removeprefix("at-").rpartition("-")
    article, _, start = article.rpartition("-")
    span = f"{start}-{end}"
    return (article, span) if text.startswith("at-") and article and parse_span(span) else None


def parse_action(text: str) -> tuple[str, str] | None:
    """The action and the message that a text such as `copy-m2` names; the message may be `ALL`."""
    action, _, message = text.partition("-")
    return (action, message) if action in ACTIONS and (message == ALL or _is_message(message)) else None


def _is_message(text: str) -> bool:
    return text.startswith("m") and _is_number(text[1:])


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST and text.isascii() and text.isdecimal()
