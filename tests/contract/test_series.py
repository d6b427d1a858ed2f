"""Series, violations and labels over HTTP: exact after changes, by group, unchanged, and refused with the place."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import METRIC, SEGMENT, UNKNOWN_ID, Api
from tests.contract.figures import EVENTS, WHOLE_DAY, dataset, delete, model, update

SERIES = "/v3/monitoring/series"
VIOLATIONS = "/v3/monitoring/violations"
LABELS = "/v3/monitoring/labels"
TWO_DAYS = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-03T00:00:00Z"}


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    """A model whose events do not change."""
    return model(api, "kept_series")


def series(api: Api, model_id: str, *measures: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return series of two days, of which the first has no events."""
    body = {"model_id": model_id, "time_range": TWO_DAYS, "bin_size": "Day", "measures": measures}
    return api.post(SERIES, body | more)


def refusal(api: Api, path: str, model_id: str, code: int = 400, **fields: Any) -> str:
    """Return the message with which a request is refused."""
    needed = {"measures": [{"measure": "count"}]} if path == SERIES else {}
    body = {"model_id": model_id, "time_range": TWO_DAYS} | needed | fields
    (message,) = api.refused(code, "POST", path, json=body)
    return message


def test_series_are_exact_after_changes(api: Api) -> None:
    """A series shows labels, corrections and deletions; the response to a known revision has no figures."""
    model_id = model(api, "series_of_changes")
    _, baseline_id = dataset(api, model_id, {"id": "1", "place": "Hawaii"}, {"id": "2", "place": "Texas"})
    metric_id = api.define(METRIC, model_id, definition="average(age)")["id"]
    measures: list[dict[str, Any]] = [
        {"measure": "labels"},
        {"measure": "performance", "metric": "accuracy"},
        {"measure": "drift", "column": "place", "baseline_id": baseline_id},
        {"measure": "custom_metric", "custom_metric_id": metric_id},
        {"measure": "missing", "column": "churn", "share": True},
    ]
    first = series(api, model_id, *measures)
    (group,) = first["groups"]
    assert first["edges"] == [f"2026-03-0{day}T00:00:00.000000Z" for day in (1, 2, 3)]
    assert (group["name"], group["rows"], first["complete"]) == (None, [0, 5], [True, True])
    labels, accuracy, drift, custom, missing = group["measures"]
    assert (labels["values"], labels["labelled"]) == ([None, 0.8], [0, 4])
    assert (accuracy["values"], accuracy["reasons"]) == ([None, 0.5], ["no_rows", None])
    assert (accuracy["lower"], accuracy["upper"]) == (
        [None, pytest.approx(0.15, abs=1e-3)],
        [None, pytest.approx(0.85, abs=1e-3)],
    )
    assert "lower" not in drift
    assert drift["baseline_sizes"] == [2, 2]
    assert (custom["values"], missing["values"]) == ([None, 40], [None, 20])
    known = series(api, model_id, *measures, known_revision=first["data_revision"])
    assert known == {"unchanged": True, "data_revision": first["data_revision"]}
    update(api, model_id, id="5", churn=1)
    delete(api, model_id, "2", "4")
    after = series(api, model_id, *measures, known_revision=first["data_revision"])
    assert after["unchanged"] is False
    labels, accuracy, _, custom, missing = after["groups"][0]["measures"]
    assert after["groups"][0]["rows"] == [0, 3]
    assert (labels["values"], accuracy["values"]) == ([None, 1], [None, pytest.approx(2 / 3)])
    assert (custom["values"], missing["values"]) == ([None, 35], [None, 0])


def test_a_changed_model_is_no_known_revision(api: Api) -> None:
    """A change of the threshold gives other figures, so a revision from before it is not current any more."""
    model_id = model(api, "changed_model")
    accuracy = {"measure": "performance", "metric": "accuracy"}
    first = series(api, model_id, accuracy)
    params = {"binary_classification_threshold": 0.15, "target_class_order": [0, 1]}
    response = api.client.patch(f"/v3/models/{model_id}", json={"task_params": params})
    assert response.status_code == 200, response.text
    after = series(api, model_id, accuracy, known_revision=first["data_revision"])
    assert after["groups"][0]["measures"][0]["values"] == [None, 0.75]


def test_a_definition_that_is_not_stored(api: Api, model_id: str) -> None:
    """A custom metric has the same figures before it is stored as afterwards."""
    definition = "average(age) / accuracy()"
    measure = {"measure": "custom_metric"}
    before = series(api, model_id, measure | {"definition": definition})["groups"]
    metric_id = api.define(METRIC, model_id, definition=definition)["id"]
    assert series(api, model_id, measure | {"custom_metric_id": metric_id})["groups"] == before
    empty, value = before[0]["measures"][0]["values"]
    assert empty is None
    assert value > 0


