"""Ranking models: an event is a group, whose columns hold a value per item or one for all."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.contract.test_quality_report import Api, counted, csv_file, parquet_file
from tests.envelope import assert_error_envelope

COLUMNS: list[dict[str, Any]] = [
    {"name": "search", "data_type": "int"},
    {"name": "id", "data_type": "str"},
    {"name": "at", "data_type": "timestamp"},
    {"name": "country", "data_type": "category", "categories": ["CH", "US"]},
    {"name": "price", "data_type": "float", "min": 0},
    {"name": "scores", "data_type": "vector", "n_dimensions": 3},
    {"name": "booked", "data_type": "bool"},
]
TIMES = ["2024-01-02T03:04:05.000000Z", "2024-01-02T03:04:04.000000Z"]
GROUP = {
    "search": 7,
    "id": "g0",
    "at": TIMES[0],
    "country": "US",
    "price": [80.5, 81.0],
    "scores": [0.5, 0.25],
    "booked": [True, False],
}
ITEM = {"search": 8, "id": "g1", "at": TIMES[1], "country": "CH", "price": 7.5, "scores": 0.5, "booked": False}
SPEC = {"inputs": ["price"], "outputs": ["scores"], "targets": ["booked"], "metadata": ["id", "at"]}
RANKING = {"task": "ranking", "task_params": {"group_by": "search"}, "spec": SPEC, "event_ts_col": "at"}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def publish(api: Api, model_id: str, *groups: Mapping[str, Any], how: str = "list", dataset: str | None = None) -> Any:
    """Publish groups and return the response's data."""
    if how == "list":
        return api.send(model_id, {"type": "EVENTS", "events": groups}, dataset=dataset)
    rows = [{name: str(value) if isinstance(value, list) else value for name, value in row.items()} for row in groups]
    content = quoted_csv(rows) if how == "csv" else parquet_file([dict(group) for group in groups])
    return api.send_file(model_id, f"rows.{how}", content, dataset=dataset)["info"]


def quoted_csv(rows: list[dict[str, Any]]) -> bytes:
    return csv_file([{name: f'"{value}"' for name, value in row.items()} for row in rows])


def read(api: Api, model_id: str) -> dict[str, dict[str, Any]]:
    """Return the values of events by their ids."""
    page = api.call("POST", "/v3/events/query", json={"model_id": model_id, "env_type": "PRODUCTION"})
    return {item["event_id"]: item["values"] for item in page["items"]}


def download(api: Api, model_id: str) -> pa.Table:
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": False}
    response = api.client.post("/v3/analytics/download-slice-data", json=body)
    assert response.status_code == 200, response.text
    return pq.read_table(io.BytesIO(response.content))


@pytest.mark.parametrize("how", ["list", "csv", "parquet"])
def test_single_values_of_a_group_read_back_as_sent(api: Api, how: str) -> None:
    """Id, timestamp and other single values of a grouped row are read back as single values, from any source."""
    model_id = api.model(COLUMNS, **RANKING)
    found = publish(api, model_id, GROUP, how=how)
    assert (found["created"], counted(found)) == (1, [])
    assert read(api, model_id) == {"g0": GROUP}


def test_lists_of_a_group_read_back_as_lists(api: Api) -> None:
    """Ids and times that were sent for each item are read so, and so are items of which there is one or none."""
    model_id = api.model(COLUMNS, **RANKING)
    several = GROUP | {"id": ["g0", "g0"], "at": TIMES, "country": ["US", "CH"]}
    broken = GROUP | {"id": "g2", "price": [], "booked": [None], "scores": None}
    alone = {name: value if name == "search" else [value] for name, value in ITEM.items()}
    publish(api, model_id, several, broken, alone)
    assert read(api, model_id) == {
        "g0": several,
        "g2": broken | {"country": ["US"]},
        "g1": alone | {"id": "g1", "at": TIMES[1]},
    }


