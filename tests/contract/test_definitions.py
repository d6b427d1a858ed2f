"""What segments and custom metrics have in common, over HTTP: both are definitions that never change."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.definitions import BINARY, METRIC, SEGMENT, UNKNOWN_ID, Api, Kind, by_name, columns

KINDS = pytest.mark.parametrize("kind", [SEGMENT, METRIC], ids=lambda kind: kind.name)


@pytest.fixture(scope="module")
def client(server_url: str, token: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        yield client


@pytest.fixture
def api(client: httpx.Client) -> Api:
    return Api(client)


@KINDS
def test_a_definition_is_created_found_and_deleted(api: Api, kind: Kind) -> None:
    """It is shown with its model, project and creator, found by id, by name and in lists, and gone once deleted."""
    model_id = api.model()
    made = api.define(kind, model_id, "Hawaii between 30 and 60", description="what for")
    assert (made["name"], made["definition"]) == ("Hawaii between 30 and 60", kind.definition)
    assert made["description"] == "what for"
    assert (made["model"]["id"], made["model"]["name"]) == (model_id, "churn")
    assert made["project"]["id"] == api.project_id
    assert made["created_by"] == made["updated_by"] == api.get(f"/v3/models/{model_id}")["created_by"]
    path = f"{kind.path}/{made['id']}"
    assert api.get(path) == made
    assert api.get(kind.path, filter=by_name("Hawaii between 30 and 60", model_id))["items"] == [made]
    assert api.get(kind.of_model.format(model_id), search="HAWAII")["items"] == [made]
    assert api.delete(path) == made
    assert api.refused(404, "GET", path) == [f"{kind.title} not found for the given identifier"]
    assert api.refused(404, "DELETE", path) == [f"{kind.title} not found for the given identifier"]
    assert api.get(kind.of_model.format(model_id))["total"] == 0


@KINDS
def test_a_definition_needs_no_description(api: Api, kind: Kind) -> None:
    """Without a description, or with null, it has none."""
    model_id = api.model()
    assert api.define(kind, model_id, "one")["description"] is None
    assert api.define(kind, model_id, "two", description=None)["description"] is None


@KINDS
def test_a_name_is_taken_once_in_a_model(api: Api, kind: Kind) -> None:
    """A second one of a name is a 409 in the vendor's words; another model, and the other kind, may have the name."""
    model_id = api.model()
    first = api.define(kind, model_id, "mine")
    body = {"model_id": model_id, "name": " mine ", "definition": kind.definition}
    taken = f"{kind.title} with the same name already exists for this model"
    assert api.refused(409, "POST", kind.path, json=body) == [taken]
    assert api.define(kind, api.model("other"), "mine")["name"] == "mine"
    assert api.define(METRIC if kind is SEGMENT else SEGMENT, model_id, "mine")["name"] == "mine"
    api.delete(f"{kind.path}/{first['id']}")
    assert api.define(kind, model_id, "mine")["id"] != first["id"]


@KINDS
@pytest.mark.parametrize(
    ("name", "kept"),
    [("x" * 255, "x" * 255), (f"\t {'é' * 255}\n", "é" * 255), ("x" * 256, None), (" \n", None), ("", None)],
    ids=["255", "255 trimmed", "256", "white space", "empty"],
)
def test_a_name_has_1_to_255_characters(api: Api, kind: Kind, name: str, kept: str | None) -> None:
    """White space at the ends of a name is removed before it is counted."""
    model_id = api.model()
    if kept is not None:
        assert api.define(kind, model_id, name)["name"] == kept
    else:
        body = {"model_id": model_id, "name": name, "definition": kind.definition}
        [message] = api.refused(400, "POST", kind.path, json=body)
        assert message.startswith("/name: ")


@KINDS
@pytest.mark.parametrize(
    "definition", ["age = 30", "nope > 1", "age >", "", "sum(sum(age))", "a; drop table segments", "x" * 10_001]
)
def test_an_invalid_definition_shows_where(api: Api, kind: Kind, definition: str) -> None:
    """It is a 400 at `/definition` with a caret under the fault. The message is short, and nothing is kept."""
    model_id = api.model()
    body = {"model_id": model_id, "name": "mine", "definition": definition}
    response = api.client.post(kind.path, json=body)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    [fault] = error["errors"]
    assert (fault["reason"], error["message"]) == ("BadRequest", f"The request is not valid: {fault['message']}")
    assert fault["message"].startswith("/definition: ")
    assert "^" in fault["message"].splitlines()[-1] or len(definition) > 10_000
    assert len(fault["message"]) < 600
    assert api.get(kind.of_model.format(model_id))["total"] == 0


