"""The panels beside the chat that are about an answer: why it is what it is, its timeline, its export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from rag.answering.certainty import QUOTED
from rag.answering.extractive.timeline import Moment, timeline
from rag.export.forms import to_html, to_markdown, to_rich_text, to_text
from rag.export.pages import Exchange, Page, page
from rag.export.references import Reference, references, to_bibtex, to_csl, to_ris
from rag.schema import Answer, Candidate, Citation
from rag.text.dates import day_in_words
from rag.text.showable import one_line
from rag.ui import state
from rag.ui.backend import Backend, current
from rag.ui.components import why_view
from rag.ui.conversation import Message
from rag.ui.markdown import byline, cite_link, escape, shorten, tip

UNLIKELY = 0.3  # probability below which a passage is said to hold no answer
MOMENTS_OF_A_CHART = 3  # with fewer, or all on one day, the list tells as much
TITLES = {"why": "Why this answer", "timeline": "Timeline", "export": "Export"}
STEPS = ("follow-up", "encode", "lexical", "dense", "fuse", "read", "answer", "verify")
PLAIN_STEPS = {
    "follow-up": "Understanding the question", "encode": "Taking its meaning", "lexical": "Searching by words",
    "dense": "Searching by meaning", "fuse": "Putting in order", "read": "Reading", "answer": "Choosing sentences",
    "verify": "Checking",
}  # fmt: skip
SUMS = ("retrieve", "total")  # of other steps
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def draw_panel(kind: str, message: Message | None) -> None:
    """Draw a panel; `message` is None for one about the whole conversation."""
    with st.container(key="source_body"), st.container(key="panel_card"):
        with st.container(key="panel_head", horizontal=True, vertical_alignment="center"):
            st.subheader(TITLES[kind], anchor=False)
            st.button("Close", key="panel-close", on_click=state.close_source, type="tertiary", icon=":material/close:")
        if kind == "export":
            _draw_export([message] if message else state.conversation().messages)
        elif message and message.answer:
            (_draw_why if kind == "why" else _draw_timeline)(message, message.answer)


def copied(message: Message) -> dict[str, str]:
    """The answer with its sources for the clipboard: as plain text, and as rich text for documents and e-mails."""
    made = page(_exchanges([message]))
    return {"text": to_text(made), "html": to_rich_text(made)}


# --- why


def _draw_why(message: Message, answer: Answer) -> None:
    read = any(one.answerable is not None for one in answer.candidates)
    if answer.model == QUOTED:
        how = "No question was read: the sentences with most of the words that were typed are shown."
    else:
        how = f"How likely it is that the answer holds what was asked: {answer.confidence:.0%}."
    st.markdown(escape(f"{how} Asked of {message.scope.label}."))
    scales = (
        "Words: how well the words of the question are matched. Meaning: how near the passage is to the question in "
        "meaning. Both: the two together."
    )
    st.caption(f"{scales} Answers: how likely it is that the passage holds an answer." if read else scales)
    why_view(key="why", data={"rows": _rows(answer), "steps": _steps(answer)})


def _rows(answer: Answer) -> list[dict[str, Any]]:
    best = max((one.lexical or 0.0 for one in answer.candidates), default=0.0)
    return [
        {
            "title": one_line(one.title),
            "about": byline(one.publisher, one.published),
            "text": one_line(shorten(one.passage.text, 200)),
            "lexical": None if one.lexical is None else one.lexical,
            "lexical_share": (one.lexical or 0.0) / best if best > 0 else 0.0,
            "dense": one.dense,
            "fused": one.score,
            "reader": one.answerable,
            "fate": _fate(one, answer),
        }
        for one in answer.candidates
    ]


def _fate(candidate: Candidate, answer: Answer) -> str:
    """What became of a passage: cited, or dropped."""
    passage = candidate.passage
    for citation in answer.citations:
        if citation.article_id == passage.article_id and citation.start < passage.end and passage.start < citation.end:
            return f"Cited as {citation.number}"
    if answer.model == QUOTED:
        return "Other sentences hold more of the words"
    if candidate.answerable is None:
        return "Not read: other passages looked better"
    if candidate.answerable < UNLIKELY:
        return "Read; no answer was found in it"
    if any(one.article_id == passage.article_id for one in answer.citations):
        return "Read; another passage of this article says more"
    return "Read; other passages answer better" if answer.answered else "Read, but not sure enough to be quoted"


def _steps(answer: Answer) -> list[dict[str, Any]]:
    known = [(name, answer.timings[name]) for name in STEPS if name in answer.timings]
    known += [(name, ms) for name, ms in answer.timings.items() if name not in (*STEPS, *SUMS)]
    longest = max((ms for _, ms in known), default=0.0)
    return [
        {"name": PLAIN_STEPS.get(name, name), "ms": ms, "share": ms / longest if longest > 0 else 0.0}
        for name, ms in known
    ]


# --- timeline


def _draw_timeline(message: Message, answer: Answer) -> None:
    moments = timeline(answer)
    if not moments:
        st.markdown("None of the passages that were found names a date.")
        return
    st.caption("Dated sentences of the passages that were found, in order. A number opens the sentence in its article.")
    chart = st.container()
    lines = [
        f"- **{escape(day_in_words(one.day))}**  \n  {escape(shorten(one.citation.quote, 300))} "
        f"{cite_link(str(one.citation.number), f'{message.id}-t{one.citation.number}', tip(one.citation))}"
        for one in moments
    ]
    with st.container(key="moments"):
        st.markdown("\n".join(lines))
    if len({one.day for one in moments}) >= MOMENTS_OF_A_CHART:
        with chart:  # last, so that the text is there while the chart's library loads
            _draw_chart(moments)


def _draw_chart(moments: Sequence[Moment]) -> None:
    """Days from left to right, a row an outlet."""
    import altair as alt  # here: it takes half a second, and only this panel draws a chart

    rows = [
        {
            "day": one.day.isoformat(),
            "outlet": shorten(one_line(one.citation.publisher or one.citation.title), 28),
            "said": shorten(one_line(one.citation.quote), 120),
        }
        for one in moments
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_circle(size=110, opacity=0.75)
        .encode(
            x=alt.X(
                "day:T",
                title=None,
                axis=alt.Axis(format="%d %b %Y", labelOverlap=True, tickCount=4),
                scale=alt.Scale(padding=12),
            ),
            y=alt.Y("outlet:N", title=None),
            tooltip=[alt.Tooltip("day:T", format="%d %B %Y"), alt.Tooltip("outlet:N"), alt.Tooltip("said:N")],
        )
        .properties(height=34 + 30 * len({row["outlet"] for row in rows}), background="transparent")
    )
    first, last = moments[0].day, moments[-1].day
    st.altair_chart(
        chart, alt=f"{len(moments)} dated sentences from {day_in_words(first)} to {day_in_words(last)}, listed below."
    )


# --- export


def _draw_export(messages: Sequence[Message]) -> None:
    what = "This answer" if len(messages) == 1 else "The whole conversation"
    st.markdown(f"{what} with its sources as footnotes: quote, outlet, date, and link.")
    made = page(_exchanges(messages), state.conversation().title if len(messages) > 1 else "")
    name = _file_name(made)
    with st.container(key="downloads"):
        st.download_button(
            "Markdown", lambda: to_markdown(made), f"{name}.md", "text/markdown", on_click="ignore", key="export-md",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
        st.download_button(
            "Web page (HTML)", lambda: to_html(made), f"{name}.html", "text/html", on_click="ignore", key="export-html",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
        st.download_button(
            "PDF", lambda: _pdf(made), f"{name}.pdf", "application/pdf", on_click="ignore", key="export-pdf",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
        st.download_button(
            "Word (DOCX)", lambda: _docx(made), f"{name}.docx", WORD, on_click="ignore", key="export-docx",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
    _draw_references(messages, name)
    if len(messages) == 1 and len(state.conversation().messages) > 1:
        st.button(
            "Export the whole conversation", key="export-all", on_click=state.act, args=("export-all",), type="tertiary"
        )


def _draw_references(messages: Sequence[Message], name: str) -> None:
    """The cited articles for a reference manager."""
    cited = [citation for one in messages for citation in one.citations]
    if not cited:
        return
    st.markdown("The cited articles for a reference manager:")
    forms = {"RIS": (to_ris, "ris"), "BibTeX": (to_bibtex, "bib"), "CSL-JSON": (to_csl, "json")}
    with st.container(key="references", horizontal=True):
        for label, (form, ending) in forms.items():
            st.download_button(
                label, partial(_referenced, current(), form, cited), f"{name}.{ending}", on_click="ignore",
                key=f"export-{ending}", icon=":material/download:",
            )  # fmt: skip


def _referenced(backend: Backend, form: Callable[[Iterable[Reference]], str], cited: Sequence[Citation]) -> str:
    """The references in a form, with the authors that the library knows. Called outside the page's script."""
    library = backend.library
    articles = [library.article(key) for key in {one.article_id for one in cited}] if library else []
    return form(references(cited, {one.id: one.author for one in articles if one and one.author}))


def _exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """The finished questions and answers, for export."""
    return [Exchange(one.question, one.answer, one.asked) for one in messages if one.answer]


def _pdf(made: Page) -> bytes:
    from rag.export.pdf import to_pdf  # here: its font library takes a quarter of a second

    return to_pdf(made)


def _docx(made: Page) -> bytes:
    from rag.export.docx import to_docx  # here: reading its templates takes a moment

    return to_docx(made)


def _file_name(made: Page) -> str:
    """A file name from the title: letters, digits and hyphens."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in made.title.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "answer"
