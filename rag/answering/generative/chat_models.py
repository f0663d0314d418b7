"""Which chat model writes, if any: "provider:model" by LangChain's init_chat_model, or a LangChain model as it is.

Nothing is loaded and nobody is called before the first question; with no model set, answers stay offline.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.answering.generative.prompt import CHARACTERS_A_TOKEN
from rag.config import Settings
from rag.errors import ChatModelError, ConfigError
from rag.forks import RenewedLock
from rag.tracing import UNTRACED, Span

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

# Ollama's default window, and the smallest that servers of local models are started with; a larger one is said by the
# model's profile or by llm_context_tokens.
DEFAULT_WINDOW = 4096
# The package that LangChain needs for a provider, as an extra of ours where there is one.
EXTRAS = ("openai", "anthropic", "ollama")
# A server on one's own machine asks for no key, but the OpenAI client insists on one.
NO_KEY = "none"

LEAST_COUNTED = 200  # tokens of a prompt from which its count says something about the tokenizer
CAUTION = 0.95  # the next prompt may hold more figures and names than the last
MOST_CHARACTERS = 6.0  # no tokenizer packs English tighter: a larger figure is a provider's slip

Chosen = Callable[[], "ChatModel"]


@dataclass(slots=True)
class Gauge:
    """How many characters a token of the model has: on the safe side at first, then as the provider counted them."""

    characters: float = CHARACTERS_A_TOKEN

    def learn(self, characters: int, tokens: int) -> None:
        """Take in what the provider counted for a prompt; templates add tokens, so a short prompt tells nothing."""
        if tokens > LEAST_COUNTED:
            self.characters = min(MOST_CHARACTERS, max(1.0, CAUTION * characters / tokens))


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A LangChain chat model with what an answer must know of it."""

    model: BaseChatModel
    name: str  # as it is shown on each answer: "openai:gpt-5-mini"
    window: int  # tokens that prompt and answer share
    gauge: Gauge = field(default_factory=Gauge)


@dataclass(frozen=True, slots=True)
class Model:
    """The chat model that is to write, loaded when it is first needed, and what its calls are made with."""

    chosen: Chosen
    timeout_s: float  # longest wait for its next words
    config: RunnableConfig | None = None  # LangChain's: callbacks, tags, ...
    span: Span = UNTRACED  # of the question that it is called for


def choose_model(llm: Any, settings: Settings) -> Chosen | None:
    """A function that gives the chat model, loaded at its first call; None when answers are to stay offline."""
    chosen = llm if llm is not None else settings.llm
    if not chosen:
        return None
    if isinstance(chosen, str):
        _checked_name(chosen)
    elif not (hasattr(chosen, "invoke") and hasattr(chosen, "astream")):
        raise ConfigError(
            f"llm is a {type(chosen).__name__}, which is no chat model.",
            'Give "provider:model" or a LangChain chat model.',
        )
    lock, made = RenewedLock(), list[ChatModel]()

    def model() -> ChatModel:
        with lock:
            if not made:
                made.append(_load(chosen, settings) if isinstance(chosen, str) else _given(chosen, settings))
            return made[0]

    return model


def _checked_name(name: str) -> None:
    provider, _, model = name.partition(":")
    if not provider.strip() or not model.strip():
        raise ConfigError(f"The chat model {name!r} is not of the form provider:model.", "Example: ollama:llama3.2")


def _load(name: str, settings: Settings) -> ChatModel:
    """The model called "provider:model"; it is not called yet."""
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    try:
        model = init_chat_model(name, **_arguments(provider, settings))
    except ImportError as error:
        message = f"The chat model {name} needs a package that is not installed."
        raise ConfigError(message, install_command(provider)) from error
    except Exception as error:  # each provider has error classes of its own: a missing key, an unknown provider
        raise ChatModelError(
            f"The chat model {name} cannot be set up: {_one_line(error)}.", _hint(provider, settings)
        ) from error
    return ChatModel(model, name, _window(model, settings))


def install_command(provider: str) -> str:
    """The command that installs what a provider needs, from the folder of the project where it is an extra of ours."""
    if provider in EXTRAS:
        return f'.venv/bin/pip install -c constraints.txt -e ".[{provider}]"'
    return f".venv/bin/pip install langchain-{provider.replace('_', '-')}"


def _arguments(provider: str, settings: Settings) -> Mapping[str, Any]:
    """What a provider's class is made with. Retries are ours: bounded, and the same for every provider."""
    timeout, address = settings.llm_timeout_s, settings.llm_base_url
    if provider == "ollama":
        return {"client_kwargs": {"timeout": timeout}, "temperature": 0} | ({"base_url": address} if address else {})
    if provider == "openai":
        found: dict[str, Any] = {"timeout": timeout, "max_retries": 0}
        if address:  # a server of one's own takes any temperature; some hosted models refuse to be given one
            found |= {"base_url": address, "temperature": 0, "stream_usage": True, "use_responses_api": False}
            if not os.environ.get("OPENAI_API_KEY"):
                found["api_key"] = NO_KEY
        return found
    if provider == "anthropic":
        return {"timeout": timeout, "max_retries": 0} | ({"base_url": address} if address else {})
    return {"base_url": address} if address else {}


def _given(model: BaseChatModel, settings: Settings) -> ChatModel:
    return ChatModel(model, _name_of(model), _window(model, settings))


def _name_of(model: Any) -> str:
    """The name to show for a LangChain model: its kind and what it calls itself."""
    own = next((str(value) for key in ("model_name", "model", "model_id") if (value := getattr(model, key, None))), "")
    kind = type(model).__name__.removeprefix("Chat").lower() or "model"
    return f"{kind}:{own}" if own else str(getattr(model, "name", None) or kind)


def _window(model: Any, settings: Settings) -> int:
    """Tokens that fit the model: as set, as its profile says, or the common smallest window."""
    if settings.llm_context_tokens:
        return settings.llm_context_tokens
    profile = getattr(model, "profile", None)
    said = profile.get("max_input_tokens") if isinstance(profile, Mapping) else None
    own = said or getattr(model, "num_ctx", None)
    return int(own) if own else DEFAULT_WINDOW


def _hint(provider: str, settings: Settings) -> str:
    if provider == "openai" and not settings.llm_base_url:
        return "Set OPENAI_API_KEY, or RAG_LLM_BASE_URL for a server of your own."
    return f"Look at the key and the name; see docs/chat-models.md for {provider}."


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