def test_a_single_null_among_several_values_stays_in_its_list(api: Api) -> None:
    """A list of one null was sent as such: a single null is stored as no value at all."""
    model_id = api.model(COLUMNS, **RANKING)
    group = GROUP | {"country": [None], "booked": None}
    assert counted(publish(api, model_id, group)) == [("booked", "missing", 1)]
    assert read(api, model_id) == {"g0": group}


def test_a_group_is_the_same_with_single_values_and_with_lists_of_one(api: Api) -> None:
    """Publishing a download changes nothing."""
    model_id = api.model(COLUMNS, **RANKING)
    publish(api, model_id, GROUP, ITEM)
    again = publish(api, model_id, *download(api, model_id).to_pylist(), how="parquet")
    assert (again["unchanged"], again["created"], again["replaced"]) == (2, 0, 0)


def test_rows_that_are_not_grouped_are_groups_of_one_item(api: Api) -> None:
    """Each such row is an event; those of one id are one, in which the values of the later stand."""
    model_id = api.model(COLUMNS, **RANKING)
    found = publish(api, model_id, ITEM, ITEM | {"price": 9.5, "booked": None}, ITEM | {"id": "g3"})
    assert (found["created"], found["replaced"]) == (2, 1)
    one = {name: [value] for name, value in ITEM.items()} | {"search": 8, "at": TIMES[1]}
    assert read(api, model_id) == {"g1": one | {"id": "g1", "price": [9.5]}, "g3": one | {"id": "g3"}}


def test_rows_of_one_id_that_are_not_grouped_are_faults_in_a_dataset(api: Api) -> None:
    """In a list they refuse the request, in a file all but the first are rejected."""
    model_id = api.model(COLUMNS, **RANKING)
    info = publish(api, model_id, ITEM, ITEM | {"price": 9.5}, how="parquet", dataset="training")
    assert (info["created"], info["rejected_rows"]) == (1, 1)
    source = {"type": "EVENTS", "events": [ITEM | {"id": "g4"}, ITEM | {"id": "g4", "price": 9.5}]}
    body = {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "training", "source": source}
    response = api.client.post("/v3/events", json=body)
    assert_error_envelope(response.json(), 400)
    assert response.json()["error"]["message"].startswith("The request is not valid: /source/events/1: other content")


@pytest.mark.parametrize("how", ["csv", "parquet"])
def test_a_grouped_sample_makes_a_model_that_other_groups_fit(api: Api, how: str) -> None:
    """Groups of equal length are proposed as vectors; groups of any length keep to these, and are downloaded whole."""
    groups = [GROUP | {"search": n, "id": f"g{n}", "price": [n, n + 0.5], "booked": [0, 1]} for n in range(4)]
    rows = [{name: str(value) if isinstance(value, list) else value for name, value in row.items()} for row in groups]
    content = quoted_csv(rows) if how == "csv" else parquet_file(groups)
    file_id = api.call("POST", "/v3/files/upload", files={"file": (f"sample.{how}", content)})["id"]
    proposal = api.call("POST", "/v3/model-factory", json={"file_id": file_id})
    types = {column["name"]: column["data_type"] for column in proposal["schema"]["columns"]}
    assert [types[name] for name in ("price", "scores", "booked")] == ["vector"] * 3

    model_id = api.model(**RANKING | {"schema": proposal["schema"]})
    longer = groups[0] | {"price": [1, 2, 3], "scores": [1, 2, 3], "booked": [0, 0, 1]}
    found = publish(api, model_id, *groups[1:], longer, how=how)
    assert (found["created"], counted(found)) == (4, [])
    assert read(api, model_id)["g0"]["price"] == [1, 2, 3]
    table = download(api, model_id)
    assert set(table.column_names) == set(GROUP)
    assert sorted(table["price"].to_pylist()) == [[1, 1.5], [1, 2, 3], [2, 2.5], [3, 3.5]]
