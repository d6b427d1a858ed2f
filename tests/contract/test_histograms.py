"""Histograms over HTTP: those behind a drift, before and after changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import SEGMENT, UNKNOWN_ID, Api
from tests.contract.figures import DAY, EVENTS, dataset, delete, model, update

HISTOGRAMS = "/v3/histograms"
ROWS: list[dict[str, Any]] = [
    {"id": "1", "place": "Hawaii", "age": 20, "churn": 1},
    {"id": "2", "place": "Texas", "age": 40, "churn": 0},
    {"id": "3", "place": "Texas", "age": None, "churn": 1},
]


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def histograms(api: Api, baseline_id: str, column: str, **more: Any) -> dict[str, Any]:
    """Return the histograms of the day of the events."""
    day = {"start_time": f"{DAY}12:00:00Z", "bin_size": "Day"}
    return api.post(HISTOGRAMS, {"baseline_id": baseline_id, "column_id": column} | day | more)


def test_exact_after_changes(api: Api) -> None:
    """Both sides count the newest values of their events, in the same bins."""
    model_id = model(api, "histograms")
    _, baseline_id = dataset(api, model_id, *ROWS)
    first = histograms(api, baseline_id, "place")
    assert first["bins"] == ["Hawaii", "Texas"]
    assert (first["baseline_histogram"], first["production_histogram"]) == ([1, 2], [3, 2])
    assert histograms(api, baseline_id, "churn")["production_histogram"] == [2, 2]
    update(api, model_id, id="5", churn=1)
    assert histograms(api, baseline_id, "churn")["production_histogram"] == [2, 3]
    delete(api, model_id, "1", "2")
    last = histograms(api, baseline_id, "place")
    assert last["production_histogram"] == [1, 2]
    assert last["data_revision"] != first["data_revision"]
    assert last["bin"] == {"start": "2026-03-02T00:00:00.000000Z", "end": "2026-03-03T00:00:00.000000Z"}
    shares = histograms(api, baseline_id, "place", normalize=True)
    assert shares["production_histogram"] == pytest.approx([1 / 3, 2 / 3])


def test_nulls_segments_and_joined_bins(api: Api) -> None:
    """Events without a value are counted apart, a segment holds for both sides, and the rarest bins are joined."""
    model_id = model(api, "sides")
    _, baseline_id = dataset(api, model_id, *ROWS)
    ages = histograms(api, baseline_id, "age")
    assert (ages["baseline_size"], ages["baseline_nulls"]) == (2, 1)
    assert (ages["production_size"], ages["production_nulls"]) == (4, 1)
    assert sum(ages["production_histogram"]) == 4
    segment_id = api.define(SEGMENT, model_id, "texas", definition="place == 'Texas'")["id"]
    chosen = histograms(api, baseline_id, "place", segment_id=segment_id)
    assert (chosen["baseline_histogram"], chosen["production_histogram"]) == ([0, 2], [0, 2])
    joined = histograms(api, baseline_id, "age", max_bins=2)
    assert (len(joined["bins"]), joined["bins"][1]) == (2, "rest")
    assert (joined["num_actual_bins"], sum(joined["production_histogram"])) == (ages["num_actual_bins"], 4)


def test_empty_sides(api: Api) -> None:
    """A day without events has an empty histogram, and a baseline without values gives the reason."""
    model_id = model(api, "hollow", events=EVENTS)
    _, baseline_id = dataset(api, model_id, *ROWS)
    nothing = histograms(api, baseline_id, "place", start_time="2020-01-01")
    assert (nothing["production_histogram"], nothing["production_size"]) == ([0, 0], 0)
    window = {"type": "ROLLING", "window_bin_size": "Day", "offset_delta": 7, "env_type": "PRODUCTION"}
    rolling_id = api.post("/v3/baselines", {"model_id": model_id, "name": "last week"} | window)["id"]
    empty = histograms(api, rolling_id, "age")
    assert (empty["bins"], empty["production_histogram"], empty["reason"]) == ([], [], "no_baseline_rows")
    assert empty["production_size"] == 4


def test_refusals(api: Api) -> None:
    """A column without drift is a 400 that names it, and an unknown baseline a 404."""
    model_id = model(api, "no_histograms", events=[])
    _, baseline_id = dataset(api, model_id, *ROWS)
    body = {"baseline_id": baseline_id, "start_time": "2026-01-01", "bin_size": "Day"}
    (message,) = api.refused(400, "POST", HISTOGRAMS, json=body | {"column_id": "id"})
    assert message.startswith("/column_id: jsd needs a column of numbers, categories")
    (message,) = api.refused(400, "POST", HISTOGRAMS, json=body | {"column_id": "plase"})
    assert message == '/column_id: the model has no such column, did you mean "place"?'
    api.refused(404, "POST", HISTOGRAMS, json=body | {"column_id": "place", "baseline_id": UNKNOWN_ID})
