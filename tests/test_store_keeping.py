"""What the library keeps beside articles: conversations, feedback, collections; editing and undoing a removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

import rag
from rag.errors import QuestionError, SourceError
from rag.schema import Answer, AnswerSentence, Article, Candidate, Citation, Filters, Passage
from rag.store.kept import Feedback

pytestmark = pytest.mark.usefixtures("database")

TEXT = "The barrier of Vellmar will cost 412 million crowns. The mayor Ilse Brandt said so on Tuesday."
QUOTE = "The barrier of Vellmar will cost 412 million crowns."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[rag.Library]:
    with rag.Library.open(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def article_id(library: rag.Library) -> str:
    (added,) = library.add(
        [Article(title="The barrier", text=TEXT, publisher="Post", published=date(2024, 3, 5))]
    ).added
    return added.id


@pytest.fixture
def answered(article_id: str) -> Answer:
    citation = Citation(number=1, article_id=article_id, title="The barrier", start=0, end=len(QUOTE), quote=QUOTE)
    passage = Passage("p1", article_id, 0, 0, len(QUOTE), QUOTE)
    return Answer(
        question="How much will the barrier cost?",
        text=f"{QUOTE} [1]",
        answered=True,
        sentences=(AnswerSentence(QUOTE, (citation,), 0.9, True),),
        citations=(citation,),
        candidates=(Candidate(passage=passage, title="The barrier", published=date(2024, 3, 5), lexical=3.5),),
        timings={"read": 12.5},
    )


def test_a_conversation_comes_back_as_it_was_after_a_restart(
    library: rag.Library, answered: Answer, tmp_path: Path
) -> None:
    library.store.conversations.begin("c1", 1, "How much?", "{}")
    library.store.conversations.finish("c1", 1, "done", answered)
    library.close()
    with rag.Library.open(tmp_path / "library") as again:
        kept = again.store.conversations.get("c1")
    assert kept is not None
    assert kept.head.name == "How much?"
    assert kept.messages[0].answer == answered
    assert kept.messages[0].state == "done"
    assert list(kept.messages[0].digests) == [answered.citations[0].article_id]


def test_the_text_that_was_cited_is_found_after_the_article_changed(library: rag.Library, tmp_path: Path) -> None:
    file = tmp_path / "barrier.txt"
    file.write_text(TEXT)
    (added,) = library.add([file]).added
    citation = Citation(number=1, article_id=added.id, title="t", start=0, end=len(QUOTE), quote=QUOTE)
    answer = Answer(question="q", text="a", answered=True, citations=(citation,))
    library.store.conversations.begin("c1", 1, "q")
    library.store.conversations.finish("c1", 1, "done", answer)
    file.write_text("Nothing is left of the old text. The barrier was given up on Friday.")
    assert library.add([file]).updated
    kept = library.store.conversations.get("c1")
    assert kept is not None
    old = library.store.version(added.id, kept.messages[0].digests[added.id])
    assert old is not None
    assert old[citation.start : citation.end] == QUOTE


def test_conversations_are_listed_last_changed_first_and_found_by_words_of_question_answer_and_name(
    library: rag.Library, answered: Answer
) -> None:
    kept = library.store.conversations
    kept.begin("c1", 1, "How much?")
    kept.begin("c2", 1, "Who said 100%?")
    kept.finish("c1", 1, "done", answered)
    kept.begin("c1", 2, "And when?")
    assert [head.id for head in kept.heads()] == ["c1", "c2"]
    assert [head.id for head in kept.heads("412 crowns")] == ["c1"]
    assert [head.id for head in kept.heads("100%")] == ["c2"]
    assert kept.heads("a_d w%n") == []
    kept.rename("c2", "  Percent \n talk ")
    assert [head.name for head in kept.heads("percent")] == ["Percent talk"]
    kept.rename("c2", "   ")
    assert kept.heads("percent")


def test_a_deleted_conversation_is_gone_and_a_late_answer_does_not_bring_it_back(
    library: rag.Library, answered: Answer
) -> None:
    kept = library.store.conversations
    kept.begin("c1", 1, "How much?")
    assert kept.delete("c1")
    kept.finish("c1", 1, "done", answered)
    assert kept.get("c1") is None
    assert kept.heads("crowns") == []
    assert not kept.delete("c1")


def test_asking_again_at_the_same_place_replaces_the_question(library: rag.Library) -> None:
    kept = library.store.conversations
    kept.begin("c1", 1, "How much?")
    kept.finish("c1", 1, "failed", None)
    kept.begin("c1", 1, "How much will it cost?")
    found = kept.get("c1")
    assert found is not None
    assert [(one.question, one.state) for one in found.messages] == [("How much will it cost?", "asked")]


def test_the_same_question_asked_before_is_found_elsewhere_but_not_itself(
    library: rag.Library, answered: Answer
) -> None:
    kept = library.store.conversations
    kept.begin("c1", 1, "How much?")
    kept.finish("c1", 1, "done", answered)
    assert kept.asked_before("c1", 1) is None
    assert kept.asked_before("c9", 1) is None
    kept.begin("c2", 1, " how MUCH? ")
    before = kept.asked_before("c2", 1)
    assert before is not None
    assert before.answer == answered
    assert kept.asked_before("c1", 1) is None


def test_a_library_made_before_these_tables_gets_them_when_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    rag.Library.open(folder).close()
    with rag.Library.open(folder) as opened, opened.store._database.write() as connection:
        for table in ("messages", "conversations", "feedback", "collected", "alembic_version"):
            connection.execute(text(f"DROP TABLE {table}"))
    with rag.Library.open(folder) as opened:
        assert opened.store.conversations.heads() == []
        assert opened.store.feedback.all() == []
        assert opened.store.collections.names() == []


def test_feedback_keeps_the_last_word_on_an_answer(library: rag.Library) -> None:
    table = library.store.feedback
    table.give(Feedback(conversation="c1", position=2, good=False, reason=" Wrong year. ", question="When?"))
    table.give(Feedback(conversation="c1", position=3, good=True))
    assert table.of("c1")[2].reason == "Wrong year."
    table.give(Feedback(conversation="c1", position=2, good=True))
    assert table.of("c1")[2].good
    table.take_back("c1", 2)
    assert [one.position for one in table.all()] == [3]


def test_collections_hold_articles_also_across_removal_and_undo(library: rag.Library, article_id: str) -> None:
    table = library.store.collections
    assert table.add("  Har  bour ", [article_id, article_id]) == "Har bour"
    table.add("Other", [article_id])
    assert table.names() == [("Har bour", 1), ("Other", 1)]
    assert table.holding(article_id) == ("Har bour", "Other")
    snapshot = library.snapshot(article_id)
    library.remove(article_id)
    assert table.names() == [("Har bour", 0), ("Other", 0)]
    assert snapshot is not None
    library.restore(snapshot)
    assert table.names() == [("Har bour", 1), ("Other", 1)]
    table.take_out("Other", [article_id])
    table.drop("Har bour")
    assert table.names() == []
    with pytest.raises(QuestionError):
        table.add("  ", [article_id])


def test_an_undone_removal_is_as_if_it_had_not_been(library: rag.Library, article_id: str) -> None:
    before, passages = library.article(article_id), library.passages(article_id)
    snapshot = library.snapshot(article_id)
    library.remove(article_id)
    assert library.article(article_id) is None
    assert snapshot is not None
    library.restore(snapshot)
    assert library.article(article_id) == before
    assert library.passages(article_id) == passages
    assert [one.page_content for one in library.retriever(k=3).invoke("What does the barrier cost?")] == [TEXT]
    assert all(finding.severity == "ok" for finding in library.check())


def test_undoing_brings_back_the_earlier_texts_too(library: rag.Library, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(TEXT)
    (added,) = library.add([file]).added
    known = library.store.known(added.id)
    assert known is not None
    file.write_text("A wholly different text stands here now, about the ferry to Orrin.")
    library.add([file])
    snapshot = library.snapshot(added.id)
    library.remove(added.id)
    assert library.store.version(added.id, known.text_digest) is None
    assert snapshot is not None
    library.restore(snapshot)
    assert library.store.version(added.id, known.text_digest) == TEXT


def test_editing_changes_what_is_known_and_what_is_found_but_not_the_text(
    library: rag.Library, article_id: str
) -> None:
    edited = library.edit(
        article_id, title="Zanzibar gates", publisher="  Coast \n Weekly ", published=date(2023, 1, 2)
    )
    assert library.article(article_id) == edited
    assert (edited.title, edited.publisher, edited.published) == ("Zanzibar gates", "Coast Weekly", date(2023, 1, 2))
    assert edited.text == TEXT
    assert library.store.search_lexical(["zanzibar"], 5, Filters())
    assert all(finding.severity == "ok" for finding in library.check())
    assert library.edit(article_id, url="javascript:alert(1)").url is None
    assert (
        library.add([Article(title="The barrier", text=TEXT, publisher="Post", published=date(2024, 3, 5))]).added == ()
    )


@pytest.mark.parametrize(("which", "changes"), [("known", {"title": "  "}), ("unknown", {"title": "x"})])
def test_edits_that_cannot_be_are_refused_in_plain_words(
    library: rag.Library, article_id: str, which: str, changes: dict[str, str]
) -> None:
    with pytest.raises(SourceError):
        library.edit(article_id if which == "known" else "nobody", **changes)


def test_articles_are_listed_in_the_order_that_is_asked_for(library: rag.Library) -> None:
    library.add(
        [
            Article(title="beta", text="The first text is about bread.", publisher="Zeta", published=date(2024, 1, 1)),
            Article(title="Alpha", text="The second one is about wine.", publisher="Acme", published=date(2023, 1, 1)),
            Article(title="gamma", text="The third one is about salt."),
        ]
    )
    titles: Callable[..., list[str]] = lambda **kind: [one.title for one in library.articles(**kind)]  # noqa: E731
    assert titles() == ["beta", "Alpha", "gamma"]
    assert titles(order="oldest") == ["Alpha", "beta", "gamma"]
    assert titles(order="title") == ["Alpha", "beta", "gamma"]
    assert titles(order="publisher") == ["Alpha", "beta", "gamma"]
    assert titles(order="added") == ["gamma", "Alpha", "beta"]
    chosen = [one.id for one in library.articles(query="beta")]
    assert titles(article_ids=chosen) == ["beta"]
    assert library.count_articles(article_ids=chosen) == 1
    assert library.count_articles(article_ids=[]) == 0
