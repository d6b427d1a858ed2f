"""No message and no log line shows a value or a cell: secrets are sent in every place, and searched in all output.

Names of JSON fields and of columns may be shown, cut at 100 characters, so no secret is sent as one of these.
"""

import copy
import gzip
import io
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference_events.http.contract import load_contract
from tests.program import Program

TOKEN = "token-of-the-tests-of-secrets"
SECRET = "secret-7f3a@example.org"
DOCUMENT = load_contract().document
METHODS = ("get", "post", "put", "patch", "delete")
JOB_SECONDS = 60
# The secrets that replace a value. Some are valid texts, and are refused for their meaning.
STAND_INS: list[Any] = [SECRET, [SECRET], {"name": SECRET}, [{"name": SECRET}], f"{SECRET} {'x' * 500}"]
# Fields that hold names of columns, or definitions, whose faults are shown: a message may show these.
NAMES = ("/spec/", "/column_names", "/schema/columns", "/definition", "/segment/definition", "/segment_definition")
COLUMNS: list[dict[str, Any]] = [
    {"name": "flight_id", "data_type": "str"},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5},
    {"name": "arrived_late", "data_type": "bool"},
]


class Api:
    """A server process of its own, whose whole log is kept, and ids that its operations know."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "log"
        self._program = Program(directory / "data", TOKEN, {"log_level": "debug"}, log=self._log)
        self._program.start()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.client = httpx.Client(base_url=self._program.url, headers=headers, timeout=60)
        project = self.call("POST", "/v3/projects", json={"name": "airline"})["id"]
        model = {"name": "delay", "project_id": project, "schema": {"columns": COLUMNS}, "spec": {}}
        self.model_id: str = self.call(
            "POST", "/v3/models", json={**model, "event_id_col": "flight_id", "event_ts_col": "timestamp"}
        )["id"]
        # Maps the ids of the contract's examples to those of the fixtures.
        self._ids = {
            "5b1b1c62-5f4d-4c53-9f3e-0f6a2f0b7a11": self.model_id,
            "2a6f0c2e-8f0a-4c53-9f3e-0f6a2f0b7a22": project,
            "0c9a4f7e-5f63-4d0c-8a0b-3b8f3f5a9d10": self.upload("rows.csv", b"flight_id\na\n"),
        }

    def close(self) -> str:
        """Stop the server and return its log."""
        self.client.close()
        self._program.stop()
        return self._log.read_text()

    def call(self, method: str, path: str, **request: Any) -> Any:
        response = self.client.request(method, path, **request)
        assert response.is_success, response.text
        return response.json()["data"]

    def upload(self, name: str, content: bytes) -> str:
        return str(self.call("POST", "/v3/files/upload", files={"file": (name, content)})["id"])

    def with_known_ids(self, value: Any) -> Any:
        text = json.dumps(value)
        for example, known in self._ids.items():
            text = text.replace(example, known)
        return json.loads(text)

    def hides(self, method: str, path: str, **request: Any) -> int:
        """Send a request and check that a refusal shows no secret. Return the status."""
        response = self.client.request(method, path, **request)
        assert response.status_code < 500 or response.status_code == 501, response.text
        if not response.is_success:
            assert "secret" not in response.text + str(response.headers)
        return response.status_code

    def job(self, name: str, content: bytes, method: str = "POST", dataset: str | None = None) -> dict[str, Any]:
        """Send a file and return its job when it has ended, with its rejected rows."""
        environment = {"env_type": "PRE_PRODUCTION" if dataset else "PRODUCTION", "env_name": dataset}
        source = {"type": "FILE", "file_id": self.upload(name, content)}
        body = {"model_id": self.model_id, **environment, "source": source}
        path = f"/v3/jobs/{self.call(method, '/v3/events', json=body)['job']['id']}"
        deadline = time.monotonic() + JOB_SECONDS
        while (job := self.call("GET", path, params={"verbose": True}))["status"] in ("PENDING", "STARTED"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return {**job, "rejected": self.call("GET", f"{path}/rejected-rows")["items"]}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give the server, and search its log for secrets after all tests."""
    api = Api(tmp_path_factory.mktemp("secrets"))
    yield api
    log = api.close()
    assert '"event":"request"' in log
    assert "secret" not in log


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        yield from ((method.upper(), path, item[method]) for method in METHODS if method in item)


def bodies() -> Iterator[tuple[str, str, Any]]:
    for method, path, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            yield method, path, example["value"]


