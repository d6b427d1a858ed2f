"""Reading events over HTTP by filters: what they select, in which order, which columns, and how many there are."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inference_events_client import InferenceEvents
from tests.contract.definitions import BINARY, COLUMNS, Api
from tests.contract.figures import DAY, delete

QUERY = "/v3/events/query"
SCHEMA = [
    *COLUMNS,
    {"name": "seen", "data_type": "timestamp"},
    {"name": "vector", "data_type": "vector", "n_dimensions": 2},
    {"name": "note", "data_type": "str"},
]
EVENTS: list[dict[str, Any]] = [
    {"id": "1", "age": 25, "Age": 1.5, "place": "Hawaii", "churn": 1, "p": 0.9, "is new": True, "note": "100% sure"},
    {"id": "2", "age": 35, "Age": 2.5, "place": "Hawaii", "churn": 0, "p": "Infinity", "seen": "2026-01-01T00:00:00Z"},
    {"id": "3", "age": 45, "Age": None, "place": "Ohio", "churn": 1, "p": 0.2, "is new": False, "note": "'; DROP"},
    {"id": "4", "age": 9007199254740993, "churn": 0, "p": 0.1, "seen": "2026-01-02T00:00:00Z", "gate": "long text"},
    {"id": "5", "age": "old", "place": "Texas", "p": 0.7, "churn": 1, "vector": [1, 2], "note": "r\u00e9sum\u00e9"},
]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def create(api: Api, name: str) -> str:
    spec = BINARY["spec"] | {"metadata": ["id", "seen", "note"], "inputs": [*BINARY["spec"]["inputs"], "vector"]}
    return api.model(name, schema={"columns": SCHEMA}, spec=spec, event_ts_col="ts")


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    model_id = create(api, "filtered")
    api.publish(model_id, *(event | {"ts": f"{DAY}0{event['id']}:00:00Z"} for event in EVENTS))
    return model_id


def query(model_id: str, **more: Any) -> dict[str, Any]:
    return {"model_id": model_id, "env_type": "PRODUCTION", **more}


def ids(api: Api, model_id: str, *filters: dict[str, Any], **more: Any) -> str:
    page = api.post(QUERY, query(model_id, filters=filters, **more))
    return "".join(event["event_id"] for event in page["items"])


@pytest.mark.parametrize(
    ("column", "operator", "value", "found"),
    [
        ("age", "eq", 25.0, "1"),
        ("age", "eq", 9007199254740992, ""),
        ("age", "ne", 25, "234"),
        ("age", "lt", 45, "12"),
        ("age", "ge", 45, "34"),
        ("Age", "le", 2.5, "12"),
        ("p", "gt", 0.7, "12"),
        ("p", "eq", "Infinity", "2"),
        ("age", "in", [25, 45], "13"),
        ("place", "not_in", ["Texas"], "123"),
        ("age", "between", [25, 35], "12"),
        ("note", "contains", "% s", "1"),
        ("note", "eq", "'; DROP", "3"),
        ("note", "starts_with", "r\u00e9", "5"),
        ("is new", "eq", False, "3"),
        ("seen", "ge", "2026-01-02", "4"),
        ("seen", "lt", 1767225600, ""),
    ],
)
def test_a_filter_compares_values_of_the_columns_type(
    api: Api, model_id: str, column: str, operator: str, value: Any, found: str
) -> None:
    """A filter selects the events whose value compares so with its own; a null never does."""
    assert ids(api, model_id, {"column": column, "operator": operator, "value": value}) == found


def test_filters_know_nulls_violations_and_undeclared_columns(api: Api, model_id: str) -> None:
    """Filters tell nulls from values, and find events by their violations and by their undeclared columns."""
    assert ids(api, model_id, {"column": "vector", "operator": "not_null"}) == "5"
    assert ids(api, model_id, {"column": "age", "operator": "is_null"}) == "5"
    assert ids(api, model_id, {"operator": "any_violation", "kind": "range"}) == "3"
    assert ids(api, model_id, {"operator": "any_violation", "kind": "type"}) == "25"
    assert ids(api, model_id, {"operator": "any_violation", "kind": "type", "column": "place"}) == ""
    assert ids(api, model_id, {"operator": "no_violation", "column": "note"}) == "135"
    assert ids(api, model_id, {"operator": "no_violation"}) == ""
    assert ids(api, model_id, {"column": "gate", "operator": "exists"}) == "4"
    assert ids(api, model_id, {"column": "age", "operator": "exists"}) == ""


def test_filters_are_a_conjunction_and_go_with_the_rest(api: Api, model_id: str) -> None:
    """An event must fulfil all filters, and lie in the range or have one of the ids."""
    churned, sure = {"column": "churn", "operator": "eq", "value": 1}, {"column": "p", "operator": "gt", "value": 0.5}
    time_range = {"start_time": f"{DAY}02:00:00Z", "end_time": f"{DAY}23:00:00Z"}
    assert ids(api, model_id, churned, sure) == "15"
    assert ids(api, model_id, churned, time_range=time_range, order="desc") == "53"
    assert ids(api, model_id, churned, event_ids=["1", "2"]) == "1"
    assert ids(api, model_id, *[churned] * 20) == "135"


def test_pages_of_a_filter_are_stable_while_events_come_and_go(api: Api) -> None:
    """A cursor shows each event of a filter once, in either order, whatever is published or deleted between pages."""
    model_id = create(api, "moving")
    api.publish(model_id, *({"id": f"{n}", "age": n % 2, "ts": f"{DAY}01:0{n}:00Z"} for n in range(8)))
    body = query(
        model_id, filters=[{"column": "age", "operator": "eq", "value": 1}], order="desc", limit=2, count="exact"
    )
    first = api.post(QUERY, body)
    api.publish(model_id, {"id": "new", "age": 1, "ts": f"{DAY}02:00:00Z"})
    delete(api, model_id, "5")
    second = api.post(QUERY, body | {"cursor": first["next_cursor"]})
    pages = [[event["event_id"] for event in page["items"]] for page in (first, second)]
    assert pages == [["7", "5"], ["3", "1"]]
    assert (first["total"], second["total"], second["next_cursor"]) == (4, 4, None)


def test_counts_cover_all_pages(api: Api, model_id: str) -> None:
    """A count says how many events all pages have, with filters and without; without one there is no total."""
    churned = [{"column": "churn", "operator": "eq", "value": 1}]
    for count in ("bounded", "exact"):
        page = api.post(QUERY, query(model_id, filters=churned, limit=1, count=count))
        assert (page["total"], page["total_is"], len(page["items"])) == (3, "exact", 1)
    page = api.post(QUERY, query(model_id, count="exact", event_ids=["1", "9"]))
    assert (page["total"], page["total_is"]) == (1, "exact")
    assert "total" not in api.post(QUERY, query(model_id, count="none"))


def test_columns_and_previews_shorten_events(api: Api, model_id: str) -> None:
    """`values` has the columns asked for only; a preview cuts texts and names their columns."""
    body = query(model_id, event_ids=["4", "5"], columns=["note", "age", "note"], preview=4)
    fourth, fifth = api.post(QUERY, body)["items"]
    assert fourth["values"] == {"note": None, "age": 9007199254740993}
    assert (fourth["undeclared"], fourth["shortened"]) == ({"gate": "long"}, ["gate"])
    assert (fifth["values"], fifth["shortened"]) == ({"note": "r\u00e9su", "age": None}, ["note"])
    assert {"column": "age", "kind": "type", "value": "old"} in fifth["violations"]
    (whole,) = api.post(QUERY, query(model_id, event_ids=["5"], preview=100))["items"]
    assert "shortened" not in whole
    assert api.post(QUERY, query(model_id, event_ids=["5"], columns=[]))["items"][0]["values"] == {}


@pytest.mark.parametrize(
    ("filter", "message"),
    [
        ({"column": "gate", "operator": "eq", "value": 1}, "/filters/1/column: is not a column of the model"),
        ({"operator": "eq", "value": 1}, "/filters/1/column: is needed for this operator"),
        ({"operator": "exists"}, "/filters/1/column: is needed for this operator"),
        ({"column": "age", "operator": "eq"}, "/filters/1/value: is needed for this operator"),
        ({"column": "age", "operator": "eq", "value": "1"}, "/filters/1/value: must be a whole number of 64 bits"),
        ({"column": "age", "operator": "eq", "value": True}, "/filters/1/value: must be a whole number of 64 bits"),
        ({"column": "age", "operator": "lt", "value": 2**63}, "/filters/1/value: must be a whole number of 64 bits"),
        ({"column": "age", "operator": "lt", "value": 1.5}, "/filters/1/value: must be a whole number of 64 bits"),
        ({"column": "p", "operator": "lt", "value": "1.5"}, "/filters/1/value: must be a number"),
        ({"column": "p", "operator": "in", "value": [0.5, None]}, "/filters/1/value/1: must be a number"),
        ({"column": "p", "operator": "in", "value": []}, "/filters/1/value: must be a list of 1 to 1,000 values"),
        ({"column": "p", "operator": "in", "value": 0.5}, "/filters/1/value: must be a list of 1 to 1,000 values"),
        ({"column": "p", "operator": "between", "value": [1]}, "/filters/1/value: must be a list of two values"),
        (
            {"column": "p", "operator": "between", "value": [2, 1]},
            "/filters/1/value: must have the smaller value first",
        ),
        ({"column": "note", "operator": "eq", "value": 5}, "/filters/1/value: must be a text"),
        ({"column": "is new", "operator": "eq", "value": 1}, "/filters/1/value: must be true or false"),
        ({"column": "is new", "operator": "lt", "value": True}, "/filters/1/operator: does not fit the type"),
        ({"column": "age", "operator": "contains", "value": 2}, "/filters/1/operator: does not fit the type"),
        ({"column": "vector", "operator": "eq", "value": [1, 2]}, "/filters/1/operator: does not fit the type"),
        (
            {"column": "seen", "operator": "eq", "value": "noon"},
            "/filters/1/value: cannot be read as a time such as",
        ),
        (
            {"column": "age", "operator": "is_null", "value": 1},
            "/filters/1/value: does not belong",
        ),
        ({"column": "age", "operator": "eq", "value": 1, "kind": "type"}, "/filters/1/kind: does not belong"),
        ({"operator": "any_violation", "value": 1}, "/filters/1/value: does not belong"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place(
    api: Api, model_id: str, filter: dict[str, Any], message: str
) -> None:
    """A filter that does not fit the schema is a 400 that names its place and shows no value."""
    body = query(model_id, filters=[{"operator": "no_violation"}, filter])
    (found,) = api.refused(400, "POST", QUERY, json=body)
    assert found.startswith(message)


def test_too_many_filters_and_unknown_columns_are_refused(api: Api, model_id: str) -> None:
    """21 filters are a 400, and so is each unknown name in `columns`, with its place."""
    filters = [{"operator": "no_violation"}] * 21
    assert "/filters" in api.refused(400, "POST", QUERY, json=query(model_id, filters=filters))[0]
    found = api.refused(400, "POST", QUERY, json=query(model_id, columns=["age", "ghost", "gate"]))
    assert found == [f"/columns/{place}: is not a column of the model" for place in (1, 2)]


def test_filters_follow_a_change_of_the_schema(api: Api) -> None:
    """After a column left the schema it exists as undeclared, and a filter on its values is refused."""
    model_id = create(api, "changing")
    api.publish(model_id, {"id": "1", "note": "here", "ts": f"{DAY}01:00:00Z"})
    columns = [column for column in SCHEMA if column["name"] != "note"]
    spec = BINARY["spec"] | {"metadata": ["id", "seen"], "inputs": [*BINARY["spec"]["inputs"], "vector"]}
    response = api.client.patch(f"/v3/models/{model_id}", json={"schema": {"columns": columns}, "spec": spec})
    assert response.status_code == 200, response.text
    assert ids(api, model_id, {"column": "note", "operator": "exists"}) == "1"
    body = query(model_id, filters=[{"column": "note", "operator": "eq", "value": "here"}])
    assert api.refused(400, "POST", QUERY, json=body) == ["/filters/0/column: is not a column of the model"]


def test_the_client_reads_by_filters(server_url: str, token: str, model_id: str) -> None:
    """The Python client passes filters, columns, order and preview on, page after page."""
    with InferenceEvents(server_url, token) as client:
        found = client.events.read(
            model_id,
            filters=[{"column": "churn", "operator": "in", "value": (1,)}],
            columns=["note"],
            newest_first=True,
            preview=3,
            page_size=2,
        )
        assert [(event.event_id, event.values["note"]) for event in found] == [
            ("5", "r\u00e9s"),
            ("3", "'; "),
            ("1", "100"),
        ]
        with pytest.raises(TypeError, match="give a list of names"):
            next(client.events.read(model_id, columns="note"))
