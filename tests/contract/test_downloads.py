"""Promises of `POST /v3/analytics/download-slice-data`: a file of the stored events, complete and typed."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.contract.test_hostile_input import NAMES
from tests.envelope import assert_error_envelope
from tests.odd_values import FLOATS, INTS, TEXTS

# A schema cannot have U+0000.
DECLARED = [name for name in NAMES if name != "\x00"]

PATH = "/v3/analytics/download-slice-data"
DAY = 1_700_000_000
COLUMNS: list[dict[str, Any]] = [
    {"name": "float", "data_type": "float"},
    {"name": "int", "data_type": "int"},
    {"name": "bool", "data_type": "bool"},
    {"name": "str", "data_type": "str"},
    {"name": "category", "data_type": "category", "categories": ["a", "b"]},
    {"name": "level", "data_type": "category", "categories": [1, 2]},
    {"name": "time", "data_type": "timestamp"},
    {"name": "vector", "data_type": "vector", "n_dimensions": 2},
]
TYPES = {
    "float": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "str": pa.string(),
    "category": pa.string(),
    "level": pa.int64(),
    "time": pa.timestamp("us", "UTC"),
    "vector": pa.list_(pa.float64()),
}
TIMES = ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"]
VECTORS = [[1.0, 2.0], [], [None, 0.1], ["Infinity", "-Infinity"], [1.2345678901234567e20, 1e22], [-0.0, 5e-324]]


class Api:
    """A client with the calls of these tests."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def send(self, path: str, body: Mapping[str, Any]) -> Any:
        response = self.client.post(path, json=body)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def model(self, columns: list[dict[str, Any]] = COLUMNS, **fields: Any) -> str:
        """Create a model, with an id and a timestamp that its schema lacks."""
        project = self.send("/v3/projects", {"name": f"p{uuid4().hex[:30]}"})
        body = {"name": "model", "project_id": project["id"], "schema": {"columns": columns}, "spec": {}}
        model_id: str = self.send("/v3/models", body | {"event_id_col": "id", "event_ts_col": "at"} | fields)["id"]
        return model_id

    def publish(self, model_id: str, *events: Mapping[str, Any], dataset: str | None = None) -> None:
        source = {"type": "EVENTS", "events": events}
        self.send("/v3/events", {"model_id": model_id, **environment(dataset), "source": source})

    def publish_file(self, model_id: str, name: str, content: bytes) -> Any:
        """Publish a file and return its job, which must succeed with every row."""
        files = {"file": (name, content)}
        uploaded = self.client.post("/v3/files/upload", files=files).json()["data"]
        source = {"type": "FILE", "file_id": uploaded["id"]}
        job = self.send("/v3/events", {"model_id": model_id, **environment(None), "source": source})["job"]
        while (shown := self.client.get(f"/v3/jobs/{job['id']}").json()["data"])["status"] in ("PENDING", "STARTED"):
            pass
        assert (shown["status"], shown["info"]["rejected_rows"]) == ("SUCCESS", 0), shown
        return shown

    def read(self, model_id: str) -> list[Any]:
        page = self.send("/v3/events/query", {"model_id": model_id, **environment(None), "limit": 1000})
        assert page["next_cursor"] is None
        items: list[Any] = page["items"]
        return items

    def ask(self, model_id: str, **request: Any) -> httpx.Response:
        body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": False}
        return self.client.post(PATH, json=body | request)

    def table(self, model_id: str, **request: Any) -> pa.Table:
        response = self.ask(model_id, **request)
        assert response.status_code == 200, response.text
        return pq.read_table(io.BytesIO(response.content))

    def csv(self, model_id: str, **request: Any) -> str:
        response = self.ask(model_id, csv=True, **request)
        assert response.status_code == 200, response.text
        return response.content.decode()

    def refused(self, status: int, model_id: str, **request: Any) -> list[str]:
        """Return the messages of a refusal."""
        response = self.ask(model_id, **request)
        assert response.status_code == status, response.text
        assert_error_envelope(response.json(), status)
        return [error["message"] for error in response.json()["error"]["errors"]]


