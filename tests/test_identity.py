"""Who has signed in to the chat, by claims and settings; what sign-in needs before anybody can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from providers import CLIENT, COOKIES, SECRET, LocalProvider, providing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from typer.testing import CliRunner

from rag.cli.app import app
from rag.config import Settings, load_settings
from rag.errors import ConfigError, SignInNeeded
from rag.ui.identity import Ended, person_of
from rag.ui.openid import findings, secrets_for
from rag.ui.sign_in_guard import SignInGuard

ISSUER = "https://login.example"
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CLAIMS = {"is_logged_in": True, "iss": ISSUER, "aud": CLIENT, "sub": "ann", "iat": NOW.timestamp(), "nonce": "n1"}


def settings(**other: Any) -> Settings:
    given = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return Settings(**given | {"oidc_cookie_secret": COOKIES} | other)


def test_the_claims_name_the_person_the_groups_and_how_long_the_sign_in_holds() -> None:
    person = person_of(CLAIMS | {"name": "Ann\u202eExample", "groups": ["desk", 7]}, settings(oidc_hours=8), NOW)
    assert (person.name, person.groups, person.shown) == ("ann", ("desk",), "AnnExample")
    assert person.until == NOW + timedelta(hours=8)
    several = CLAIMS | {"aud": ["other", CLIENT], "mail": "a@b.example", "roles": "x"}
    other = person_of(several, settings(oauth_user_claim="mail", oauth_groups_claim="roles"), NOW)
    assert (other.name, other.groups) == ("a@b.example", ("x",))


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"is_logged_in": False}, "Sign in"),
        ({"is_logged_in": "yes"}, "Sign in"),
        ({"iss": "https://other.example"}, "ended"),
        ({"iss": None}, "ended"),
        ({"aud": "other"}, "ended"),
        ({"aud": ["other"]}, "ended"),
        ({"aud": CLIENT + "x"}, "ended"),
        ({"aud": None}, "ended"),
        ({"iat": None}, "does not say who"),
        ({"iat": True}, "does not say who"),
        ({"iat": "soon"}, "does not say who"),
        ({"iat": float("nan")}, "does not say who"),
        ({"iat": 1e300}, "does not say who"),
        ({"iat": (NOW - timedelta(hours=12)).timestamp()}, "ended"),
        ({"iat": (NOW + timedelta(hours=1)).timestamp()}, "ended"),
        ({"sub": None}, "does not say who"),
        ({"sub": " "}, "does not say who"),
        ({"sub": "x" * 201}, "does not say who"),
    ],
)
def test_other_claims_let_nobody_in(claims: dict[str, Any], said: str) -> None:
    with pytest.raises(SignInNeeded, match=said):
        person_of(CLAIMS | claims, settings(), NOW)


def test_an_address_that_nobody_has_checked_names_nobody() -> None:
    by_mail = settings(oauth_user_claim="email")
    with pytest.raises(SignInNeeded, match="does not say who"):
        person_of(CLAIMS | {"email": "ann@a.example"}, by_mail, NOW)
    assert person_of(CLAIMS | {"email": "ann@a.example", "email_verified": True}, by_mail, NOW).name == "ann@a.example"


def test_a_sign_in_that_was_ended_stays_so_and_another_of_the_same_person_counts() -> None:
    ended = Ended()
    first, later = (person_of(CLAIMS | {"nonce": one}, settings(), NOW) for one in ("n1", "n2"))
    ended.add(first, NOW)
    assert first in ended
    assert later not in ended
    ended.add(later, NOW + timedelta(hours=13))
    assert first not in ended  # its time is over anyway


def test_streamlit_is_told_of_the_provider_and_of_the_way_back() -> None:
    assert secrets_for(Settings()) is None
    made = secrets_for(settings(), "https://articles.example/")
    assert made is not None
    assert made["auth"]["redirect_uri"] == "https://articles.example/oauth2callback"
    assert made["auth"]["server_metadata_url"] == f"{ISSUER}/.well-known/openid-configuration"
    here = secrets_for(settings())
    assert here is not None
    assert here["auth"]["redirect_uri"] == "http://127.0.0.1:{port}/oauth2callback"


@pytest.mark.parametrize("address", ["http://articles.example", "articles.example", "https://articles.example/chat"])
def test_a_way_back_over_plain_http_or_to_a_path_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        secrets_for(settings(), address)
    with pytest.raises(ConfigError, match="https"):
        secrets_for(settings(oidc_issuer="http://login.example"))


@pytest.mark.parametrize("lacking", ["client_id", "client_secret", "cookie_secret"])
def test_sign_in_without_all_of_its_settings_is_refused_and_no_secret_is_shown(
    lacking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_CONFIG", str(tmp_path / "rag.toml"))
    given = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    given |= {"oidc_cookie_secret": COOKIES}
    assert load_settings(**given).oidc_hours == 12
    with pytest.raises(ConfigError, match=f"oidc_{lacking}.*RAG_OIDC_{lacking.upper()}") as refused:
        load_settings(**given | {f"oidc_{lacking}": ""})
    with pytest.raises(ConfigError, match="fewer than 32") as short:
        load_settings(**given | {"oidc_cookie_secret": "too short to sign"})
    for error in (refused, short):
        assert not any(secret in str(error.value) for secret in (SECRET, COOKIES, "too short to sign"))


@pytest.fixture(scope="module")
def provider() -> Any:
    with providing({"ann": {}}) as made:
        yield made


def test_the_doctor_asks_the_provider(provider: LocalProvider) -> None:
    assert findings(Settings()) == ()
    assert [one.severity for one in findings(settings(oidc_issuer=provider.url))] == ["ok"]
    (other,) = findings(settings(oidc_issuer=provider.url.replace("127.0.0.1", "localhost")))
    assert other.severity == "error"
    assert provider.url in other.mend
    (gone,) = findings(settings(oidc_issuer="http://127.0.0.1:9"))
    assert "does not answer" in gone.message


@pytest.mark.parametrize("command", ["chat", "serve"])
def test_a_server_that_people_sign_in_to_says_where_they_come_back_and_lets_nobody_else_in(
    command: str, provider: LocalProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in provider.settings().items():
        monkeypatch.setenv(name, value)
    library = ["--library", str(tmp_path / "library")]
    opened = CliRunner().invoke(app, [command, "--open", *library])
    assert isinstance(opened.exception, ConfigError)
    assert "--open" in str(opened.exception)
    elsewhere = CliRunner().invoke(app, [command, "--host", "0.0.0.0", *library])
    assert isinstance(elsewhere.exception, ConfigError)
    assert "--address" in elsewhere.exception.hint


def guarded(*, tls: bool = False) -> TestClient:
    """What stands behind the guard answers everything, and sets what cookie the request asks for."""

    def answer(request: Request) -> Response:
        coming_back = request.url.path.endswith("oauth2callback")
        response = RedirectResponse("/") if coming_back else PlainTextResponse("let in")
        if "cookie" in request.query_params:
            response.set_cookie("_streamlit_user", request.query_params["cookie"])
        return response

    inner = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "PUT"])])
    return TestClient(SignInGuard(inner, settings(), tls=tls), follow_redirects=False)


def test_files_go_neither_way_without_sign_in_and_forged_cookies_open_none() -> None:
    client = guarded()
    assert client.get("/").text == "let in"
    forged = {"cookie": '_streamlit_user="{\\"is_logged_in\\": true, \\"sub\\": \\"ann\\"}"'}
    for path in ("/media/0123.pdf", "/_stcore/upload_file/session/file", "/library/_stcore/upload_file/s/f"):
        assert client.get(path).status_code == 401
        assert client.put(path, headers=forged).status_code == 401


def test_a_way_back_that_lets_nobody_in_is_told_to_the_page() -> None:
    client = guarded()
    for query in ("state=x&code=y", "state=x&error=access_denied", "state=x&cookie="):
        assert client.get(f"/oauth2callback?{query}").headers["location"] == "/?sign-in-failed=yes"
    assert client.get("/oauth2callback?state=x&code=y&cookie=signed").headers["location"] == "/"
    assert client.get("/oauth2callback").headers["location"] == "/"  # back from signing out


def test_cookies_of_a_chat_behind_tls_travel_by_tls_only() -> None:
    assert "Secure" not in guarded().get("/?cookie=x").headers["set-cookie"]
    assert guarded(tls=True).get("/?cookie=x").headers["set-cookie"].endswith("; Secure")
