"""The quality report of a publish: violations, undeclared columns, a missing timestamp column."""

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.envelope import assert_error_envelope

COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "data_type": "str"},
    {"name": "carrier", "data_type": "category", "categories": ["AA", "UA"]},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
    {"name": "late", "data_type": "bool"},
]
SPEC = {"inputs": ["carrier", "distance"], "targets": ["late"], "metadata": ["id"]}
TYPOS: list[dict[str, Any]] = [
    {"id": "a", "carrier": "UA", "distence": 5, "late": True, "time": 1_700_000_000},
    {"id": "b", "carrier": "ZZ", "distence": 7, "late": None, "time": 1_700_000_001},
    {"id": "c", "carrier": "ZZ", "distence": 7, "late": False, "time": 1_700_000_002},
]
FOUND = [("carrier", "range", 2), ("distance", "missing", 3), ("late", "missing", 1)]


class Api:
    """A client with the calls of these tests."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def call(self, method: str, path: str, **request: Any) -> Any:
        response = self.client.request(method, path, **request)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def refusal(self, method: str, path: str, code: int = 400, **request: Any) -> list[str]:
        """Return the messages of a refusal."""
        response = self.client.request(method, path, **request)
        assert_error_envelope(response.json(), code)
        return [error["message"] for error in response.json()["error"]["errors"]]

    def model_body(self, columns: Sequence[dict[str, Any]] = COLUMNS, **fields: Any) -> dict[str, Any]:
        project = self.call("POST", "/v3/projects", json={"name": f"p{uuid4().hex[:20]}"})
        body = {"name": "model", "project_id": project["id"], "schema": {"columns": columns}, "spec": SPEC}
        return body | {"event_id_col": "id", "event_ts_col": "departed"} | fields

    def model(self, columns: Sequence[dict[str, Any]] = COLUMNS, **fields: Any) -> str:
        created: str = self.call("POST", "/v3/models", json=self.model_body(columns, **fields))["id"]
        return created

    def send(self, model_id: str, source: dict[str, Any], method: str = "POST", dataset: str | None = None) -> Any:
        environment = {"env_type": "PRE_PRODUCTION" if dataset else "PRODUCTION", "env_name": dataset}
        return self.call(method, "/v3/events", json={"model_id": model_id, **environment, "source": source})

    def send_file(self, model_id: str, name: str, content: bytes, **request: Any) -> Any:
        """Send a file and return its job when it has ended."""
        uploaded = self.call("POST", "/v3/files/upload", files={"file": (name, content)})
        job_id = self.send(model_id, {"type": "FILE", "file_id": uploaded["id"]}, **request)["job"]["id"]
        while (job := self.call("GET", f"/v3/jobs/{job_id}"))["status"] in ("PENDING", "STARTED"):
            pass
        return job


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def csv_file(rows: Sequence[dict[str, Any]]) -> bytes:
    cells = [["" if value is None else str(value) for value in row.values()] for row in rows]
    return "".join(",".join(line) + "\n" for line in [list(rows[0]), *cells]).encode()


def parquet_file(rows: Sequence[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()


def counted(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(violation["column"], violation["kind"], violation["count"]) for violation in found["violations"]]


def sent(api: Api, model_id: str, rows: Sequence[dict[str, Any]], how: str, **request: Any) -> Any:
    """Send rows and return the quality report in the response or the job's info."""
    if how == "list":
        return api.send(model_id, {"type": "EVENTS", "events": rows}, **request)
    content = csv_file(rows) if how == "csv" else parquet_file(rows)
    job = api.send_file(model_id, f"rows.{how}", content, **request)
    assert job["status"] == "SUCCESS"
    return job["info"]


@pytest.mark.parametrize("dataset", [None, "training"])
@pytest.mark.parametrize("how", ["list", "csv", "parquet"])
def test_misspelt_columns_are_reported(api: Api, how: str, dataset: str | None) -> None:
    """A list and a file report the same: a misspelt column is undeclared, the right one and the time are missing."""
    found = sent(api, api.model(), TYPOS, how, dataset=dataset)
    assert counted(found) == FOUND
    assert found["undeclared_columns"] == ["distence", "time"]
    assert found["missing_timestamp_column"] == "departed"


@pytest.mark.parametrize("how", ["list", "csv", "parquet"])
def test_valid_events_have_no_findings(api: Api, how: str) -> None:
    """If events fit the schema, nothing is reported. A timestamp column is present if one event has it."""
    rows = [{"id": "a", "carrier": "UA", "distance": 5, "late": True}, {"id": "b", "carrier": "AA", "distance": 6}]
    timed = [row | {"late": False, "departed": time} for row, time in zip(rows, (None, 1_700_000_000), strict=True)]
    found = sent(api, api.model(), timed, how)
    assert (counted(found), found["undeclared_columns"]) == ([], [])
    assert "missing_timestamp_column" not in found
    assert "missing_timestamp_column" not in sent(api, api.model(event_ts_col=None), rows, how)


