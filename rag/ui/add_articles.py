"""Adding articles from the page (files, addresses, feeds, pasted text): progress, and a reason for each that failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from rag.schema import AddReport, Article
from rag.ui import state
from rag.ui.backend import Backend
from rag.ui.feeds_view import draw_feeds
from rag.ui.ingest_job import ACCEPTED, DEMO, IngestJob, Tally, Upload
from rag.ui.markdown import escape, shorten
from rag.ui.theme import MAX_UPLOAD_MB

POLL_S = 0.4
MAX_FILES = 200
MAX_SHOWN = 10
MAX_ADDRESSES = 50  # pages fetched at a time
MAX_PASTED = 2_000_000  # characters; a long book


def draw_add(backend: Backend) -> None:
    """Draw the ways to add, or the progress of what is being added."""
    if problem := st.session_state.pop("library-problem", ""):
        st.error(escape(problem))
    job = _job(backend)
    if job and not job.tally.ended:
        st.fragment(_draw_progress, run_every=POLL_S)(job)
        return
    if job:
        job.seen = True
        _draw_outcome(job.tally)
    rights = backend.rights
    if not rights.may_write:
        return
    with st.expander("Add articles", icon=":material/add:", expanded=not job and _is_empty(backend), key="add"):
        into = None if rights.manages else st.selectbox("Collection", sorted(rights.write or ()), key="add-into")
        ways = {
            "Files": partial(_draw_files, backend, into),
            "Addresses": partial(_draw_addresses, backend, into),
            "Feeds": partial(draw_feeds, backend, start),
            "Paste text": partial(_draw_paste, backend, into),
        }
        if not rights.manages:  # what a feed brings is in no collection
            del ways["Feeds"]
        for tab, draw in zip(st.tabs(list(ways)), ways.values(), strict=True):
            with tab:
                draw()


def draw_demo(backend: Backend) -> None:
    """Draw the button that loads the demo articles, or the progress of adding; nothing where there are none."""
    job = _job(backend)
    if job and not job.tally.ended:
        st.fragment(_draw_progress, run_every=POLL_S)(job)
    elif DEMO.is_dir() and backend.rights.manages:
        st.button(
            "Load the demo articles",
            key="load-demo",
            icon=":material/auto_stories:",
            on_click=lambda: start(IngestJob.of_demo(backend)),
        )


def _job(backend: Backend) -> IngestJob | None:
    """What this page adds, or has added; after a reload, what the server was adding when the page was left."""
    job: IngestJob | None = st.session_state.get("ingest") or IngestJob.unseen(backend)
    if job:
        st.session_state["ingest"] = job
    return job


def forget_outcome(article_id: str) -> None:
    """Take back the report of the last adding if it names this article, which is gone now."""
    job: IngestJob | None = st.session_state.get("ingest")
    if job and job.tally.report and article_id in (*job.tally.report.added, *job.tally.report.updated):
        _dismiss()


def _is_empty(backend: Backend) -> bool:
    return backend.library is not None and not backend.library.articles(limit=1)


def _draw_files(backend: Backend, into: str | None) -> None:
    chosen = st.file_uploader(
        f"Text, HTML, PDF, Word, EPUB, e-mail, JSON, CSV or ZIP files, and exports, up to {MAX_UPLOAD_MB} MB each",
        type=list(ACCEPTED),
        accept_multiple_files=True,
        key=f"files-{st.session_state.get('round', 0)}",
    )
    st.button(
        "Add to the library", key="add-files", type="primary", disabled=not chosen, on_click=_start_files,
        args=(backend, chosen, into),
    )  # fmt: skip


def _draw_addresses(backend: Backend, into: str | None) -> None:
    with st.form(key=f"addresses-{st.session_state.get('round', 0)}", border=False):
        text = st.text_area(
            "Addresses of articles, one a line",
            height=120,
            max_chars=MAX_ADDRESSES * 2000,
            key="addresses",
            placeholder="https://…",
        )
        st.caption("Only public pages are fetched, with regard to their robots.txt.")
        if st.form_submit_button("Fetch and add", type="primary"):
            _start_addresses(backend, text, into)


def _start_addresses(backend: Backend, text: str, into: str | None) -> None:
    addresses = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    wrong = [one for one in addresses if not one.lower().startswith(("http://", "https://"))]
    if wrong or not addresses or len(addresses) > MAX_ADDRESSES:
        st.error(
            f"“{escape(shorten(wrong[0], 80))}” is no address: it must begin with http:// or https://."
            if wrong
            else f"Give 1 to {MAX_ADDRESSES} addresses, one a line."
        )
        return
    start(IngestJob.of_addresses(backend, addresses, into))
    st.session_state.pop("addresses", None)
    st.rerun()


def _draw_paste(backend: Backend, into: str | None) -> None:
    with st.form(key=f"paste-{st.session_state.get('round', 0)}", border=False):
        text = st.text_area("Text of the article", height=200, max_chars=MAX_PASTED, key="paste-text")
        title = st.text_input("Title", key="paste-title", max_chars=300, placeholder="The first line, when left empty")
        left, right = st.columns(2)
        publisher = left.text_input("Publisher", key="paste-publisher", max_chars=200)
        published = right.date_input("Published", value=None, key="paste-published", min_value=date(1500, 1, 1))
        url = st.text_input("Address of the original (is not opened)", key="paste-url", max_chars=2000)
        if st.form_submit_button("Add to the library", type="primary"):
            article = _pasted(text, title, publisher, published, url)
            _start_paste(backend, article, into)


def _start_files(backend: Backend, chosen: Sequence[Any], into: str | None) -> None:
    """Check what came (the browser's own limits can be passed by) and start adding it."""
    limit = MAX_UPLOAD_MB * 1024 * 1024
    uploads = [
        Upload(file.name, file.getvalue())
        for file in chosen[:MAX_FILES]
        if file.size <= limit and file.name.lower().endswith(ACCEPTED)
    ]
    if uploads:
        start(IngestJob.of_files(backend, uploads, into))
    left_out = len(chosen) - len(uploads)
    if left_out:
        st.session_state["library-problem"] = (
            f"{left_out} of {len(chosen)} files were left out: at most {MAX_FILES} files of known kinds "
            f"of {MAX_UPLOAD_MB} MB at a time."
        )


def _pasted(text: str, title: str, publisher: str, published: date | None, url: str) -> Article | None:
    """The article of the form; None without a text."""
    if not text.strip():
        return None
    named = title.strip() or text.strip().splitlines()[0][:200]
    return Article(
        title=named, text=text, publisher=publisher.strip() or None, published=published, url=url.strip() or None
    )


def _start_paste(backend: Backend, article: Article | None, into: str | None) -> None:
    if article is None:
        st.error("Paste the text of the article first.")
        return
    start(IngestJob.of_article(backend, article, into))
    for name in ("paste-text", "paste-title", "paste-publisher", "paste-published", "paste-url"):
        st.session_state.pop(name, None)
    st.rerun()


def start(job: IngestJob) -> None:
    """Start adding; the page shows the progress from its next drawing on."""
    st.session_state["ingest"] = job.start()
    st.session_state["round"] = st.session_state.get("round", 0) + 1  # a new key empties the uploader


def _draw_progress(job: IngestJob) -> None:
    tally = job.tally
    if tally.ended:
        st.rerun()
    of = f"{tally.done} of {tally.total}" if tally.total else ""
    st.progress(tally.fraction, text=" · ".join(part for part in ("Adding articles", of, escape(tally.last)) if part))


def _draw_outcome(tally: Tally) -> None:
    """What became of the last adding, until dismissed."""
    with st.container(key="outcome"):
        if tally.problem:
            st.error(f"{escape(tally.problem.message)} {escape(tally.problem.hint)}".strip())
        if tally.report:
            st.markdown(_summary(tally.report))
            with st.container(key="just-added", gap=None):
                for number, one in enumerate((*tally.report.added, *tally.report.updated)[:MAX_SHOWN]):
                    title = escape(shorten(one.title, 140)) or "Untitled"
                    st.button(
                        title, key=f"added-{number}", type="tertiary", on_click=state.open_article, args=(str(one),)
                    )
            for note in tally.report.notes:
                st.warning(f"**{escape(note.source)}**: {escape(note.text)}")
            for failure in tally.report.failed:
                st.error(f"**{escape(failure.source)}** was not added. {escape(failure.reason)}")
        st.button("Dismiss", key="dismiss", type="tertiary", on_click=_dismiss)


def _summary(report: AddReport) -> str:
    counted = [
        ("added", report.added),
        ("updated", report.updated),
        ("already there", (*report.unchanged, *report.duplicates)),
        ("failed", report.failed),
    ]
    return ", ".join(f"**{len(items)}** {word}" for word, items in counted if items) or "Nothing was added."


def _dismiss() -> None:
    st.session_state.pop("ingest", None)