def environment(dataset: str | None) -> dict[str, Any]:
    return {"env_type": "PRODUCTION" if dataset is None else "PRE_PRODUCTION", "env_name": dataset}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def all_values() -> list[dict[str, Any]]:
    """Make events with every kind of value that a column may keep, nulls included."""
    samples: dict[str, list[Any]] = {
        "float": [*FLOATS, "Infinity", "-Infinity"],
        "int": INTS,
        "bool": [True, False],
        "str": ["", *TEXTS],
        "category": ["a", "b", "unknown", "a,b"],
        "level": [1, 2, 3],
        "time": TIMES,
        "vector": VECTORS,
    }
    rows = [{name: value} for name, values in samples.items() for value in values]
    return [{"id": f"id-{row}", "at": DAY + row / 8, **values} for row, values in enumerate([{}, *rows])]


@pytest.fixture(scope="module")
def everything(api: Api) -> str:
    """Give a model with all values."""
    model_id = api.model()
    api.publish(model_id, *all_values())
    return model_id


@pytest.fixture(scope="module")
def simple(api: Api) -> str:
    """Give a model with ten events."""
    model_id = api.model([{"name": "n", "data_type": "int"}, {"name": "v", "data_type": "vector"}])
    api.publish(model_id, *({"id": str(n), "at": DAY + n, "n": n, "v": [n]} for n in range(10)))
    return model_id


def test_the_response_is_a_file(api: Api, simple: str) -> None:
    """The headers name the file's type, size and name."""
    for as_csv, media_type, name in (
        (True, "text/csv; charset=utf-8", "output.csv"),
        (False, "application/vnd.apache.parquet", "output.parquet"),
    ):
        response = api.ask(simple, csv=as_csv)
        assert response.headers["content-type"] == media_type
        assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert int(response.headers["content-length"]) == len(response.content) > 0


def test_parquet_has_the_types_of_the_schema(api: Api, everything: str) -> None:
    """Columns come in the order of the schema, then id and timestamp, each with its own type."""
    table = api.table(everything, fetch_vectors=True)
    stamped = {"id": pa.string(), "at": pa.timestamp("us", "UTC")}
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == TYPES | stamped
    assert table.schema.names == [*TYPES, "id", "at"]


def test_parquet_values_are_the_stored_ones(api: Api, everything: str) -> None:
    """Every value in the file equals the value of the event when it is read, in the same order."""
    table = api.table(everything, fetch_vectors=True)
    assert [in_json(row) for row in table.to_pylist()] == [
        event["values"] | {"id": event["event_id"], "at": event["timestamp"]} for event in api.read(everything)
    ]


@pytest.mark.parametrize("as_csv", [False, True])
def test_a_download_can_be_published_again(api: Api, everything: str, as_csv: bool) -> None:
    """A second model with the same schema that gets the file has every value as the first.

    CSV alone cannot carry the texts that mean null in a cell: they are the only difference.
    """
    second = api.model()
    name = "output.csv" if as_csv else "output.parquet"
    api.publish_file(second, name, api.ask(everything, csv=as_csv, fetch_vectors=True).content)
    before, after = api.read(everything), api.read(second)
    assert len(before) == len(all_values())
    for old, new in zip(before, after, strict=True):
        assert (new["event_id"], new["timestamp"]) == (old["event_id"], old["timestamp"])
        if as_csv and old["values"]["str"] == "":
            old["values"]["str"] = None
        assert repr(new["values"]) == repr(old["values"])
        assert new["undeclared"] == {}


