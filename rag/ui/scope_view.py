"""Choosing which articles are asked: a button above the question box with all choices behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.ui import state
from rag.ui.markdown import escape, shorten
from rag.ui.scope import Scope

if TYPE_CHECKING:
    from rag.library import Library

OLDEST = date(1500, 1, 1)
ALL = ""


def draw_scope(library: Library) -> None:
    """Draw the button, and behind it the choices."""
    scope = state.get_scope()
    with st.container(key="scope", horizontal=True, vertical_alignment="center", gap="small"):
        label = "All articles" if scope.all else escape(shorten(scope.label[:1].upper() + scope.label[1:], 70))
        with st.popover(label, icon=":material/filter_list:", type="tertiary", key="scope-button"):
            st.markdown("**Which articles are asked**")
            _draw_choices(library, scope)
        if not scope.all:
            st.button("Ask all articles", key="scope-clear", type="tertiary", on_click=state.set_scope, args=(Scope(),))


def _draw_choices(library: Library, scope: Scope) -> None:
    try:
        outlets = [name for name, _ in library.publishers()]
        collections = [name for name, _ in library.collections.names()]
    except RagError as error:
        st.error(escape(str(error)))
        return
    number = _round(scope)
    if scope.selection:
        st.markdown(escape(Scope(selection=scope.selection).label))
    outlet = st.selectbox(
        "Outlet", _choices(outlets, scope.publisher), _at(outlets, scope.publisher), key=f"scope-outlet-{number}",
        format_func=lambda name: name or "All outlets",
    )  # fmt: skip
    collection = st.selectbox(
        "Collection", _choices(collections, scope.collection), _at(collections, scope.collection),
        key=f"scope-collection-{number}", format_func=lambda name: name or "All collections",
    )  # fmt: skip
    left, right = st.columns(2)
    since = left.date_input("Published since", scope.since, min_value=OLDEST, key=f"scope-since-{number}")
    until = right.date_input("until", scope.until, min_value=OLDEST, key=f"scope-until-{number}")
    chosen = replace(scope, publisher=outlet or "", collection=collection or "", since=since, until=until)
    if chosen != scope:
        st.session_state["scope-drawn"] = chosen
        state.set_scope(chosen)
        st.rerun()


def _round(scope: Scope) -> int:
    """Stands in the widgets' keys: a scope that they did not choose themselves (a link, Back) is drawn anew."""
    number: int = st.session_state.get("scope-round", 0)
    if st.session_state.get("scope-drawn") != scope:
        number += 1
        st.session_state["scope-round"], st.session_state["scope-drawn"] = number, scope
    return number


def _choices(names: list[str], chosen: str) -> list[str]:
    """All, then the names; a chosen one that is gone from the library stays to be seen."""
    return [ALL, *names, *([chosen] if chosen and chosen not in names else [])]


def _at(names: list[str], chosen: str) -> int:
    return _choices(names, chosen).index(chosen)
