"""The chat: `streamlit run app.py`, `python app.py` or `rag chat`."""

import streamlit as st

from rag.ui.launch import SCRIPT, parts, serve

app = st.App(SCRIPT, **parts())

if __name__ == "__main__":
    serve()
