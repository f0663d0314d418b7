"""The way to a real provider and back, as a browser goes it: which ID tokens let somebody in to the chat."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from issuers import new_key
from joserfc import jwt as jose
from joserfc.jwk import OctKey
from providers import CLIENT, COOKIES, LocalProvider, providing
from servers import served

sys.path.append(str(Path(__file__).parent / "browser"))
from chat_server import Server, running

FRONT, FAILED = "/", "/?sign-in-failed=yes"


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    with providing({"ann": {"name": "Ann"}}) as made:
        yield made


@pytest.fixture(scope="module")
def chat(provider: LocalProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in provider.settings().items():
            patch.setenv(name, value)
        with running(tmp_path_factory.mktemp("sign-in") / "library") as started:
            provider.way_back.add(f"{started.address}/oauth2callback")
            yield started


def began(client: httpx.Client, provider: LocalProvider) -> str:
    """The address of the provider's page to which the chat sends the browser."""
    ends = {"provider": "default", "exp": int(time.time()) + 60}
    ticket = jose.encode({"alg": "HS256"}, ends, OctKey.import_key(COOKIES))  # what st.login gives the page
    sent = client.get("/auth/login", params={"provider": ticket})
    assert sent.headers["location"].startswith(f"{provider.url}/authorize?")
    return sent.headers["location"]


def signed_in(chat: Server, provider: LocalProvider, person: str = "ann") -> httpx.Response:
    """The chat's answer to somebody who comes back from the provider."""
    with httpx.Client(base_url=chat.address, timeout=60, trust_env=False) as client:
        back = httpx.get(f"{began(client, provider)}&person={person}", trust_env=False).headers["location"]
        return client.get(back)


def lets_in(answer: httpx.Response) -> bool:
    cookies = [one for one in answer.headers.get_list("set-cookie") if one.startswith("_streamlit_user=")]
    return any(not one.startswith(('_streamlit_user=""', "_streamlit_user=;")) for one in cookies)


def test_who_comes_back_with_a_good_token_gets_a_cookie_that_scripts_cannot_read(
    chat: Server, provider: LocalProvider
) -> None:
    answer = signed_in(chat, provider)
    assert answer.headers["location"] == FRONT
    assert lets_in(answer)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("_streamlit_user=")]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()


def wrong_tokens(provider: LocalProvider) -> dict[str, Callable[[dict[str, Any]], str | None]]:
    now = int(time.time())
    pem = provider.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def but(audience: str | None = CLIENT, **other: Any) -> Callable[[dict[str, Any]], str]:
        return lambda right: provider.token(audience, **right | other)

    def unsigned(right: dict[str, Any]) -> str:
        _, body, _ = provider.token(CLIENT, **right).split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"first"}').rstrip(b"=").decode()
        return f"{none}.{body}."

    def changed(right: dict[str, Any]) -> str:
        head, body, signature = provider.token(CLIENT, **right).split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        other = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "root"}).encode()).rstrip(b"=").decode()
        return f"{head}.{other}.{signature}"

    def shared(right: dict[str, Any]) -> str:
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
        body = provider.token(CLIENT, **right).split(".")[1]
        signed = jwt.api_jws.PyJWS().get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), pem)
        return f"{head}.{body}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"

    return {
        "unsigned": unsigned,
        "claims changed": changed,
        "signed with the public key": shared,
        "another key under a known name": lambda right: provider.token(CLIENT, key=new_key(), **right),
        "for another client": but(audience="other"),
        "for nobody": but(audience=None),
        "of another issuer": but(iss="https://other.example"),
        "expired": but(exp=now - 600),
        "without an end": but(exp=None),
        "of another sign-in": but(nonce="another"),
        "of no sign-in": but(nonce=None),
        "without a user": but(sub=None),
        "no token at all": lambda _: None,
        "no token but text": lambda _: "a.b.c",
    }


def test_tokens_that_are_not_good_let_nobody_in_and_the_page_is_told(chat: Server, provider: LocalProvider) -> None:
    try:
        for name, forge in wrong_tokens(provider).items():
            provider.forge = forge
            answer = signed_in(chat, provider)
            assert not lets_in(answer), name
            assert answer.headers["location"] == FAILED, name
    finally:
        provider.forge = None
    assert lets_in(signed_in(chat, provider))


def test_who_is_refused_by_the_provider_and_who_replays_an_answer_of_it_stay_out(
    chat: Server, provider: LocalProvider
) -> None:
    refused = signed_in(chat, provider, "nobody")
    assert refused.headers["location"] == FAILED
    assert not lets_in(refused)
    with httpx.Client(base_url=chat.address, timeout=60, trust_env=False) as client:
        back = httpx.get(f"{began(client, provider)}&person=ann", trust_env=False).headers["location"]
        elsewhere = httpx.get(back, trust_env=False)  # another browser got hold of the address
        assert not lets_in(elsewhere)
        assert lets_in(client.get(back))
        assert not lets_in(client.get(back))


def test_files_are_closed_to_who_has_not_signed_in(chat: Server) -> None:
    for path in ("/media/0123456789.pdf", "/_stcore/upload_file/session/file"):
        assert httpx.get(f"{chat.address}{path}", trust_env=False).status_code == 401


def test_rag_serve_lets_people_in_to_the_chat_and_asks_programs_for_a_token(
    provider: LocalProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in provider.settings().items():
        monkeypatch.setenv(name, value)
    with served(tmp_path / "library") as server:
        provider.way_back.add(f"{str(server.base_url).rstrip('/')}/oauth2callback")
        assert server.get("/").status_code == 200
        back = httpx.get(f"{began(server, provider)}&person=ann", trust_env=False).headers["location"]
        assert lets_in(server.get(back))
        assert server.get("/media/0123.pdf").status_code == 404  # with the cookie: there is no such file
        assert server.get("/api/articles").status_code == 401  # the chat's cookie is no token
        assert server.post("/mcp").status_code == 401
