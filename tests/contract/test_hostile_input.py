"""Hostile input gets a documented response, and never damages stored events."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from inference_events import exact_json, messages
from inference_events.http import bodies
from tests.contract.wire import send
from tests.envelope import assert_error_envelope

COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "data_type": "str"},
    {"name": "float", "data_type": "float", "min": 0, "max": 10},
    {"name": "int", "data_type": "int", "min": 0, "max": 10},
    {"name": "bool", "data_type": "bool"},
    {"name": "str", "data_type": "str"},
    {"name": "word", "data_type": "category", "categories": ["a", "b"]},
    {"name": "whole", "data_type": "category", "categories": [1, 2]},
    {"name": "mixed", "data_type": "category", "categories": ["a", 1, True, 2.5]},
    {"name": "time", "data_type": "timestamp"},
    {"name": "vector", "data_type": "vector", "n_dimensions": 2},
]
# Each is JSON text, to send values that a JSON library would not write.
VALUES = [
    r'"a\u0000b"', "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616",
    "1" + "0" * 300, "1e308", "-0.0", "5e-324", "{}", "[]", "[null]", "[[1]]", '[1, "a", null, true]', '"[1, 2"',
    '"' + "[" * 500 + '"', '"[1+2j]"', '"1e400"', '"1e99999"', '"' + "9" * 5000 + '"', '"-"', '"."', '"1."',
    '"sNaN"', '"0x10"', '"2024-01-01"', '"2024-W01-1"', '"0001-01-01T00:00:00+14:00"', '"\uff11\uff12"', '"\u0663"',
]  # fmt: skip
BROKEN = [r'"\ud800"', "1e400", "NaN", "Infinity", "[" * 1100 + "]" * 1100]
IDS = [
    "\x00",
    "a\x00b",
    " ",
    "\n",
    "e\u0301",
    "\u00e9",
    "A",
    "a",
    "\uff41",
    "\ufeffa",
    "'; DROP TABLE x; --",
    "x" * 65536,
]
NAMES = [
    "event_id", "timestamp", "position", "c0", "rowid", "environment_id", "undeclared", "violations",
    "values", "a", "A", "\u00e1", "a\u0301", '"', "'; DROP TABLE events; --", "%", "?",
    "$1", " ", "\n", "\x00", "/", "~1", "x" * 255,
]  # fmt: skip
TIMES = [
    0, -1, 1e11, 1e14, 1e17, 2**63, -(2**63), 1e308, -62135596801, 253402300800, "0001-01-01",
    "9999-12-31T23:59:59-14:00", "\x00", "9" * 5000, "2024-02-30", [[1, [2]]], {}, True, "",
]  # fmt: skip
FORMATS = ["%", "%Q", "%Y%Y", "[", "(?P<Y>", "\x00"]
CURSORS = [b"", b"[]", b"null", b'{"0":1}', b'[true,"a"]', b'[0.5,"a"]', b'[9223372036854775807,"a"]', b'[1e300,"a"]',
           b'[-9223372036854775808,"a"]', b'[0,null]', b'[0,"a","b"]']  # fmt: skip

FILENAMES = [
    "../../../x.csv", "/etc/x.csv", "..\\..\\x.csv", "admin-token/x.csv", "~/x.csv", "$(id).csv", "a%0d%0ab.csv",
    "'; DROP TABLE files; --.csv", "=1+1.csv", "\u202ea.csv", "..csv",
]  # fmt: skip
TRICKS = [
    "'; DROP TABLE events; --", '"; DROP TABLE models; --', "') OR ('1' = '1", "' OR 1=1 --", "a''b", '"', "'", "\\",
    "\\'", "%", "_", "?", ":name", "$1", "{0}", "=1+1", "@A1", "../..", "a\r\nX: 1", "events", "main.events",
    "\u2019", "NULL",
]  # fmt: skip

PUBLISH = '{"model_id": "%s", "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": %s}}'
JSON = {"Content-Type": "application/json"}
NO_HEADERS: Mapping[str, str] = {}


class Api:
    """Send JSON and check that each response is expected, and a refusal is the envelope."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, method: str, path: str, body: Any, *statuses: int, headers: Mapping[str, str] = NO_HEADERS) -> Any:
        """Return the response's `data`, None for a refusal. A `body` of type str is sent unchanged."""
        text = body if isinstance(body, str) else json.dumps(body)
        response = self._client.request(method, path, content=text, headers={**JSON, **headers})
        assert response.status_code in statuses, response.text
        if response.status_code < 400:
            return response.json()["data"]
        assert_error_envelope(response.json(), response.status_code)
        return None

    def refusal(self, method: str, path: str, body: Any) -> list[str]:
        """Send a request that is refused with a 400 and return its messages."""
        text = body if isinstance(body, str) else json.dumps(body)
        response = self._client.request(method, path, content=text, headers=JSON)
        assert_error_envelope(response.json(), 400)
        return [error["message"] for error in response.json()["error"]["errors"]]

    def find(self, path: str, field: str, value: str) -> list[Any]:
        """Return the items of a list with `value` in a field, found by a filter and, for names, by a search, too."""
        rule = {"field": field, "operator": "equal", "value": value}
        query: dict[str, str | int] = {"filter": json.dumps({"condition": "AND", "rules": [rule]}), "limit": 1000}
        if field == "name":
            query["search"] = value
        response = self._client.get(path, params=query)
        assert response.status_code == 200, response.text
        found: list[Any] = response.json()["data"]["items"]
        return found

    def upload(self, name: str, content: bytes) -> str:
        response = self._client.post("/v3/files/upload", files={"file": (name, content)})
        assert response.status_code == 200, response.text
        return str(response.json()["data"]["id"])

    def model(self, *statuses: int, **fields: Any) -> Any:
        """Create a model in its own project and return its id, None if it is refused."""
        project = self.send("POST", "/v3/projects", {"name": f"p{uuid4().hex[:30]}"}, 200)
        described: dict[str, Any] = {"name": "hostile", "project_id": project["id"], "spec": {}} | fields
        created = self.send("POST", "/v3/models", described, *statuses)
        return created and created["id"]

    def publish(self, model_id: str, events: str, *statuses: int, method: str = "POST") -> Any:
        """Publish or update events that are written as JSON text."""
        return self.send(method, "/v3/events", PUBLISH % (model_id, events), *statuses)

    def read(self, model_id: str, *statuses: int, **query: Any) -> Any:
        body = {"model_id": model_id, "env_type": "PRODUCTION"} | query
        page = self.send("POST", "/v3/events/query", body, *(statuses or (200,)))
        return page and page["items"]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture(params=["decoded", "as text"])
