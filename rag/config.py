"""Settings, read once: environment variables `RAG_*` over one TOML file over the defaults. Unknown keys are errors."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import ConfigError

DEFAULT_FILE = Path("rag.toml")
TEAM = "docs/team.md tells how"
SHORTEST_SECRET = 32  # characters
# Settings of earlier versions, and what to do in their place.
REPLACED = {
    "reader_budget_ms": "Set reader_windows (RAG_READER_WINDOWS) to how many windows are read: an amount of work, so "
    "that the same question gets the same answer on a busy machine.",
}


class Settings(BaseSettings):
    """Frozen settings. Each field can be set by `RAG_<NAME>` or by the same name in `rag.toml` (or the file in
    RAG_CONFIG)."""

    model_config = SettingsConfigDict(env_prefix="RAG_", extra="forbid", frozen=True)

    library: Path = Field(Path("library"), description="Folder of the library; made when missing.")
    database: SecretStr = Field(
        SecretStr(""),
        description="Address of a PostgreSQL database that holds the library, as postgresql://user:password@host/name; "
        "empty: a file in the library's folder.",
    )
    embedder: str = Field(
        "builtin", description="'builtin' (all-MiniLM-L6-v2) or any sentence-transformers model or folder."
    )
    reader: str = Field(
        "builtin", description="'builtin', 'none' (plain sentence selector) or a Hugging Face QA or cross-encoder."
    )
    reader_windows: int = Field(
        9,
        ge=1,
        le=200,
        description="Windows of 6 to 12 sentences read for a question: the best, the surest of them moved, and the "
        "best sentences together.",
    )
    refuse_below: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Answers less sure than this become a refusal; unset: as the reader needs it.",
    )
    llm: str = Field("", description="Chat model as 'provider:model'; empty means offline answers.")
    llm_base_url: str = Field("", description="Address of an OpenAI-compatible server.")
    llm_timeout_s: float = Field(
        60.0, gt=0, le=3_600, description="Longest wait for the chat model's next words, per attempt."
    )
    llm_context_tokens: int = Field(
        0, ge=0, description="Context window of the chat model; 0: what the model says of itself, else 4,096."
    )
    strict: bool = Field(False, description="Leave out sentences of a chat model that the articles do not support.")
    oauth_issuer: str = Field(
        "", description="Issuer of access tokens for `rag serve --sign-in`; empty: personal tokens only."
    )
    oauth_audience: str = Field("", description="Audience of these tokens; empty: this server's --address.")
    oauth_jwks: str = Field("", description="Address of the issuer's keys; empty: as the issuer's metadata say.")
    oauth_user_claim: str = Field("sub", min_length=1, description="Claim that names the user.")
    oauth_groups_claim: str = Field("groups", min_length=1, description="Claim that names the user's groups.")
    oidc_issuer: str = Field(
        "", description="OpenID provider at which people sign in to the chat; empty: the chat has no sign-in."
    )
    oidc_client_id: str = Field("", description="Name of the chat at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Its secret there.")
    oidc_cookie_secret: SecretStr = Field(
        SecretStr(""), description="What signs the cookie of those who signed in: 32 random characters or more."
    )
    oidc_scope: str = Field("openid email profile", description="What the provider is asked to tell of a person.")
    oidc_hours: float = Field(12.0, gt=0, le=720, description="Hours after which people sign in again.")
    lock_timeout_s: float = Field(30.0, ge=0, description="How long a second writer waits for the first.")
    chroma: str = Field(
        "",
        description="Address of a Chroma server, as http://127.0.0.1:8000, or several with commas between, which share "
        "the index; Chroma Cloud: https://api.trychroma.com/TENANT/DATABASE; "
        "pgvector: in the database of RAG_DATABASE; empty: Chroma runs inside the program.",
    )
    chroma_token: SecretStr = Field(
        SecretStr(""), description="API key of Chroma Cloud, or of a proxy that asks for it."
    )

    @field_validator("chroma")
    @classmethod
    def _addresses(cls, value: str) -> str:
        """The addresses with one comma between; what is no address of a server is an error."""
        return ",".join(_server(one.strip()) for one in value.split(",") if one.strip())

    @property
    def chroma_servers(self) -> tuple[str, ...]:
        """Addresses of the Chroma servers that share the dense index; none when Chroma runs inside the program."""
        return tuple(self.chroma.split(",")) if self.chroma else ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        file = Path(os.environ.get("RAG_CONFIG", DEFAULT_FILE))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; a ConfigError names the key, the value and what to do."""
    for old, successor in REPLACED.items():
        if f"RAG_{old.upper()}" in os.environ or old in overrides:
            raise ConfigError(f"The setting '{old}' is gone.", successor)
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith("RAG_") and name != "RAG_CONFIG" and name[4:].lower() not in Settings.model_fields
    )
    if unknown:
        raise ConfigError(f"Unknown setting {unknown[0]} in the environment.", f"Known: {_known()}.")
    try:
        return _complete(Settings(**overrides))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if key in REPLACED:
            raise ConfigError(f"The setting '{key}' is gone.", REPLACED[key]) from error
        raise ConfigError(
            f"Setting '{key}' = {_without_secret(first['input'])!r}: {first['msg']}.", f"Known: {_known()}."
        ) from error
    except tomllib.TOMLDecodeError as error:
        file = os.environ.get("RAG_CONFIG", DEFAULT_FILE)
        raise ConfigError(f"{file} is not valid TOML: {error}.", "Mend the line, or remove the file.") from error


def _complete(settings: Settings) -> Settings:
    """The settings; a ConfigError when people are to sign in and what this needs is not set. No secret is shown."""
    if not settings.oidc_issuer:
        return settings
    given = {
        "oidc_client_id": settings.oidc_client_id,
        "oidc_client_secret": settings.oidc_client_secret.get_secret_value(),
        "oidc_cookie_secret": settings.oidc_cookie_secret.get_secret_value(),
    }
    for name, value in given.items():
        if not value:
            raise ConfigError(f"Sign-in at {settings.oidc_issuer} needs {name}.", f"Set RAG_{name.upper()}: {TEAM}.")
    if len(given["oidc_cookie_secret"]) < SHORTEST_SECRET:
        hint = 'Make one: python3 -c "import secrets; print(secrets.token_hex(32))"'
        raise ConfigError(f"oidc_cookie_secret has fewer than {SHORTEST_SECRET} characters.", hint)
    return settings


def _server(address: str) -> str:
    """The address of a server as "http://host:port", with tenant and database where it names them.

    A ValueError says what is wrong with it.
    """
    if address == "pgvector":  # the library's own PostgreSQL
        return address
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address of a Chroma server looks like http://127.0.0.1:8000")
    names = [name for name in parts.path.split("/") if name]
    if parts.username or parts.password or len(names) not in (0, 2) or parts.query or parts.fragment:
        raise ValueError(
            "the address of a Chroma server has a host and a port only, no user, password or path, "
            "but for /TENANT/DATABASE of Chroma Cloud"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return "/".join([f"{parts.scheme}://{host}:{port}", *names])


def _without_secret(value: object) -> object:
    """The value, without the user and password that an address may hold."""
    scheme, slashes, rest = value.partition("://") if isinstance(value, str) else ("", "", "")
    return f"{scheme}{slashes}...@{rest.rpartition('@')[2]}" if slashes and "@" in rest else value


def _known() -> str:
    return ", ".join(f"RAG_{name.upper()}" for name in Settings.model_fields)
