"""What stands beside the page: an article with the cited passage marked, or a panel about an answer."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from rag.errors import RagError
from rag.ui import feedback_view, state
from rag.ui.backend import current
from rag.ui.components import article_view, cite_listener
from rag.ui.markdown import escape
from rag.ui.passages import Opened, open_article, open_citation
from rag.ui.references import parse_place, parse_reference


@st.fragment
def source_panel(announce: str = "", last: str = "") -> None:
    """Draw what the address asks for, if anything; `last` names the last message and its state.

    The listener lives in here: outside, it would stop a stream.
    """
    state.remember()
    opened, problem = _find()
    asked = None if opened or problem else state.panel()
    if not opened and not asked:
        draw_lost(problem or state.dead_source())
    if opened:
        draw_article(opened, key="source_body")
    elif asked:
        from rag.ui.panels import draw_panel  # here: the first page does not wait for what panels need

        draw_panel(*asked)
    shown = opened.reference if opened else st.query_params.get("panel", "") if asked else ""
    cite_listener(
        key="cites",
        data={"open": shown, "announce": announce, "last": last, "copy": _copied()},
        on_cite_change=_on_cite,
        on_act_change=lambda: state.act(str(st.session_state["cites"].act or "")),
    )


def draw_lost(problem: str) -> None:
    """Say why nothing is shown beside the page; nothing for no problem."""
    if problem:
        with st.container(key="source_body"), st.container(key="panel_card"):
            st.warning(escape(problem))
            st.button("Close", key="lost-close", on_click=state.close_source, type="tertiary", icon=":material/close:")


def draw_article(opened: Opened, *, key: str) -> None:
    """Draw an article in a container of this key."""
    with st.container(key=key):
        draw_view(opened, key=key)


def draw_view(opened: Opened, *, key: str) -> None:
    """Draw an article."""
    data = asdict(opened) | {"nonce": st.session_state.get("nonce", 0)}
    article_view(
        key=f"{key}_view",
        data=data,
        on_close_change=state.close_source,
        on_wrong_change=feedback_view.switch_wrong,
        on_go_change=lambda: state.open_source(str(st.session_state[f"{key}_view"].go or "")),
    )


def article_listener(open_article_id: str) -> None:
    """Listen to the keyboard beside a page without answers."""
    cite_listener(
        key="cites",
        data={"open": open_article_id, "announce": "", "copy": {}},
        on_cite_change=_on_cite,
        on_act_change=lambda: None,
    )


def _find() -> tuple[Opened | None, str]:
    """What is open, or why it cannot be shown."""
    library = current().library
    if library is None:
        return None, ""
    try:
        reference = st.query_params.get("src")
        if reference and (found := state.conversation().find(reference)):
            message, citation = found
            digest = citation.version or message.digests.get(citation.article_id, "")
            shown = message.shown(_kind(reference))
            opened = open_citation(library, reference, citation, digest, shown)
            opened = replace(opened, wrong=feedback_view.is_wrong(reference) if not _kind(reference) else None)
            return _among(opened, [one.number for one in shown], citation.number), ""
        article = library.article(article_id) if (article_id := st.query_params.get("article")) else None
        return (open_article(article, st.query_params.get("at") or "") if article else None), ""
    except RagError as error:
        return None, str(error)


def _among(opened: Opened, numbers: list[int], number: int) -> Opened:
    """The article with its place among the passages of the answer, and the ways to the one before and after."""
    at = numbers.index(number)
    stem = opened.reference.removesuffix(str(number))
    return replace(
        opened,
        place=f"{at + 1} of {len(numbers)}" if len(numbers) > 1 else "",
        before=f"{stem}{numbers[at - 1]}" if at > 0 else "",
        after=f"{stem}{numbers[at + 1]}" if at + 1 < len(numbers) else "",
    )


def _kind(reference: str) -> str:
    named = parse_reference(reference)
    return named.kind if named else ""


def _copied() -> dict[str, Any]:
    """What is to be copied, once: the number grows with each wish."""
    message = state.conversation().message(st.session_state.get("copy"))
    if message is None or message.answer is None:
        return {}
    from rag.ui.panels import copied

    return copied(message) | {"nonce": st.session_state["copy-nonce"]}


def _on_cite() -> None:
    """Take the listener's event: a reference opens, '-' (Escape) closes."""
    reference = st.session_state["cites"].cite
    if reference == "-":
        state.close_source()
    elif reference and (place := parse_place(str(reference))):
        state.open_article(place[0], at=place[1])
    elif reference:
        state.open_source(str(reference))
