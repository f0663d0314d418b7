"""Signing in to the chat and out of it: who looks at the page, and what stands there for those who may see nothing."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import streamlit as st

from rag.config import Settings
from rag.errors import SignInNeeded
from rag.ui.components import way_back
from rag.ui.identity import AGAIN, ENDED, Person, ended, person_of
from rag.ui.markdown import escape
from rag.ui.openid import FAILED, faults
from rag.ui.theme import NAME

UNREACHABLE = "The identity provider does not answer as it should. Try again in a moment; the server's log says more."
REFUSED = "You could not be signed in. Try again; the server's log says what was wrong."
log = logging.getLogger(__name__)


def signed_in(settings: Settings) -> Person:
    """Who looks at this page; a SignInNeeded when nobody has signed in, or no longer."""
    person = person_of(st.user.to_dict(), settings, datetime.now(UTC))
    if person in ended:
        raise SignInNeeded(ENDED, AGAIN)
    return person


def begin_session(person: Person) -> None:
    """Forget what this session holds of a sign-in before; for the start of a run."""
    if st.session_state.get("sign-in", person.sign_in) != person.sign_in:
        st.session_state.clear()
    st.session_state["sign-in"] = person.sign_in


def draw_sign_in(settings: Settings, why: SignInNeeded) -> None:
    """What everybody sees who has not signed in."""
    with st.container(key="sign-in"):
        st.header(NAME, anchor=False)
        if FAILED in st.query_params:
            st.error(REFUSED)
        st.markdown(escape(str(why)))
        if st.button("Sign in", key="sign-in-button", type="primary", icon=":material/login:"):
            _go_to_provider(settings)
        way_back(key="way-back", data={"away": True})


def _go_to_provider(settings: Settings) -> None:
    """Send the browser to the provider, once it is known to answer."""
    for fault in faults(settings.oidc_issuer):
        log.error("%s %s", fault.message, fault.mend)
        st.error(UNREACHABLE)
        return
    st.login()


def draw_no_rights(person: Person) -> None:
    """What somebody sees who has signed in and may read nothing."""
    with st.container(key="no-rights"):
        st.header("Nothing is open to you yet", anchor=False)
        st.markdown(
            f"You are signed in as **{escape(person.shown)}**. Ask whoever runs this server for the right to read. "
            f"He or she grants it to this name:"
        )
        st.code(person.name, language=None)
        _draw_sign_out(person)


def draw_person(person: Person) -> None:
    """Who has signed in, with the way out; the page goes back to where he or she wanted to go."""
    with st.container(key="person", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escape(person.shown))
        _draw_sign_out(person)
    way_back(key="way-back", data={"away": False})


def _draw_sign_out(person: Person) -> None:
    st.button("Sign out", key="sign-out", type="tertiary", icon=":material/logout:", on_click=_sign_out, args=(person,))


def _sign_out(person: Person) -> None:
    """End the sign-in in all pages of this browser, and at the provider; for callbacks."""
    ended.add(person, datetime.now(UTC))
    st.session_state.clear()
    st.logout()
