"""Connecting: the handshake, tokens with limited rights, and the versions that both sides require."""

from typing import Any
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest
import requests
from fiddler.configs import MIN_SERVER_VERSION
from fiddler.utils.version import match_semver

from tests.compat.conftest import TOKEN
from tests.compat.stored import column, define_model
from tests.program import Served

NOBODY = "http://127.0.0.1:1"


def rest(server: Served, method: str, path: str, body: Any = None) -> Any:
    """Call an operation for which the vendor's client has no function, and return the `data` of the response."""
    response = requests.request(
        method, server.url + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    response.raise_for_status()
    return response.json()["data"] if response.content else None


def make_token(server: Served, *scopes: str, project_ids: list[str] | None = None) -> dict[str, Any]:
    body = {"name": "a test's", "scopes": scopes, "project_ids": project_ids}
    token: dict[str, Any] = rest(server, "POST", "/v3/tokens", body)
    return token


def test_the_handshake_shows_version_and_organization() -> None:
    """After `init` the client knows the server's version and the organization."""
    assert match_semver(fdl.conn.server_version, f">={MIN_SERVER_VERSION}")
    assert fdl.conn.organization_name == fdl.Project.get_organization_name()
    assert fdl.conn.organization_id == fdl.Project.get_organization_id()
    assert isinstance(fdl.conn.server_info.feature_flags, dict)


def test_a_slash_at_the_end_of_the_url_does_not_matter(server: Served) -> None:
    """A URL copied from a browser works."""
    fdl.init(url=server.url + "/", token=TOKEN)
    assert isinstance(list(fdl.Project.list()), list)


def test_the_version_enables_functions_of_the_client() -> None:
    """The client has functions that only work from 25.2.0 on; the server is newer than all of them."""
    assert match_semver(fdl.conn.server_version, ">=26.0.0")


@pytest.mark.parametrize("version", ["2.9.0", "4.0.0", "latest"])
def test_a_client_of_another_line_is_refused(server: Served, version: str) -> None:
    """A client that asks whether it fits gets a refusal that names its version."""
    path = f"/v3/version-compatibility?client_version={version}&client_name=python-sdk"
    response = requests.get(server.url + path, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    assert response.status_code == 400
    assert response.json()["kind"] == "ERROR"


def test_a_wrong_token_is_refused_at_the_first_call(server: Served) -> None:
    """`fdl.init` fails at once if the token is unknown."""
    with pytest.raises(fdl.ApiError) as refusal:
        fdl.init(url=server.url, token="not a token of this server")
    assert refusal.value.code == 401


def test_without_validation_no_request_is_sent(server: Served) -> None:
    """`validate=False` connects without a request; functions that need the server's version ask for it later."""
    fdl.init(url=NOBODY, token=TOKEN, validate=False)
    fdl.init(url=server.url, token="not a token of this server", validate=False)
    with pytest.raises(fdl.ApiError) as refusal:
        fdl.Project.get(uuid4())
    assert refusal.value.code == 401

    fdl.init(url=server.url, token=TOKEN, validate=False)
    assert fdl.conn.organization_name


def test_a_revoked_token_is_refused_from_then_on(server: Served) -> None:
    """A token works until it is revoked; the next call of a client that is connected is a 401."""
    token = make_token(server, "admin")
    fdl.init(url=server.url, token=token["token"])
    project = fdl.Project(name=f"project_{uuid4().hex[:12]}").create()

    rest(server, "DELETE", f"/v3/tokens/{token['id']}")

    with pytest.raises(fdl.ApiError) as refusal:
        fdl.Project.get(project.id)
    assert refusal.value.code == 401
    with pytest.raises(fdl.ApiError) as refusal:
        fdl.init(url=server.url, token=token["token"])
    assert refusal.value.code == 401


def test_a_token_that_publishes_does_no_more(server: Served, project: fdl.Project) -> None:
    """With the scope `ingest` the publish flow works; creating models, reading events and making tokens is a 403."""
    model = define_model(project, column("x", "int"))
    token = make_token(server, "ingest")["token"]
    fdl.init(url=server.url, token=token)
    assert len(fdl.Model.get(model.id).publish([{"x": 1}])) == 1
    with pytest.raises(fdl.ApiError) as refusal:
        define_model(project, column("x", "int"))
    assert refusal.value.code == 403

    headers = {"Authorization": f"Bearer {token}"}
    query: Any = {"model_id": str(model.id), "env_type": "PRODUCTION"}
    for path, body in {"/v3/events/query": query, "/v3/tokens": {"name": "more", "scopes": ["admin"]}}.items():
        assert requests.post(server.url + path, json=body, headers=headers, timeout=60).status_code == 403


def test_a_token_of_a_project_works_there_and_sees_no_other(server: Served, project: fdl.Project) -> None:
    """A notebook with a token of its project does all of its work; a model of another project is not found."""
    other = define_model(fdl.Project(name=f"project_{uuid4().hex[:12]}").create(), column("x", "int"))
    token = make_token(server, "ingest", "manage", "read", project_ids=[str(project.id)])
    fdl.init(url=server.url, token=token["token"])

    assert [one.id for one in fdl.Project.list()] == [project.id]
    model = define_model(project, column("x", "int"))
    model.publish(source=pd.DataFrame({"x": [1, 2]}), environment=fdl.EnvType.PRE_PRODUCTION, dataset_name="d").wait()
    assert [dataset.row_count for dataset in model.datasets] == [2]
    with pytest.raises(fdl.NotFound):
        fdl.Model.get(other.id)
    with pytest.raises(fdl.NotFound):
        other.publish([{"x": 1}])
    with pytest.raises(fdl.ApiError) as refusal:
        fdl.Project(name=f"project_{uuid4().hex[:12]}").create()
    assert refusal.value.code == 403


def test_a_token_that_reads_changes_nothing(server: Served, project: fdl.Project) -> None:
    """With the scope `read` all reads work; publishing and deleting are a 403."""
    model = define_model(project, column("x", "int"))
    fdl.init(url=server.url, token=make_token(server, "read")["token"])

    seen = fdl.Model.get(model.id)
    for call in (lambda: seen.publish([{"x": 1}]), seen.delete, seen.update):
        with pytest.raises(fdl.ApiError) as refusal:
            call()
        assert refusal.value.code == 403


@pytest.mark.parametrize("timeout", [30, (5, 30)])
def test_a_time_out_may_be_given(server: Served, timeout: float | tuple[float, float]) -> None:
    """`timeout=` is taken in both of its forms."""
    fdl.init(url=server.url, token=TOKEN, timeout=timeout)
    assert fdl.conn.organization_name
