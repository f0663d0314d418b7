"""Answers about the library itself: its articles, their number, their outlets and authors, and what is new.

Each gives a sentence that counts exactly, and a citation for each article that is listed, which opens it. A
`Selection` holds the articles that a request is about: those that mention a topic, of an outlet, of a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.answering.citations import Quoter, own_answer, said
from rag.answering.intents.understanding import Wish
from rag.answering.query.time_filter import within
from rag.library import Library
from rag.schema import Answer, AnswerSentence, Article, Citation, Filters
from rag.text.dates import day_in_words
from rag.text.language import language_name
from rag.text.words import content_words

NEAR = 0.35  # cosine from which an article is called near to a topic that no article names
MOST_NEAR = 5
LOOKED_AT = 24  # passages

LISTED = 25  # articles in one answer
SHOWN = 3  # articles cited for one outlet or author
READ = 2_000  # articles looked at for their authors: the newest
NEW_DAYS = 7  # what "new" means where no time is named
_OUTLETS_ASKED = re.compile(r"\bhow many (?:\w+ )?(?:outlets|publishers|newspapers|papers|publications|media)\b", re.I)
_AUTHORS_ASKED = re.compile(r"\bhow many (?:\w+ )?(?:authors|journalists|reporters|writers)\b", re.I)


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles, best first, and what they have in common in words."""

    filters: Filters
    ids: tuple[str, ...] | None = None  # None: all that the filters let through
    mentions: str = ""  # the topic as it was searched
    in_title: int = 0
    apart: int = 0  # the last of them that only have the topic's words, not side by side
    shared: str = ""  # what else they have in common, "by Ada Holm" or "in Arabic"
    near: bool = False  # no article mentions the topic: these are only near to it in meaning

    @property
    def about(self) -> str:
        """'from Northern Ledger, published since 1 May 2022', or ''."""
        parts = [self.shared] if self.shared else []
        parts += [f"from {self.filters.publisher}"] if self.filters.publisher else []
        since, until = day_in_words(self.filters.since), day_in_words(self.filters.until)
        if since and until:
            parts.append(f"published {since} to {until}" if since != until else f"published on {since}")
        elif since or until:
            parts.append(f"published since {since}" if since else f"published until {until}")
        return ", ".join(parts)

    @property
    def topic(self) -> str:
        """'“Kiptum”', or '“ferry fire” or these words apart'."""
        return f"{self.mentions} or these words apart" if self.apart else self.mentions

    @property
    def whole(self) -> int:
        """How many have the topic as it was typed, or its words where none has it so."""
        return len(self.ids or ()) - self.apart

    def count(self, library: Library) -> int:
        """How many articles there are."""
        if self.ids is not None:
            return len(self.ids)
        wanted = self.filters
        return library.count_articles(
            None, wanted.publisher, wanted.since, wanted.until, article_ids=wanted.article_ids
        )

    def articles(self, library: Library, limit: int) -> list[Article]:
        """The first of them: the best, or the newest where no topic orders them."""
        wanted = self.filters
        if self.ids is None:
            dated = (wanted.since, wanted.until)
            return library.articles(None, wanted.publisher, *dated, limit=limit, article_ids=wanted.article_ids)
        return [found for one in self.ids[:limit] if (found := library.article(one))]


def select(wish: Wish, library: Library, filters: Filters) -> Selection:
    """The articles that a wish is about, inside the filters that are set already."""
    wanted = within(filters, wish.period) if wish.period else filters
    if wish.outlets and not filters.publisher:
        wanted = replace(wanted, publisher=wish.outlets[0])
    if not wish.topic:
        return Selection(wanted)
    return (
        _mentioning(wish.topic, library, wanted)
        or _sharing(wish.topic, library, wanted)
        or Selection(wanted, _near(wish.topic, library, wanted), f"“{wish.topic}”", near=True)
    )


def _mentioning(topic: str, library: Library, filters: Filters) -> Selection | None:
    """The articles that have the topic as it was typed, then those that have its words apart; None without any.

    A name is its words side by side: where any article has it, those that have its words apart do not count.
    """
    whole = library.store.mentioning([topic], filters)
    separate = list(dict.fromkeys(content_words(topic)))
    is_name = bool(whole) and all(word[:1].isupper() for word in topic.split())
    known = {one.article_id for one in whole}
    found = [] if is_name or len(separate) < 2 else library.store.mentioning(separate, filters)
    apart = [one for one in found if one.article_id not in known]
    if not whole and not apart:
        return None
    ids = tuple(one.article_id for one in (*whole, *apart))
    if whole:
        return Selection(filters, ids, f"“{topic}”", sum(one.in_title for one in whole), apart=len(apart))
    words = " and ".join(f"“{word}”" for word in separate)
    return Selection(filters, ids, words, sum(one.in_title for one in apart))


