"""Places in a page: what stands near the headline of its article, and what belongs to other stories.

In: the tree of a page and the title of its article. Out: whether an element tells of the article; the texts around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, takewhile
from typing import Any

from rag.text.words import words

LONGEST_LINE = 120  # characters of a line that tells a date of publication; longer ones are prose
_LONGEST_GAP = 20  # characters that may stand beside the date in a link that leads to the article itself
_MOST_PLACES = 200  # elements that are looked at; a page of comments has thousands
_MOST_TEXT = 2_000  # characters of an element; some hold the whole page
_ASIDE = ("aside", "nav", "header", "footer", "select", "form", "blockquote", "figure", "table")
_HEADINGS = ("h1", "h2", "h3", "h4")
# Words in class, id and itemprop of a part of the page about other things.
_OTHERS = frozenset(
    "related recommended recommendation recommendations comment comments replies reply review reviews teaser teasers "
    "card cards".split()
)
_ELSEWHERE = (_OTHERS - {"review", "reviews"}) | frozenset(
    "sidebar side widget widgets promo promos popular trending latest more footer copyright archive archives calendar "
    "event events breadcrumb breadcrumbs menu nav navigation carousel upcoming newsletter ad ads advert adverts "
    "advertisement advertising login search next prev previous bio current today masthead topbar clock weather".split()
)
_ELSEWHERE_TOGETHER = ("top-bar", "site-header")


class Page:
    """A page with the heading of its article, to tell what stands around it from other stories."""

    def __init__(self, root: Any, title: str) -> None:
        self.root = root
        self.heading = _own_heading(root, title)
        self._boxes = set(self.heading.iterancestors()) if self.heading is not None else set()
        self._near = set(_near(self.heading)) if self.heading is not None else set()
        self._away: dict[Any, bool] = {}

    def belongs(self, element: Any, *, marked: bool = False) -> bool:
        """Whether an element tells of the article: nothing about other things stands around it.

        What stands just below its headline does, and what is `marked` as a date of publication also at its foot.
        """
        if element in self._near and not any(box.tag in _ASIDE for box in self._own_boxes(element)):
            return True
        for box in chain((element,), element.iterancestors()):
            if box in self._boxes or box.tag in ("body", "html"):
                return True
            if box.tag in _ASIDE and not (
                (marked or box.tag in ("header", "footer")) and self._is_own(box.getparent())
            ):
                return False
            if _is_elsewhere(box, marked=marked) or self._leads_away(box, element):
                return False
            if box.tag == "article" and self.heading is not None:
                return False  # another one than that of the heading
        return True

    def _leads_away(self, box: Any, element: Any) -> bool:
        """Whether a box is that of another story: a link around more than the date, or a headline that is a link."""
        if box.tag == "a" and box.get("href"):
            return len(text_of(box)) > len(text_of(element)) + _LONGEST_GAP
        if box.tag in ("li", "dd", "dt"):
            links = (link for link in box.iter("a") if link.get("href") and element not in link.iter())
            return any(len(text_of(link)) > _LONGEST_GAP for link in links)
        if box not in self._away:
            heads = box.iter(*_HEADINGS)
            self._away[box] = any(one.find(".//a") is not None or one.getparent().tag == "a" for one in heads)
        return self._away[box]

    def _own_boxes(self, element: Any) -> Iterator[Any]:
        """The boxes around an element that do not hold the headline."""
        return takewhile(lambda box: box not in self._boxes, chain((element,), element.iterancestors()))

    def _is_own(self, box: Any) -> bool:
        """Whether a box is the article with its heading: what stands at its foot tells of it."""
        return box in self._boxes and box.tag == "article"


def _is_elsewhere(box: Any, *, marked: bool) -> bool:
    """Whether the names of a box say that it is about other things."""
    if marked:
        return not _OTHERS.isdisjoint(name_words(box))
    together = any(name in names_of(box).lower() for name in _ELSEWHERE_TOGETHER)
    return together or not _ELSEWHERE.isdisjoint(name_words(box))


def _near(heading: Any) -> Iterator[Any]:
    """The elements between a headline and the text of its article, or the next heading; one standfirst may come."""
    whole = next((box for box in heading.iterancestors() if box.tag in ("article", "main", "body")), heading)
    after = takewhile(lambda one: one.tag not in _HEADINGS and whole in one.iterancestors(), following(heading))
    prose = 0
    for element in islice(after, _MOST_PLACES):
        prose += len((element.text or "").strip()) > LONGEST_LINE // 2
        if prose > 1:
            return
        yield element


def following(element: Any) -> Iterator[Any]:
    """The elements behind this one, in the order of the page."""
    for ancestor in chain((element,), element.iterancestors()):
        for sibling in ancestor.itersiblings():
            yield from (one for one in sibling.iter() if isinstance(one.tag, str))


def _own_heading(root: Any, title: str) -> Any:
    """The heading that is nearest to the title; None when none is like it."""
    headings = list(root.iter(*_HEADINGS))[:_MOST_PLACES]
    own = [one for one in headings if alike(text_of(one), title)]
    return max(own, key=lambda one: len(_words(text_of(one)) & _words(title)), default=None)


def alike(text: str, title: str) -> bool:
    """Whether two headings are mostly of the same words."""
    own, known = _words(text), _words(title)
    return bool(own and known) and 3 * len(own & known) >= 2 * min(len(own), len(known))


def _words(text: str) -> set[str]:
    return set(words(text))


def in_prose(element: Any) -> bool:
    """Whether an element stands in a paragraph of running text: an appointment of the story, not its publication."""
    return len(line_of(element)) > LONGEST_LINE


def line_of(element: Any) -> str:
    """The text of the paragraph that an element stands in."""
    for box in chain((element,), element.iterancestors()):
        if box.tag in ("p", "li", "td", "dd", "blockquote"):
            return text_of(box)
        if box.tag in ("div", "section", "article", "header", "main", "body"):
            break
    return text_of(element)


def text_of(element: Any) -> str:
    """The text of an element on one line; of a long one its beginning."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part)
        length += len(part)
        if length > _MOST_TEXT:
            break
    return " ".join("".join(parts).split())


def names_of(element: Any) -> str:
    """The names that a page gives an element: class, id and itemprop."""
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def name_words(element: Any) -> list[str]:
    """The words of these names, in lower case: `Related-posts` gives "related" and "posts"."""
    return names_of(element).lower().replace("-", " ").replace("_", " ").split()