@KINDS
def test_a_definition_never_changes(api: Api, kind: Kind) -> None:
    """There is no update: PATCH and PUT are a 405 that names the methods there are."""
    path = f"{kind.path}/{api.define(kind, api.model())['id']}"
    for method in ("PATCH", "PUT"):
        response = api.client.request(method, path, json={"name": "other"})
        assert response.status_code == 405
        assert sorted(re.split(", *", response.headers["Allow"])) == ["DELETE", "GET", "HEAD"]


@KINDS
def test_an_unknown_model_is_a_404(api: Api, kind: Kind) -> None:
    """A definition of an unknown model, and the list of one, are a 404."""
    body = {"model_id": UNKNOWN_ID, "name": "mine", "definition": kind.definition}
    message = ["Model not found for the given identifier"]
    assert api.refused(404, "POST", kind.path, json=body) == message
    assert api.refused(404, "GET", kind.of_model.format(UNKNOWN_ID)) == message


@KINDS
@pytest.mark.parametrize(
    "body", [{"name": "mine"}, {"definition": "age > 1"}, {"name": "mine", "definition": 5}, {"nmae": "mine"}]
)
def test_a_body_of_another_form_is_refused(api: Api, kind: Kind, body: dict[str, Any]) -> None:
    """A missing, mistyped or unknown field is a 400."""
    assert api.refused(400, "POST", kind.path, json={"model_id": api.model()} | body)


@KINDS
def test_a_retry_gets_the_first_response(api: Api, kind: Kind) -> None:
    """A repeated creation or deletion, as the vendor's client sends it, gets the response of the first one."""
    body = {"model_id": api.model(), "name": "mine", "definition": kind.definition}
    retry = {"X-Fiddler-Client-Retry": "1"}
    first = api.post(kind.path, body)
    assert api.post(kind.path, body, headers=retry) == first
    path = f"{kind.path}/{first['id']}"
    assert api.delete(path) == first
    assert api.client.delete(path, headers=retry).json()["data"] == first


@KINDS
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (columns("place"), "would be removed"),
        (columns(place="str"), "would get another type"),
        (columns(age="float"), "would get another type"),
    ],
    ids=["removed", "retyped", "retyped without loss"],
)
def test_a_used_column_keeps_its_type(api: Api, kind: Kind, changed: list[Any], why: str) -> None:
    """To remove or retype a column that a definition uses is a 409 with its name, and changes nothing."""
    model_id = api.model()
    made = api.define(kind, model_id, "in Texas", definition=kind.uses_place)
    before = api.get(f"/v3/models/{model_id}")
    spec = BINARY["spec"] | {"inputs": [one["name"] for one in changed if one["name"] in BINARY["spec"]["inputs"]]}
    update = {"schema": {"columns": changed}, "spec": spec}
    response = api.client.patch(f"/v3/models/{model_id}", json=update)
    assert response.status_code == 409, response.text
    assert '"in Texas"' in response.json()["error"]["message"]
    [fault] = response.json()["error"]["errors"]
    assert fault["reason"] == "Conflict"
    assert fault["message"].startswith(f'{kind.title.lower()} "in Texas" uses "')
    assert fault["message"].endswith(why)
    assert api.get(f"/v3/models/{model_id}") == before
    api.delete(f"{kind.path}/{made['id']}")
    assert api.client.patch(f"/v3/models/{model_id}", json=update).status_code == 200