@pytest.mark.parametrize("as_csv", [False, True])
def test_ranking_groups_can_be_published_again(api: Api, as_csv: bool) -> None:
    """Lists of any type, with nulls and quotes in them, survive a file."""
    columns = [
        {"name": "group", "data_type": "str"},
        {"name": "id", "data_type": "str"},
        {"name": "at", "data_type": "timestamp"},
        *COLUMNS[:-1],
    ]
    ranking = {"task": "ranking", "task_params": {"group_by": "group"}}
    first, second = api.model(columns, **ranking), api.model(columns, **ranking)
    api.publish(
        first,
        {
            "group": "g1",
            "id": ["1", "1"],
            "at": [DAY, DAY + 1],
            "float": [1.5, "Infinity"],
            "int": [2**63 - 1, None],
            "bool": [True, False],
            "str": ['a "quoted", text', "\n\U0001f600\\"],
            "category": ["a", None],
            "level": [1, 2],
            "time": TIMES[:2],
        },
        {"group": "g2", "id": "2", "at": DAY + 2, "int": [], "str": [""]},
    )
    name = "output.csv" if as_csv else "output.parquet"
    api.publish_file(second, name, api.ask(first, csv=as_csv).content)
    before, after = api.read(first), api.read(second)
    assert [event["values"] for event in after] == [event["values"] for event in before]
    assert [event["event_id"] for event in after] == [event["event_id"] for event in before] == ["1", "2"]
    assert [event["timestamp"] for event in after] == [event["timestamp"] for event in before]


@pytest.mark.parametrize("as_csv", [False, True])
def test_columns_may_have_any_name(api: Api, as_csv: bool) -> None:
    """Odd names are unchanged in the file, and are read back from it; one like the server's own is the schema's."""
    columns = [{"name": name, "data_type": "str"} for name in DECLARED] + [{"name": "__event_id", "data_type": "int"}]
    first, second = api.model(columns), api.model(columns)
    values = {name: f"value {place}" for place, name in enumerate(DECLARED)} | {"__event_id": 5}
    api.publish(first, {"id": "1", "at": DAY} | values)
    assert api.table(first).to_pylist() == [values | {"id": "1", "at": datetime.fromtimestamp(DAY, UTC)}]
    api.publish_file(second, "output.csv" if as_csv else "output.parquet", api.ask(first, csv=as_csv).content)
    [event] = api.read(second)
    assert (event["values"], event["undeclared"]) == (values, {})


def test_columns_of_id_and_time_in_the_schema_are_read_as_stored(api: Api) -> None:
    """If the schema has the id and the timestamp, the file has the stored columns, with their types."""
    columns = [{"name": "at", "data_type": "timestamp"}, {"name": "id", "data_type": "int"}]
    first, second = api.model(columns), api.model(columns)
    api.publish(first, {"id": 7, "at": "2024-01-01 00:00:00.000001"}, {"id": 8, "at": None})
    table = api.table(first, column_names=["id", "at", "__event_id"], time_filter={"end_time": "2024-01-02"})
    assert table.to_pylist() == [{"id": 7, "at": datetime(2024, 1, 1, 0, 0, 0, 1, UTC), "__event_id": "7"}]
    assert api.table(first).column("at").null_count == 1
    api.publish_file(second, "output.csv", api.ask(first, csv=True).content)
    assert [event["values"] for event in api.read(second)] == [event["values"] for event in api.read(first)]


def test_csv_cells_are_written_as_promised(api: Api) -> None:
    """Nulls are nothing, empty texts quotes; booleans, times and lists have their forms; a formula is a text."""
    model_id = api.model([{"name": 'a "name",\n', "data_type": "str"}, *COLUMNS])
    api.publish(
        model_id,
        {'a "name",\n': "", "id": "1", "at": DAY + 0.000001, "float": 0.1, "int": 1, "bool": True, "str": "=A1+1",
         "time": "2024-01-01", "vector": [1.5, None, "Infinity"]},
        {"id": "2", "at": DAY + 1},
    )  # fmt: skip
    text = api.csv(model_id, fetch_vectors=True)
    assert text.splitlines()[2:] == [
        '"",0.1,1,true,"=A1+1",,,"2024-01-01T00:00:00.000000Z","[1.5,null,""Infinity""]","1",'
        '"2023-11-14T22:13:20.000001Z"',
        ',,,,,,,,,"2","2023-11-14T22:13:21.000000Z"',
    ]
    header, first, second = csv.reader(io.StringIO(text, newline=""))
    assert header == ['a "name",\n', *TYPES, "id", "at"]
    assert json.loads(first[header.index("vector")]) == [1.5, None, "Infinity"]
    assert second[:-2] == [""] * (len(header) - 2)