def events_arrive(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat small bodies like large ones, whose events are not decoded: no response may depend on it."""
    if request.param == "as text":
        monkeypatch.setattr(bodies, "MANY_EVENTS_BYTES", 1)


of_any_size = pytest.mark.usefixtures("events_arrive")


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    return str(api.model(200, schema={"columns": COLUMNS}, event_id_col="id", event_ts_col="at"))


@of_any_size
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_any_value_in_any_column_is_stored(api: Api, model_id: str, value: str) -> None:
    """Integrity never rejects: for any value of a column, the event is stored, updated and read."""
    names = [*(column["name"] for column in COLUMNS[1:]), "undeclared"]
    event = '[{{"id": "any", {}}}]'.format(", ".join(f'"{name}": {value}' for name in names))
    api.publish(model_id, event, 200)
    api.publish(model_id, event, 200, method="PATCH")
    (item,) = api.read(model_id, event_ids=["any"])
    assert item["undeclared"]["undeclared"] == exact_json.loads(value)


@of_any_size
@pytest.mark.parametrize("value", BROKEN, ids=range(len(BROKEN)))
def test_text_that_is_not_json_is_refused(api: Api, model_id: str, value: str) -> None:
    """Text that no JSON document can hold is a 400."""
    api.publish(model_id, f'[{{"id": "broken", "str": {value}}}]', 400)
    api.publish(model_id, f'[{{"id": {value}}}]', 400)


@of_any_size
@pytest.mark.parametrize(("text", "named"), [("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "Infinity")])
def test_a_number_that_json_does_not_have_is_named(api: Api, model_id: str, text: str, named: str) -> None:
    """A 400 names the word that Python and NumPy write for a number without a value, and says to send null."""
    [shown] = api.refusal("POST", "/v3/events", PUBLISH % (model_id, f'[{{"id": "NaN", "float": {text}}}]'))
    column = (
        PUBLISH.index("%s}}") + len(model_id) - len("%s") + len('[{"id": "NaN", "float": ') + len(text) - len(named)
    )
    assert shown == (
        f"The body is not valid JSON in UTF-8, at line 1, column {column + 1}: {named} is not JSON, send null"
    )


@pytest.mark.parametrize("name", ["evnts", "k" * 200])
def test_an_unknown_field_is_named(api: Api, model_id: str, name: str) -> None:
    """A 400 points at the field that the contract does not know; its name is cut at 100 characters."""
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": [], name: "secret"}}
    assert api.refusal("POST", "/v3/events", body) == [f"/source/{messages.truncate(name)}: unknown field"]


def test_an_unknown_column_is_cut(api: Api, model_id: str) -> None:
    """Undeclared columns are named, each name cut at 100 characters, and so is the column that a fault is about."""
    name = "k" * 200
    published = api.publish(model_id, json.dumps([{"id": "cut", name: 1}]), 200)
    assert published["undeclared_columns"] == ["k" * 100 + "…"]
    updated = api.publish(model_id, json.dumps([{"id": "cut", name: 1}]), 200, method="PATCH")
    assert updated["undeclared_columns"] == ["k" * 100 + "…"]
    too_deep = f'[{{"id": "cut", "{name}": {"[" * 101 + "]" * 101}}}]'
    [shown] = api.refusal("POST", "/v3/events", PUBLISH % (model_id, too_deep))
    assert shown.startswith(f"/source/events/0/{'k' * 100}…: ")


@of_any_size
@pytest.mark.parametrize("depth", [100, 200, 247, 250, 253, 254, 255, 500, 1000])
@pytest.mark.parametrize("column", ["str", "undeclared"])
def test_values_that_nest_too_deep_are_refused(api: Api, model_id: str, column: str, depth: int) -> None:
    """A stored value can be read, however deep it nests; a value too deep to be read is a 400."""
    event_id = f"deep-{column}-{depth}"
    event = '[{{"id": "{}", "{}": {}}}]'.format(event_id, column, "[" * depth + "]" * depth)
    stored = api.publish(model_id, event, 200, 400)
    assert len(api.read(model_id, event_ids=[event_id])) == (stored is not None)


@of_any_size
def test_as_many_events_as_the_contract_allows(api: Api, model_id: str) -> None:
    """Up to 1,000 events are published; more events, or a value that is no event, are a 400, and nothing is stored."""
    api.publish(model_id, json.dumps([{"id": f"one of {number}"} for number in range(1000)]), 200)
    for refused in ([{"id": "too many"}] * 1001, [{"id": "too many"}, 1], [{"id": "too many"}, None]):
        api.publish(model_id, json.dumps(refused), 400)
    assert api.read(model_id, event_ids=["too many"]) == []


@of_any_size
def test_ids_are_compared_exactly(api: Api, model_id: str) -> None:
    """Ids that look alike, or that a database could take for equal, are different events."""
    events = [{"id": event_id, "str": event_id} for event_id in IDS]
    published = api.publish(model_id, json.dumps(events), 200)
    assert published["created"] + published["unchanged"] == len(IDS)
    stored = {item["event_id"]: item["values"]["str"] for item in api.read(model_id, event_ids=IDS)}
    assert stored == {event_id: event_id for event_id in IDS}


@of_any_size
def test_columns_may_have_any_name(api: Api) -> None:
    """Names of internal columns, SQL, and names that differ only in case are names like others.

    U+0000 may be in the name of a column that the schema does not know, but not in the schema.
    """
    declared = [name for name in NAMES if name != "\x00"]
    columns = [{"name": name, "data_type": "str"} for name in declared]
    model_id = api.model(200, schema={"columns": columns}, event_id_col="id")
    sent = {name: name for name in NAMES}
    api.publish(model_id, json.dumps([{**sent, "id": 1}]), 200)
    (item,) = api.read(model_id)
    assert item["values"] == {name: name for name in declared}
    assert item["undeclared"] == {"\x00": "\x00"}


@of_any_size
@pytest.mark.parametrize("time", TIMES, ids=range(len(TIMES)))
def test_times_at_the_borders(api: Api, model_id: str, time: Any) -> None:
    """A time is read or refused, as a timestamp and as a bound."""
    api.publish(model_id, json.dumps([{"id": "time", "at": time}]), 200, 400)
    api.read(model_id, 200, 400, time_range={"start_time": time, "end_time": "2024-01-01"})
    api.read(model_id, 200, 400, time_range={"start_time": "0001-01-01", "end_time": time})


@pytest.mark.parametrize("text", FORMATS)
def test_timestamp_formats_that_mean_nothing(api: Api, text: str) -> None:
    """A format that cannot be used is refused."""
    api.model(400, schema={"columns": COLUMNS}, event_ts_col="at", event_ts_format=text)


@pytest.mark.parametrize("cursor", CURSORS, ids=range(len(CURSORS)))
def test_cursors_that_the_server_did_not_make(api: Api, model_id: str, cursor: bytes) -> None:
    """A cursor is refused unless it names a place."""
    api.read(model_id, 400, cursor=base64.urlsafe_b64encode(cursor).decode() or "=")


@of_any_size
def test_events_of_many_undeclared_columns(api: Api, model_id: str) -> None:
    """An event keeps thousands of columns that its model does not know."""
    event = {f"column-{number}": number for number in range(5000)}
    api.publish(model_id, json.dumps([{"id": "many"} | event]), 200)
    (item,) = api.read(model_id, event_ids=["many"])
    assert item["undeclared"] == event


@of_any_size
def test_events_without_anything(api: Api, model_id: str) -> None:
    """No events are no fault; an event without an id is one."""
    assert api.publish(model_id, "[]", 200)["event_ids"] == []
    api.publish(model_id, "[{}]", 400)
    api.publish(model_id, "[{}]", 400, method="PATCH")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_retry_of_a_file_gets_the_first_response(api: Api, model_id: str, method: str) -> None:
    """The response that names a job is replayed unchanged, with its `source_type`."""
    file_id = api.upload("rows.csv", b"id,int\na,1\n")
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "FILE", "file_id": file_id}}
    key = {"Idempotency-Key": uuid4().hex}
    first = api.send(method, "/v3/events", body, 200, headers=key)
    assert first["source_type"] == "FILE"
    assert api.send(method, "/v3/events", body, 200, headers=key) == first


@pytest.mark.parametrize("filename", FILENAMES, ids=range(len(FILENAMES)))
def test_names_of_files_are_no_paths(api: Api, server_url: str, token: str, data_dir: Path, filename: str) -> None:
    """For any name and either kind of upload, a file is kept under a key, and its name is shown unchanged."""
    begun = api.send("POST", "/v3/files/multipart-init", {"filename": filename}, 200)
    form = f'--frame\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\na\r\n--frame--\r\n'
    headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "multipart/form-data; boundary=frame")]
    uploaded = send(server_url, "POST", "/v3/files/upload", headers, form.encode()).json()["data"]
    assert begun["filename"] == uploaded["filename"] == filename
    kept = [path.name for path in (data_dir / "files").iterdir()]
    assert kept
    assert all(UUID(name).hex == name for name in kept)
    assert not list(data_dir.parent.rglob("x.csv"))


@pytest.mark.parametrize("filename", ["a\x00b.csv", "a\tb.csv", "a\x7fb.csv"])
def test_names_of_files_have_no_control_characters(api: Api, server_url: str, token: str, filename: str) -> None:
    """A file name with a control character is a 400 that does not repeat it, by either kind of upload."""
    form = f'--frame\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\na\r\n--frame--\r\n'
    headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "multipart/form-data; boundary=frame")]
    uploaded = send(server_url, "POST", "/v3/files/upload", headers, form.encode())
    assert uploaded.status == 400
    assert b"b.csv" not in uploaded.body
    api.send("POST", "/v3/files/multipart-init", {"filename": filename}, 400)


@pytest.mark.parametrize("text", TRICKS, ids=range(len(TRICKS)))
def test_names_are_nothing_but_names(api: Api, text: str) -> None:
    """SQL, quotes and placeholders in names, filters and searches are plain text."""
    version, name, baseline_name = f"v {text}", f"name {text}", f"baseline {text}"
    model_id = api.model(200, version=version, schema={"columns": COLUMNS}, event_id_col="id", description=text)
    dataset = {"env_type": "PRE_PRODUCTION", "env_name": name}
    source = {"type": "EVENTS", "events": [{"id": text, "str": text, text: text}]}
    api.send("POST", "/v3/events", {"model_id": model_id, **dataset, "source": source}, 200)
    (item,) = api.read(model_id, **dataset)
    assert (item["event_id"], item["values"]["str"], item["undeclared"]) == (text, text, {text: text})
    assert api.read(model_id) == []
    (environment,) = api.find(f"/v3/models/{model_id}/environments", "name", name)
    window = {"type": "STATIC", "env_type": "PRE_PRODUCTION", "env_id": environment["id"]}
    baseline = api.send("POST", "/v3/baselines", {"name": baseline_name, "model_id": model_id, **window}, 200)
    for kind, definition in (("segments", "is_null(str)"), ("custom-metrics", "count(str)")):
        body = {"name": name, "model_id": model_id, "definition": definition, "description": text}
        made = api.send("POST", f"/v3/{kind}", body, 200)
        assert (made["name"], made["description"]) == (name.strip(), text)
        assert [one["id"] for one in api.find(f"/v3/models/{model_id}/{kind}", "name", name.strip())] == [made["id"]]
    token = api.send("POST", "/v3/tokens", {"name": name, "scopes": ["read"]}, 200)
    shown = api.find(f"/v3/models/{model_id}/baselines", "name", baseline_name)
    assert [(one["id"], one["name"]) for one in shown] == [(baseline["id"], baseline_name)]
    assert token["id"] in [one["id"] for one in api.find("/v3/tokens", "name", name)]
    assert [one["version"] for one in api.find("/v3/models", "version", version)] == [version]
    assert [one["id"] for one in api.find("/v3/tokens", "name", f"{name}' OR '1' = '1")] == []
