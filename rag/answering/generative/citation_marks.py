"""From what a model writes to claims: sentences as plain text, each with the numbers of the passages it cites.

Pure functions over the text so far. Nothing that a model writes becomes a link, an image or markup: links leave their
words, addresses and images go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.normalise import normalise
from rag.text.sentences import split_sentences

_NUMBERS = r"\s*(?:passages?|sources?|no\.|#|\^)?\s*\d{1,4}(?:\s*(?:,|;|–|-|and|&)\s*(?:passages?\s*)?\^?\d{1,4})*\s*"
MARK = re.compile(rf"\s*(?:\[{_NUMBERS}\]|【{_NUMBERS}(?:†[^】]*)?】|\((?:passages?|sources?)\s*{_NUMBERS}\))", re.I)
_RANGE = re.compile(r"(\d{1,4})\s*[–-]\s*(\d{1,4})")
_AFTER_STOP = re.compile(rf"(?P<stop>[.!?…]+[\"'”’»)]*)(?P<marks>(?:{MARK.pattern})+)", re.I)
_INITIAL = re.compile(r"(?:^|[\s.])[^\W\d_]$")  # "the U.S. [1] government" goes on
_UNFINISHED = re.compile(
    r"\s*(?:\[[^\]\n]{0,60}|【[^】\n]{0,60}|<[^>\n]{0,300}|!?\[[^\]\n]*\](?:\([^)\n]*)?|!|(?<![\w/(\"=])(?:https?|www|[a-z][\w+.-]*:)\S*)$"
)

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_IMAGE = re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_LINK = re.compile(r"\[([^\]\n]*)\]\(\s*[^)\n]*\)")
_REFERENCE = re.compile(r"^\s*\[[^\]\n]+\]:\s*\S.*$", re.M)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>|<!--.*?-->", re.S)
# A tag that its end was cut from: with an attribute, or the name of one that does something.
_CUT_TAG = re.compile(
    r"</?(?:[A-Za-z][\w-]*\s+[\w:-]+\s*=[^<>\n]*|(?:a|img|script|iframe|svg|style|object|embed|form|input|link|meta|base|"
    r"video|audio)\b[^<>\n]*|!--[^<>\n]*)$",
    re.I,
)
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:javascript|data|mailto|file|vbscript):)[^\s<>\"'”’)\]]*", re.I
)
_BULLET = re.compile(r"^\s*(?:[-*•–—]\s+|\d{1,2}[.)]\s+|#{1,6}\s+|>\s*)+", re.M)
_STRESS = re.compile(r"(\*\*|__|`+|\*(?=\S)|(?<=\S)\*)")
_FENCE = re.compile(r"^\s*```.*$", re.M)
_LEAD_IN = re.compile(r"^(?:answer|a|response|assistant)\s*:\s*", re.I)

WIDEST_RANGE = 12  # "[2-5]" means its members; a wider range is a slip


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the model, without marks, and the numbers it cites."""

    text: str
    numbers: tuple[int, ...] = ()
    links: int = 0  # addresses and images that were taken out


def claims(written: str, *, ended: bool) -> tuple[list[Claim], str]:
    """The sentences that are complete, and the plain text of the one that is being written ('' at the end)."""
    text = _THOUGHT.sub("", written)
    if not ended:
        text = _UNFINISHED.sub("", text)
    text = _AFTER_STOP.sub(_mark_first, _FENCE.sub("", text))
    spans = split_sentences(text)
    pieces = [text[start:end] for start, end in spans]
    last = "" if ended or not pieces or text.endswith("\n") else pieces.pop()
    return [claim for piece in pieces if (claim := _claim(piece))], _plain(last)[0]


def _mark_first(found: re.Match[str]) -> str:
    """The marks before the stop that they follow, and there the sentence ends whatever comes: "in 2021. [1] and so"."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    ends = after[:1].isspace() and after.strip() and not _INITIAL.search(before)
    return f"{found['marks']}{found['stop']}" + ("\n" if ends else "")


def lines(written: str) -> list[str]:
    """The lines of a model's text as plain words, without thoughts, links, bullets and marks; blank ones left out."""
    bare = _FENCE.sub("", _THOUGHT.sub("", written))
    return [plain for line in bare.splitlines() if (plain := _plain(line)[0])]


def _claim(piece: str) -> Claim | None:
    """A sentence as a claim; None for what states nothing: list numbers, headings with a colon, punctuation."""
    found: dict[int, None] = {}
    for mark in MARK.finditer(piece):
        found.update(dict.fromkeys(_numbers(mark.group())))
    text, links = _plain(piece)
    words = re.findall(r"[^\W\d_]{2,}", text)
    if not words and not (any(map(str.isdecimal, text)) and found):
        return None
    if text.endswith(":") and not found:
        return None
    return Claim(text, tuple(found), links)


def _numbers(mark: str) -> list[int]:
    """The passage numbers inside one mark, ranges spelt out."""
    found = []
    for first, last in _RANGE.findall(mark):
        low, high = int(first), int(last)
        found += list(range(low, high + 1)) if 0 < high - low < WIDEST_RANGE else [low, high]
    found += [int(number) for number in re.findall(r"\d{1,4}", _RANGE.sub("", mark.split("†")[0]))]
    return found


def _plain(piece: str) -> tuple[str, int]:
    """The words of a sentence without marks, links, images, tags and Markdown; and how many links were taken out."""
    text, images = _IMAGE.subn("", normalise(piece))
    text, links = _LINK.subn(r"\1", text)
    text, references = _REFERENCE.subn("", text)
    text, addresses = _ADDRESS.subn("", _CUT_TAG.sub("", _TAG.sub("", text).rstrip()))
    text = _STRESS.sub("", _BULLET.sub("", MARK.sub("", text)))
    text = " ".join(_LEAD_IN.sub("", text.strip()).split())
    return re.sub(r"\s+([.,;:!?])", r"\1", text), images + links + references + addresses
