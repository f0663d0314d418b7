"""The check page: a pasted text, and for each of its sentences whether the articles say it, deny it, or do not say."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rag.errors import RagError
from rag.schema import Citation, Claim
from rag.ui.backend import Backend, current
from rag.ui.markdown import CITE_PREFIX, byline, escape, shorten
from rag.ui.source_panel import source_panel

LONGEST = 10_000  # characters of a pasted text
WORDS = {"said": "Said", "contradicted": "Contradicted", "not_found": "Not found"}


def check_page() -> None:
    """Draw the page."""
    backend = current()
    with st.container(key="desk", horizontal=True, vertical_alignment="top", gap="large"):
        with st.container(key="talk"):
            st.header("Check a text", anchor=False)
            st.markdown("Paste a sentence or a paragraph. Each sentence is compared with the articles of the library.")
            with st.form("check", border=False):
                text = st.text_area("Text to check", key="check-text", max_chars=LONGEST, height=140)
                asked = st.form_submit_button("Check", type="primary")
            if asked and (text or "").strip():
                _check(backend, text or "")
            elif "claims" in st.session_state:
                _draw(st.session_state["claims"])
        with st.container(key="source"):
            source_panel()


def _check(backend: Backend, text: str) -> None:
    """Judge the sentences, counting them as they are done; then the page draws them."""
    claims: list[Claim] = []
    counted = st.empty()
    try:
        with st.spinner("Reading the articles…"):
            backend.wait()
            backend.note("check", text)
            for claim in backend.assistant().checking(text):
                claims.append(claim)
                counted.caption(f"{len(claims)} {'sentence' if len(claims) == 1 else 'sentences'} checked")
    except RagError as error:
        st.error(escape(str(error)))
        return
    st.session_state["claims"] = claims
    st.rerun()


def _draw(claims: Sequence[Claim]) -> None:
    if not claims:
        st.caption("There is no sentence in this text that could be checked.")
        return
    counts = [f"{sum(one.verdict == verdict for one in claims)} {word.lower()}" for verdict, word in WORDS.items()]
    with st.container(key="claims"):
        st.markdown(f"**{len(claims)} {'sentence' if len(claims) == 1 else 'sentences'}:** {', '.join(counts)}")
        for note in dict.fromkeys(one.note for one in claims if one.note):
            st.warning(escape(note))
        for number, claim in enumerate(claims):
            with st.container(key=f"claim-{claim.verdict}-{number}"):
                st.markdown(_claim(claim))


def _claim(claim: Claim) -> str:
    """The sentence under its verdict, with the quotations that show it."""
    lines = [f"**{WORDS[claim.verdict]}**  \n{escape(claim.text)}", ""]
    lines += [f"- {_quoted(one)}" for one in claim.citations]
    return "\n".join(lines)


def _quoted(citation: Citation) -> str:
    """A quotation that opens its article at the place."""
    place = f"{CITE_PREFIX}at-{citation.article_id}-{citation.start}-{citation.end}"
    about = escape(byline(citation.publisher or citation.title, citation.published))
    return f"“{escape(shorten(citation.quote, 300))}”  \n  [{about or escape(shorten(citation.title, 80))}]({place})"
