"""Tokens that are limited to projects: they work there, and for them all other projects are missing."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.access import (
    CSV,
    NOTEBOOK,
    SECURED,
    Access,
    Fixtures,
    Operation,
    bearer,
    events,
    prepare,
    served,
)
from tests.envelope import assert_error_envelope

UPLOAD = {"file": ("rows.csv", CSV)}
# A bearer token has no session to end.
TRIED = [operation for operation in SECURED if operation.id != "delete_session"]
LIMITED = [operation for operation in TRIED if operation.is_for_projects]
# No bin of the fixtures was judged. test_alert_records.py tests what a limited token sees of records.
FILTERED = [operation for operation in LIMITED if operation.has_filter and operation.id != "list_alert_records"]


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory."""
    with served(tmp_path_factory.mktemp("data")) as access:
        yield access


@pytest.fixture(scope="module")
def fixtures(access: Access) -> Fixtures:
    """Give the project whose resources are requested."""
    return prepare(access)


@pytest.fixture(scope="module")
def stranger(access: Access) -> Fixtures:
    """Give another project, whose token sends the requests."""
    return prepare(access)


def production(fixtures: Fixtures, source: Any) -> dict[str, Any]:
    return {"model_id": fixtures.ids["model_id"], "env_type": "PRODUCTION", "source": source}


def publish_file(access: Access, secret: str, fixtures: Fixtures, file_id: str) -> httpx.Response:
    body = production(fixtures, {"type": "FILE", "file_id": file_id})
    return access.send("POST", "/v3/events", secret, json=body)


def upload(access: Access, secret: str) -> str:
    file_id: str = access.call("POST", "/v3/files/upload", secret=secret, files=UPLOAD)["id"]
    return file_id


@pytest.mark.parametrize("operation", TRIED, ids=lambda operation: operation.id)
def test_another_project_is_like_a_missing_one(
    access: Access, fixtures: Fixtures, stranger: Fixtures, operation: Operation
) -> None:
    """The token of another project gets the response for a missing resource, changes nothing, and sees no trace."""
    before = access.kept(fixtures.ids["model_id"])
    response = fixtures.send(access, operation, bearer(stranger.secret))
    if not operation.is_for_projects:
        assert_error_envelope(response.json(), 403)
    elif fixtures.names(operation):
        assert_error_envelope(response.json(), 404)
        missing = fixtures.with_other_ids().send(access, operation, bearer(stranger.secret))
        assert (missing.status_code, missing.json()) == (404, response.json())
    else:
        assert response.is_success, response.text
        assert not [one for one in fixtures.ids.values() if one in response.text]
        page = response.json()["data"]
        assert page.get("total") == (len(page["items"]) if "items" in page else None)
        return
    assert access.kept(fixtures.ids["model_id"]) == before


@pytest.mark.parametrize("operation", FILTERED, ids=lambda operation: operation.id)
def test_no_filter_counts_items_of_another_project(
    access: Access, fixtures: Fixtures, stranger: Fixtures, operation: Operation
) -> None:
    """A list that is filtered by the ids of another project is empty, and its total is 0; an admin's is not."""
    rule = {"field": "id", "operator": "in", "value": list(fixtures.ids.values())}
    path = operation.path.format_map(fixtures.ids)
    found = access.call("GET", path, params={"filter": json.dumps(rule)})
    assert found["total"] == len(found["items"]) > 0
    response = access.send("GET", path, stranger.secret, params={"filter": json.dumps(rule)})
    if fixtures.names(operation):
        assert_error_envelope(response.json(), 404)
    else:
        assert (response.json()["data"]["total"], response.json()["data"]["items"]) == (0, [])


@pytest.mark.parametrize("operation", TRIED, ids=lambda operation: operation.id)
def test_in_its_own_project_a_token_does_what_its_scopes_say(
    access: Access, fixtures: Fixtures, operation: Operation
) -> None:
    """With all scopes but admin, a token does everything in its project, and manages no tokens or other projects."""
    own = fixtures if operation.is_read else prepare(access)
    response = own.send(access, operation, bearer(own.secret))
    access.settle()
    if operation.is_for_projects:
        assert response.is_success, response.text
    else:
        assert_error_envelope(response.json(), 403)


def test_a_limited_token_cannot_create_a_project(access: Access, stranger: Fixtures) -> None:
    """The refusal says that the token is limited, whether or not the name is taken."""
    taken = access.call("GET", f"/v3/projects/{prepare(access).ids['project_id']}")["name"]
    for name in (taken, f"p{uuid4().hex}"):
        refused = access.send("POST", "/v3/projects", stranger.secret, json={"name": name})
        message = assert_error_envelope(refused.json(), 403)["message"]
        assert message == "The token is limited to projects; this needs a token for all projects"


def test_an_admin_token_cannot_be_limited(access: Access, fixtures: Fixtures) -> None:
    """An admin token with projects is a 400 at its place, and so is a token that is limited to none."""
    for scopes, project_ids in ((["admin", "read"], [fixtures.ids["project_id"]]), (["read"], [])):
        body = {"name": "n", "scopes": scopes, "project_ids": project_ids}
        refused = access.send("POST", "/v3/tokens", json=body)
        assert "/project_ids" in assert_error_envelope(refused.json(), 400)["message"]


def test_a_token_is_limited_to_existing_projects(access: Access, fixtures: Fixtures) -> None:
    """An unknown or deleted project is a 404 that names its place."""
    known, deleted = fixtures.ids["project_id"], prepare(access).ids["project_id"]
    assert access.send("DELETE", f"/v3/projects/{deleted}").status_code == 202
    for wrong in (deleted, str(uuid4())):
        body = {"name": "n", "scopes": ["read"], "project_ids": [known, wrong]}
        error = assert_error_envelope(access.send("POST", "/v3/tokens", json=body).json(), 404)
        assert [entry["message"] for entry in error["errors"]] == [
            "/project_ids/1: Project not found for the given identifier"
        ]


