"""Figures over HTTP: which metrics a model has, and their values before and after changes of the events."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inference_events.monitoring.metrics import Reason
from tests.contract.access import SPEC
from tests.contract.definitions import METRIC, SEGMENT, UNKNOWN_ID, Api
from tests.contract.figures import DAY, EVENTS, WHOLE_DAY, dataset, delete, distance, model, update

METRICS = "/v3/analytics/metrics"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def card(api: Api, model_id: str, *metrics: str | dict[str, Any], **request: Any) -> dict[str, Any]:
    """Return the whole response with metrics."""
    asked = [{"id": one} if isinstance(one, str) else one for one in metrics]
    body = {"model_id": model_id, "env_type": "PRODUCTION", "metrics": asked} | request
    response = api.client.post(METRICS, json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert found["data"] == [one["value"] for one in found["figures"]]
    assert all((one["value"] is None) == (one["reason"] is not None) for one in found["figures"])
    return found


def values(api: Api, model_id: str, *metrics: str | dict[str, Any], **request: Any) -> list[float | None]:
    """Return the values of metrics in the order asked."""
    found: list[float | None] = card(api, model_id, *metrics, **request)["data"]
    return found


ALL = ("traffic", "precision", "recall", "f1_score", "accuracy", "auc", "data_count")


def test_exact_after_changes(api: Api) -> None:
    """Figures are those of the newest values: after a label arrives, after one changes, and after a deletion."""
    model_id = model(api, "exact")
    first = card(api, model_id, *ALL)
    assert first["data"] == [5, 0.5, 0.5, 0.5, 0.5, 0.75, 4]
    update(api, model_id, id="5", churn=1)
    labelled = card(api, model_id, *ALL)
    assert labelled["data"] == pytest.approx([5, 2 / 3, 2 / 3, 2 / 3, 3 / 5, 5 / 6, 5])
    assert labelled["data_revision"] != first["data_revision"]
    update(api, model_id, id="2", churn=1)
    assert values(api, model_id, *ALL) == pytest.approx([5, 1, 3 / 4, 6 / 7, 4 / 5, 1, 5])
    delete(api, model_id, "1", "4")
    last = card(api, model_id, *ALL)
    assert last["data"] == pytest.approx([3, 1, 2 / 3, 4 / 5, 2 / 3, None, 3])
    assert last["figures"][5]["reason"] == "one_class"
    assert card(api, model_id, *ALL) == last


def test_columns_that_differ_in_case(api: Api) -> None:
    """Columns whose names differ only in the case of letters are different columns."""
    model_id = model(api, "case")
    asked = [{"id": id, "column": column} for column in ("age", "Age") for id in ("sum", "average")]
    assert values(api, model_id, *asked) == pytest.approx([160, 40, 8.5, 8.5 / 3])


def test_integrity_and_statistics(api: Api) -> None:
    """Violations count events, of a column or of any, and a frequency counts a category."""
    model_id = model(api, "integrity")
    found = values(
        api,
        model_id,
        {"id": "null_violation_count", "column": "age"},
        {"id": "null_violation_percentage", "column": "Age"},
        {"id": "missing value", "column": "__ANY__"},
        {"id": "range_violation_count", "column": "place"},
        {"id": "frequency", "column": "place", "category": "Texas"},
    )
    # Every event lacks "is new".
    assert found == [1, 40, 5, 0, 2]


def test_drift_after_changes(api: Api) -> None:
    """A drift compares the newest values of both sides, and a segment holds for both sides."""
    model_id = model(api, "drift")
    places = ["Hawaii"] * 3 + ["Texas"] * 2
    rows = [{"id": str(n), "place": place, "churn": n % 2} for n, place in enumerate(places)]
    dataset_id, baseline_id = dataset(api, model_id, *rows)
    jsd = {"id": "jsd", "column": "place", "baseline_id": baseline_id}
    churn = {"id": "jsd", "column": "churn", "baseline_id": baseline_id}
    same = card(api, model_id, jsd, {"id": "jsd", "column": "place"})
    assert same["data"] == [0, 0]
    assert same["figures"][0]["baseline_size"] == same["figures"][0]["sample_size"] == 5
    assert values(api, model_id, churn) == pytest.approx([distance([0.6, 0.4], [0.5, 0.5])])
    update(api, model_id, id="5", churn=1)
    assert values(api, model_id, churn) == pytest.approx([distance([0.6, 0.4], [0.4, 0.6])])
    delete(api, model_id, "1", "2", "4")
    assert values(api, model_id, jsd) == pytest.approx([distance([0.6, 0.4], [0, 1])])
    assert values(api, model_id, jsd, segment_definition="place == 'Texas'") == [0]
    assert values(api, model_id, "traffic", env_type="PRE_PRODUCTION", env_id=dataset_id) == [5]


def test_rolling_baseline(api: Api) -> None:
    """A rolling baseline is the window that lies some windows before that of the start of the range."""
    before = [{"id": f"b{n}", "ts": f"2026-03-01T0{n}:00:00Z", "place": "Hawaii"} for n in range(4)]
    model_id = model(api, "rolling", events=EVENTS + before)
    window = {"type": "ROLLING", "window_bin_size": "Day", "offset_delta": 1, "env_type": "PRODUCTION"}
    baseline_id = api.post("/v3/baselines", {"model_id": model_id, "name": "yesterday"} | window)["id"]
    jsd = {"id": "jsd", "column": "place", "baseline_id": baseline_id}
    found = card(api, model_id, jsd, time_range=WHOLE_DAY)
    assert found["figures"][0]["baseline_size"] == 4
    assert found["data"] == pytest.approx([distance([1, 0], [0.6, 0.4])])
    refused = api.refused(400, "POST", METRICS, json={"model_id": model_id, "env_type": "PRODUCTION", "metrics": [jsd]})
    assert refused == ["/time_range: a rolling baseline needs a range of time"]


def test_segments_and_ranges(api: Api) -> None:
    """A segment, stored or not, and a range of time choose the events; the end of a range is not in it."""
    model_id = model(api, "chosen")
    segment_id = api.define(SEGMENT, model_id)["id"]
    assert values(api, model_id, "traffic", "recall", segment_id=segment_id) == [3, 0]
    assert values(api, model_id, "traffic", segment_definition="Age > 2") == [2]
    first_two = {"start_time": f"{DAY}01:00:00Z", "end_time": f"{DAY}03:00:00Z"}
    assert values(api, model_id, "traffic", "precision", time_range=first_two) == [2, 0.5]
    nothing = card(api, model_id, "traffic", "precision", segment_definition="age > 1000")
    assert [one["reason"] for one in nothing["figures"]] == [None, "no_rows"]
    assert nothing["data"] == [0, None]


def test_custom_metrics(api: Api) -> None:
    """A custom metric is computed from aggregates and builtin metrics, and null with a reason if it is undefined."""
    model_id = model(api, "custom")
    dataset(api, model_id, *({"id": str(n), "place": "Hawaii", "age": n} for n in range(3)))
    definitions = {
        "cost": METRIC.definition,
        "mix": "auroc() + sum(Age) / traffic()",
        "drift": "jsd(place, 'training') * 0",
        "divided": "sum(age) / (traffic() - traffic())",
        "nulls": "null_violation_count(age) + 1",
    }
    ids = [api.define(METRIC, model_id, name, definition=text)["id"] for name, text in definitions.items()]
    found = card(api, model_id, *ids)
    assert found["data"] == pytest.approx([-100, 0.75 + 8.5 / 5, 0, None, 2])
    assert found["figures"][3]["reason"] == "undefined"
    empty = card(api, model_id, *ids, segment_definition="age > 1000")
    assert [one["reason"] for one in empty["figures"][1:4]] == ["no_rows"] * 3
    update(api, model_id, id="2", churn=1)
    assert values(api, model_id, ids[0]) == [0]


def test_thresholds(api: Api) -> None:
    """A request's threshold replaces that of the model."""
    model_id = model(api, "threshold")
    assert values(api, model_id, "f1 score", "recall", binary_threshold=0.15) == pytest.approx([0.8, 1])


