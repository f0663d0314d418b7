"""The help page: what the chat does, what its answers are worth, and the keys."""

from __future__ import annotations

import streamlit as st

ASKING = """
Ask in a full sentence: *What did the mayor say about the barrier?* Follow-ups such as *and the year before?* are
understood; when the question that was searched is not the one you typed, it stands above the answer, and **Edit** lets
you mend it.

A time in the question (*since March*, *last week*) narrows the search to articles published then. The chip above
the answer says so; a click on it searches any time.

The library itself can be asked too: *How many articles mention the barrier? Which outlets reported on it? What did the
Courier say about it? What is new this week?* A few keywords, *summarise ...* and *tell me about ...* work as well.

The button above the question box chooses **which articles are asked**: an outlet, a collection, a range of days. In the
library you can select articles and ask only these.
"""
READING = """
**Every sentence shows the passage it rests on.** Point at a number to see the quote, click it to read it in its
article, where all sentences that the answer cites are marked. *Original* opens the page of the outlet at that passage,
*Copy link* gives an address that opens the passage here. *Wrong source?* says that a passage does not bear out the
answer; it is kept with the feedback.

The line below the answer says how well it is supported and why, how many outlets are cited, and the date of the newest.
Where several outlets say the same, their number stands at that sentence. When articles give different figures for one
thing, these stand side by side with their dates. What a chat model wrote and the articles do not bear out is underlined
in amber and has no number.

**Check** takes a text and tells for each sentence whether the articles say it, contradict it, or do neither.

When the articles do not answer, the chat says so and shows the nearest passages. It does not guess.

A citation shows that an article says something, not that it is true.
"""
KEEPING = """
Conversations are kept in your library. The sidebar lists them by date and finds older ones by their words; the menu of
each renames, exports or deletes it. The address of the page is that of what you see: a reload or a shared link shows
the same conversation, passage and choice of articles. Citations open the text that was quoted, also when the article
has changed since.

**Copy** and **Export** give the answer with its sources as footnotes. **Why this answer** shows the passages that were
found, their scores, and the time of each step. **Timeline** puts dated sentences in order.

Nothing leaves your machine unless you fetch a web page or set up a chat model.
"""
KEYS = """
| key | what it does |
|---|---|
| `/` | go to the question box, or to the search of the library |
| `Enter` | ask; on a number or a link: open it |
| `Shift` + `Enter` | a new line in the question |
| `Tab`, `Shift` + `Tab` | go through numbers, links and buttons |
| `[` `]` | step to the passage before and after, while an article is open |
| `Esc` | close what is open beside the page |
| `↑` `↓` `Page Up` `Page Down` | scroll the open article |
"""


def help_page() -> None:
    """Draw the page."""
    parts = {"Asking": ASKING, "Reading an answer": READING, "Keeping": KEEPING, "Keys": KEYS}
    with st.container(key="talk"):
        st.header("Help", anchor=False)
        for title, text in parts.items():
            st.subheader(title, anchor=False)
            st.markdown(text)