def test_the_projects_of_a_token_are_shown_and_kept(access: Access, fixtures: Fixtures, stranger: Fixtures) -> None:
    """A token shows its projects, null for all; its successor has the same projects and rights."""
    both = sorted([fixtures.ids["project_id"], stranger.ids["project_id"]])
    limited, _ = access.token("read", project_ids=[both[1].upper(), *both])
    assert access.listed(limited)["project_ids"] == both
    assert access.listed(access.token("read")[0])["project_ids"] is None
    assert access.listed(access.token("read", project_ids=None)[0])["project_ids"] is None
    successor, secret = access.rotate(limited, overlap_seconds=0)
    assert access.listed(successor)["project_ids"] == both
    seen = access.call("GET", "/v3/projects", secret=secret)["items"]
    assert sorted(project["id"] for project in seen) == both


def test_a_deleted_project_stays_in_its_tokens_and_opens_only_its_jobs(access: Access) -> None:
    """After its project is deleted a token sees only the job that did it, and no new project of the same name."""
    fixtures = prepare(access)
    token_id, secret = access.token(*NOTEBOOK, project_ids=[fixtures.ids["project_id"]])
    name = access.call("GET", f"/v3/projects/{fixtures.ids['project_id']}", secret=secret)["name"]
    deletion = access.send("DELETE", f"/v3/projects/{fixtures.ids['project_id']}", secret)
    access.settle()
    access.call("POST", "/v3/projects", json={"name": name})
    assert access.call("GET", f"/v3/jobs/{deletion.json()['data']['job']['id']}", secret=secret)["status"] == "SUCCESS"
    assert access.listed(token_id)["project_ids"] == [fixtures.ids["project_id"]]
    for path in ("projects", "models", "environments", "baselines", "segments", "custom-metrics"):
        assert access.call("GET", f"/v3/{path}", secret=secret)["total"] == 0
    assert access.send("GET", f"/v3/models/{fixtures.ids['model_id']}", secret).status_code == 404


def test_an_upload_belongs_to_the_projects_of_its_token(access: Access, fixtures: Fixtures, stranger: Fixtures) -> None:
    """A limited token sees the uploads of tokens with some of its projects, not those of others or of wider tokens."""
    ids = [fixtures.ids["project_id"], stranger.ids["project_id"]]
    _, wide = access.token(*NOTEBOOK, project_ids=ids)
    of_all, of_both, of_one = (upload(access, secret) for secret in (access.token("ingest")[1], wide, fixtures.secret))
    for secret, hidden in ((fixtures.secret, [of_all, of_both]), (wide, [of_all]), (stranger.secret, [of_one])):
        for file_id in hidden:
            for refused in (
                publish_file(access, secret, fixtures, file_id),
                access.send("POST", "/v3/model-factory", secret, json={"file_id": file_id}),
            ):
                assert_error_envelope(refused.json(), 404)
    assert publish_file(access, wide, fixtures, of_one).status_code == 200
    assert publish_file(access, wide, fixtures, of_both).status_code == 200
    access.settle()


def test_an_upload_is_published_to_its_projects_only(access: Access, fixtures: Fixtures, stranger: Fixtures) -> None:
    """A token of both projects cannot publish an upload of one to the other: 400, with the place of the file's id."""
    _, wide = access.token(*NOTEBOOK, project_ids=[fixtures.ids["project_id"], stranger.ids["project_id"]])
    file_id = upload(access, fixtures.secret)
    for secret in (wide, access.token("ingest")[1]):
        refused = publish_file(access, secret, stranger, file_id)
        message = assert_error_envelope(refused.json(), 400)["message"]
        assert message.endswith(
            "/source/file_id: names a file that was uploaded for other projects; upload it with another token"
        )


def test_a_successor_sees_the_uploads_of_its_predecessor(access: Access, fixtures: Fixtures) -> None:
    """A file that was uploaded before a rotation can be published after it."""
    token_id, secret = access.token("ingest", project_ids=[fixtures.ids["project_id"]])
    file_id = upload(access, secret)
    _, successor = access.rotate(token_id, overlap_seconds=0)
    assert publish_file(access, successor, fixtures, file_id).status_code == 200
    access.settle()


@pytest.mark.parametrize("deletion", ["models/{model_id}", "projects/{project_id}"])
def test_a_deletion_removes_files_that_its_token_does_not_see(access: Access, deletion: str) -> None:
    """A file that only the jobs of a model used goes with it or its project, even if a limited token deletes it."""
    fixtures = prepare(access)
    file_id = upload(access, access.token("ingest")[1])
    assert publish_file(access, access.token("ingest")[1], fixtures, file_id).status_code == 200
    access.settle()
    assert access.send("GET", f"/v3/files/{file_id}").status_code == 200
    assert access.send("DELETE", f"/v3/{deletion.format_map(fixtures.ids)}", fixtures.secret).status_code == 202
    assert access.send("GET", f"/v3/files/{file_id}").status_code == 404
    access.settle()


def test_no_replay_crosses_projects(access: Access, fixtures: Fixtures, stranger: Fixtures) -> None:
    """The key and the body of another token's request do not open its response, retried or not."""
    body = production(fixtures, events(id="replayed", number=1))
    headers = {"Idempotency-Key": uuid4().hex, "X-Fiddler-Client-Retry": "1"}
    statuses = [
        access.client.post("/v3/events", json=body, headers=headers | {"Authorization": f"Bearer {secret}"}).status_code
        for secret in (fixtures.secret, stranger.secret, fixtures.secret)
    ]
    assert statuses == [200, 404, 200]