@pytest.mark.parametrize(
    ("metric", "fault"),
    [
        ({"id": "presicion"}, '/metrics/0/id: unknown metric, did you mean "precision"?'),
        ({"id": "mae"}, "/metrics/0/id: a model of the task binary_classification has no mae"),
        ({"id": "sum", "column": "aeg"}, '/metrics/0/column: the model has no such column, did you mean "age"?'),
        ({"id": "sum", "column": "place"}, "/metrics/0/column: sum needs a column of numbers"),
        ({"id": "sum"}, "/metrics/0/column: sum needs a column of numbers"),
        ({"id": "traffic", "column": "age"}, "/metrics/0/column: traffic takes no column"),
        ({"id": "frequency", "column": "place"}, "/metrics/0/category: frequency needs a category"),
        ({"id": "jsd", "column": "place"}, "/metrics/0/baseline_id: is needed"),
        ({"id": "jsd", "column": "place", "baseline_id": UNKNOWN_ID}, "/metrics/0/baseline_id: is no baseline"),
        ({"id": UNKNOWN_ID}, "/metrics/0/id: unknown metric"),
    ],
)
def test_refusals(api: Api, refusing: str, metric: dict[str, Any], fault: str) -> None:
    """A query that the model does not support is refused with the place and what to change."""
    body = {"model_id": refusing, "env_type": "PRODUCTION", "metrics": [metric]}
    (message,) = api.refused(400, "POST", METRICS, json=body)
    assert message.startswith(fault)


