"""Access: every operation of `openapi.yaml` is tried with every kind of token."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from tests.contract.access import (
    OPERATIONS,
    SCOPES,
    SECURED,
    SPEC,
    Access,
    Fixtures,
    Headers,
    Operation,
    bearer,
    events,
    prepare,
    served,
)
from tests.envelope import assert_error_envelope


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory."""
    with served(tmp_path_factory.mktemp("data")) as access:
        yield access


@pytest.fixture(scope="module")
def tokens(access: Access) -> Mapping[str, str]:
    """Give the secret of a token of each single scope."""
    return {scope: access.token(scope)[1] for scope in SCOPES}


@pytest.fixture(scope="module")
def refused(access: Access, tokens: Mapping[str, str]) -> Mapping[str, Headers]:
    """Give headers that must be refused, although most hold the secret of an admin token."""
    expires_at = datetime.now(UTC) + timedelta(seconds=0.5)
    _, expired = access.token("admin", expires_at=expires_at.isoformat())
    assert access.is_known(expired)
    revoked_id, revoked = access.token("admin")
    assert access.is_known(revoked)
    access.call("DELETE", f"/v3/tokens/{revoked_id}")
    replaced_id, replaced = access.token("admin")
    access.rotate(replaced_id, overlap_seconds=0)
    time.sleep(max(0.0, (expires_at - datetime.now(UTC)).total_seconds()))
    good = tokens["admin"]
    values = {
        "no secret": "Bearer",
        "no scheme": good,
        "another scheme": f"Basic {good}",
        "a comma": f"Bearer,{good}",
        "quotes": f'Bearer "{good}"',
        "two secrets": f"Bearer {good} {good}",
        "a list": f"Bearer {good}, Bearer {good}",
        "not ASCII": f"Bearer {good}\xff",
        "unknown": "Bearer ie_unknown",
        "nearly right": f"Bearer {good[:-1]}{'a' if good[-1] != 'a' else 'b'}",
        "in capitals": f"Bearer {good.upper()}",
        "the hash": f"Bearer {sha256(good.encode()).hexdigest()}",
        "the id": f"Bearer {replaced_id}",
        "very long": f"Bearer {'a' * 30_000}",
        "expired": f"Bearer {expired}",
        "revoked": f"Bearer {revoked}",
        "replaced": f"Bearer {replaced}",
    }
    others: dict[str, Headers] = {"nothing": {}, "a cookie": {b"Cookie": f"token={good}".encode()}}
    return others | {name: {b"Authorization": value.encode("latin-1")} for name, value in values.items()}


@pytest.fixture(scope="module")
def fixtures(access: Access) -> Fixtures:
    """Give the fixtures of the refused requests."""
    return prepare(access)


def test_only_the_login_and_the_health_checks_are_open() -> None:
    """Every other operation of the contract names at least one scope, of those there are."""
    is_open = {one.id for one in OPERATIONS if one.scopes is None}
    assert is_open == {"create_session", "check_liveness", "check_readiness"}
    assert set(SPEC["components"]["schemas"]["TokenScope"]["enum"]) == set(SCOPES)
    assert all(one.scopes and one.scopes <= set(SCOPES) for one in SECURED)


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
def test_nothing_opens_without_a_valid_token(
    access: Access, fixtures: Fixtures, refused: Mapping[str, Headers], operation: Operation
) -> None:
    """Without a token that is valid now, each operation is a 401 that names the scheme, and changes nothing."""
    before = access.kept(fixtures.ids["model_id"])
    for name, headers in refused.items():
        response = fixtures.send(access, operation, headers)
        assert response.status_code == 401, name
        assert response.headers["www-authenticate"].startswith("Bearer"), name
        assert_error_envelope(response.json(), 401)
        if operation.method == "GET":
            head = access.client.head(response.request.url, headers=headers)
            assert (head.status_code, head.content) == (401, b""), name
    assert access.kept(fixtures.ids["model_id"]) == before


@pytest.mark.parametrize("operation", SECURED, ids=lambda operation: operation.id)
def test_exactly_its_scopes_open_an_operation(
    access: Access, fixtures: Fixtures, tokens: Mapping[str, str], operation: Operation
) -> None:
    """A token of another scope is a 403 that changes nothing; one of the named scopes, or of admin, gets past it."""
    if not operation.is_read:
        fixtures = prepare(access)
    before = access.kept(fixtures.ids["model_id"])
    for scope in set(SCOPES) - set(operation.opening):
        response = fixtures.send(access, operation, bearer(tokens[scope]))
        assert response.status_code == 403, scope
        message = assert_error_envelope(response.json(), 403)["message"]
        assert message == f"The token needs the scope {' or '.join(sorted(operation.opening))}"
    assert access.kept(fixtures.ids["model_id"]) == before
    first, *others = [fixtures.send(access, operation, bearer(tokens[scope])) for scope in operation.opening]
    # A bearer token has no session to end.
    assert first.is_success or (operation.id, first.status_code) == ("delete_session", 404), first.text
    # The first request's effect may make the others fail, but not because of their scopes.
    assert all(response.status_code in (200, 202, 404, 409) for response in others)
    if operation.id in ("create_token", "rotate_token"):
        access.keep(first.json()["data"])
    access.settle()


def test_health_needs_no_token(access: Access, refused: Mapping[str, Headers]) -> None:
    """The health checks do not look at tokens, so that a bad one does not make a server look ill."""
    for path in ("/healthz", "/readyz"):
        assert {access.client.get(path, headers=headers).status_code for headers in refused.values()} == {200}


def test_a_token_of_two_scopes_opens_what_each_opens(access: Access) -> None:
    """Scopes add up, and do not add up to admin."""
    _, secret = access.token("ingest", "read")
    body = {"model_id": prepare(access).ids["model_id"], "env_type": "PRODUCTION"}
    assert access.send("POST", "/v3/events/query", secret, json=body).status_code == 200
    assert access.send("POST", "/v3/events", secret, json={**body, "source": events(id="a")}).status_code == 200
    assert access.send("GET", "/v3/tokens", secret).status_code == 403