def test_a_definition_stays_valid(api: Api) -> None:
    """A change of the task that would make a definition invalid is a 409; changes that it does not need are free."""
    model_id = api.model()
    api.define(METRIC, model_id, "false alarms")
    path = f"/v3/models/{model_id}"
    [message] = api.refused(409, "PATCH", path, json={"task": "regression", "task_params": {}})
    assert message.startswith('custom metric "false alarms" would not be valid any more: ')
    free = {"schema": {"columns": [*columns("is new"), {"name": "new", "data_type": "str"}]}}
    spec = BINARY["spec"] | {"inputs": ["age", "Age", "place", "new"]}
    assert api.client.patch(path, json=free | {"spec": spec, "description": "new"}).status_code == 200


@KINDS
@pytest.mark.parametrize("gone", ["models", "projects"])
def test_definitions_go_with_their_model(api: Api, kind: Kind, gone: str) -> None:
    """With a model or its project go its definitions: they are a 404 and in no list."""
    own = Api(api.client)
    model_id = own.model()
    made = own.define(kind, model_id)
    own.delete(f"/v3/{gone}/{model_id if gone == 'models' else own.project_id}")
    for method in ("GET", "DELETE"):
        own.refused(404, method, f"{kind.path}/{made['id']}")
    own.refused(404, "GET", kind.of_model.format(model_id))
    assert own.get(kind.path, filter=by_name("mine", model_id))["total"] == 0


@KINDS
def test_scopes_decide_who_defines(api: Api, kind: Kind) -> None:
    """`manage` changes definitions, `manage` and `read` see them, and `ingest` does neither."""
    model_id = api.model()
    made = api.define(kind, model_id)
    path = f"{kind.path}/{made['id']}"
    body = {"model_id": model_id, "name": "other", "definition": kind.definition}
    for scope, may_change, may_read in (("ingest", 403, 403), ("read", 403, 200), ("manage", 200, 200)):
        secret = api.post("/v3/tokens", {"name": scope, "scopes": [scope]})["token"]
        headers = {"Authorization": f"Bearer {secret}"}
        for read in (path, kind.path, kind.of_model.format(model_id)):
            assert api.client.get(read, headers=headers).status_code == may_read
        assert api.client.post(kind.path, json=body, headers=headers).status_code == may_change
        assert api.client.delete(path, headers=headers).status_code == may_change


@KINDS
def test_a_limited_token_has_no_definitions_of_others(api: Api, kind: Kind) -> None:
    """A token that is limited to a project neither sees nor makes definitions of another project's models."""
    other = Api(api.client)
    other_made, own = other.define(kind, other.model()), api.define(kind, api.model())
    limits = {"name": "limited", "scopes": ["manage", "read"], "project_ids": [api.project_id]}
    headers = {"Authorization": f"Bearer {api.post('/v3/tokens', limits)['token']}"}
    assert api.client.get(f"{kind.path}/{own['id']}", headers=headers).status_code == 200
    assert api.client.get(f"{kind.path}/{other_made['id']}", headers=headers).status_code == 404
    assert api.client.delete(f"{kind.path}/{other_made['id']}", headers=headers).status_code == 404
    body = {"model_id": other_made["model"]["id"], "name": "new", "definition": kind.definition}
    assert api.client.post(kind.path, json=body, headers=headers).status_code == 404
    listed = api.client.get(kind.path, params={"limit": 1000}, headers=headers).json()["data"]["items"]
    assert [one["id"] for one in listed] == [own["id"]]


@KINDS
def test_a_definition_is_checked_without_being_kept(api: Api, kind: Kind) -> None:
    """The check says what a valid definition uses, and where another one is wrong; it keeps neither."""
    model_id = api.model()
    request = {"model_id": model_id, "kind": kind.name, "definition": kind.uses_place}
    found = api.post("/v3/monitoring/definitions/check", request)
    assert found == {
        "valid": True,
        "message": None,
        "position": None,
        "hint": None,
        "columns": ["place", "age"],
        "type": "Boolean" if kind is SEGMENT else "Number",
    }
    wrong = api.post("/v3/monitoring/definitions/check", request | {"definition": "1 + nope"})
    assert (wrong["valid"], wrong["position"], wrong["columns"]) == (False, 4, [])
    assert "nope" in wrong["message"]
    assert "type" not in wrong
    assert api.get(kind.of_model.format(model_id))["total"] == 0
    unknown = request | {"model_id": str(uuid4())}
    assert api.refused(404, "POST", "/v3/monitoring/definitions/check", json=unknown)
