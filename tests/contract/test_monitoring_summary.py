"""The monitoring summary over HTTP: the traffic of each model, before and after changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.definitions import Api
from tests.contract.figures import DAY, EVENTS, delete, model

SUMMARY = "/v3/monitoring-summary"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


def summary(api: Api, model_id: str, **query: Any) -> tuple[int, str | None]:
    """Return the number of events of a model, and the time of the newest."""
    items = api.get(SUMMARY, limit=1000, **query)["items"]
    (found,) = [one for one in items if one["model"]["id"] == model_id]
    assert found["triggered_alerts"] == 0
    return found["traffic_count"], found["last_event_time"]


def test_exact_after_changes(api: Api) -> None:
    """The summary counts the events that are stored now, in the range."""
    model_id, empty_id = model(api, "summarized"), model(api, "silent", events=[])
    assert summary(api, model_id) == (5, f"{DAY}05:00:00.000000Z")
    assert summary(api, empty_id) == (0, None)
    api.publish(model_id, {**EVENTS[0], "id": "6", "ts": f"{DAY}06:00:00Z"})
    assert summary(api, model_id) == (6, f"{DAY}06:00:00.000000Z")
    delete(api, model_id, "6", "5")
    assert summary(api, model_id) == (4, f"{DAY}04:00:00.000000Z")
    assert summary(api, model_id, start_time=f"{DAY}02:00:00Z", end_time=f"{DAY}04:00:00Z") == (
        2,
        f"{DAY}03:00:00.000000Z",
    )
    assert summary(api, model_id, start_time="1800000000", no_cache=True) == (0, None)


def test_refusals(api: Api) -> None:
    """A bound that is no time, and an empty range, are refused with the place."""
    (message,) = api.refused(400, "GET", SUMMARY, params={"start_time": "2026-13-01"})
    assert message == "/query/start_time: cannot be read as a time such as 2024-05-01T12:30:00Z"
    (message,) = api.refused(400, "GET", SUMMARY, params={"start_time": "2026-01-02", "end_time": "2026-01-01"})
    assert message == "/query/start_time: start_time must be before end_time"
