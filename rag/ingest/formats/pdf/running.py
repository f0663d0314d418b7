"""Running heads and feet: what stands at the edge of several pages, and page numbers.

In: the pages of a document. Out: the pages without them, and what they said.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag.ingest.formats.pdf.glyphs import Fragment, Page

_PAGES = 3  # on which a running line stands, at least; a document of two or three pages shows two
_NEAR = 5.0  # points: a running line stands at the same height, give or take
_MOST_ROWS = 5  # of one head or foot
_NUMBER = re.compile(r"\d{1,5}")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PAGE_NUMBER = re.compile(
    r"[-–—|\[( ]*(?:(?:page|p\.|seite|página|pagina|strona|sida|side) *)?\d{1,3}"
    r"(?: *(?:of|/|von|de|di|av|z|sur) *\d{1,3})?[-–—|\]) ]*",
    re.IGNORECASE,
)
_FEWEST_LETTERS = 3  # of what a head says
_LONGEST_HEAD = 100  # characters of a head that only its page number gives away
_AROUND = 6  # pages before and after on which it stands: heads change with the chapter, a word may recur anywhere
_Place = tuple[int, float, float]  # page, height and size
_Seen = dict[str, list[_Place]]


def without_running_lines(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without running heads and feet, and the words of these, the first on the page first."""
    enough = min(_PAGES, max(2, len(pages) - 1))
    seen = _outer_lines(pages)
    heads = Counter[str]()
    kept: list[Page] = []
    for index, page in enumerate(pages):
        rows = rows_of(one for one in page.fragments if not one.slanted)
        above = _edge(rows, index, seen, enough)
        below = _edge(rows[len(above) :][::-1], index, seen, enough, foot=True)
        gone = {id(one) for row in (*above, *below) for one in row}
        gone |= {id(one) for one in page.fragments if one.slanted and _runs(one, index, seen, enough)}
        heads.update(one.text for row in above for one in row if sum(map(str.isalpha, one.text)) >= _FEWEST_LETTERS)
        kept.append(replace(page, fragments=tuple(one for one in page.fragments if id(one) not in gone)))
    return kept, [text for text in heads if heads[text] >= enough]


def rows_of(fragments: Iterable[Fragment]) -> list[list[Fragment]]:
    """Fragments on one baseline together, from left to right; the rows from the top."""
    rows: list[list[Fragment]] = []
    for one in sorted(fragments, key=lambda fragment: -fragment.baseline):
        if rows and rows[-1][0].baseline - one.baseline < 0.4 * min(one.size, rows[-1][0].size):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda fragment: fragment.left) for row in rows]


def _outer_lines(pages: Sequence[Page]) -> _Seen:
    """Where each text stands among the outer rows of the pages, and among the slanted ones."""
    seen: _Seen = defaultdict(list)
    for index, page in enumerate(pages):
        rows = rows_of(one for one in page.fragments if not one.slanted)
        outer = rows if len(rows) <= 2 * _MOST_ROWS else [*rows[:_MOST_ROWS], *rows[-_MOST_ROWS:]]
        slanted = [one for one in page.fragments if one.slanted]
        for one in (*(one for row in outer for one in row), *slanted):
            for name in _names(one.text, index):
                seen[name].append((index, one.baseline, one.size))
    return seen


def _names(text: str, index: int) -> Iterator[str]:
    """What a running line is the same by on each page: its text, also with its first or last number counting pages."""
    text = text.casefold()
    yield text
    numbers = list(_NUMBER.finditer(text))
    for number in {number.start(): number for number in (*numbers[:1], *numbers[-1:])}.values():
        yield f"{text[: number.start()]}<{int(number[0]) - index}>{text[number.end() :]}"
    if 0 < len(text) < 7 and all(letter in _ROMAN for letter in text):
        yield f"<{_roman(text) - index}>"


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _edge(
    rows: list[list[Fragment]], index: int, seen: _Seen, enough: int, *, foot: bool = False
) -> list[list[Fragment]]:
    """The rows from the edge inwards that run; never all rows of a page."""
    taken: list[list[Fragment]] = []
    for row in rows[:_MOST_ROWS]:
        number = foot and not taken and _PAGE_NUMBER.fullmatch(" ".join(one.text for one in row))
        running = [one for one in row if _runs(one, index, seen, enough)]
        letters = sum(len(one.text) for one in row)
        numbered = any(_is_number(one.text) for one in running) and letters < _LONGEST_HEAD
        if not (number or numbered or 2 * sum(len(one.text) for one in running) >= letters):
            break
        taken.append(row)
    return taken if len(taken) < len(rows) else []


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) or all(letter in _ROMAN for letter in text.casefold())


def _runs(one: Fragment, index: int, seen: _Seen, enough: int) -> bool:
    """Whether the same text stands at the same height, in the same size, on enough pages around this one."""
    return any(
        sum(
            abs(page - index) <= _AROUND and abs(y - one.baseline) <= _NEAR and abs(size - one.size) < 0.1 * size
            for page, y, size in seen.get(name, ())
        )
        >= enough
        for name in _names(one.text, index)
    )
