"""A question and an answer as a statement: "Who built it?" and "Per Lind" as "Per Lind built it".

Only words are moved: "When did he begin?" gives "he begin in 1921", which the reader meets as often true as false.
"""

from __future__ import annotations

import re

_DO = r"(?:did|does|do)"
_BE = r"(?:is|are|was|were|has|have|had|can|could|will|would)"
_KIND = rf" (?!(?:{_DO}|{_BE})\b)[\w-]+"  # a word of what is asked for: "which engineer"
_ASKED = rf"(?:Who|What|Which(?:{_KIND}){{1,3}}?|What(?:{_KIND}){{1,2}}?)"
_SUBJECT = re.compile(rf"^{_ASKED} ((?!{_DO}\b)[a-z]+) (.+?)\s*\?*$")
_OBJECT = re.compile(rf"^{_ASKED} {_DO} (.+?)\s*\?*$")
_WHEN = re.compile(
    r"^(?:When|In (?:what|which) year|In what month|Where|On what date) (?:did|was|were|is|does) (.+?)\?*$"
)
_MANY_OF = re.compile(rf"^How (?:many|much) ((?:[\w-]+ ){{1,3}}?){_DO} (.+?)\s*\?*$")
_MANY = re.compile(r"^How many ([\w-]+ .+?)\s*\?*$")
_DANGLING_WORD = r"(?:in|of|at|to|for|by|from|with|on|about|into|called|named|known|born|located|considered|than|as)"
_DANGLING = re.compile(rf"\b{_DANGLING_WORD}$")
_OPEN_END = re.compile(rf"^{_ASKED} ({_BE}) (.+?) ((?:[a-z]+(?:ed|wn|en|ne|de|ld|nt) )?{_DANGLING_WORD})\s*\?*$")


def declarative(question: str, answer: str) -> str | None:
    """The question with its answer as a statement; None for questions that would need more than moving words."""
    question, answer = question.strip(), answer.rstrip(" .,;")
    for form in (_of_subject, _of_object, _of_time, _of_number):
        if statement := form(question, answer):
            return f"{statement[:1].upper()}{statement[1:]}."
    return None


def _of_subject(question: str, answer: str) -> str | None:
    found = _OPEN_END.match(question)
    if found:
        return f"{found[2]} {found[1]} {found[3]} {answer}"
    found = _SUBJECT.match(question)
    return f"{answer} {found[1]} {found[2]}" if found and not _DANGLING.search(found[2]) else None


def _of_object(question: str, answer: str) -> str | None:
    found = _OBJECT.match(question)
    return f"{found[1]} {answer}" if found else None


def _of_time(question: str, answer: str) -> str | None:
    found = _WHEN.match(question)
    if found is None or _DANGLING.search(found[1]):
        return None
    day = " " in answer and any(map(str.isdigit, answer))
    return f"{found[1]} {'on' if day else 'in'} {answer}"


def _of_number(question: str, answer: str) -> str | None:
    found = _MANY_OF.match(question)
    if found:
        return f"{found[2]} {answer} {found[1].strip()}"
    found = _MANY.match(question)
    return f"{answer} {found[1]}" if found else None
