"""Removing articles from the library page: a dialog that names what is lost, the removal, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.ui import state
from rag.ui.add_articles import forget_outcome
from rag.ui.backend import current
from rag.ui.markdown import byline, escape, shorten

if TYPE_CHECKING:
    from rag.library import Library
    from rag.schema import Article
    from rag.store.store import Snapshot

MAX_UNDO = 200  # articles that one undo brings back; they are held in memory with their vectors
MAX_NAMED = 5  # titles that the dialog shows


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed last."""

    count: int
    title: str  # of the first
    snapshots: tuple[Snapshot, ...]  # none where it cannot be undone


@st.dialog("Remove from the library?")
def ask_removal(article_ids: Sequence[str]) -> None:
    """Ask whether to remove articles, with what is lost."""
    library = current().library
    if library is None:
        return
    try:
        articles = library.articles(limit=len(article_ids), article_ids=article_ids)
        lost = losses(library, articles)
    except RagError as error:
        st.error(escape(str(error)))
        return
    with st.container(key="removal"):
        st.markdown(_titles(articles))
        st.markdown("\n".join(f"- {escape(line)}" for line in lost))
    with st.container(horizontal=True):
        removed = st.button("Remove", type="primary", key="remove-articles", on_click=remove, args=(article_ids,))
        left = st.button("Cancel", key="keep-articles")
    if removed or left:
        st.rerun()


def losses(library: Library, articles: Sequence[Article]) -> list[str]:
    """What goes with the articles and what stays, a sentence each."""
    ids = [article.id for article in articles]
    one = len(ids) == 1
    if not current().rights.manages:
        taken = "It leaves" if one else "They leave"
        return [
            f"{taken} the collections that you may change.",
            "What these brought in, and no other collection holds, is deleted.",
            "This cannot be undone.",
        ]
    passages = sum(library.passage_counts(ids).values())
    notes = sum(len(article.notes) for article in articles)
    kept = [_counted(passages, "passage"), *([_counted(notes, "note")] if notes else [])]
    lines = [
        f"{'Its text is' if one else 'Their texts are'} deleted, with {' and '.join(kept)} and any earlier version."
    ]
    if outlets := sorted({copy.source.publisher or copy.source.title for copy in library.store.copies(ids)}):
        lines.append(f"The copies by {', '.join(outlets)} are deleted too.")
    if names := sorted({name for article_id in ids for name in library.collections.holding(article_id)}):
        lines.append(f"{'It leaves' if one else 'They leave'} {', '.join(f'“{name}”' for name in names)}.")
    answers, conversations = library.conversations.quoting(ids)
    if answers:
        quote = f"{_counted(answers, 'answer')} in {_counted(conversations, 'conversation')} {_verb(answers, 'quote')}"
        lines.append(f"{quote} {'it' if one else 'them'}: the quotations stay, but lead to no article any more.")
    undone = "This can be undone until the page is reloaded or something else is removed."
    lines.append(undone if len(ids) <= MAX_UNDO else f"More than {MAX_UNDO} articles: this cannot be undone.")
    return lines


def _titles(articles: Sequence[Article]) -> str:
    """The first articles by title, outlet and date; how many more there are."""
    lines = []
    for article in articles[:MAX_NAMED]:
        about = byline(article.publisher, article.published)
        title = f"**{escape(shorten(article.title, 90)) or 'Untitled'}**"
        lines.append(title + (f" · {escape(about)}" if about else ""))
    more = len(articles) - MAX_NAMED
    return "  \n".join([*lines, *([f"and {more:,} more"] if more > 0 else [])])


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _verb(count: int, verb: str) -> str:
    return f"{verb}s" if count == 1 else verb


def remove(article_ids: Sequence[str]) -> None:
    """Remove articles, so that it can be undone where they are not too many and all of the library may be changed; for
    callbacks."""
    backend = current()
    library = backend.library
    if library is None:
        return
    undoable = backend.rights.manages and len(article_ids) <= MAX_UNDO
    gone: list[str] = []
    taken: list[Snapshot] = []
    title = ""
    try:
        for article_id in article_ids:
            snapshot = library.snapshot(article_id) if undoable else None
            article = library.article(article_id)
            backend.note("remove", article_id)
            if article is None or not library.remove(article_id):
                continue
            title = title or article.title
            gone.append(article_id)
            taken += [snapshot] if snapshot else []
    except RagError as error:
        st.session_state["library-problem"] = str(error)
    _forget(gone)
    if gone:
        st.session_state["removed"] = Removed(len(gone), title, tuple(taken))


def _forget(gone: Sequence[str]) -> None:
    """Let go of what the page still shows of removed articles."""
    chosen: list[str] = st.session_state.get("selected", [])
    chosen[:] = [one for one in chosen if one not in gone]
    for article_id in gone:
        forget_outcome(article_id)
    if st.query_params.get("article") in gone:
        state.close_source()


def draw_undo() -> None:
    """What was removed last, with a way back."""
    removed: Removed | None = st.session_state.get("removed")
    if removed is None:
        return
    one = f"“{escape(shorten(removed.title, 80))}” was removed."
    with st.container(key="undo", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(one if removed.count == 1 else f"{removed.count:,} articles were removed.")
        if removed.snapshots:
            st.button("Undo", key="undo-remove", icon=":material/undo:", on_click=_undo)
        st.button("Dismiss", key="undo-dismiss", type="tertiary", on_click=_forget_removed)


def _undo() -> None:
    library, removed = current().library, st.session_state.get("removed")
    if library is None or removed is None:
        return
    try:
        for snapshot in removed.snapshots:
            library.restore(snapshot)
        _forget_removed()
    except RagError as error:
        st.session_state["library-problem"] = str(error)


def _forget_removed() -> None:
    st.session_state.pop("removed", None)
