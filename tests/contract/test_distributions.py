"""Distributions, columns and performance over HTTP: exact after changes, unchanged, and refused with the place."""

import math
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import SEGMENT, UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, WHOLE_DAY, dataset, delete, model, update

DISTRIBUTION = "/v3/monitoring/distribution"
COLUMNS = "/v3/monitoring/columns"
PERFORMANCE = "/v3/monitoring/performance"
ROWS: list[dict[str, Any]] = [
    {"id": "1", "place": "Hawaii", "age": 20, "churn": 1},
    {"id": "2", "place": "Texas", "age": 40, "churn": 0},
    {"id": "3", "place": "Texas", "age": None, "churn": 1},
]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def test_distributions_are_exact_after_changes(api: Api) -> None:
    """Events, a baseline and other events have counts in the same bins, which follow deletions and segments."""
    model_id = model(api, "distributed")
    dataset_id, baseline_id = dataset(api, model_id, *ROWS)
    sides = [{"baseline_id": baseline_id}, {"environment_id": dataset_id}, {"time_range": WHOLE_DAY}]
    body = {"model_id": model_id, "column": "place", "compare": sides}
    first = api.post(DISTRIBUTION, body)
    assert first["labels"] == ["Hawaii", "Texas"]
    assert [side["counts"] for side in first["sides"]] == [[3, 2], [1, 2], [1, 2], [3, 2]]
    assert [side["baseline"] and side["baseline"]["name"] for side in first["sides"]] == [None, "training", None, None]
    events, training, _, same = first["sides"]
    assert events["drifts"] is None
    assert training["drifts"]["jsd"]["value"] > 0
    assert same["drifts"]["jsd"]["value"] == same["drifts"]["psi"]["value"] == 0
    delete(api, model_id, "1", "2")
    after = api.post(DISTRIBUTION, body | {"known_revision": first["data_revision"]})
    assert after["sides"][0]["counts"] == [1, 2]
    known = api.post(DISTRIBUTION, body | {"known_revision": after["data_revision"]})
    assert known == {"unchanged": True, "data_revision": after["data_revision"]}
    api.post(
        "/v3/events",
        {
            "model_id": model_id,
            "env_type": "PRE_PRODUCTION",
            "env_name": "training",
            "source": {"type": "EVENTS", "events": [ROWS[0] | {"id": "4"}]},
        },
    )
    assert api.post(DISTRIBUTION, body | {"known_revision": after["data_revision"]})["unchanged"] is False
    numbers = api.post(DISTRIBUTION, {"model_id": model_id, "column": "age", "edges": [40, 50]})
    assert (numbers["edges"], numbers["sides"][0]["counts"]) == ([40, 50], [1])
    assert [numbers["sides"][0][name] for name in ("below", "above", "other", "nulls")] == [0, 1, 0, 1]
    assert numbers["sides"][0]["summary"]["mean"] == 50
    narrow = api.post(DISTRIBUTION, {"model_id": model_id, "column": "age", "segment": {"definition": "age > 50"}})
    assert narrow["sides"][0]["size"] == 1


def test_columns_are_exact_after_changes(api: Api) -> None:
    """Columns come page by page in the order that was asked for, with their violations, range and drift."""
    model_id = model(api, "overview")
    body: dict[str, Any] = {"model_id": model_id, "time_range": WHOLE_DAY}
    without = api.post(COLUMNS, body)
    assert (without["baseline"], "edges" in without, "drift" in without["columns"][1]) == (None, False, False)
    dataset(api, model_id, *ROWS)
    first = api.post(COLUMNS, body | {"sort": "missing", "limit": 2})
    assert (first["rows"], first["total"], first["baseline"]["name"]) == (5, 7, "training")
    assert [one["column"] for one in first["columns"]] == ["is new", "Age"]
    update(api, model_id, id="5", churn=1)
    delete(api, model_id, "3")
    (age, upper) = api.post(COLUMNS, body | {"search": "AGE", "sort": "drift"})["columns"]
    assert (age["column"], age["role"], age["data_type"]) == ("age", "inputs", "int")
    assert (age["values"], age["distinct"], age["minimum"], age["maximum"]) == (3, 3, 25, 55)
    assert (age["violations"]["missing"], age["drift"]["sample_size"], len(age["trend"])) == (1, 3, 24)
    assert upper["drift"]["reason"] == "no_baseline_values"
    (place,) = api.post(COLUMNS, body | {"search": "place", "histograms": True, "drift_metric": "psi"})["columns"]
    assert place["histograms"] == {
        "labels": ["Hawaii", "Texas"],
        "counts": [3, 1],
        "nulls": 0,
        "baseline_counts": [1, 2],
        "baseline_nulls": 0,
    }
    shares = [(4 / 6, 2 / 5), (2 / 6, 3 / 5)]
    assert place["drift"]["value"] == pytest.approx(sum((now - then) * math.log(now / then) for now, then in shares))
    assert api.post(COLUMNS, body | {"search": "churn"})["columns"][0]["violations"]["any"] == 0
    long = {"start_time": "1900-01-01", "end_time": "2100-01-01"}
    assert "trend" not in api.post(COLUMNS, body | {"time_range": long})["columns"][1]