def test_groups(api: Api, model_id: str) -> None:
    """Groups are the values that most events have, and the rest has the events without a value."""
    average = {"measure": "statistic", "metric": "average", "column": "age"}
    found = series(api, model_id, average, group_by="place")["groups"]
    assert [(one["name"], one["rows"][1], one["measures"][0]["values"][1]) for one in found] == [
        ("Hawaii", 3, pytest.approx(115 / 3)),
        ("Texas", 2, 45),
    ]
    by_age = series(api, model_id, {"measure": "count"}, group_by="age")["groups"]
    assert [one["name"] for one in by_age] == ["25", "35", "45", "55", None]
    assert [one["is_rest"] for one in by_age] == [False] * 4 + [True]


def test_the_rest_is_all_others(api: Api) -> None:
    """Of more than 10 values, the events of all others are in the rest, so the groups add up."""
    events = [EVENTS[0] | {"id": str(number), "age": number % 12} for number in range(24)]
    model_id = model(api, "many_groups", events=[*events, EVENTS[0] | {"id": "24", "age": 0}])
    found = series(api, model_id, {"measure": "count"}, group_by="age")["groups"]
    assert [one["name"] for one in found] == [*map(str, range(10)), None]
    assert [one["rows"][1] for one in found] == [3, *[2] * 9, 4]


def test_bins_follow_the_range(api: Api, model_id: str) -> None:
    """Without a size, bins are the smallest of which the range has at most `max_bins`, on the clock of the zone."""
    count = {"model_id": model_id, "time_range": TWO_DAYS, "measures": [{"measure": "count"}]}
    for most, size, number in ((300, "15min", 192), (100, "30min", 96), (50, "Hour", 48), (20, "3h", 16)):
        found = api.post(SERIES, count | {"max_bins": most})
        assert (found["bin_size"], len(found["complete"])) == (size, number)
    two_hours = {"start_time": "2026-03-02T02:30:00Z", "end_time": "2026-03-02T04:30:00Z"}
    short = api.post(SERIES, count | {"time_range": two_hours, "max_bins": 2000})
    rows = short["groups"][0]["rows"]
    assert (short["bin_size"], len(rows), rows.index(1), sum(rows)) == ("5s", 1440, 360, 2)
    days = api.post(SERIES, count | {"max_bins": 4, "time_zone": "Asia/Kolkata"})
    assert (days["bin_size"], days["edges"][0]) == ("Day", "2026-02-28T18:30:00.000000Z")
    assert days["groups"][0]["rows"] == [0, 5, 0]


def test_receipt_lag(api: Api, model_id: str) -> None:
    """The receipt lag has quantiles in seconds, and is 0 for events that came without a time."""
    quantiles = [{"measure": "receipt_lag", "level": level} for level in (0, 0.5, 1)]
    least, median, greatest = series(api, model_id, *quantiles)["groups"][0]["measures"]
    assert (least["values"][0], least["reasons"][0], median["sample_sizes"]) == (None, "no_rows", [0, 5])
    assert 0 < least["values"][1] < median["values"][1] < greatest["values"][1]
    untimed = model(api, "untimed", events=[{"id": "1", "age": 25}])
    now = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
    found = series(api, untimed, {"measure": "receipt_lag"}, time_range=now, bin_size="Quarter")
    assert [value for value in found["groups"][0]["measures"][0]["values"] if value is not None] == [0]


def test_violations(api: Api) -> None:
    """Violations are counted by column, kind and bin, with the values that were sent, after changes as before."""
    events = [*EVENTS, EVENTS[0] | {"id": "6", "age": "old", "place": "Mars"}, EVENTS[0] | {"id": "7", "age": "old"}]
    model_id = model(api, "violated", events=events)
    body = {"model_id": model_id, "time_range": WHOLE_DAY, "values_of": "age"}
    found = api.post(VIOLATIONS, body | {"bin_size": "Day", "columns": ["age", "place"]})
    age, place = found["columns"]
    assert age["totals"] == {"missing": 1, "type": 2, "range": 0, "any": 3}
    assert place["bins"] == {"missing": [0], "type": [0], "range": [1], "any": [1]}
    assert (found["rows"], found["events"]) == ([7], [7])
    assert found["values"] == [
        {"kind": "type", "value": '"old"', "count": 2},
        {"kind": "missing", "value": None, "count": 1},
    ]
    (mars,) = api.post(VIOLATIONS, body | {"values_of": "place"})["values"]
    assert mars == {"kind": "range", "value": '"Mars"', "count": 1}
    update(api, model_id, id="5", churn=1)
    delete(api, model_id, "7")
    pages = [api.post(VIOLATIONS, body | {"limit": 1, "offset": offset}) for offset in (0, 1)]
    assert [page["violated"] for page in pages] == [4, 4]
    assert [page["columns"][0]["column"] for page in pages] == ["is new", "age"]
    assert api.post(VIOLATIONS, body)["values"] == [
        {"kind": "missing", "value": None, "count": 1},
        {"kind": "type", "value": '"old"', "count": 1},
    ]