def _sharing(topic: str, library: Library, filters: Filters) -> Selection | None:
    """The articles by an author of this name, or in the language of this name; None without any."""
    named = topic.casefold()
    dated = (filters.since, filters.until)
    held = library.articles(None, filters.publisher, *dated, limit=READ, article_ids=filters.article_ids)
    written = [one for one in held if one.author and named in one.author.casefold()]
    if written:
        return Selection(filters, tuple(one.id for one in written), shared=f"by {written[0].author}")
    told = [one for one in held if one.language and language_name(one.language).casefold() == named]
    if told:
        return Selection(filters, tuple(one.id for one in told), shared=f"in {language_name(told[0].language or '')}")
    return None


def _near(topic: str, library: Library, filters: Filters) -> tuple[str, ...]:
    """The articles nearest to the topic in meaning."""
    search = library.search(LOOKED_AT, filters)
    candidates = search.retrieve(topic).candidates
    ids: Sequence[str] = [one.passage.article_id for one in candidates if (one.dense or 0.0) >= NEAR]
    return tuple(dict.fromkeys(ids))[:MOST_NEAR]


def articles(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer:
    """The articles on a topic, of an outlet or of a time: how many, and which."""
    selection = select(wish, library, filters)
    return _listed(wish, library, selection, _counted(selection, library))


def count(wish: Wish, library: Library, filters: Filters, today: date) -> Answer:
    """How many articles, outlets or authors."""
    if _OUTLETS_ASKED.search(wish.question):
        return outlets(wish, library, filters, today)
    if _AUTHORS_ASKED.search(wish.question):
        return authors(wish, library, filters, today)
    return articles(wish, library, filters, today)


def outlets(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer:
    """Which outlets have articles on a topic, and how many each."""
    selection = select(wish, library, filters)
    if not selection.mentions and not selection.about and filters.open:
        return _all_outlets(wish, library)
    found = selection.articles(library, READ)
    by_outlet = _grouped([(one.publisher or "no outlet named", one) for one in found])
    if selection.near or not found:
        return _listed(wish, library, selection, _counted(selection, library))
    verb = "mentions" if len(by_outlet) == 1 else "mention"
    what = f"{verb} {selection.topic}, in {_number(len(found), 'article')}" if selection.mentions else selection.about
    head = f"{_number(len(by_outlet), 'outlet')} {what}."
    return own_answer("library", wish.question, [said(head), *_rows(by_outlet, library, wish.topic)])


def _all_outlets(wish: Wish, library: Library) -> Answer:
    """All outlets of the library."""
    known = library.publishers()
    quoter = Quoter(library)
    rows = []
    for name, number in known[:LISTED]:
        newest = library.articles(publisher=name, limit=1)
        rows.append(said(f"{name}: {_number(number, 'article')}.", _places(quoter, newest)))
    head = f"The articles come from {_number(len(known), 'outlet')}."
    return own_answer("library", wish.question, [said(head), *rows])


def authors(wish: Wish, library: Library, filters: Filters, _today: date) -> Answer:
    """Who wrote the articles on a topic or of an outlet, and how many each."""
    selection = select(wish, library, filters)
    found = [one for one in selection.articles(library, READ) if one.author]
    if selection.near or not found:
        return _listed(wish, library, selection, f"{_counted(selection, library)} No author is named.")
    by_author = _grouped(
        [(f"{one.author}, {one.publisher}" if one.publisher else str(one.author), one) for one in found]
    )
    where = " ".join(filter(None, (selection.mentions and f"that mention {selection.topic}", selection.about)))
    head = (
        f"{_number(len(by_author), 'author')} wrote the {_number(len(found), 'article')}{f' {where}' if where else ''}."
    )
    return own_answer("library", wish.question, [said(head), *_rows(by_author, library, wish.topic)])


def author(question: str, library: Library, filters: Filters) -> Answer | None:
    """What an author wrote, for a question that has his or her name and nothing else; None for any other."""
    asked = content_words(question)
    if not asked:
        return None
    typed = " ".join(word.strip("?!.,;:") for word in question.split() if content_words(word))  # with its accents
    dated = (filters.since, filters.until)
    held = library.articles(typed, filters.publisher, *dated, limit=READ, article_ids=filters.article_ids)
    found = [one for one in held if one.author and set(asked) <= set(content_words(one.author))]
    if not found:
        return None
    head = f"{found[0].author} wrote {_number(len(found), 'article')} of this library."
    return own_answer("library", question, [said(head, _places(Quoter(library), found[:LISTED]))])


def news(wish: Wish, library: Library, filters: Filters, today: date) -> Answer:
    """What was published or added in the time that is named, else in the last days."""
    selection = select(wish, library, filters)
    since = wish.period.since if wish.period and wish.period.since else today - timedelta(days=NEW_DAYS)
    until = wish.period.until if wish.period and wish.period.until else today
    wider = select(Wish(wish.intent, wish.question, wish.topic, wish.outlets), library, filters)
    latest = wider.articles(library, READ) if wider.mentions and not wider.near else _latest(wider, library)
    latest.sort(key=lambda one: one.published or date.min, reverse=True)
    fresh = [one for one in latest if _in(one.published, since, until) or _in(_added(one), since, until)]
    about = f" on {wider.topic}" if wider.mentions and not wider.near else ""
    span = f"since {day_in_words(since)}" if until >= today else f"from {day_in_words(since)} to {day_in_words(until)}"
    if fresh:
        published = sum(_in(one.published, since, until) for one in fresh)
        then = f"{published} of them published then" if published else "published earlier, the newest first"
        head = f"{_number(len(fresh), 'article')}{about} came in {span}, {then}."
        return _listed(wish, library, selection, head, fresh)
    head = f"Nothing{about} was published or added {span}. The newest articles:"
    return _listed(wish, library, selection, head, latest[:5])


def _latest(selection: Selection, library: Library) -> list[Article]:
    """The last added and the last published articles."""
    publisher, ids = selection.filters.publisher, selection.filters.article_ids
    added = library.articles(publisher=publisher, limit=READ, order="added", article_ids=ids)
    published = library.articles(publisher=publisher, limit=LISTED, article_ids=ids)
    return list({one.id: one for one in (*published, *added)}.values())


def _added(article: Article) -> date | None:
    return article.added.date() if article.added else None


def _in(day: date | None, since: date, until: date) -> bool:
    return day is not None and since <= day <= until


def _counted(selection: Selection, library: Library) -> str:
    """The sentence that counts."""
    number = selection.count(library)
    about = f" {selection.about}" if selection.about else ""
    if selection.near:
        near = " These are nearest to it in meaning:" if number else ""
        return f"No article{about} mentions {selection.mentions}.{near}"
    if selection.mentions:
        whole = selection.whole
        verb = "mentions" if whole == 1 else "mention"
        titled = f", {selection.in_title} of them in the title" if selection.in_title and whole > 1 else ""
        more = f"; {selection.apart} more {'has' if selection.apart == 1 else 'have'} these words apart"
        return (
            f"{_number(whole, 'article')}{about} {verb} {selection.mentions}{titled}{more if selection.apart else ''}."
        )
    return f"{_number(number, 'article')}{about}." if about else f"The library holds {_number(number, 'article')}."


def _listed(
    wish: Wish, library: Library, selection: Selection, head: str, found: Sequence[Article] | None = None
) -> Answer:
    """The counting sentence with a citation for each article."""
    chosen = list(selection.articles(library, LISTED) if found is None else found)
    whole = selection.count(library) if found is None else len(chosen)
    places = _places(Quoter(library), chosen[:LISTED], "" if selection.near else wish.topic)
    more = f" The first {LISTED} are listed." if whole > LISTED else ""
    return own_answer("library", wish.question, [said(head + more, places)])


def _rows(groups: dict[str, list[Article]], library: Library, topic: str) -> list[AnswerSentence]:
    """A sentence for each group, those with most articles first."""
    quoter = Quoter(library)
    ordered = sorted(groups.items(), key=lambda both: -len(both[1]))[:LISTED]
    return [
        said(f"{name}: {_number(len(several), 'article')}.", _places(quoter, several[:SHOWN], topic))
        for name, several in ordered
    ]


def _places(quoter: Quoter, several: Sequence[Article], topic: str = "") -> list[Citation]:
    return [place for one in several if (place := quoter.on(one, topic))]


def _grouped(named: Sequence[tuple[str, Article]]) -> dict[str, list[Article]]:
    groups: dict[str, list[Article]] = {}
    for name, article in named:
        groups.setdefault(name, []).append(article)
    return groups


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
