"""Uploads in parts and the model factory over HTTP, with the real program."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.envelope import assert_error_envelope

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
PART = "/v3/files/multipart-upload"
ROWS = b"id,number,label,text\n1,1.5,True,a\n2,2.5,False,b\n3,,True,a\n"


class Api:
    """A client that uploads in parts."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def send(self, path: str, body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] = {}) -> Any:
        response = self.client.post(path, json=body, headers=headers)
        return self._data(response, status)

    def begin(self, filename: str = "rows.csv", status: int = 200) -> Any:
        return self.send("/v3/files/multipart-init", {"filename": filename}, status)

    def add(self, fields: Mapping[str, Any], status: int = 200) -> Any:
        return self._data(self.client.post(PART, files=fields), status)

    def complete(self, file_id: str, ids: list[str], status: int = 200, headers: Mapping[str, str] = {}) -> Any:
        named = [{"number": number, "id": one} for number, one in enumerate(ids, 1)]
        return self.send("/v3/files/multipart-complete", {"file_id": file_id, "parts": named}, status, headers)

    def upload(self, name: str, content: bytes) -> str:
        files = {"file": (name, content)}
        file_id: str = self._data(self.client.post("/v3/files/upload", files=files), 200)["id"]
        return file_id

    def generate(self, file_id: str, status: int = 200, **more: Any) -> Any:
        return self.send("/v3/model-factory", {"file_id": file_id, **more}, status)

    @staticmethod
    def _data(response: httpx.Response, status: int) -> Any:
        assert response.status_code == status, response.text
        if status == 200:
            return response.json()["data"]
        assert_error_envelope(response.json(), status)
        return response.json()["error"]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def part(file_id: str, number: Any = 1, content: bytes = b"x") -> dict[str, Any]:
    """Make the form that the vendor's client sends: texts without a filename, after the file."""
    return {
        "file": ("part_1_rows.csv", io.BytesIO(content)),
        "file_id": (None, file_id),
        "part_number": (None, str(number)),
    }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_upload_in_parts_is_a_file_like_any_other(api: Api) -> None:
    """Parts in any order, one of them sent again, become a file of which a schema is proposed."""
    begun = api.begin()
    assert (begun["status"], begun["type"], begun["size"]) == ("INITIATED", "CSV", 0)
    halves = [ROWS[:20], ROWS[20:]]
    for number, content in ((2, b"earlier"), (2, halves[1]), (1, halves[0])):
        stored = api.add(part(begun["id"], number, content))
        assert stored == {"part_id": sha256(content), "part_number": number, "size": len(content)}
    completed = api.complete(begun["id"], [sha256(half) for half in halves])
    assert (completed["id"], completed["status"], completed["size"]) == (begun["id"], "SUCCESSFUL", len(ROWS))
    assert completed["updated_at"] > begun["updated_at"]
    assert api.generate(begun["id"])["schema"]["columns"][0]["name"] == "id"
    api.complete(begun["id"], [sha256(half) for half in halves], 409)
    assert api.add(part(begun["id"]), 409)["errors"][0]["reason"] == "Conflict"


def test_the_parts_of_a_form_come_in_any_order(api: Api) -> None:
    """The texts may come before the file, an id in capitals, and the file's name does not matter."""
    file_id = api.begin()["id"]
    form = part(file_id.upper(), 7)
    form["file"] = ("../" * 700, b"x")
    assert api.add(dict(reversed(form.items())))["part_number"] == 7


def test_a_retried_completion_gets_the_same_response(api: Api) -> None:
    """A retry of a completion, and one with its key, gets the first response."""
    file_id = api.begin()["id"]
    api.add(part(file_id))
    first = api.complete(file_id, [sha256(b"x")], headers={"Idempotency-Key": file_id})
    assert api.complete(file_id, [sha256(b"x")], headers={"Idempotency-Key": file_id}) == first
    other = api.begin()["id"]
    api.add(part(other))
    first = api.complete(other, [sha256(b"x")])
    assert api.complete(other, [sha256(b"x")], headers={"X-Fiddler-Client-Retry": "1"}) == first


