"""`rag serve --sign-in` with an OAuth issuer: which access tokens open REST and MCP, and how agents find the issuer."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from issuers import LocalIssuer, issuing, new_key
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from servers import served

import rag
from rag.errors import ConfigError
from rag.schema import Article
from rag.server.oauth import Issuer
from rag.server.problems import Refused
from rag.store.grants import Grant

HERE = "https://articles.example"
TRAINS = Article(title="Night trains return", text="The railway of Norrland will run night trains again in June.")
SWANS = Article(title="Swans at Zelthorpe", text="Nineteen swans came to the canal of Zelthorpe this morning.")


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oauth") / "library"
    with rag.Library.open(path) as library:
        library.add([TRAINS], collection="Rail")
        library.add([SWANS], collection="Birds")
        library.grants.give(Grant("user", "ann", "Rail"))
        library.grants.give(Grant("group", "wardens", "Birds", may_write=True))
    return path


@pytest.fixture(scope="module")
def server(folder: Path, issuer: LocalIssuer) -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_OAUTH_ISSUER", issuer.url)
        with served(folder, "--sign-in", "--address", HERE, "--rate", "0") as client:
            yield client


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def titles(server: httpx.Client, token: str) -> list[str]:
    return [one["title"] for one in server.get("/api/articles", headers=bearing(token)).json()["articles"]]


@pytest.mark.parametrize("audience", [HERE, f"{HERE}/mcp", f"{HERE}/api", ["other", HERE]])
def test_a_token_for_this_server_opens_what_its_user_may_read(
    server: httpx.Client, issuer: LocalIssuer, audience: Any
) -> None:
    assert titles(server, issuer.token(audience)) == [TRAINS.title]
    assert titles(server, issuer.token(audience, sub="nobody")) == []


def test_groups_of_the_token_count(server: httpx.Client, issuer: LocalIssuer) -> None:
    warden = issuer.token(HERE, sub="ben", groups=["wardens", "others"])
    assert titles(server, warden) == [SWANS.title]
    page = {
        "articles": [{"title": "Herons", "text": "A heron stood in the canal all day long."}],
        "collection": "Birds",
    }
    assert server.post("/api/articles", json=page, headers=bearing(warden)).json()["added"]
    assert server.post("/api/articles", json=page, headers=bearing(issuer.token(HERE))).status_code == 403
    assert titles(server, issuer.token(HERE, sub="ben", groups={"wardens": True})) == []


def wrong_tokens(issuer: LocalIssuer) -> dict[str, str]:
    now, public = int(time.time()), issuer.keys["first"].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = issuer.token(HERE)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    other = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "root"}).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"first"}').rstrip(b"=").decode()
    shared = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
    signed = jwt.api_jws.PyJWS().get_algorithm_by_name("HS256")
    forged = signed.sign(f"{shared}.{body}".encode(), pem)
    return {
        "expired": issuer.token(HERE, exp=now - 120),
        "not yet good": issuer.token(HERE, nbf=now + 600),
        "without an end": issuer.token(HERE, exp=None),
        "for another server": issuer.token("https://other.example"),
        "for nobody": issuer.token(None),
        "of another issuer": issuer.token(HERE, iss="https://other.example"),
        "of no issuer": issuer.token(HERE, iss=None),
        "without a user": issuer.token(HERE, sub=None),
        "user is empty": issuer.token(HERE, sub=" "),
        "user is too long": issuer.token(HERE, sub="x" * 201),
        "an unknown key": issuer_with(issuer, "unknown").token(HERE, kid="unknown"),
        "another key under a known name": issuer.token(HERE, key=new_key()),
        "no signature": f"{none}.{body}.",
        "signed with the public key": f"{shared}.{body}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}",
        "claims changed": f"{head}.{other}.{signature}",
        "far too long": issuer.token(HERE, padding="x" * 20_000),
        "no token at all": "a.b.c",
    }


def issuer_with(issuer: LocalIssuer, name: str) -> LocalIssuer:
    """The same issuer with a key that it does not publish."""
    return LocalIssuer(issuer.url, {**issuer.keys, name: new_key()})


def test_tokens_that_are_not_good_open_nothing(server: httpx.Client, issuer: LocalIssuer) -> None:
    for name, token in wrong_tokens(issuer).items():
        for path in ("/api/articles", "/mcp"):
            refused = server.get(path, headers=bearing(token))
            assert refused.status_code == 401, name
            assert 'error="invalid_token"' in refused.headers["www-authenticate"], name
    assert titles(server, issuer.token(HERE)) == [TRAINS.title]


def test_an_agent_finds_the_issuer_from_the_refusal(server: httpx.Client, issuer: LocalIssuer) -> None:
    for resource in ("/mcp", "/api"):
        refused = server.get(f"{resource}/articles" if resource == "/api" else resource)
        challenge = refused.headers["www-authenticate"]
        assert challenge == f'Bearer resource_metadata="{HERE}/.well-known/oauth-protected-resource{resource}"'
        told = server.get(f"/.well-known/oauth-protected-resource{resource}").json()
        assert told["resource"] == f"{HERE}{resource}"
        assert [one.rstrip("/") for one in told["authorization_servers"]] == [issuer.url]
        assert told["bearer_methods_supported"] == ["header"]


def test_mcp_takes_the_token_too_and_the_record_names_the_user(
    server: httpx.Client, issuer: LocalIssuer, folder: Path
) -> None:
    async def ask() -> Any:
        async with httpx2.AsyncClient(headers=bearing(issuer.token(f"{HERE}/mcp")), timeout=60) as http:
            transport = streamable_http_client(f"{str(server.base_url).rstrip('/')}/mcp", http_client=http)
            async with Client(transport) as client:
                return await client.call_tool("ask", {"question": "What will the railway run again?"})

    assert "night trains" in str(asyncio.run(ask()))
    with rag.Library.open(folder) as library:
        (deed,) = library.deeds.latest(1)
    assert (deed.name, deed.token, deed.act) == ("ann", "oauth:ann", "ask")


def settings(issuer: LocalIssuer | str, **other: Any) -> rag.Settings:
    return rag.Settings(oauth_issuer=issuer if isinstance(issuer, str) else issuer.url, **other)


def test_a_key_that_the_issuer_publishes_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with issuing() as issuer:
        checked = Issuer(settings(issuer), HERE)
        assert checked.identity(issuer.token(HERE)) is not None
        monkeypatch.setattr(checked._client(), "cooldown_duration", 0)
        issuer.keys["second"] = new_key()
        assert checked.identity(issuer.token(HERE, kid="second")) is not None


def test_an_issuer_that_is_gone_is_said_in_one_line_and_known_keys_go_on() -> None:
    with issuing() as issuer:
        checked, late = Issuer(settings(issuer), HERE), Issuer(settings(issuer), HERE)
        token = issuer.token(HERE)
        assert checked.identity(token) is not None
    assert checked.identity(token) is not None
    with pytest.raises(Refused, match="cannot be asked for its keys") as refused:
        late.identity(token)
    assert refused.value.status == 503


def test_an_address_that_nobody_has_checked_names_no_user(issuer: LocalIssuer) -> None:
    checked = Issuer(settings(issuer, oauth_user_claim="email"), HERE)
    assert checked.identity(issuer.token(HERE, email="ann@a.example")) is None
    assert checked.identity(issuer.token(HERE, email="ann@a.example", email_verified=False)) is None
    found = checked.identity(issuer.token(HERE, email="ann@a.example", email_verified=True))
    assert found is not None
    assert found.name == "ann@a.example"


def test_metadata_of_another_issuer_are_not_believed(issuer: LocalIssuer) -> None:
    checked = Issuer(settings(issuer.url.replace("127.0.0.1", "localhost")), HERE)
    with pytest.raises(Refused):
        checked.identity(issuer.token(HERE))


@pytest.mark.parametrize("url", ["http://login.example", "login.example", "file:///etc/passwd", "ftp://127.0.0.1"])
def test_an_issuer_whose_keys_could_be_anybodys_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigError, match="https"):
        Issuer(settings(url), HERE)
