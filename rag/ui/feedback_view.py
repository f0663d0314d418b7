"""What stands under an answer: what can be done with it, and what the reader thinks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.schema import Answer
from rag.store.kept import MAX_REASON, Feedback, WrongSource
from rag.ui import state
from rag.ui.backend import current
from rag.ui.conversation import Message
from rag.ui.markdown import ACT_PREFIX

if TYPE_CHECKING:
    from rag.store.feedback import FeedbackTable

DOWN, UP = 0, 1  # as st.feedback gives them


def draw_foot(message: Message, answer: Answer) -> None:
    """Links under an answer, and the thumbs."""
    with st.container(key=f"foot-{message.id}", horizontal=True, vertical_alignment="center"):
        st.markdown(_actions(message.id, answer))
        _draw_thumbs(message, answer)


def _actions(message_id: str, answer: Answer) -> str:
    wanted = [("Copy", "copy"), ("Export", "export")]
    if answer.kind in ("answer", "refusal"):
        wanted.append(("Why this answer", "why"))
    if answer.answered and answer.kind in ("answer", "story"):
        wanted.append(("Timeline", "timeline"))
    return " ".join(f"[{label}]({ACT_PREFIX}{action}-{message_id})" for label, action in wanted)


def _draw_thumbs(message: Message, answer: Answer) -> None:
    table = _table()
    if table is None:
        return
    given = _given(table).get(message.position)
    talk = state.conversation()
    key = f"thumbs-{talk.id}-{message.id}"
    st.feedback(
        "thumbs",
        key=key,
        default=None if given is None else UP if given.good else DOWN,
        on_change=_take,
        args=(key, message, answer),
    )
    if given is not None:
        label = "Thank you. Say why?" if not given.reason else "Thank you."
        with st.popover(label, type="tertiary", key=f"why-{key}"), st.form(f"reason-{key}", border=False):
            reason = st.text_area("What was right or wrong? (optional)", given.reason, max_chars=MAX_REASON)
            if st.form_submit_button("Keep"):
                _keep(message, answer, good=given.good, reason=reason or "")
                st.rerun()


def _take(key: str, message: Message, answer: Answer) -> None:
    """Keep or take back a thumb; for callbacks."""
    thumb, table = st.session_state.get(key), _table()
    if thumb is None and table:
        table.take_back(state.conversation().id, message.position)
        _forget()
    elif thumb is not None:
        _keep(message, answer, good=thumb == UP)


def _keep(message: Message, answer: Answer, *, good: bool, reason: str = "") -> None:
    if table := _table():
        place = {"conversation": state.conversation().id, "position": message.position}
        about = {"question": message.question, "answer": answer.text, "model": answer.model}
        try:
            table.give(Feedback(**place, **about, good=good, reason=reason))  # type: ignore[arg-type]
        except RagError as error:
            st.toast(str(error))
        _forget()


def is_wrong(reference: str) -> bool | None:
    """Whether the reader called this citation of the open conversation wrong; None while nothing can be kept."""
    table = _table()
    try:
        return (
            any(one.reference == reference for one in table.wrong_sources(state.conversation().id)) if table else None
        )
    except RagError:
        return None


def switch_wrong() -> None:
    """Call the open citation a wrong source, or take it back; for callbacks."""
    table, talk, reference = _table(), state.conversation(), st.query_params.get("src") or ""
    found = talk.find(reference)
    if table is None or found is None:
        return
    message, citation = found
    try:
        if is_wrong(reference):
            table.call_right(talk.id, reference)
        else:
            table.call_wrong(
                WrongSource(
                    conversation=talk.id,
                    reference=reference,
                    question=message.question,
                    article_id=citation.article_id,
                    quote=citation.quote,
                )
            )
    except RagError as error:
        st.toast(str(error))


def _table() -> FeedbackTable | None:
    library = current().library
    return library.feedback if library else None


def _given(table: FeedbackTable) -> dict[int, Feedback]:
    """The feedback of the open conversation, read once a page, not once an answer."""
    talk = state.conversation().id
    held: tuple[str, dict[int, Feedback]] | None = st.session_state.get("feedback")
    if held is None or held[0] != talk:
        try:
            held = (talk, table.of(talk))
        except RagError:
            held = (talk, {})
        st.session_state["feedback"] = held
    return held[1]


def _forget() -> None:
    st.session_state.pop("feedback", None)