BAD_FORMS: list[tuple[str, dict[str, Any], int, str]] = [
    ("no file", {"file": None}, 400, "/file"),
    ("no id", {"file_id": None}, 400, "/file_id"),
    ("no number", {"part_number": None}, 400, "/part_number"),
    ("number 0", {"part_number": (None, "0")}, 400, "/part_number"),
    ("number 1001", {"part_number": (None, "1001")}, 400, "/part_number"),
    ("no number at all", {"part_number": (None, "one")}, 400, "/part_number"),
    ("fraction", {"part_number": (None, "1.0")}, 400, "/part_number"),
    ("id that is no UUID", {"file_id": (None, "../../etc")}, 400, "/file_id"),
    ("long text", {"part_number": (None, "1" * 1025)}, 400, "/part_number"),
    ("text that is not UTF-8", {"file_id": (None, b"\xff")}, 400, "/file_id"),
    ("file without a filename", {"file": (None, b"x")}, 400, "/file"),
    ("unknown part", {"note": (None, "x")}, 400, ""),
    ("unknown upload", {"file_id": (None, UNKNOWN_ID)}, 404, ""),
]


@pytest.mark.parametrize(
    ("change", "status", "place"), [bad[1:] for bad in BAD_FORMS], ids=[bad[0] for bad in BAD_FORMS]
)
def test_forms_that_are_wrong(api: Api, change: dict[str, Any], status: int, place: str) -> None:
    """A form with a part too few, too many or of another type is refused with its place."""
    form = {name: one for name, one in (part(api.begin()["id"]) | change).items() if one is not None}
    message = api.add(form, status)["errors"][0]["message"]
    assert message.startswith(f"{place}:" if place else "")


def test_a_repeated_part_of_a_form_is_refused(api: Api) -> None:
    """A part of a form that occurs twice is refused."""
    form = part(api.begin()["id"])
    for name in form:
        again = [*form.items(), (name, form[name])]
        error = api._data(api.client.post(PART, files=again), 400)
        assert error["errors"][0]["message"] == f"/{name}: must be there once"


def test_names_that_no_upload_can_have(api: Api) -> None:
    """An unknown ending and a name that is too long are refused, for a whole file as well."""
    for filename in ("rows.txt", "rows.csv.gz", "rows"):
        assert api.begin(filename, 400)["errors"][0]["message"].startswith("/filename")
    api.begin("x" * 1021 + ".csv", 400)
    response = api.client.post("/v3/files/upload", files={"file": ("x" * 1021 + ".csv", b"a")})
    assert_error_envelope(response.json(), 400)


def test_an_unfinished_upload_cannot_be_used(api: Api) -> None:
    """An upload that is not completed can neither be published nor be proposed a schema for."""
    file_id = api.begin()["id"]
    api.add(part(file_id, 1, ROWS))
    api.generate(file_id, 400)
    model_id = create_model(api, {"columns": [{"name": "a", "data_type": "int"}]}, {})
    for method in ("POST", "PATCH"):
        body = {
            "model_id": model_id,
            "env_type": "PRODUCTION",
            "source": {"type": "FILE", "file_id": file_id},
        }
        response = api.client.request(method, "/v3/events", json=body)
        assert_error_envelope(response.json(), 400)
        assert "names an upload that is not completed; complete it first" in response.text


def create_model(api: Api, schema: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    project = api.send("/v3/projects", {"name": f"p{uuid4().hex[:30]}"})
    body = {"name": "model", "project_id": project["id"], "schema": schema, "spec": spec, "event_id_col": "id"}
    model_id: str = api.send("/v3/models", body)["id"]
    return model_id


def parquet(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array(["1", "2", "3"]), **columns}), file)
    return file.getvalue()


PARQUET = parquet(
    int=pa.array([1, 2, 2**63 - 1]),
    float=pa.array([1e-300, 5e-324, -0.0]),
    infinite=pa.array([float("inf"), float("-inf"), 1.0]),
    widest=pa.array([1.7976931348623157e308, -1.7976931348623157e308, 0.0]),
    constant=pa.array([7, 7, 7], pa.uint8()),
    bool=pa.array([True, None, False]),
    category=pa.array(["é", '"', "é"]),
    vector=pa.array([[1.0, 2.0], None, [3.0, 4.0]]),
    time=pa.array([0, 1, None], pa.timestamp("ns", "Asia/Tokyo")),
    nothing=pa.nulls(3),
    empty=pa.array(["", "nan", ""]),
)


