"""Signatures of mails: each writer's own, at the end of a mail and above each mail that it quotes.

In: the lines of a mail, with their marks of quotation. Out: the lines without marks and signatures.
"""

from __future__ import annotations

from itertools import pairwise

from rag.ingest.formats.mail.forwarded import begins_mail

_LONGEST = 12  # lines of a signature; below a longer one the mail goes on
_LONGEST_LINE = 60  # characters of a line below a closing: names, offices, addresses
_LONGEST_ATTRIBUTION = 3  # lines of "On Monday, Rui Sant <rui@example.org> wrote:", wrapped
_CLOSINGS = frozenset(
    "regards|best|best regards|best wishes|all the best|kind regards|warm regards|warmly|many thanks|thanks|thank you|"
    "thanks and best|cheers|mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|freundliche grüsse|"
    "viele grüße|viele grüsse|beste grüße|beste grüsse|herzliche grüße|herzliche grüsse|liebe grüße|lg|mfg|vg|"
    "cordialement|bien cordialement|bien à vous|saludos|un saludo|saludos cordiales|cordiali saluti|un saluto|"
    "met vriendelijke groet|met vriendelijke groeten|atenciosamente|abraços|pozdrawiam|med vänliga hälsningar".split(
        "|"
    )
)
_PROGRAMS = ("sent from my ", "von meinem ", "gesendet von ", "envoyé de mon ", "enviado desde mi ", "get outlook for ")
_WROTE = "wrote:|wrote :|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał".split("|")


def without_signatures(lines: list[str]) -> list[str]:
    """The lines without marks of quotation, and without the signature of any of the mails that they hold."""
    depths = [_depth(line) for line in lines]
    own = [line.lstrip("> \t") if depth else line for line, depth in zip(lines, depths, strict=True)]
    begins = [0, *(place for place in range(1, len(own)) if _begins(own, depths, place)), len(own)]
    parts = (own[begin:end] for begin, end in pairwise(begins))
    return [line for part in parts for line in _unsigned(part)]


def _depth(line: str) -> int:
    """How often a line was quoted."""
    marks = line.lstrip()
    return len(marks[: len(marks) - len(marks.lstrip("> "))].replace(" ", ""))


def _begins(own: list[str], depths: list[int], place: int) -> bool:
    """Whether what another writer wrote begins here: quoted otherwise, or below a line or head that says so."""
    if depths[place] != depths[place - 1] and own[place].strip():
        return True
    above = own[place - 1].strip(" _")  # also a rule, and "-----Original Message-----"
    return (not above or above.startswith("----")) and (_attributes(own, place) or begins_mail(own, place))


def _attributes(own: list[str], place: int) -> bool:
    """Whether a paragraph says who wrote what follows, and when: "On 9 February 2026 Rui Sant wrote:"."""
    told = ""
    for line in own[place : place + _LONGEST_ATTRIBUTION]:
        if not line.strip():
            return False
        told = f"{told} {line.strip()}".lower()
        if told.endswith(":"):
            return any(map(str.isdecimal, told)) and any(word in told for word in _WROTE)
    return False


def _unsigned(lines: list[str]) -> list[str]:
    """The lines of one writer above the signature; a part that is nothing else stays."""
    for place in range(len(lines) - 1, 0, -1):
        below = [line.strip() for line in lines[place + 1 :] if line.strip(" _")]
        if len(below) > _LONGEST:
            break
        if _signs(lines[place].strip(), below) and any(map(str.strip, lines[:place])):
            return [*lines[:place], ""]
    return lines


def _signs(line: str, below: list[str]) -> bool:
    """Whether the line is the mark of a signature, a closing above a name, or a program's own line at the end."""
    if line == "--":
        return True
    if not below:
        return line.lower().startswith(_PROGRAMS) and len(line) <= _LONGEST_LINE
    short = all(len(one) <= _LONGEST_LINE and not one.endswith((".", "?", "!", ":")) for one in below)
    return short and line.rstrip(",.! ").lower() in _CLOSINGS
