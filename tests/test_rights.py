"""Rights by collection: over a library with rights, everything is as if what may not be read were not there."""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rag
from rag.errors import AccessDenied, QuestionError
from rag.export.plain import answer_json, to_json
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Article, Filters, Rights
from rag.store.grants import Grant
from rag.store.kept import Feedback, WrongSource
from rag.store.restricted import ContributingStore, RestrictedStore
from rag.store.store import Store

FERRY = "The ferry to Quillon sails again from Monday. Captain Brandvold said that repairs cost 412 million crowns."
# Each with a name of its own in title, text, outlet and author: where it turns up, the article has.
ARTICLES = (
    Article(
        title="Ferry to Quillon", text=FERRY, publisher="Quillon Post", author="Q. Varg", url="https://q.example/1"
    ),
    Article(
        title="Swans at Zelthorpe",
        text="Nineteen swans came to the canal of Zelthorpe this morning. Warden Ostrava fed them with barley.",
        publisher="Zelthorpe Echo",
        author="Z. Holm",
        url="https://z.example/1",
    ),
    Article(
        title="Bridge of Marnwick",
        text="The bridge of Marnwick was closed for a crack in its northern pillar. Engineer Tolvaj will mend it.",
        publisher="Marnwick Times",
        author="M. Lund",
        url="https://m.example/1",
    ),
    Article(
        title="Concert in Havnor",
        text="The orchestra of Havnor played in the rain for two hours. Conductor Ilmarinen thanked the public.",
        publisher="Havnor Herald",
        author="H. Berg",
        url="https://h.example/1",
    ),
)
COPY = Article(title="Quillon ferry is back", text=FERRY, publisher="Kettle Wire", url="https://k.example/1")
NAMES: tuple[tuple[str, ...], ...] = (
    ("Quillon", "Brandvold", "Varg", "q.example", "Kettle"),
    ("Zelthorpe", "Ostrava", "Holm", "z.example"),
    ("Marnwick", "Tolvaj", "Lund", "m.example"),
    ("Havnor", "Ilmarinen", "Berg", "h.example"),
)
QUESTIONS = (
    "What came to Zelthorpe?",
    "Who fed the swans of Zeltorpe?",  # misspelt: corrected only by whoever may read it
    "What does Captain Brandvold say about the ferry?",
    "How many articles are there?",
    "Which outlets are there?",
    "Which articles mention Marnwick?",
    "Who wrote the articles?",
    "Compare Havnor Herald and Quillon Post on the rain",
    "What did Quillon Post say about the ferry?",
    "Havnor orchestra",
    "Tell me about the bridge",
    "What is new?",
    "Hello",
    "Was ist mit der Brücke passiert?",
)
COLLECTIONS = ("Alpha", "Beta", "Gamma")


@dataclass
class World:
    """A library of all articles, and libraries of some of them, made when they are asked for."""

    folder: Path
    whole: rag.Library = field(init=False)
    ids: tuple[str, ...] = field(init=False)
    twins: dict[frozenset[int], rag.Library] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.whole = self._made("whole", frozenset(range(len(ARTICLES))))
        by_title = {one.title: one.id for one in self.whole.articles()}
        self.ids = tuple(by_title[one.title] for one in ARTICLES)

    def of(self, several: frozenset[int]) -> rag.Library:
        if several not in self.twins:
            self.twins[several] = self._made("-".join(map(str, sorted(several))) or "empty", several)
        return self.twins[several]

    def _made(self, name: str, several: frozenset[int]) -> rag.Library:
        library = rag.Library.open(settings=rag.Settings(library=self.folder / name, reader="none"), one_shot=True)
        for number in sorted(several):
            library.add([ARTICLES[number]])
        if 0 in several:
            library.add([COPY])
        return library

    def collected(self, inside: Mapping[str, frozenset[int]]) -> None:
        for name in COLLECTIONS:
            self.whole.store.collections.drop(name)
            self.whole.store.collections.add(name, [self.ids[number] for number in inside.get(name, ())])

    def close(self) -> None:
        for library in (self.whole, *self.twins.values()):
            library.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("rights"))
    yield made
    made.close()