def test_one_column_keeps_its_rows(api: Api, everything: str) -> None:
    """A file of one column has a line per event, also if its value is null: no line is blank."""
    text = api.csv(everything, column_names=["bool"])
    assert [len(row) for row in csv.reader(io.StringIO(text))] == [1] * (1 + len(all_values()))


def test_vectors_come_when_asked_for(api: Api, simple: str) -> None:
    """Vectors are in the file only if they are requested, all of them or by name."""
    assert api.table(simple).column_names == ["n", "id", "at"]
    assert api.table(simple, fetch_vectors=True).column_names == ["n", "v", "id", "at"]
    assert api.table(simple, column_names=["v"]).column("v").to_pylist()[3] == [3.0]
    vectors = api.model([{"name": "v", "data_type": "vector"}], event_id_col=None, event_ts_col=None)
    api.publish(vectors, {"v": [1]})
    assert api.refused(400, vectors) == ["/fetch_vectors: leaves no column to write: all are vectors"]
    assert api.table(vectors, fetch_vectors=True).column_names == ["v"]


def test_columns_are_chosen_by_name(api: Api, simple: str) -> None:
    """Names select columns in their order, the server's own columns too; unknown and repeated names are reported."""
    table = api.table(simple, column_names=["__timestamp", "n", "__event_id", "id"])
    assert table.column_names == ["__timestamp", "n", "__event_id", "id"]
    assert table.slice(4, 1).to_pylist() == [
        {"__timestamp": datetime.fromtimestamp(DAY + 4, UTC), "n": 4, "__event_id": "4", "id": "4"}
    ]
    names = ["n", "unknown", "id", "n", "N"]
    assert api.refused(400, simple, column_names=names) == [
        '/column_names/1: "unknown" is not a column of the model',
        '/column_names/3: "n" is the name of an earlier column; names must differ',
        '/column_names/4: "N" is not a column of the model',
    ]


def test_a_time_filter_selects(api: Api, simple: str) -> None:
    """The start belongs to the range, the end does not, and a bound that is null or absent is open."""

    def numbers(**bounds: Any) -> list[int]:
        found: list[int] = api.table(simple, time_filter=bounds, column_names=["n"])["n"].to_pylist()
        return found

    third, sixth = (datetime.fromtimestamp(DAY + n, UTC).strftime("%Y-%m-%d %H:%M:%S") for n in (3, 6))
    assert numbers(start_time=third, end_time=sixth, time_zone="UTC") == [3, 4, 5]
    assert numbers(start_time=third, end_time=None) == [3, 4, 5, 6, 7, 8, 9]
    assert numbers(end_time=sixth) == [0, 1, 2, 3, 4, 5]
    assert numbers() == list(range(10))
    start = "/time_filter/start_time: cannot be read as a time such as 2024-05-01T12:30:00Z"
    assert api.refused(400, simple, time_filter={"start_time": "yesterday"}) == [start]
    end = "/time_filter/end_time: cannot be read as a time such as 2024-05-01T12:30:00Z"
    assert api.refused(400, simple, time_filter={"end_time": "NaT"}) == [end]
    bounds = {"start_time": third, "end_time": third}
    order = "/time_filter: start_time must be before end_time"
    assert api.refused(400, simple, time_filter=bounds) == [order]


