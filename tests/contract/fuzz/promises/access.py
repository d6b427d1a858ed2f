"""Access: each scope opens what the contract says and no more, and tokens end. Unknown parameters are refused."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import strategies as st

from tests.contract.fuzz.promises.promise import OPERATIONS, SCOPES, Operation, promise
from tests.contract.fuzz.promises.samples import new_project, new_token
from tests.contract.fuzz.promises.session import Session

ADMIN = "admin"
LIFETIME = timedelta(seconds=2)
KEPT = ("name", "scopes", "project_ids", "expires_at")
PLACES = ("POST", "PATCH", "PUT")


@promise(*OPERATIONS, is_exhaustive=True)
def scopes_open_what_the_contract_says(session: Session, data: st.DataObject) -> None:
    """A token of one scope is refused with 403 by every operation that does not name it, and by no other.

    The ids do not exist and the bodies are empty, so no request changes anything.
    """
    for scope in SCOPES:
        with session.as_token(new_token(session, scope)["token"]) as holder:
            for operation in OPERATIONS.values():
                is_open = operation.scopes is None or scope == ADMIN or scope in operation.scopes
                status = _try(holder, operation)
                assert (status != 403) == is_open, f"{scope}: {operation.id} responds with {status}"
                assert status != 401, operation.id


@promise(*OPERATIONS, is_exhaustive=True)
def every_operation_needs_a_token(session: Session, data: st.DataObject) -> None:
    """Without a valid token, every operation with scopes responds with 401."""
    with session.as_token("unknown") as stranger:
        for operation in OPERATIONS.values():
            assert (_try(stranger, operation) == 401) == (operation.scopes is not None), operation.id


@promise(*OPERATIONS, is_exhaustive=True)
def unknown_query_parameters_are_refused(session: Session, data: st.DataObject) -> None:
    """A query parameter that the contract does not name is a 400 that says so."""
    for operation in OPERATIONS.values():
        if operation.method not in PLACES:
            response = session.send(operation.method, _path(operation), offsett=1)
            assert response.status_code == 400, operation.id
            assert "unknown query parameter" in response.text, operation.id


@promise("create_token", "revoke_token", "list_tokens")
def revoked_tokens_open_nothing(session: Session, data: st.DataObject) -> None:
    """A token opens nothing from the response to its revocation on, and is listed no more."""
    token = new_token(session, data.draw(st.sampled_from(SCOPES)))
    with session.as_token(token["token"]) as holder:
        assert _use(holder) != 401
        session.delete(f"/v3/tokens/{token['id']}")
        assert _use(holder) == 401
    assert token["id"] not in {one["id"] for one in session.items("/v3/tokens")}


@promise("create_token", "rotate_token", "list_tokens")
def rotation_changes_nothing_but_the_secret(session: Session, data: st.DataObject) -> None:
    """The new token has the name, scopes, projects and end of the old one, which ends after the overlap."""
    end = data.draw(st.none() | st.just((datetime.now(UTC) + timedelta(days=1)).isoformat()))
    scopes = data.draw(st.lists(st.sampled_from([one for one in SCOPES if one != ADMIN]), min_size=1, unique=True))
    project_ids = data.draw(st.sampled_from([None, [new_project(session)["id"]]]))
    old = new_token(session, *scopes, expires_at=end, project_ids=project_ids)
    new = session.post(f"/v3/tokens/{old['id']}/rotate", {"overlap_seconds": 0})
    assert {name: new[name] for name in KEPT} == {name: old[name] for name in KEPT}
    with session.as_token(old["token"]) as before, session.as_token(new["token"]) as after:
        assert (_use(before) == 401, _use(after) == 401) == (True, False)


@promise("create_token", is_exhaustive=True)
def expired_tokens_open_nothing(session: Session, data: st.DataObject) -> None:
    """A token that was in use opens nothing from its end on, though nothing else happened since."""
    end = datetime.now(UTC) + LIFETIME
    with session.as_token(new_token(session, ADMIN, expires_at=end.isoformat())["token"]) as holder:
        for _ in range(3):
            assert _use(holder) != 401 or datetime.now(UTC) >= end
            # The first use is recorded a moment later, and that clears the cached token.
            time.sleep(LIFETIME.total_seconds() / 8)
        time.sleep(max((end - datetime.now(UTC)).total_seconds(), 0))
        assert _use(holder) == 401


def _use(holder: Session) -> int:
    """Return the status of a request that any token may make."""
    return holder.send("GET", "/v3/server-info").status_code


def _try(holder: Session, operation: Operation) -> int:
    body: object = {} if operation.method in PLACES else None
    return holder.send(operation.method, _path(operation), body).status_code


def _path(operation: Operation) -> str:
    return operation.path.format(**{name: uuid4() for name in operation.ids})


PROMISES = (
    scopes_open_what_the_contract_says,
    every_operation_needs_a_token,
    unknown_query_parameters_are_refused,
    revoked_tokens_open_nothing,
    rotation_changes_nothing_but_the_secret,
    expired_tokens_open_nothing,
)