ASKED: Mapping[str, Callable[[rag.Library], Any]] = {
    "articles": lambda library: sorted(one.title for one in library.articles()),
    "list": lambda library: [library.articles(query=name) != [] for names in NAMES for name in names[:3:2]],
    "outlets": lambda library: sorted(library.publishers()),
    "counts": lambda library: (library.stats().articles, library.stats().passages, library.count_articles("of")),
    "page": lambda library: sorted(one.title for one in library.store.page(100).articles),
    "words": lambda library: sorted(library.store.words_alike("z", 1, 20)),
    "holding": lambda library: [len(library.holding(name)) for names in NAMES for name in names[:3]],
    "mentions": lambda library: [len(library.store.mentioning([names[0]], Filters())) for names in NAMES],
    "search": lambda library: sorted(
        one.title for one in HybridSearch(library.store, lambda: library.embedder, k=50).candidates("swans and a ferry")
    ),
    "by outlet": lambda library: [len(library.articles(publisher=one.publisher)) for one in (*ARTICLES, COPY)],
}


def told(library: rag.Library, question: str) -> dict[str, Any]:
    """The answer without what measures time, words over the whole library, or when an article was added."""
    answer = rag.Assistant(library, reader=None).ask(question)
    written = answer_json(answer)
    return {name: written[name] for name in ("text", "answered", "kind", "notes", "typed", "suggestions")} | {
        "citations": sorted(one["quote"] for one in written["citations"]),
        "also": sorted(other["title"] for one in written["citations"] for other in one["also"]),
        "differences": written["differences"],
        "correction": written["correction"],
    }


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, frozenset[int]], frozenset[str]]:
    numbers = st.frozensets(st.integers(0, len(ARTICLES) - 1))
    return {name: draw(numbers) for name in COLLECTIONS}, draw(st.frozensets(st.sampled_from(COLLECTIONS)))


@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(drawn=worlds(), question=st.sampled_from(QUESTIONS))
def test_every_read_is_as_if_the_rest_were_not_there(
    world: World, drawn: tuple[dict[str, frozenset[int]], frozenset[str]], question: str
) -> None:
    inside, readable = drawn
    world.collected(inside)
    seen = frozenset(number for name in readable for number in inside[name])
    view, twin = world.whole.restricted(Rights(readable, frozenset()), "reader"), world.of(seen)
    for name, ask in ASKED.items():
        assert ask(view) == ask(twin), name
    assert told(view, question) == told(twin, question)
    leaked = written(world, view, question)
    for number in set(range(len(ARTICLES))) - seen:
        named = [name for name in NAMES[number] if name in leaked and name not in question]
        assert not named, (number, question)


def written(world: World, view: rag.Library, question: str) -> str:
    """All that somebody can get out of the library, as one text."""
    store = view.store
    copy = next(one.article.id for one in world.whole.store.copies(world.ids))
    ids = [*world.ids, copy]
    passages = [one.id for article_id in world.ids for one in world.whole.passages(article_id)]
    digests = [world.whole.store.known(one) for one in ids]
    got = [
        [view.article(one) for one in ids],
        [view.article(one, version=known.text_digest) for one, known in zip(ids, digests, strict=True) if known],
        [store.version(one, known.text_digest) for one, known in zip(ids, digests, strict=True) if known],
        [view.sources(one) for one in ids],
        [view.passages(one) for one in ids],
        view.passage_counts(ids),
        [store.known(one) for one in ids],
        [one.article for one in store.copies(ids)],
        list(store.candidates(passages).values()),
        store.collections.names(),
        [store.collections.members(name) for name in COLLECTIONS],
        [store.collections.holding(one) for one in ids],
    ]
    said = json.dumps([to_json(one) for one in got], default=str)
    assert set(store.vectors(passages)) == set(store.candidates(passages))
    return said + json.dumps(answer_json(rag.Assistant(view).ask(question)))


def test_without_rights_nothing_is_there(world: World) -> None:
    world.collected({"Alpha": frozenset({0, 1, 2, 3})})
    view = world.whole.restricted(Rights(frozenset(), frozenset()))
    assert view.articles() == []
    assert (view.stats().articles, view.stats().passages) == (0, 0)
    assert rag.Assistant(view).ask("What came to Zelthorpe?").text.startswith("The library is empty")


def test_every_method_of_a_store_is_restricted_or_known_to_tell_nothing() -> None:
    """A new method of the store must be restricted too, or stand here with its reason."""
    through_within = {
        "articles", "page", "count_articles", "count_passages", "publishers", "search_lexical", "mentioning",
        "words_alike", "search_dense", "search_nearest", "holding",
    }  # fmt: skip
    silent = {"open", "generation", "reading", "writing", "finish", "warm"}
    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")} | {"open"}
    assert methods - set(vars(RestrictedStore)) == through_within | silent
    for name in through_within:
        assert "self._within(" in inspect.getsource(getattr(Store, name)), name