def parameters() -> Iterator[tuple[str, str, str, str]]:
    for method, path, operation in operations():
        for reference in operation.get("parameters", []):
            parameter = DOCUMENT["components"]["parameters"][reference["$ref"].rpartition("/")[2]]
            yield method, path, parameter["in"], parameter["name"]


BODIES = list(bodies())
PARAMETERS = list(parameters())


def places(value: Any, place: str = "") -> Iterator[str]:
    """Give the pointer of every value in a document."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, f"{place}/{key}")


def put(document: Any, place: str, value: Any) -> Any:
    """Return a copy of a document with another value in a place."""
    if not place:
        return value
    copied = copy.deepcopy(document)
    *path, last = place.split("/")[1:]
    node = copied
    for part in path:
        node = node[int(part) if isinstance(node, list) else part]
    node[int(last) if isinstance(node, list) else last] = value
    return copied


def filled(path: str, value: str) -> str:
    """Put a value in the place of every path parameter."""
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize(("method", "path", "example"), BODIES, ids=range(len(BODIES)))
def test_a_value_in_a_body_is_not_shown(api: Api, method: str, path: str, example: Any) -> None:
    """For any invalid field of a body, the refusal names the field and not its value."""
    body = api.with_known_ids(example)
    target = filled(path, api.model_id)
    statuses = set()
    for place in places(body):
        if not place.startswith(NAMES):
            statuses |= {api.hides(method, target, json=put(body, place, value)) for value in STAND_INS}
    assert 400 in statuses


@pytest.mark.parametrize("path", ["/v3/events", "/v3/projects"])
@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "{SECRET}", "other": NaN}}',
        f'{{"name": "{SECRET}", "other": -Infinity}}',
        f'{{"name": "{SECRET}" "{SECRET}"}}',
        f'{{"name": {SECRET}}}',
        f'"{SECRET}"',
        f'{{"name": "{SECRET}',
        SECRET,
    ],
)
def test_text_that_is_not_json_is_not_shown(api: Api, path: str, text: str) -> None:
    """A body that is not JSON is refused by line and column."""
    json_type = {"Content-Type": "application/json"}
    for content in (text.encode(), text.encode() + b"\xff", text.encode("utf-16")):
        assert api.hides("POST", path, content=content, headers=json_type) == 400
        packed = {**json_type, "Content-Encoding": "gzip"}
        assert api.hides("POST", path, content=gzip.compress(content), headers=packed) == 400
        assert api.hides("POST", path, content=gzip.compress(content)[:-4] + content, headers=packed) == 400


@pytest.mark.parametrize(("method", "path", "where", "name"), PARAMETERS)
def test_a_parameter_is_not_shown(api: Api, method: str, path: str, where: str, name: str) -> None:
    """A refusal names the parameter of a path, a query or a header, and not its value."""
    rule = {"field": "name", "operator": "equal", "value": "x"}
    rules: list[Any] = [*({**rule, key: SECRET} for key in rule), {"condition": SECRET, "rules": [rule]}]
    rules.append({**rule, "operator": "in", "value": [[SECRET]]})
    # The model is for the other tests, too.
    known = filled(path, str(uuid4()) if method == "DELETE" else api.model_id)
    for text in (SECRET, f"{SECRET},{SECRET}", f'"{SECRET}"', *map(json.dumps, rules)):
        if where == "path":
            api.hides(method, filled(path, quote(text, safe="")))
        elif where == "query":
            api.hides(method, known, params={name: text})
        else:
            api.hides(method, known, headers={name: text}, json={})


def test_a_request_of_no_operation_shows_nothing(api: Api) -> None:
    """Unknown paths, methods, parameters and headers are refused without their values."""
    assert api.hides("GET", f"/v3/{SECRET}") == 404
    assert api.hides("POST", f"/v3/jobs/{SECRET}") == 405
    assert api.hides("GET", f"/v3/charts/{SECRET}") == 501
    assert api.hides("GET", "/v3/projects", params={SECRET: SECRET}) == 400
    assert api.hides("GET", "/v3/projects", headers={"Authorization": f"Bearer {SECRET}"}) == 401
    assert api.hides("GET", "/v3/projects", headers={"Authorization": SECRET}) == 401
    assert api.hides("POST", "/v3/projects", content=b"{}", headers={"Content-Type": SECRET}) == 415
    coding = {"Content-Type": "application/json", "Content-Encoding": SECRET}
    assert api.hides("POST", "/v3/projects", content=b"{}", headers=coding) == 415


def test_a_form_shows_nothing(api: Api) -> None:
    """An upload is refused without its file name, the names of its parts and its content."""
    for form in (
        {"file": (f"{SECRET}.txt", b"x")},
        {SECRET: ("rows.csv", b"x")},
        {"file": ("rows.csv", b"x"), SECRET: (None, SECRET)},
    ):
        assert api.hides("POST", "/v3/files/upload", files=form) == 400
    part = {"file": ("part", b"x"), "file_id": (None, SECRET), "part_number": (None, SECRET)}
    assert api.hides("POST", "/v3/files/multipart-upload", files=part) == 400
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert api.hides("POST", "/v3/files/upload", content=f"--b\r\n{SECRET}".encode(), headers=kind) == 400


EVENTS: list[dict[str, Any]] = [
    {"distance": SECRET},
    {"flight_id": [SECRET, "other"]},
    {"flight_id": {"key": SECRET}},
    {"flight_id": SECRET, "timestamp": SECRET},
    {"flight_id": SECRET, "timestamp": [SECRET]},
    {"flight_id": SECRET, "distance": json.loads("[" * 150 + f'"{SECRET}"' + "]" * 150)},
]


@pytest.mark.parametrize("event", EVENTS, ids=range(len(EVENTS)))
def test_a_value_of_an_event_is_not_shown(api: Api, event: dict[str, Any]) -> None:
    """An event that cannot be stored is refused by its place, also if another event has its id."""
    for method in ("POST", "PATCH"):
        body = {"model_id": api.model_id, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": [event]}}
        assert api.hides(method, "/v3/events", json=body) == 400


def test_an_event_in_conflict_is_not_shown(api: Api) -> None:
    """Other content for an id of a dataset is refused by its place, without the id."""
    for distance, status in ((1, 200), (2, 400)):
        events = {"type": "EVENTS", "events": [{"flight_id": SECRET, "distance": distance}]}
        body = {"model_id": api.model_id, "env_type": "PRE_PRODUCTION", "env_name": "d", "source": events}
        assert api.hides("POST", "/v3/events", json=body) == status
    job = api.job("rows.csv", f"flight_id,distance\n{SECRET},3\n".encode(), dataset="d")
    assert job["info"]["rejected_rows"] == 1
    assert "secret" not in str(job)


def parquet(**columns: list[Any]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def cells(*lines: str, separator: str = ",") -> bytes:
    return "".join(line.replace("S", SECRET).replace(",", separator) + "\n" for line in lines).encode()


FILES: list[tuple[str, bytes]] = [
    ("rows.csv", cells("S,S1", "a,b")),
    ("rows.csv", cells("S,S")),
    ("rows.csv", cells("S")),
    ("rows.csv", cells("S,S1,S2", "a,b,c", separator=";")),
    ("rows.csv", cells('"S', "S")),
    ("rows.csv", cells("flight_id,distance,timestamp", "S,S,S", ",S,1", "S", "S,S,S,S")),
    ("rows.csv", cells("flight_id,distance,arrived_late,gate", "S,S,S,S", "S,S,S,S")),
    ("rows.csv", cells("distance,gate", "S,S")),
    ("rows.csv", cells("flight_id,distance", "S,S") + b"\xff\xfe"),
    ("rows.csv", cells("S,S").decode().encode("utf-16")),
    ("rows.csv", gzip.compress(cells("S,S"))),
    ("rows.csv", parquet(flight_id=[SECRET])),
    ("rows.parquet", cells("S,S")),
    ("rows.parquet", parquet(flight_id=[SECRET, None], distance=[SECRET, SECRET], timestamp=[SECRET, SECRET])),
    ("rows.parquet", parquet(flight_id=[[SECRET]], distance=[{"key": SECRET}])),
    ("rows.parquet", parquet(gate=[SECRET])),
    ("rows.parquet", parquet(flight_id=[SECRET])[:-8]),
]


@pytest.mark.parametrize(("name", "content"), FILES, ids=range(len(FILES)))
@pytest.mark.parametrize(("method", "dataset"), [("POST", None), ("POST", "files"), ("PATCH", None)])
def test_a_cell_of_a_file_is_not_shown(api: Api, name: str, content: bytes, method: str, dataset: str | None) -> None:
    """Neither a job, its info nor its rejected rows show a cell, with or without a header line, readable or not."""
    assert "secret" not in str(api.job(name, content, method, dataset))


@pytest.mark.parametrize(("name", "content"), FILES, ids=range(len(FILES)))
def test_a_proposal_that_is_refused_shows_no_cell(api: Api, name: str, content: bytes) -> None:
    """The model factory refuses a file without showing a cell."""
    api.hides("POST", "/v3/model-factory", json={"file_id": api.upload(name, content)})