@pytest.mark.parametrize("how", ["csv", "parquet"])
def test_an_update_by_file_names_ignored_columns(api: Api, how: str) -> None:
    """Columns that an update may not change are named; violations are those of events that are stored."""
    model_id = api.model()
    api.send(model_id, {"type": "EVENTS", "events": TYPOS})
    labels = [{"id": id, "distance": 9, "late": late, "gate": "B1"} for late, id in enumerate("abzy")]
    found = sent(api, model_id, labels, how, method="PATCH")
    assert (found["updated"], found["unknown"], found["ignored_columns"]) == (2, 2, ["distance"])
    assert found["undeclared_columns"] == ["gate"]
    assert counted(found) == ([] if how == "csv" else [("late", "type", 2)])
    assert "missing_timestamp_column" not in found


def test_rejected_rows_count_as_rejected_only(api: Api) -> None:
    """Violations of rejected rows do not count, whether they are no events or conflict with the dataset."""
    model_id = api.model()
    assert counted(api.send_file(model_id, "rows.csv", csv_file(TYPOS[1:2]), dataset="d")["info"])
    rows = b"id,carrier,distance,late,departed\na,UA,x,true,2024-01-01\nb,UA,x,true,2024-01-01\nc,UA,x,true,never\n"
    job = api.send_file(model_id, "rows.csv", rows, dataset="d")
    assert (job["info"]["created"], job["info"]["rejected_rows"]) == (1, 2)
    assert counted(job["info"]) == [("distance", "type", 1)]
    assert "missing_timestamp_column" not in job["info"]


def test_the_report_of_a_job_is_bounded(api: Api) -> None:
    """Of 1,499 violated columns the 1,000 with the largest counts are reported, of undeclared ones 1,000, shortened."""
    columns = [{"name": "id", "data_type": "str"}, *({"name": f"c{n:04}", "data_type": "int"} for n in range(1500))]
    model_id = api.model(columns, spec={})
    extra = {"x" * 300: 1} | {f"y{n:04}": 1 for n in range(1100)}
    rows = [{"id": "a", "c0000": 1, **extra}, {"id": "b", "c0000": 1, "c0001": 1, **extra}]
    info = api.send_file(model_id, "rows.parquet", parquet_file(rows))["info"]
    assert len(info["violations"]) == len(info["undeclared_columns"]) == 1000
    assert {violation["count"] for violation in info["violations"]} == {2}
    assert info["undeclared_columns"][0] == "x" * 100 + "…"


def test_a_file_of_a_header_alone_is_published_without_rows(api: Api) -> None:
    """A job succeeds with a CSV header that even lacks a line end: it has no rows."""
    job = api.send_file(api.model(), "rows.csv", b"id,departed,typo")
    assert (job["status"], job["info"]["rows"], job["info"]["violations"]) == ("SUCCESS", 0, [])


def test_a_file_in_utf_16_is_refused(api: Api) -> None:
    """The job fails and says which encoding the file has and which it must have."""
    job = api.send_file(api.model(), "rows.csv", csv_file(TYPOS).decode().encode("utf-16"))
    assert (job["status"], job["error_reason"]) == ("FAILURE", "BadRequest")
    assert job["error_message"] == "The file cannot be read as CSV: it is UTF-16; save it as UTF-8"


def test_a_file_without_the_id_column_fails_with_its_columns(api: Api) -> None:
    """The message names the expected column and those of the file, bounded in number and length."""
    model_id = api.model()
    header = ["ID", "x" * 300, "carrier", *(f"c{n}" for n in range(30))]
    job = api.send_file(model_id, "rows.csv", ",".join(header).encode() + b"\n")
    shown = ", ".join(f'"{name}"' for name in ["ID", "x" * 100 + "…", "carrier", *(f"c{n}" for n in range(17))])
    assert (job["status"], job["error_message"]) == (
        "FAILURE",
        f'The file lacks the column "id" that event_id_col names; it has {shown} and 13 more',
    )
    job = api.send_file(model_id, "rows.csv", b"a,late\n1,2\n", method="PATCH")
    assert job["error_message"].endswith('event_id_col names; it has "a", "late"')
    for method in ("POST", "PATCH"):
        job = api.send_file(model_id, "rows.parquet", parquet_file([{"a": 1, "b": 2}]), method=method)
        assert job["error_message"].endswith('event_id_col names; it has "a", "b"')


NO_HEADER = "No cell of the file's first line is a column of the model. Does the file have a header line?"
# No random id contains one of them.
DATA = ["Ann Smith", "ann@example.org", "4111-0000", "Secret Street"]


@pytest.mark.parametrize(
    ("method", "dataset", "id_column"),
    [
        ("POST", None, "id"),
        ("PATCH", None, "id"),
        ("POST", "training", "id"),
        ("POST", None, None),
        ("POST", "d", None),
    ],
)
def test_a_file_without_a_header_line_is_refused(
    api: Api, method: str, dataset: str | None, id_column: str | None
) -> None:
    """The job fails and stores nothing, and neither its message nor its info shows a cell of the first line."""
    model_id = api.model(event_id_col=id_column)
    job = api.send_file(model_id, "rows.csv", (",".join(DATA) + "\n").encode() * 3, method=method, dataset=dataset)
    assert (job["status"], job["error_reason"], job["error_message"]) == ("FAILURE", "BadRequest", NO_HEADER)
    assert (job["info"]["rows"], job["info"]["undeclared_columns"]) == (0, [])
    assert not any(cell in str(job) for cell in DATA)