@pytest.fixture(scope="module")
def refusing(api: Api) -> str:
    return model(api, "refusing")


def test_baseline_of_another_model(api: Api, refusing: str) -> None:
    """A baseline of another model is refused."""
    _, baseline_id = dataset(api, model(api, "other", events=[]), {"id": "1", "place": "Texas"})
    metric = {"id": "jsd", "column": "place", "baseline_id": baseline_id}
    body = {"model_id": refusing, "env_type": "PRODUCTION", "metrics": [metric]}
    (message,) = api.refused(400, "POST", METRICS, json=body)
    assert message == "/metrics/0/baseline_id: is no baseline of this model"


def test_model_without_events(api: Api) -> None:
    """A model without events has a traffic of 0, and no other figure."""
    found = card(api, model(api, "empty", events=[]), "traffic", "precision", {"id": "sum", "column": "age"})
    assert found["data"] == [0, None, None]
    assert {one["reason"] for one in found["figures"][1:]} == {"no_rows"}


def test_catalogue(api: Api) -> None:
    """A model has the metrics of its task and its custom metrics, with the columns that each takes."""
    model_id = model(api, "catalogue", events=[])
    custom = api.define(METRIC, model_id, "Lost revenue")
    found = api.get(f"/v3/models/{model_id}/metrics")
    known = {one["id"]: one for one in found["metrics"]}
    assert {"traffic", "jsd", "precision", "frequency", custom["id"]} <= set(known)
    assert not {"mae", "map", "rmse"} & set(known)
    assert (known[custom["id"]]["name"], known[custom["id"]]["type"]) == ("Lost revenue", "custom")
    assert known["jsd"]["requires_baseline"]
    assert not known["sum"]["requires_baseline"]
    assert known["frequency"]["requires_categories"]
    assert known["frequency"]["columns"] == ["place", "is new"]
    assert set(known["sum"]["columns"]) == {"age", "Age", "p", "churn"}
    assert "__ANY__" in known["null_violation_count"]["columns"]
    groups = {one["id"]: one["group"] for one in found["columns"]}
    assert (groups["p"], groups["age"], groups["__ANY__"]) == ("Predictions", "Inputs", "All Columns")
    assert found["model"]["id"] == model_id
    assert {"key": "drift", "name": "Data Drift"} in found["metric_types"]
    api.refused(404, "GET", f"/v3/models/{UNKNOWN_ID}/metrics")


def test_every_reason_is_described() -> None:
    """The contract names each reason for which a figure is null."""
    described = SPEC["components"]["schemas"]["Figure"]["properties"]["reason"]["description"]
    assert [reason for reason in Reason if f"`{reason.value}`" not in described] == []


def test_a_segment_of_another_model_is_not_found(api: Api) -> None:
    """A segment belongs to one model: figures of another one do not find it, although its columns exist there."""
    model_id, other_id = model(api, "own", events=[]), model(api, "unrelated", events=[])
    segment_id = api.define(SEGMENT, other_id)["id"]
    body = {"env_type": "PRODUCTION", "segment_id": segment_id, "metrics": [{"id": "traffic"}]}
    assert api.client.post("/v3/analytics/metrics", json=body | {"model_id": other_id}).status_code == 200
    api.refused(404, "POST", "/v3/analytics/metrics", json=body | {"model_id": model_id})