def test_who_may_read_only_may_change_nothing(world: World, tmp_path: Path) -> None:
    world.collected({"Alpha": frozenset({0})})
    view = world.whole.restricted(Rights(frozenset({"Alpha"}), frozenset()))
    for attempt in (
        lambda: view.add([ARTICLES[1]]),
        lambda: view.add([ARTICLES[1]], collection="Alpha"),
        lambda: view.remove(world.ids[0]),
        lambda: view.edit(world.ids[0], title="x"),
        lambda: view.snapshot(world.ids[0]),
        lambda: view.check(),
        lambda: view.backup(tmp_path / "x"),
        lambda: view.store.collections.add("Alpha", [world.ids[1]]),
        lambda: view.store.collections.drop("Alpha"),
        lambda: view.store.tokens.all(),
        lambda: view.store.grants.all(),
        lambda: view.store.deeds.latest(),
        lambda: view.feeds(),
    ):
        with pytest.raises(AccessDenied):
            attempt()
    assert not view.remove(world.ids[1])  # what may not be read is not there
    assert world.whole.article(world.ids[0]) is not None


def test_an_id_that_was_guessed_is_put_into_no_collection(world: World) -> None:
    world.collected({"Alpha": frozenset({0}), "Beta": frozenset({1})})
    view = world.whole.restricted(Rights(frozenset({"Alpha"}), frozenset({"Alpha"})))
    view.store.collections.add("Alpha", [world.ids[1], "0123456789abcdef"])
    assert world.whole.store.collections.members("Alpha") == (world.ids[0],)
    assert view.article(world.ids[1]) is None


@pytest.fixture
def library(tmp_path: Path, database: str) -> Iterator[rag.Library]:
    """An empty library in each of the databases."""
    with rag.Library.open(tmp_path / "library", one_shot=True) as opened:
        yield opened


def test_searches_of_each_database_find_what_may_be_read(library: rag.Library) -> None:
    library.add([ARTICLES[0], ARTICLES[2]], collection="Alpha")
    library.add([ARTICLES[1]])
    for view, there in ((limited(library, {"Alpha"}, set()), False), (library, True)):
        store = view.store
        words = [word for word, _ in store.words_alike("z", 1, 20)]
        assert (words != []) == there
        assert bool(store.search_lexical(["swans"], 5, Filters())) == there
        assert bool(store.mentioning(["swans"], Filters())) == there
        assert bool(store.holding(["swans"], Filters())) == there
        assert ("Zelthorpe Echo" in dict(store.publishers())) == there
        assert store.count_articles() == (3 if there else 2)
        assert ARTICLES[1].title in {one.title for one in library.search(9).candidates("swans")}
        assert (ARTICLES[1].title in {one.title for one in view.search(9).candidates("swans")}) == there
        assert dict(store.words_alike("q", 1, 20))["quillon"] == 1


def limited(library: rag.Library, read: set[str], write: set[str]) -> rag.Library:
    return library.restricted(Rights(frozenset(read), frozenset(write)))


def test_what_is_added_to_a_collection_meets_no_article_of_another(library: rag.Library) -> None:
    """Same address, same text, near the same text: neither the report nor the other collection shows anything."""
    library.add([ARTICLES[0]], collection="Secret")
    (secret,) = library.articles()
    desk = limited(library, {"Desk"}, {"Desk"})
    forged = Article(title="Ferry", text="The ferry was sold to nobody at all.", url=ARTICLES[0].url, publisher="Fake")
    first = desk.add([ARTICLES[0]], collection="Desk")
    second = desk.add([forged], collection="Desk")
    assert (len(first.added), len(first.unchanged), len(first.duplicates)) == (1, 0, 0)
    assert [str(one) for one in second.updated] == [str(one) for one in first.added]
    assert library.article(secret.id) == secret
    assert library.sources(secret.id) == ()
    assert [one.title for one in desk.articles()] == ["Ferry"]
    assert desk.add([forged], collection="Desk").unchanged == second.updated


def test_a_readable_article_of_others_is_neither_replaced_nor_given_sources(library: rag.Library) -> None:
    library.add([ARTICLES[0]], collection="Desk")
    (given_,) = library.articles()
    desk = limited(library, {"Desk"}, {"Desk"})
    report = desk.add([COPY, ARTICLES[0]], collection="Desk")
    assert len(report.added) + len(report.duplicates) == 2
    assert library.article(given_.id) == given_
    assert library.sources(given_.id) == ()


