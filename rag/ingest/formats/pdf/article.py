"""Regions of lines to an article: paragraphs across columns and pages, hyphens at line ends, the title by its size.

In: the pages. Out: title and text, paragraphs parted by a blank line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from rag.ingest.formats.pdf.columns import Line, Region, regions_of
from rag.ingest.formats.pdf.glyphs import Fragment, Page
from rag.ingest.formats.pdf.running import without_running_lines

_LARGER = 1.15  # of the usual size: titles and headings
_SMALLER = 0.93  # of the usual size: notes and captions
_WIDE_GAP = 1.35  # of the usual distance of lines: a new paragraph
_MOST_UNMAPPED = 0.3  # of the letters of a font; symbol fonts among others have some signs without a meaning
_SAMPLE = 2000  # characters
_LONGEST_TITLE = 250  # characters
_ENDS = (".", "!", "?", ":", ";", "。", "！", "？")
_CLOSERS = ")]”’\"'»"
_ITEM = re.compile(r"(?:[•◦▪‣·●■–—*-]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\[\d{1,3}\])\s+\S")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|abbildung|tabelle|tableau|figura|tabla|chart|exhibit)\s*\d+[.:]", re.IGNORECASE
)
_NO_SPACES = "\u2e80"  # scripts from here on write their words without spaces between them
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)-$")


@dataclass(frozen=True, slots=True)
class Found:
    """What the pages say. `by_size` is the title in the largest letters, `head` what runs above the pages.

    `sample` is written in the font of most letters; `unread` tells the share of letters whose fonts do not say what
    they are.
    """

    text: str
    by_size: str
    head: str
    sample: str
    unread: float


@dataclass
class _Block:
    """Lines of one paragraph, heading, row or note."""

    lines: list[Line]
    region: Region
    kind: str = "text"  # or "heading", "row", "aside"
    asides: list[_Block] = field(default_factory=list)  # notes and captions that stand between its parts


def article_of(pages: Sequence[Page]) -> Found:
    """The text of the pages in reading order."""
    pages, unread = _readable(pages)
    sample = _sample(pages)
    pages, heads = without_running_lines(pages)
    usual = _usual_size(pages)
    regions = [[*regions_of(_with_drop_caps(page, usual)), *_slanted(page)] for page in pages]
    title, regions = _take_title(regions, usual)
    blocks = [block for page in regions for region in page for block in _blocks(region, usual)]
    joined = _joined(blocks)
    words = Counter(word.lower() for block in joined for line in block.lines for word in _WORD.findall(line.text))
    texts = [_text(part.lines, words) for block in joined for part in (block, *block.asides)]
    return Found("\n\n".join(texts), title, heads[0] if heads else "", sample, unread)


def _readable(pages: Sequence[Page]) -> tuple[list[Page], float]:
    """The pages without the fonts that do not say what their letters are, and the share of letters in these."""
    letters, unmapped = Counter[str](), Counter[str]()
    for page in pages:
        for one in page.fragments:
            letters[one.font] += max(len(one.text), one.unmapped)
            unmapped[one.font] += one.unmapped
    bad = {font for font in letters if unmapped[font] > _MOST_UNMAPPED * letters[font]}
    kept = [replace(page, fragments=tuple(one for one in page.fragments if one.font not in bad)) for page in pages]
    return kept, sum(letters[font] for font in bad) / max(1, sum(letters.values()))


def _sample(pages: Iterable[Page]) -> str:
    """Words in the font of most letters."""
    written: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for one in page.fragments:
            written[one.font].append(one.text)
    return " ".join(max(written.values(), key=lambda texts: sum(map(len, texts)), default=[]))[:_SAMPLE]


def _usual_size(pages: Iterable[Page]) -> float:
    """The size of most letters."""
    sizes = Counter[float]()
    for page in pages:
        for one in page.fragments:
            sizes[round(one.size, 1)] += len(one.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _with_drop_caps(page: Page, usual: float) -> list[Fragment]:
    """The upright fragments; a large first letter is put before the line that it opens."""
    fragments = [one for one in page.fragments if not one.slanted]
    for cap in [one for one in fragments if len(one.text) == 1 and one.text.isalpha() and one.size > 1.7 * usual]:
        beside = [
            one
            for one in fragments
            if one is not cap
            and -1 < one.left - cap.right < 1.5 * usual
            and cap.baseline - usual < one.baseline < cap.top
            and one.size < 0.7 * cap.size
        ]
        if beside:
            first = max(beside, key=lambda one: one.baseline)
            fragments[fragments.index(first)] = replace(first, text=cap.text + first.text, left=cap.left)
            fragments.remove(cap)
    return fragments


def _slanted(page: Page) -> list[Region]:
    """What runs in another direction, at the end of its page."""
    lines = [Line(one.text, one.left, one.right, one.baseline, 0.0, False) for one in page.fragments if one.slanted]
    return [Region((line,)) for line in lines]


def _take_title(pages: list[list[Region]], usual: float) -> tuple[str, list[list[Region]]]:
    """The largest lines of the first page, if they are larger than the rest, and the regions without them."""
    first = next((number for number, page in enumerate(pages) if page), None)
    if first is None:
        return "", pages
    lines = [line for region in pages[first] for line in region.lines]
    sized = [line for line in lines if line.size >= _LARGER * usual and line.cells == 1 and _WORD.search(line.text)]
    for size in sorted({line.size for line in sized}, reverse=True):
        start = next(number for number, line in enumerate(lines) if line.size == size)
        run = _run(lines[start:])
        title = _text(run, Counter())
        words = len(_WORD.findall(title))
        if (words >= 2 or (words and title > _NO_SPACES)) and len(title) <= _LONGEST_TITLE:
            gone = set(map(id, run))
            kept = [
                Region(left) for region in pages[first] if (left := tuple(x for x in region.lines if id(x) not in gone))
            ]
            return title, [*pages[:first], kept, *pages[first + 1 :]]
    return "", pages


def _run(lines: Sequence[Line]) -> list[Line]:
    """The first line and those after it that belong to the same heading."""
    run = [lines[0]]
    for line in lines[1:]:
        apart = run[-1].baseline - line.baseline
        if abs(line.size - run[0].size) > 0.04 * run[0].size or not 0 < apart < 1.8 * line.size:
            break
        run.append(line)
    return run


def _blocks(region: Region, usual: float) -> Iterator[_Block]:
    """The paragraphs of a region."""
    pitch = _pitch(region)
    open_block: list[Line] = []
    for line in region.lines:
        if open_block and _begins(line, open_block, region, pitch):
            yield _Block(open_block, region, _kind(open_block, usual))
            open_block = []
        open_block.append(line)
    yield _Block(open_block, region, _kind(open_block, usual))


def _pitch(region: Region) -> float:
    """The usual distance of two lines."""
    apart = [a.baseline - b.baseline for a, b in pairwise(region.lines)]
    close = [one for one, line in zip(apart, region.lines, strict=False) if 0 < one < 2.2 * max(line.size, 1.0)]
    return median(close) if close else 1.2 * region.lines[0].size


def _begins(line: Line, before: list[Line], region: Region, pitch: float) -> bool:
    """Whether the line begins another block than the lines before it."""
    last = before[-1]
    wide = last.baseline - line.baseline > _WIDE_GAP * pitch
    if abs(line.size - last.size) > 0.08 * last.size or line.bold != last.bold or _ITEM.match(line.text):
        return True
    if before[0].cells > 1:  # a row goes on below its last cell
        return line.cells > 1 or abs(line.left - before[0].last_cell) > line.size or wide
    if line.cells > 1:
        return True
    if wide:
        return True
    indented = line.left - region.left > 0.7 * line.size and last.left - region.left < 0.4 * line.size
    if indented and not (len(before) == 1 and _ITEM.match(last.text)):
        return True
    short = region.right - last.right > max(0.15 * (region.right - region.left), 2 * line.size)
    return short and _ends(last)


def _kind(lines: list[Line], usual: float) -> str:
    text = lines[0].text
    if lines[0].cells > 1:
        return "row"
    if lines[0].size < _SMALLER * usual or _CAPTION.match(text):
        return "aside"
    large = lines[0].size >= _LARGER * usual
    if (large or lines[0].bold) and len(lines) <= 4 and not lines[-1].text.endswith((".", ";", ",")):
        return "heading"
    return "text"


def _joined(blocks: Iterable[_Block]) -> list[_Block]:
    """Paragraphs that go on in the next column or on the next page made whole, with what stands between after them."""
    out: list[_Block] = []
    for block in blocks:
        last = out[-1] if out else None
        if last is not None and block.kind == "aside" and last.kind == "text" and not _ended(last):
            last.asides.append(block)
        elif last is not None and _goes_on(last, block):
            last.lines += block.lines
            last.region = block.region
        else:
            out.append(block)
    return out


def _ended(block: _Block) -> bool:
    return _ends(block.lines[-1])


def _ends(line: Line) -> bool:
    """Whether a line ends a sentence."""
    return line.text.rstrip(_CLOSERS).endswith(_ENDS)


def _goes_on(last: _Block, block: _Block) -> bool:
    if last.kind != "text" or block.kind != "text" or _ended(last) or _ITEM.match(block.lines[0].text):
        return False
    if abs(last.lines[-1].size - block.lines[0].size) > 0.08 * block.lines[0].size:
        return False
    if block.lines[0].text[:1].islower():
        return True
    full = last.region.right - last.lines[-1].right < 0.15 * (last.region.right - last.region.left)
    return block.region is not last.region and full


def _text(lines: Sequence[Line], words: Counter[str]) -> str:
    """The lines as one; a word broken at a line end is made whole."""
    text = lines[0].text
    for line in lines[1:]:
        broken = _BROKEN_WORD.search(text)
        following = re.match(r"[^\W\d_]+", line.text)
        if broken and following and line.text[0].islower():
            head, tail = broken[1].lower(), following[0].lower()
            compound = words[f"{head}-{tail}"] > words[head + tail]
            text = (text if compound else text[:-1]) + line.text
        elif text.endswith(("-", "–")) and text[-2:-1].isalnum() and line.text[0].isalnum():
            text += line.text
        else:
            text += " " + line.text
    return " ".join(text.split())
