"""The small parts that Streamlit does not have: listeners, the view of an article, and bars.

Each is registered once, when this module is imported. Their scripts stand in `assets/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

ASSETS = Path(__file__).with_name("assets")
_HIDDEN = """
[role=status] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
"""


def asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return (ASSETS / name).read_text(encoding="utf-8")


cite_listener: Any = st.components.v2.component(
    "article_chat_cites", html="<div role='status'></div>", css=_HIDDEN, js=asset("cites.js")
)
article_view: Any = st.components.v2.component(
    "article_chat_article",
    html="<section class='article' role='region'></section>",
    css=asset("article.css"),
    js=asset("article.js"),
)
server_watch: Any = st.components.v2.component(
    "article_chat_server", html="<span></span>", css="span { display: none; }", js=asset("server.js")
)
page_keeper: Any = st.components.v2.component(
    "article_chat_pages", html="<span></span>", css="span { display: none; }", js=asset("pages.js")
)
way_back: Any = st.components.v2.component(
    "article_chat_way_back", html="<span></span>", css="span { display: none; }", js=asset("sign_in.js")
)
why_view: Any = st.components.v2.component(
    "article_chat_why", html="<div class='why'></div>", css=asset("why.css"), js=asset("why.js")
)