def test_removing_takes_out_of_ones_collections_and_deletes_only_what_these_brought_in(library: rag.Library) -> None:
    library.add([ARTICLES[0]], collection="Desk")
    desk = limited(library, {"Desk"}, {"Desk"})
    desk.add([ARTICLES[1]], collection="Desk")
    others, own = (next(one.id for one in desk.articles() if one.title == ARTICLES[n].title) for n in (0, 1))
    library.store.collections.add("Beta", [own])
    assert desk.remove(own)
    assert library.article(own) is not None  # Beta holds it
    assert desk.remove(others)
    assert library.article(others) is not None  # the library's own
    assert desk.articles() == []
    desk.add([ARTICLES[2]], collection="Desk")
    (mine,) = desk.articles()
    assert desk.remove(mine.id)
    assert library.article(mine.id) is None


def test_a_collection_that_may_not_be_written_is_refused_whether_it_is_there_or_not(library: rag.Library) -> None:
    library.add([ARTICLES[0]], collection="Secret")
    desk = limited(library, {"Desk"}, {"Desk"})
    said = []
    for name in ("Secret", "Nothing"):
        with pytest.raises(AccessDenied) as refused:
            desk.add([ARTICLES[1]], collection=name)
        said.append(str(refused.value).replace(name, "X"))
    assert said[0] == said[1]


def test_conversations_and_feedback_are_their_owners(library: rag.Library) -> None:
    ann, ben = (library.restricted(Rights(), name) for name in ("ann", "ben"))
    ann.store.conversations.begin("c1", 1, "Who sails?")
    ann.store.conversations.finish("c1", 1, "done", rag.Assistant(ann).ask("Hello"))
    assert ben.store.conversations.get("c1") is None
    assert ben.store.conversations.heads() == []
    assert not ben.store.conversations.delete("c1")
    ben.store.conversations.rename("c1", "mine")
    ben.store.conversations.finish("c1", 1, "failed", None)
    with pytest.raises(QuestionError, match="not yours"):
        ben.store.conversations.begin("c1", 2, "And now?")
    ben.store.conversations.begin("c2", 1, "who sails?")
    assert ben.store.conversations.asked_before("c2", 1) is None
    ann.store.feedback.give(Feedback(conversation="c1", position=1, good=True))
    ben.store.feedback.give(Feedback(conversation="c1", position=1, good=False))
    ben.store.feedback.take_back("c1", 1)
    wrong = WrongSource(conversation="c1", reference="m1-1", question="Who?", article_id="a", quote="A ferry.")
    ann.store.feedback.call_wrong(wrong)
    ben.store.feedback.call_right("c1", "m1-1")
    ben.store.feedback.call_wrong(replace(wrong, reference="m1-2"))
    assert ben.store.feedback.wrong_sources() == []
    assert [one.reference for one in ann.store.feedback.wrong_sources()] == ["m1-1"]
    assert ben.store.feedback.of("c1") == {}
    assert ann.store.feedback.of("c1")[1].good
    (head,) = ann.store.conversations.heads()
    kept = ann.store.conversations.get("c1")
    assert (head.name, kept and kept.messages[0].state) == ("Who sails?", "done")
    assert {head.id for head in library.store.conversations.heads()} == {"c1", "c2"}


def test_rights_are_those_of_the_user_the_groups_and_everybody(library: rag.Library) -> None:
    table = library.store.grants
    for grant in (
        Grant("user", "ann", "Alpha", True), Grant("group", "desk", "Beta"), Grant("everybody", "", "Gamma"),
        Grant("user", "ben", ""), Grant("group", "ann", "Delta"), Grant("user", "desk", "Epsilon"),
    ):  # fmt: skip
        table.give(grant)
    assert table.rights("ann", ["desk"]) == Rights(frozenset({"Alpha", "Beta", "Gamma"}), frozenset({"Alpha"}))
    assert table.rights("ben") == Rights(None, frozenset())
    assert table.rights("nobody") == Rights(frozenset({"Gamma"}), frozenset())
    assert table.take_back("user", "ben") == 1
    assert table.rights("ben").read == frozenset({"Gamma"})
    library.store.collections.drop("Alpha")  # a later collection of this name is another one
    assert table.rights("ann").write == frozenset()
    for wrong in (Grant("user", "", "A"), Grant("everybody", "x", "A"), Grant("group", "a" * 201, "A")):
        with pytest.raises(QuestionError):
            table.give(wrong)


def test_a_copy_of_a_restricted_library_has_the_same_rights(library: rag.Library) -> None:
    library.add([ARTICLES[0]], collection="Alpha")
    library.add([ARTICLES[1]])
    view = limited(library, {"Alpha"}, set())
    again = pickle.loads(pickle.dumps(view))
    assert [one.title for one in again.articles()] == [ARTICLES[0].title]
    assert isinstance(again.store, RestrictedStore)
    assert not isinstance(again.store, ContributingStore)
    again._base.close()
