"""The settings page: which chat model writes the answers, if any, with a button that tries it.

A choice holds for this server until it ends; `rag.toml` or the environment make it last. Addresses of servers come from
the settings, or are on this machine: whoever can open the page must not be able to send questions and keys elsewhere.
"""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from urllib.parse import urlsplit

import streamlit as st

from rag.answering.generative.chat_models import install_command
from rag.answering.generative.model_stream import probe
from rag.config import Settings
from rag.errors import RagError
from rag.ui.backend import Backend, current
from rag.ui.markdown import escape, shorten

OFFLINE = "Offline: the articles' own sentences"
PROVIDERS = {
    OFFLINE: "",
    "Ollama": "ollama",
    "OpenAI-compatible server (vLLM, llama.cpp, LM Studio)": "openai",
    "OpenAI": "openai",
    "Anthropic": "anthropic",
    "Other (provider:model)": "",
}
LOCAL = "OpenAI-compatible server (vLLM, llama.cpp, LM Studio)"
OTHER = "Other (provider:model)"
LOCAL_ADDRESS = "http://127.0.0.1:8080/v1"


def model_page() -> None:
    """Draw the page."""
    backend = current()
    if backend.library is None:
        st.info("The library is still opening. Try again in a moment.")
        return
    if not backend.rights.manages:
        st.info("Who writes the answers is chosen by those who may change the whole library.")
        return
    st.header("Who writes the answers?", anchor=False)
    st.markdown(
        "Offline answers are the articles' own sentences and cost nothing. A chat model writes more fluently; every "
        "sentence of it is checked against the articles, and the passages that were found are sent to it."
    )
    st.markdown(f"Now: **{escape(backend.settings.llm or 'offline')}**")
    kind = _choose_kind(backend.settings)
    wanted = _form(backend.settings, kind)
    lacking = bool(missing(kind))
    with st.container(horizontal=True):
        tried = st.button("Try it", key="model-try", disabled=lacking or not wanted.llm)
        used = st.button("Use it for new questions", key="model-use", type="primary", disabled=lacking)
    if tried:
        _try(wanted)
    if used:
        _use(backend, wanted)


def missing(kind: str) -> str:
    """The command that brings the package of a kind of model; empty when it is there."""
    provider = PROVIDERS[kind]
    return install_command(provider) if provider and find_spec(f"langchain_{provider}") is None else ""


def _choose_kind(settings: Settings) -> str:
    """The kind of model; those whose package is missing are grey, with the command that brings it."""
    kinds = list(PROVIDERS)
    lacking = {kind: command for kind in kinds if (command := missing(kind))}
    return st.radio(
        "Model", kinds, index=_kind_of(settings), key="model-kind",
        format_func=lambda kind: f":gray[{escape(kind)}]" if kind in lacking else escape(kind),
        captions=[f"Its package is missing: `{lacking[kind]}`" if kind in lacking else "" for kind in kinds],
    )  # fmt: skip


def _form(settings: Settings, kind: str) -> Settings:
    """The settings with what is chosen in the form; its own choice is kept while it is drawn again."""
    name = address = ""
    if kind != OFFLINE:
        given = settings.llm if kind == OTHER else settings.llm.partition(":")[2]
        label = "provider:model" if kind == OTHER else "Name of the model"
        name = st.text_input(label, value=given, key="model-name", max_chars=200).strip()
    if kind == LOCAL:
        own = settings.llm_base_url or LOCAL_ADDRESS
        address = st.text_input("Address on this machine", value=own, key="model-address", max_chars=300).strip()
    elif kind in ("Ollama", OTHER):
        address = settings.llm_base_url
    provider = PROVIDERS[kind]
    llm = "" if not name else name if kind == OTHER else f"{provider}:{name}"
    return settings.model_copy(update={"llm": llm, "llm_base_url": address if llm else settings.llm_base_url})


def _kind_of(settings: Settings) -> int:
    provider = settings.llm.partition(":")[0]
    if not provider:
        kind = OFFLINE
    elif provider == "openai":
        kind = LOCAL if settings.llm_base_url else "OpenAI"
    else:
        kind = {"ollama": "Ollama", "anthropic": "Anthropic"}.get(provider, OTHER)
    return list(PROVIDERS).index(kind)


def allowed_address(address: str, configured: str) -> bool:
    """Whether the page may use an address: none, that of the settings, or one on this machine."""
    if not address or address == configured:
        return True
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _checked(wanted: Settings) -> bool:
    if allowed_address(wanted.llm_base_url, current().settings.llm_base_url):
        return True
    st.error(
        f"“{escape(shorten(wanted.llm_base_url, 200))}” is no address on this machine such as {escape(LOCAL_ADDRESS)}. "
        "An address elsewhere is set by RAG\\_LLM\\_BASE\\_URL, or `llm_base_url` in rag.toml."
    )
    return False


def _try(wanted: Settings) -> None:
    if _checked(wanted):
        with st.spinner("Asking for one word…"):
            found = probe(wanted)
        (st.success if found.works else st.error)(escape(found.message))


def _use(backend: Backend, wanted: Settings) -> None:
    if not _checked(wanted):
        return
    try:
        backend.choose_model(wanted.llm, wanted.llm_base_url)
    except RagError as error:
        st.error(escape(str(error)))
        return
    st.success(escape(f"From now on: {wanted.llm or 'offline answers'}."))