def test_performance_is_exact_after_changes(api: Api) -> None:
    """Metrics, confusion matrix and score histogram follow labels, deletions, the threshold and the segment."""
    model_id = model(api, "performance")
    first = api.post(PERFORMANCE, {"model_id": model_id})
    assert first["confusion"] == {"classes": ["0", "1"], "counts": [[1, 1], [1, 1]]}
    assert first["labels"]["coverage"] == 0.8
    update(api, model_id, id="5", churn=1)
    delete(api, model_id, "2")
    body = {"model_id": model_id, "time_range": WHOLE_DAY, "known_revision": first["data_revision"]}
    after = api.post(PERFORMANCE, body)
    by_id = {one["metric"]: one for one in after["metrics"]}
    assert after["confusion"]["counts"] == [[1, 0], [1, 2]]
    assert (by_id["accuracy"]["figure"]["value"], by_id["precision"]["figure"]["value"]) == (0.75, 1)
    low, high = by_id["precision"]["interval"]
    assert (low, high) == pytest.approx((0.3424, 1), abs=1e-4)
    assert by_id["auroc"]["interval"] is None
    scores = after["scores"]
    assert len(scores["edges"]) + 1 == len(scores["positives"]) == 1002
    assert [place for place, count in enumerate(scores["positives"]) if count] == [201, 701, 901]
    higher = api.post(PERFORMANCE, {"model_id": model_id, "threshold": 0.8})
    assert higher["confusion"]["counts"] == [[1, 0], [2, 1]]
    strict = api.post(PERFORMANCE, {"model_id": model_id, "threshold": 0.8, "segment": {"definition": "age > 30"}})
    assert strict["confusion"]["counts"] == [[1, 0], [1, 0]]
    assert {one["metric"]: one["figure"]["reason"] for one in strict["metrics"]}[
        "precision"
    ] == "no_predicted_positives"


def test_other_tasks(api: Api) -> None:
    """A regression has errors, several classes have a matrix, and a model without a task has no performance."""
    spec = {"inputs": ["place"], "outputs": ["p"], "targets": ["Age"], "metadata": ["id"]}
    regression = api.model("regression", task="regression", task_params={}, spec=spec)
    assert api.post(PERFORMANCE, {"model_id": regression})["errors"] is None
    api.publish(regression, {"id": "1", "Age": 1.0, "p": 3.0}, {"id": "2", "Age": 2.0, "p": 2.0})
    found = api.post(PERFORMANCE, {"model_id": regression})
    assert (found["errors"]["edges"][0], found["errors"]["edges"][-1], sum(found["errors"]["counts"])) == (0, 2, 2)
    assert (found["scores"], found["confusion"]) == (None, None)
    several = api.model(
        "several",
        task="multiclass_classification",
        task_params={"target_class_order": ["Hawaii", "Texas"]},
        spec={"inputs": ["age"], "outputs": ["p", "Age"], "targets": ["place"], "metadata": ["id"]},
    )
    api.publish(
        several,
        {"id": "1", "place": "Texas", "p": 0.1, "Age": 0.9},
        {"id": "2", "place": "Texas", "p": 1.0, "Age": 0.0},
    )
    found = api.post(PERFORMANCE, {"model_id": several})
    assert found["confusion"] == {"classes": ["Hawaii", "Texas"], "counts": [[0, 0], [1, 1]]}
    assert found["metrics"][0]["interval"][0] < 0.5 < found["metrics"][0]["interval"][1]
    without = api.model("without", task="not_set", task_params={})
    (message,) = api.refused(400, "POST", PERFORMANCE, json={"model_id": without})
    assert message == "/model_id: a model of the task not_set has no performance"


def test_refusals(api: Api) -> None:
    """Unknown names, wrong kinds and bins that contradict each other are refused with the place."""
    model_id = model(api, "refused_distributions", events=EVENTS[:1])

    def refusal(path: str, **fields: Any) -> str:
        (message,) = api.refused(400, "POST", path, json={"model_id": model_id} | fields)
        return message

    assert refusal(DISTRIBUTION, column="agee").startswith("/column: the model has no such column")
    assert refusal(DISTRIBUTION, column="id").startswith("/column: jsd needs a column of numbers, categories")
    assert refusal(DISTRIBUTION, column="age", edges=[2, 1]) == "/edges: must increase from each edge to the next one"
    message = refusal(DISTRIBUTION, column="age", edges=[1, 2], bins=3)
    assert message == "/bins: only one of edges and bins can be given"
    assert refusal(DISTRIBUTION, column="place", bins=3).startswith("/bins: is for numbers, and the column has categ")
    assert refusal(DISTRIBUTION, column="age", component=0).startswith("/component: ")
    unknown = [{"baseline_id": UNKNOWN_ID}]
    message = refusal(DISTRIBUTION, column="age", compare=unknown)
    assert message == "/compare/0/baseline_id: is no baseline of this model"
    both = [{}, {"baseline_id": UNKNOWN_ID, "time_range": WHOLE_DAY}]
    assert refusal(DISTRIBUTION, column="age", compare=both).startswith("/compare/1: a baseline has its own events")
    assert refusal(COLUMNS, baseline_id=UNKNOWN_ID) == "/baseline_id: is no baseline of this model"
    rolling = {"type": "ROLLING", "name": "yesterday", "window_bin_size": "Day", "offset_delta": 1}
    baseline = api.post("/v3/baselines", {"model_id": model_id, "env_type": "PRODUCTION"} | rolling)
    message = "/time_range: the rolling baseline: a rolling baseline needs a range of time"
    assert refusal(COLUMNS, baseline_id=baseline["id"]) == message
    message = refusal(DISTRIBUTION, column="age", compare=[{"baseline_id": baseline["id"]}])
    assert message == "/time_range: a rolling baseline needs a range of time"
    for path in (DISTRIBUTION, COLUMNS, PERFORMANCE):
        body: dict[str, Any] = {"model_id": UNKNOWN_ID} | ({"column": "age"} if path == DISTRIBUTION else {})
        api.refused(404, "POST", path, json=body)
        fault = body | {"model_id": model_id, "segment": {"definition": SEGMENT.definition + " >"}}
        (message,) = api.refused(400, "POST", path, json=fault)
        assert message.startswith("/segment/definition: ")