def test_labels(api: Api, model_id: str) -> None:
    """Labels have coverage and lag by bin; a label that came with its event has the lag of the event."""
    found = api.post(LABELS, {"model_id": model_id, "time_range": TWO_DAYS, "bin_size": "Day"})
    assert (found["target"], found["rows"], found["labelled"], found["timed"]) == ("churn", [0, 5], [0, 4], [0, 4])
    assert (found["coverage"], found["reasons"]) == ([None, 0.8], ["no_rows", None])
    median, late = found["lags"]
    assert median[0] is late[0] is None
    assert 0 < median[1] < late[1]
    assert found["total"] | {"lags": None} == {
        "rows": 5,
        "labelled": 4,
        "coverage": 0.8,
        "timed": 4,
        "lags": None,
        "reason": None,
    }


def test_environments_and_segments(api: Api, model_id: str) -> None:
    """The events are those of any environment of the model, and of a stored or a written segment."""
    dataset_id, _ = dataset(api, model_id, EVENTS[0] | {"id": "1"}, EVENTS[1] | {"id": "2"}, name="series")
    count = {"measure": "count"}
    environments = api.get(f"/v3/models/{model_id}/environments")["items"]
    assert len(environments) == 2
    for one in environments:
        found = series(api, model_id, count, environment_id=one["id"].upper())
        assert found["groups"][0]["rows"] == [0, 2 if one["id"] == dataset_id else 5]
    segment_id = api.define(SEGMENT, model_id)["id"]
    for segment in ({"id": segment_id}, {"definition": SEGMENT.definition}):
        assert series(api, model_id, count, segment=segment)["groups"][0]["rows"] == [0, 3]
        found = api.post(LABELS, {"model_id": model_id, "time_range": TWO_DAYS, "segment": segment, "bin_size": "Day"})
        assert found["rows"] == [0, 3]


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ({"measure": "count", "column": "age"}, "column: the measure count takes no column; remove it"),
        ({"measure": "statistic", "column": "age"}, "metric: is needed for the measure statistic"),
        ({"measure": "statistic", "metric": "average", "column": "plaec"}, "column: the model has no such column"),
        ({"measure": "statistic", "metric": "average", "column": "place"}, "column: average needs a column of numbers"),
        ({"measure": "statistic", "metric": "jsd", "column": "age"}, "metric: is no metric of the measure statistic"),
        ({"measure": "performance", "metric": "mae"}, "metric: a model of the task binary_classification has no mae"),
        ({"measure": "drift", "column": "age", "baseline_id": UNKNOWN_ID}, "baseline_id: is no baseline of this model"),
        ({"measure": "custom_metric", "custom_metric_id": UNKNOWN_ID}, "custom_metric_id: is no custom metric"),
        ({"measure": "custom_metric"}, "custom_metric_id: or a definition is needed"),
        ({"measure": "custom_metric", "definition": "age"}, "definition: "),
        (
            {"measure": "custom_metric", "definition": "sum(age)", "custom_metric_id": UNKNOWN_ID},
            "definition: and custom_metric_id are both given; remove one",
        ),
        ({"measure": "count", "definition": "sum(age)"}, "definition: the measure count takes no definition"),
        ({"measure": "labels", "column": "age"}, "column: is no target of the model"),
    ],
)
def test_a_wrong_measure(api: Api, model_id: str, measure: dict[str, Any], message: str) -> None:
    """A measure that the model cannot answer is a 400 that names its field."""
    measures = [{"measure": "count"}, measure]
    assert refusal(api, SERIES, model_id, measures=measures).startswith(f"/measures/1/{message}")


def test_refusals(api: Api, model_id: str) -> None:
    """Unknown names, too many bins or values, and a segment with a fault are refused with the place."""
    for path in (SERIES, VIOLATIONS, LABELS):
        refusal(api, path, UNKNOWN_ID, 404)
        refusal(api, path, model_id, 404, environment_id=UNKNOWN_ID)
        message = refusal(api, path, model_id, segment={"definition": "age >"})
        assert message.startswith("/segment/definition: ")
        assert refusal(api, path, model_id, time_zone="Mars").startswith("/time_zone: the time zone is not known")
        years = {"start_time": "2020-01-01", "end_time": "2026-01-01"}
        message = refusal(api, path, model_id, time_range=years, bin_size="Hour")
        assert message == "/time_range: the range has more than 2,000 bins; shorten it or take larger bins"
        turned = {"start_time": "2026-01-02", "end_time": "2026-01-01"}
        assert refusal(api, path, model_id, time_range=turned) == "/time_range: start_time must be before end_time"
    weeks = {"start_time": "2026-01-01", "end_time": "2026-03-01"}
    many: dict[str, Any] = {
        "measures": [{"measure": "count"}] * 10,
        "group_by": "place",
        "time_range": weeks,
        "bin_size": "Hour",
    }
    assert refusal(api, SERIES, model_id, **many).startswith("/measures: 155,760 values are more than 50,000; ")
    assert refusal(api, SERIES, model_id, group_by="p").startswith("/group_by: group_by needs a column of the type")
    assert refusal(api, VIOLATIONS, model_id, columns=["age", "agee"]) == "/columns/1: the model has no such column"
    assert refusal(api, VIOLATIONS, model_id, values_of="agee") == "/values_of: the model has no such column"
    assert refusal(api, LABELS, model_id, target="age") == "/target: is no target of the model"
