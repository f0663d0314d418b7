"""The script that Streamlit runs for every page: the frame (pages, sidebar, styles) around the page that is open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rag.errors import RagError, SignInNeeded
from rag.ui import state
from rag.ui.backend import Backend, current, shared
from rag.ui.chat import chat_page
from rag.ui.check_page import check_page
from rag.ui.components import asset, page_keeper, server_watch
from rag.ui.help_page import help_page
from rag.ui.library_page import library_page
from rag.ui.lost_page import TITLE as LOST
from rag.ui.lost_page import lost_name, lost_page
from rag.ui.markdown import escape
from rag.ui.model_settings import model_page
from rag.ui.sign_in import begin_session, draw_no_rights, draw_person, draw_sign_in
from rag.ui.talk_list import draw_conversations
from rag.ui.theme import NAME

SETTINGS = "Settings"
PATHS = ("", "library", "check", "settings", "help")


def main() -> None:
    """Draw the frame and the page; nothing of either for those who must sign in first or may read nothing."""
    st.set_page_config(page_title=NAME, page_icon="📰", layout="wide", initial_sidebar_state="auto")
    st.html(f"<style>{asset('page.css')}</style>")
    try:
        backend = current()
    except SignInNeeded as why:
        st.navigation(_pages(), position="hidden")  # keeps the address
        draw_sign_in(shared().settings, why)
        shared().visited()
        return
    except RagError as error:  # the settings themselves are wrong: nothing can be opened
        st.error(escape(str(error)))
        return
    pages = _pages()
    page = st.navigation(pages, position="hidden")
    if backend.person:
        begin_session(backend.person)
        if backend.library is not None and not backend.rights.may_read:
            draw_no_rights(backend.person)
            return
    _draw_page(backend, pages, page)
    backend.visited()


def _pages() -> list[st.Page]:
    chat = st.Page(chat_page, title="Chat", icon=":material/forum:", default=True)
    library = st.Page(library_page, title="Library", icon=":material/library_books:", url_path="library")
    checking = st.Page(check_page, title="Check", icon=":material/fact_check:", url_path="check")
    models = st.Page(model_page, title=SETTINGS, icon=":material/tune:", url_path="settings")
    helping = st.Page(help_page, title="Help", icon=":material/help:", url_path="help")
    pages = [chat, library, checking, models, helping]
    lost = lost_name(st.context.url, str(st.get_option("server.baseUrlPath")), PATHS)
    return [*pages, st.Page(lost_page, title=LOST, url_path=lost)] if lost else pages


def _draw_page(backend: Backend, pages: Sequence[st.Page], page: st.Page) -> None:
    st.session_state["chat_page"], st.session_state["library_page"] = pages[:2]
    st.set_page_config(page_title=f"{page.title} · {NAME}")
    state.remember(page.title)
    with st.sidebar:
        if backend.person:
            draw_person(backend.person)
        _draw_links(_linked(pages, backend))
        if page.title == "Chat":
            draw_conversations()
        server_watch(key="server-watch")
        page_keeper(
            key="pages-kept",
            data=state.kept_pages(),
            on_back_change=lambda: state.restore_pages(str(st.session_state["pages-kept"].back or "")),
        )
    with st.container(key="heard-name"):
        st.title(NAME, anchor=False)
    page.run()
    state.remember()


def _linked(pages: Sequence[st.Page], backend: Backend) -> list[st.Page]:
    """The pages that whoever sees this one may go to."""
    return [one for one in pages if one.title != LOST and (one.title != SETTINGS or backend.rights.manages)]


def _draw_links(pages: Sequence[st.Page]) -> None:
    """Links to the pages, each as it was left: the list of pages that Streamlit draws itself leads to empty ones."""
    with st.container(key="pages", gap="xxsmall"):
        for page in pages:
            st.page_link(page, query_params=state.address_of(page.title), width="stretch")


main()