@pytest.mark.parametrize(("separator", "reported"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_separator_is_named(api: Api, separator: str, reported: str) -> None:
    """The message names the separator that makes columns of the model, or many cells, of the first line."""
    model_id = api.model()
    lines = [separator.join(["id", "carrier, or so", "late"]), separator.join(DATA)]
    for content in (lines, [line.replace("id", '"id"') for line in lines]):
        job = api.send_file(model_id, "rows.csv", "\n".join(content).encode())
        assert job["error_message"] == (
            "No cell of the file's first line is a column of the model: the cells are separated by "
            f"{reported} and must be separated by commas"
        )
    job = api.send_file(model_id, "rows.csv", separator.join(DATA).encode())
    assert job["error_message"] == f"{NO_HEADER} Its cells look separated by {reported}; CSV needs commas"


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "secret")
    return file.getvalue()


OTHER_FORMATS: list[tuple[str, bytes, str]] = [
    ("rows.csv", gzip.compress(b"id\na\n"), "it looks like gzip, send it unpacked"),
    ("rows.parquet", gzip.compress(b"id\na\n"), "it looks like gzip, send it unpacked"),
    ("rows.csv", zipped("rows.csv"), "it looks like zip, send it unpacked"),
    ("rows.csv", zipped("[Content_Types].xml", "xl/workbook.xml"), "it looks like an Excel file, save it as CSV"),
    (
        "rows.csv",
        zipped("docProps/app.xml", *(f"{n}".zfill(999) for n in range(9)), "xl/workbook.xml"),
        "it looks like an Excel file, save it as CSV",
    ),
    ("rows.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1secret", "it looks like an Excel file, save it as CSV"),
    ("rows.csv", parquet_file(TYPOS), "it looks like Parquet, give it a name that ends in .parquet"),
]


@pytest.mark.parametrize(("name", "content", "reported"), OTHER_FORMATS, ids=range(len(OTHER_FORMATS)))
def test_a_file_of_another_format_is_refused(api: Api, name: str, content: bytes, reported: str) -> None:
    """A job and the model factory say what the file looks like and how to correct it."""
    message = f"The file cannot be read as {'CSV' if name.endswith('csv') else 'PARQUET'}: {reported}"
    assert api.send_file(api.model(), name, content)["error_message"] == message
    uploaded = api.call("POST", "/v3/files/upload", files={"file": (name, content)})
    body = {"file_id": uploaded["id"]}
    assert api.refusal("POST", "/v3/model-factory", json=body) == [f"/file_id: {message}"]


def test_a_row_of_data_as_the_first_line_may_repeat_a_cell(api: Api) -> None:
    """Two equal cells in the first line are reported without the cell; the message asks whether it is a header."""
    job = api.send_file(api.model(), "rows.csv", b"secret,secret\n")
    assert job["error_message"] == (
        "The file cannot be read as CSV: two columns have the same name. Does the file have a header line?"
    )


def test_a_fault_of_a_role_names_the_column(api: Api) -> None:
    """A role that the schema lacks, and a repeated column, are named with their place."""
    body = api.model_body(spec={"inputs": ["carrier", "distence"], "targets": ["x" * 255]})
    assert api.refusal("POST", "/v3/models", json=body) == [
        '/spec/inputs/1: "distence" is not a column of the schema',
        f'/spec/targets/0: "{"x" * 100}…" is not a column of the schema',
    ]
    body = api.model_body([*COLUMNS, COLUMNS[1]])
    assert api.refusal("POST", "/v3/models", json=body) == [
        '/schema/columns/4/name: "carrier" is the name of an earlier column; names must differ'
    ]


@pytest.mark.parametrize("env_name", [None, "", 7])
def test_a_fault_of_env_name_says_what_the_client_calls_it(api: Api, env_name: Any) -> None:
    """Users of the vendor's client know `env_name` as `dataset_name`, so the message adds that name."""
    source = {"type": "EVENTS", "events": [{"id": "a"}]}
    body = {"model_id": api.model(), "env_type": "PRE_PRODUCTION", "env_name": env_name, "source": source}
    [reported] = api.refusal("POST", "/v3/events", json=body)
    assert reported.startswith("/env_name: ")
    assert reported.endswith(" (the vendor's client calls it dataset_name)")


@pytest.mark.parametrize(("path", "part"), [("/v3/charts", "charts"), (f"/v3/user-access-keys/{uuid4()}", "users")])
def test_an_unsupported_feature_is_named(api: Api, path: str, part: str) -> None:
    """A 501 names the unsupported part of the vendor's API."""
    assert api.refusal("GET", path, 501) == [f"This server does not offer {part}"]
