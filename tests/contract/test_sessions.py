"""Sessions: how a browser logs in, what its cookie opens, and when it ends."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from inference_events.app import create_app
from inference_events.catalog import Catalog, sessions
from inference_events.catalog.database import sqlite_url
from inference_events.catalog.tables import SessionCode
from inference_events.logins import MAX_FAILURES
from inference_events.settings import Settings
from tests.contract.access import PRESET, Access, served
from tests.contract.serving import serve
from tests.envelope import assert_error_envelope

CONSOLE = {"X-Console": "1"}


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory."""
    with served(tmp_path_factory.mktemp("data")) as access:
        yield access


@contextmanager
def browser(access: Access, **login: str) -> Iterator[httpx.Client]:
    """Give a client that has logged in as the console does."""
    with httpx.Client(base_url=access.client.base_url, headers=CONSOLE) as client:
        begun = client.post("/v3/session", json=login)
        assert begun.status_code == 200, begun.text
        yield client


def cookie(response: httpx.Response) -> dict[str, str]:
    """Return the attributes of the cookie that a response sets; its name is under `name`."""
    first, *rest = response.headers["set-cookie"].split("; ")
    attributes = {part.partition("=")[0]: part.partition("=")[2] for part in rest}
    return {"name": first.partition("=")[0]} | attributes


def test_a_session_has_the_rights_of_its_token(access: Access) -> None:
    """The cookie opens what the token opens, and nothing else; the session names the token."""
    token_id, secret = access.token("read")
    with browser(access, token=secret) as client:
        shown = client.get("/v3/session").json()["data"]
        assert (shown["token_id"], shown["scopes"], shown["project_ids"]) == (token_id, ["read"], None)
        assert client.get("/v3/models").status_code == 200
        assert_error_envelope(client.get("/v3/tokens").json(), 403)


def test_a_session_of_a_limited_token_sees_its_projects_only(access: Access) -> None:
    """A limit to projects holds in a session, too."""
    mine, other = (access.call("POST", "/v3/projects", json={"name": f"p{time.time_ns()}"})["id"] for _ in range(2))
    _, secret = access.token("read", project_ids=[mine])
    with browser(access, token=secret) as client:
        assert [one["id"] for one in client.get("/v3/projects").json()["data"]["items"]] == [mine]
        assert client.get(f"/v3/projects/{other}").status_code == 404


def test_the_cookie_is_kept_from_scripts_and_other_sites(access: Access) -> None:
    """The cookie is HttpOnly and SameSite=Strict for the whole host; with TLS in front it is Secure."""
    plain = access.client.post("/v3/session", json={"token": PRESET})
    assert cookie(plain).keys() >= {"HttpOnly"}
    assert (cookie(plain)["SameSite"], cookie(plain)["Path"]) == ("Strict", "/")
    assert "Secure" not in cookie(plain)
    access.client.cookies.clear()


def test_a_public_url_with_tls_makes_the_cookie_secure(tmp_path: Path) -> None:
    """Behind a proxy that ends TLS the browser sends the cookie with TLS only, and the public origin is the own one."""
    settings = Settings(data_dir=tmp_path / "d", admin_token=SecretStr(PRESET), public_url="https://events.example")
    with serve(create_app(settings)) as url, httpx.Client(base_url=url, headers=CONSOLE) as client:
        begun = client.post("/v3/session", json={"token": PRESET})
        assert "Secure" in cookie(begun)
        value = begun.headers["set-cookie"].split(";")[0]
        for origin, status in (("https://events.example", 200), ("https://events.example.evil", 403)):
            assert client.get("/v3/session", headers={"Cookie": value, "Origin": origin}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://elsewhere.example"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Cookie": '"; a="; =;;'}, 401),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"X-Console": ""}, 403),
    ],
)
def test_only_the_servers_own_pages_use_a_session(access: Access, headers: dict[str, str], status: int) -> None:
    """A request with the cookie from another origin, another port of this host too, is refused with any method."""
    with browser(access, token=PRESET) as client:
        assert client.get("/v3/models", headers=headers).status_code == status
        name = f"p{time.time_ns()}"
        assert client.post("/v3/projects", json={"name": name}, headers=headers).status_code == status
        found = access.call("GET", "/v3/projects", params={"search": name})["total"]
        assert found == (status == 200)


def test_a_bearer_token_counts_before_the_cookie(access: Access) -> None:
    """With both, only the bearer token counts: an invalid one is refused, and a valid one needs no header."""
    with browser(access, token=PRESET) as client:
        assert client.get("/v3/session", headers={"Authorization": "Bearer wrong"}).status_code == 401
        _, secret = access.token("read")
        other = client.get("/v3/session", headers={"Authorization": f"Bearer {secret}", "X-Console": ""})
        assert other.json()["data"]["scopes"] == ["read"]