@pytest.mark.parametrize(
    ("name", "content"), [("rows.csv", ROWS), ("rows.csv", b"\xef\xbb\xbf" + ROWS), ("rows.pq", PARQUET)]
)
def test_a_proposal_is_a_model(api: Api, name: str, content: bytes) -> None:
    """A proposal creates a model unchanged, against which the file's rows have no type or range violation."""
    file_id = api.upload(name, content)
    generated = api.generate(file_id, max_cardinality=None, sample_size=None)
    columns = [column["name"] for column in generated["schema"]["columns"]]
    assert generated["spec"] == {
        "schema_version": 1,
        "inputs": columns,
        "outputs": [],
        "targets": [],
        "decisions": [],
        "metadata": [],
        "custom_features": [],
    }
    model_id = create_model(api, generated["schema"], generated["spec"])
    source = {"type": "FILE", "file_id": file_id}
    job_id = api.send("/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})["job"]["id"]
    while (job := api.client.get(f"/v3/jobs/{job_id}").json()["data"])["status"] in ("PENDING", "STARTED"):
        pass
    assert (job["status"], job["info"]["created"]) == ("SUCCESS", 3)
    page = api.send("/v3/events/query", {"model_id": model_id, "env_type": "PRODUCTION"})
    found = [violation for item in page["items"] for violation in item["violations"]]
    assert [violation for violation in found if violation["kind"] != "missing"] == []


def test_the_roles_that_were_sent_come_back(api: Api) -> None:
    """A spec comes back as it was sent, with its defaults, even if it names columns that the file lacks."""
    spec = {"inputs": ["number"], "metadata": ["id", "made"], "custom_features": [{"name": "f", "columns": ["made"]}]}
    generated = api.generate(api.upload("rows.csv", ROWS), spec=spec)
    assert generated["spec"] == {"schema_version": 1, "outputs": [], "targets": [], "decisions": [], **spec}
    assert len(generated["schema"]["columns"]) == 4


def test_a_proposal_is_shaped_as_the_vendor_does(api: Api) -> None:
    """Columns have an id in lower case, numbers their bounds and bins, texts and bools their categories."""
    columns = api.generate(api.upload("rows.csv", ROWS.replace(b"number", b"Number")))["schema"]["columns"]
    bins = pytest.approx([1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5])
    assert columns[1:] == [
        {"id": "number", "name": "Number", "data_type": "float", "min": 1.5, "max": 2.5, "bins": bins},
        {"id": "label", "name": "label", "data_type": "bool", "categories": [False, True]},
        {"id": "text", "name": "text", "data_type": "category", "categories": ["a", "b"]},
    ]


REFUSED: list[tuple[str, bytes]] = [
    ("rows.csv", b""),
    ("rows.csv", b"a,b\n"),
    ("rows.csv", b"a,a\n1,2\n"),
    ("rows.csv", b"a,\n1,2\n"),
    ("rows.parquet", ROWS),
    ("rows.tar.gz", ROWS),
]


@pytest.mark.parametrize(("name", "content"), REFUSED)
def test_files_without_a_schema(api: Api, name: str, content: bytes) -> None:
    """A file of which no schema can be proposed is a 400 that names the file's place and nothing of its content."""
    error = api.generate(api.upload(name, content), 400)
    assert error["errors"][0]["message"].startswith("/file_id: ")


def test_a_request_that_is_wrong(api: Api) -> None:
    """An unknown file is a 404; a sample or cardinality out of range, or a spec nested too deeply, a 400."""
    api.generate(UNKNOWN_ID, 404)
    file_id = api.upload("rows.csv", ROWS)
    nested: Any = {}
    for _ in range(110):
        nested = {"a": nested}
    for more in ({"sample_size": 9999}, {"max_cardinality": 0}, {"spec": {"custom_features": [nested]}}):
        api.generate(file_id, 400, **more)
