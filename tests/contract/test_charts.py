"""Charts over HTTP: metrics by bin, exact after changes, with baselines, segments, time zones and comparisons."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.definitions import METRIC, SEGMENT, UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, dataset, delete, distance, model, update

QUERIES = "/v3/queries"
THREE_DAYS = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-04T00:00:00Z"}
MORE: list[dict[str, Any]] = [
    {"id": "6", "ts": "2026-03-01T12:00:00Z", "age": 10, "place": "Hawaii", "churn": 0, "p": 0.8},
    {"id": "7", "ts": "2026-03-01T23:30:00Z", "age": 20, "place": "Hawaii", "churn": 1, "p": 0.9},
]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def body(api: Api, *queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a request with a key for each query, by day."""
    filters = {"time_range": THREE_DAYS, "bin_size": "Day"} | more.pop("filters", {})
    asked = [{"query_key": str(uuid4())} | query for query in queries]
    return {"project_id": api.project_id, "query_type": "MONITORING", "filters": filters, "queries": asked} | more


def chart(api: Api, *queries: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return the results of queries in their order."""
    request = body(api, *queries, **more)
    results = api.post(QUERIES, request)["results"]
    return [results[query["query_key"]] for query in request["queries"]]


def columns(result: dict[str, Any]) -> list[list[Any]]:
    """Return the values of each series."""
    return [[row[number] for row in result["data"]] for number in range(1, len(result["series"]) + 1)]


def test_exact_after_changes(api: Api) -> None:
    """A chart has a row for each bin, and shows labels, changes and deletions in the bins of their events."""
    model_id = model(api, "chart", events=EVENTS + MORE)
    query = [{"model_id": model_id, "metric": metric} for metric in ("traffic", "precision")]
    traffic, precision = chart(api, *query)
    assert traffic["col_names"] == ["bin_start", "traffic"]
    assert [row[0] for row in traffic["data"]] == [f"2026-03-0{day}T00:00:00.000000Z" for day in (1, 2, 3)]
    assert columns(traffic) == [[2, 5, 0]]
    assert columns(precision) == [[0.5, 0.5, None]]
    assert precision["series"][0]["reasons"] == [None, None, "no_rows"]
    assert precision["series"][0]["sample_sizes"] == [2, 4, 0]
    assert [bin["rows"] for bin in precision["bins"]] == [2, 5, 0]
    update(api, model_id, id="6", churn=1)
    delete(api, model_id, "2", "3")
    after = chart(api, *query)
    assert [columns(one) for one in after] == [[[2, 3, 0]], [[1, 1, None]]]
    assert after[0]["data_revision"] != traffic["data_revision"]


def test_series(api: Api) -> None:
    """Columns and categories give a series each, and a custom metric has the name of the metric."""
    model_id = model(api, "series", events=EVENTS + MORE)
    metric = api.define(METRIC, model_id, "Mean age", definition="average(age)")
    sums, frequency, custom = chart(
        api,
        {"model_id": model_id, "metric": "sum", "columns": ["age", "Age"]},
        {"model_id": model_id, "metric": "frequency", "columns": ["place"], "categories": ["Hawaii", "Texas"]},
        {"model_id": model_id, "metric": metric["id"]},
    )
    assert (sums["col_names"], columns(sums)) == (["bin_start", "age", "Age"], [[30, 160, None], [None, 8.5, None]])
    assert (frequency["col_names"][1:], columns(frequency)) == (["Hawaii", "Texas"], [[2, 3, 0], [0, 2, 0]])
    assert (custom["col_names"][1:], columns(custom)) == (["Mean age"], [[15, 40, None]])
    assert custom["metric"] == {"id": metric["id"], "name": "Mean age", "type": "custom"}


def test_baselines_and_segments(api: Api) -> None:
    """A drift compares each bin with a dataset, or with the window of the bin; a segment holds for both."""
    model_id = model(api, "windows", events=EVENTS + MORE)
    _, baseline_id = dataset(api, model_id, {"id": "1", "place": "Texas"}, {"id": "2", "place": "Hawaii"})
    window = {"type": "ROLLING", "window_bin_size": "Day", "offset_delta": 1, "env_type": "PRODUCTION"}
    rolling_id = api.post("/v3/baselines", {"model_id": model_id, "name": "the day before"} | window)["id"]
    drift = {"model_id": model_id, "metric": "jsd", "columns": ["place"]}
    segment_id = api.define(SEGMENT, model_id, "hawaii", definition="place == 'Hawaii'")["id"]
    static, rolling, chosen = chart(
        api,
        drift | {"baseline_id": baseline_id},
        drift | {"baseline_id": rolling_id},
        drift | {"baseline_id": rolling_id, "segment_id": segment_id},
    )
    assert columns(static)[0] == pytest.approx([distance([0.5, 0.5], [1, 0]), distance([0.5, 0.5], [0.6, 0.4]), None])
    assert columns(rolling)[0] == pytest.approx([None, distance([1, 0], [0.6, 0.4]), None])
    assert rolling["series"][0]["reasons"] == ["no_baseline_rows", None, "no_rows"]
    assert rolling["series"][0]["baseline_sizes"] == [0, 2, 5]
    assert columns(chosen) == [[None, 0, None]]
    assert chosen["segment"] == {"id": segment_id, "name": "hawaii", "definition": "place == 'Hawaii'"}
    assert rolling["baseline"] == {"id": rolling_id, "name": "the day before"}


@pytest.mark.parametrize("segment", [{}, {"id": None}, {"id": None, "definition": None}])
def test_empty_fields_choose_nothing(api: Api, charted: str, segment: dict[str, Any]) -> None:
    """An empty baseline and a segment without contents, as the vendor's charts have them, are like absent ones."""
    empty = {"model_id": charted, "metric": "traffic", "columns": [], "baseline_id": "", "segment": segment}
    asked = {"model_id": charted, "env_type": "PRODUCTION", "metrics": [{"id": "traffic", "baseline_id": ""}]}
    plain, same = chart(api, {"model_id": charted, "metric": "traffic"}, empty)
    assert columns(plain) == columns(same)
    assert (same["baseline"], same["segment"]) == (None, None)
    assert api.client.post("/v3/analytics/metrics", json=asked).json()["data"] == [len(EVENTS)]


def test_rolling_by_hour(api: Api) -> None:
    """Several bins may be compared with one window: each hour of a day with the whole day before."""
    model_id = model(api, "hours", events=EVENTS + MORE)
    window = {"type": "ROLLING", "window_bin_size": "Day", "offset_delta": 1, "env_type": "PRODUCTION"}
    rolling_id = api.post("/v3/baselines", {"model_id": model_id, "name": "yesterday"} | window)["id"]
    (found,) = chart(
        api,
        {"model_id": model_id, "metric": "jsd", "columns": ["place"], "baseline_id": rolling_id},
        filters={
            "time_range": {"start_time": "2026-03-02T01:00:00Z", "end_time": "2026-03-02T06:00:00Z"},
            "bin_size": "Hour",
        },
    )
    assert columns(found) == [[0, 0, 1, 0, 1]]
    assert found["series"][0]["baseline_sizes"] == [2] * 5


def test_time_zones_and_comparisons(api: Api) -> None:
    """Bins are those of the time zone, and a comparison has the same bins of an earlier range."""
    model_id = model(api, "zones", events=EVENTS + MORE)
    (found,) = chart(
        api,
        {"model_id": model_id, "metric": "traffic"},
        filters={
            "time_range": {"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-02T12:00:00Z"},
            "time_zone": "Asia/Kolkata",
        },
        time_comparison="Previous Day",
    )
    assert [bin["start"] for bin in found["bins"]] == ["2026-03-01T18:30:00.000000Z"]
    assert columns(found) == [[6]]
    assert columns(found["comparison"]) == [[1]]
    assert found["comparison"]["bins"][0]["start"] == "2026-02-28T18:30:00.000000Z"


@pytest.mark.parametrize("label", ["yesterday", "today", "7d", "30d", "90d", "6m", "12m", "ytd"])
def test_labels(api: Api, charted: str, label: str) -> None:
    """A label is a range up to now, whose last bin has not ended, or the day before."""
    request = body(api, {"model_id": charted, "metric": "traffic"})
    request["filters"] = {"time_label": label, "bin_size": "Day"}
    (found,) = api.post(QUERIES, request)["results"].values()
    least, most = {"yesterday": (1, 1), "today": (1, 1), "7d": (8, 8), "ytd": (1, 366)}.get(label, (31, 367))
    assert least <= len(found["data"]) <= most
    assert [bin["complete"] for bin in found["bins"]] == [True] * (len(found["bins"]) - 1) + [label == "yesterday"]


@pytest.fixture(scope="module")
def charted(api: Api) -> str:
    return model(api, "charted")


HOURS_OF_A_YEAR = {"time_range": {"start_time": "2025-01-01", "end_time": "2026-01-01"}, "bin_size": "Hour"}


@pytest.mark.parametrize(
    ("query", "more", "fault"),
    [
        ({"metric": "mae"}, {}, "/queries/0/metric: a model of the task binary_classification has no mae"),
        ({"metric": "sum", "columns": ["age", "aeg"]}, {}, "/queries/0/columns/1: the model has no such column"),
        ({"metric": "sum"}, {}, "/queries/0/columns: sum needs a column of numbers"),
        ({"metric": "frequency", "columns": ["place"]}, {}, "/queries/0/categories: frequency needs a category"),
        ({"metric": "jsd", "columns": ["place"]}, {}, "/queries/0/baseline_id: is needed"),
        ({"metric": "traffic", "segment": {"definition": "age >"}}, {}, "/queries/0/segment/definition: "),
        (
            {"metric": "traffic", "segment": {"definition": "age > 1", "id": UNKNOWN_ID}},
            {},
            "/queries/0/segment: only one of id and definition can be given",
        ),
        ({"metric": "traffic", "baseline_id": "x"}, {}, "/queries/0/baseline_id: must be a UUID"),
        ({"metric": "traffic"}, {"filters": HOURS_OF_A_YEAR}, "/filters: the range has more than 2,000 bins; shorten"),
        ({"metric": "traffic"}, {"filters": {"time_zone": "Mars"}}, "/filters/time_zone: the time zone is not known"),
        (
            {"metric": "frequency", "columns": ["place"], "categories": [str(number) for number in range(50)]},
            {
                "filters": {
                    "time_range": {"start_time": "2026-01-01", "end_time": "2026-02-12"},
                    "bin_size": "Hour",
                }
            },
            "/queries: 50,400 values are more than 50,000; shorten the range",
        ),
    ],
)
def test_refusals(api: Api, charted: str, query: dict[str, Any], more: dict[str, Any], fault: str) -> None:
    """What cannot be computed is refused with the place and what to change."""
    messages = api.refused(400, "POST", QUERIES, json=body(api, {"model_id": charted} | query, **more))
    assert messages[0].startswith(fault)


def test_other_types_and_models(api: Api, charted: str) -> None:
    """Other types of queries are a 501, an unknown model a 404, and a model of another project a 400."""
    query = {"model_id": charted, "metric": "traffic"}
    api.refused(501, "POST", QUERIES, json=body(api, query, query_type="EMBEDDING"))
    api.refused(404, "POST", QUERIES, json=body(api, query | {"model_id": UNKNOWN_ID}))
    (message,) = api.refused(400, "POST", QUERIES, json=body(api, query, project_id=UNKNOWN_ID))
    assert message == "/queries/0/model_id: is a model of another project"