def test_a_sample_is_taken_of_many(api: Api) -> None:
    """At most num_samples events are written, 1,000 by default; the same ones each time, in order of time."""
    model_id = api.model([{"name": "n", "data_type": "int"}])
    for part in range(3):
        numbers = range(part * 1000, part * 1000 + 1000)
        api.publish(model_id, *({"id": str(n), "at": DAY + n, "n": n} for n in numbers))
    sample = api.table(model_id)["n"].to_pylist()
    assert len(sample) == len(set(sample)) == 1000
    assert sample == sorted(sample)
    assert api.table(model_id, num_samples=None)["n"].to_pylist() == sample
    assert len({n // 1000 for n in sample}) == 3
    assert len(api.table(model_id, num_samples=2999)) == 2999
    assert api.table(model_id, num_samples=10_000_000)["n"].to_pylist() == list(range(3000))


def test_a_dataset_is_named_by_its_id(api: Api, simple: str) -> None:
    """PRE_PRODUCTION takes the events of one dataset of the model; another model's is not found."""
    model_id = api.model()
    api.publish(model_id, {"id": "d", "at": DAY, "int": 1}, dataset="training")
    api.publish(model_id, {"id": "p", "at": DAY, "int": 2})
    found: list[Any] = api.client.get(f"/v3/models/{model_id}/environments").json()["data"]["items"]
    ids = {item["type"]: item["id"] for item in found}
    asked = {"env_type": "PRE_PRODUCTION", "env_id": ids["PRE_PRODUCTION"]}
    assert api.table(model_id, **asked)["id"].to_pylist() == ["d"]
    assert api.table(model_id, env_id=ids["PRE_PRODUCTION"])["id"].to_pylist() == ["p"]
    later = {"start_time": "2030-01-01", "end_time": None}
    api.refused(404, model_id, **asked, time_filter=later)
    assert api.refused(400, model_id, env_type="PRE_PRODUCTION") == ["/env_id: is needed for PRE_PRODUCTION"]
    for unknown in (str(uuid4()), ids["PRODUCTION"]):
        api.refused(404, model_id, env_type="PRE_PRODUCTION", env_id=unknown)
    api.refused(404, simple, **asked)


def test_an_impossible_download_is_refused(api: Api, simple: str) -> None:
    """An unknown model and no events at all are 404; a null instead of a segment means all events."""
    assert api.refused(404, str(uuid4())) == ["Model not found for the given identifier"]
    empty = api.model()
    assert api.refused(404, empty) == ["No events found that match the request"]
    assert api.table(simple, segment=None, chunk_size=1000, env_id=None)["n"].to_pylist() == list(range(10))


def test_only_the_current_schema_counts(api: Api) -> None:
    """A retyped column has its new type, a removed one is gone, and a value that does not fit is null."""
    model_id = api.model([{"name": "a", "data_type": "int"}, {"name": "b", "data_type": "str"}])
    api.publish(model_id, {"id": "1", "at": DAY, "a": 1, "b": "x", "c": "undeclared"})
    columns = [{"name": "a", "data_type": "float"}, {"name": "new", "data_type": "bool"}]
    changed = api.client.patch(f"/v3/models/{model_id}", json={"schema": {"columns": columns}})
    assert changed.status_code == 200, changed.text
    api.publish(model_id, {"id": "2", "at": DAY + 1, "a": "far", "new": True})
    table = api.table(model_id)
    assert table.column_names == ["a", "new", "id", "at"]
    assert table.schema.field("a").type == pa.float64()
    assert table.select(["a", "new"]).to_pylist() == [{"a": 1.0, "new": None}, {"a": None, "new": True}]
    api.refused(400, model_id, column_names=["b"])


def in_json(value: Any) -> Any:
    """Return a value of Arrow as the API writes it in JSON."""
    if isinstance(value, dict):
        return {name: in_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [in_json(item) for item in value]
    if isinstance(value, datetime):
        return f"{value:%Y}".rjust(4, "0") + value.strftime("-%m-%dT%H:%M:%S.%fZ")
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value