def test_a_form_of_another_page_cannot_log_in(access: Access) -> None:
    """What a form can send without a preflight begins no session."""
    body = '{"token": "' + PRESET + '"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        refused = access.client.post("/v3/session", content=body, headers={"Content-Type": kind})
        assert refused.status_code == 415
        assert "set-cookie" not in refused.headers


def test_logging_out_ends_the_session_on_the_server(access: Access) -> None:
    """After a logout the cookie is removed, and its old value opens nothing."""
    with browser(access, token=PRESET) as client:
        kept = dict(client.cookies)
        ended = client.delete("/v3/session")
        assert ended.status_code == 200
        assert cookie(ended)["Max-Age"] == "0"
        for name, value in kept.items():
            client.cookies.set(name, value)
        assert_error_envelope(client.get("/v3/session").json(), 401)


def test_a_bearer_token_has_no_session_to_end(access: Access) -> None:
    """Ending a session with a bearer token is a 404 that says why."""
    assert_error_envelope(access.send("DELETE", "/v3/session").json(), 404)


def test_a_session_ends_with_its_token(access: Access) -> None:
    """Revoking a token ends its sessions at once, and its expiry ends them in time."""
    token_id, secret = access.token("read")
    end = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    _, short = access.token("read", expires_at=end)
    with browser(access, token=secret) as client, browser(access, token=short) as brief:
        assert client.get("/v3/session").status_code == brief.get("/v3/session").status_code == 200
        access.call("DELETE", f"/v3/tokens/{token_id}")
        assert client.get("/v3/session").status_code == 401
        time.sleep(1)
        assert brief.get("/v3/session").status_code == 401


def test_a_code_works_once(access: Access) -> None:
    """A code begins one session of the token that made it; used again it is refused."""
    _, secret = access.token("read")
    code = access.call("POST", "/v3/session-codes", secret=secret)["code"]
    with browser(access, code=code) as client:
        assert client.get("/v3/session").json()["data"]["scopes"] == ["read"]
    assert access.client.post("/v3/session", json={"code": code}).status_code == 401


def test_a_code_of_a_revoked_token_is_refused(access: Access) -> None:
    """A code has no right of its own."""
    token_id, secret = access.token("read")
    code = access.call("POST", "/v3/session-codes", secret=secret)["code"]
    access.call("DELETE", f"/v3/tokens/{token_id}")
    assert access.client.post("/v3/session", json={"code": code}).status_code == 401


def test_a_token_has_ten_open_codes(access: Access) -> None:
    """One more code ends the oldest."""
    _, secret = access.token("read")
    codes = [access.call("POST", "/v3/session-codes", secret=secret)["code"] for _ in range(11)]
    assert access.client.post("/v3/session", json={"code": codes[0]}).status_code == 401
    for code in (codes[1], codes[-1]):
        assert access.client.post("/v3/session", json={"code": code}).status_code == 200
    access.client.cookies.clear()


@pytest.mark.parametrize("body", [{}, {"token": "a", "code": "b"}, {"token": ""}, {"password": "a"}])
def test_a_login_names_one_credential(access: Access, body: dict[str, Any]) -> None:
    """A login with both, neither or something else is a 400."""
    assert_error_envelope(access.client.post("/v3/session", json=body).json(), 400)


def test_sessions_survive_a_restart(tmp_path: Path) -> None:
    """A session that began before a restart works after it."""
    settings = Settings(data_dir=tmp_path / "data", admin_token=SecretStr(PRESET))
    with serve(create_app(settings)) as url:
        begun = httpx.post(f"{url}/v3/session", json={"token": PRESET})
    value = begun.headers["set-cookie"].split(";")[0]
    with serve(create_app(settings)) as url:
        assert httpx.get(f"{url}/v3/session", headers={**CONSOLE, "Cookie": value}).status_code == 200
        assert value.split("=")[1].encode() not in (tmp_path / "data" / "catalog.sqlite").read_bytes()


def test_failed_logins_are_limited(tmp_path: Path) -> None:
    """After ten failures of one address, further logins are a 429 that says when to try again."""
    settings = Settings(data_dir=tmp_path / "data", admin_token=SecretStr(PRESET))
    with serve(create_app(settings, validate_responses=True)) as url, httpx.Client(base_url=url) as client:
        for _ in range(MAX_FAILURES):
            assert client.post("/v3/session", json={"token": "wrong"}).status_code == 401
        refused = client.post("/v3/session", json={"token": PRESET})
        assert_error_envelope(refused.json(), 429)
        assert 0 < int(refused.headers["retry-after"]) <= 60


def test_an_old_code_is_refused(access: Access) -> None:
    """A code ends after 10 minutes."""
    code = access.call("POST", "/v3/session-codes")["code"]
    age = sessions.CODE_AGE
    with closing(Catalog(sqlite_url(access.data_dir / "catalog.sqlite"))) as catalog:
        catalog.write(lambda session: session.execute(update(SessionCode).values(created_at=datetime.now(UTC) - age)))
    assert access.client.post("/v3/session", json={"code": code}).status_code == 401
