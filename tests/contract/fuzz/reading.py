"""Read acknowledged events back: each exactly once, with the values that were sent."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from requests import PreparedRequest

from tests.contract.fuzz.fixtures import connect

RETRY_HEADERS = ("Idempotency-Key", "X-Fiddler-Client-Retry")
SCALARS: Mapping[str, tuple[type, ...]] = {"float": (float, int), "int": (int,), "bool": (bool,), "str": (str,)}
INT64 = range(-(2**63), 2**63)
Event = Mapping[str, Any]


def check_published(url: str, request: PreparedRequest, response: Mapping[str, Any]) -> None:
    """Check that each id of a publish has the values that it was sent with; a null is not carried."""
    body = _events_body(request)
    if body is None:
        return
    carried = [{name: value for name, value in event.items() if value is not None} for event in _events(body)]
    _check(url, body, _by_id(response["event_ids"], carried), frozenset())


def check_updated(url: str, request: PreparedRequest, response: Mapping[str, Any]) -> None:
    """Check that each id of an update has the new values, and nothing for an explicit null."""
    body = _events_body(request)
    if body is None:
        return
    changes = _by_id(response["event_ids"], _events(body))
    known = {event_id: change for event_id, change in changes.items() if event_id not in response["unknown_event_ids"]}
    _check(url, body, known, frozenset(response["ignored_columns"]))


def _events_body(request: PreparedRequest) -> Any:
    """Return the body that was sent, None if it has no events or the response may be that of an earlier attempt."""
    assert isinstance(request.body, bytes)
    body = json.loads(request.body)
    is_retry = any(name in request.headers for name in RETRY_HEADERS)
    return None if is_retry or body["source"]["type"] != "EVENTS" else body


def _events(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = body["source"]["events"]
    return events


def _by_id(event_ids: Iterable[str], events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Merge events of one id, as if they were sent one after the other."""
    merged: dict[str, dict[str, Any]] = {}
    for event_id, event in zip(event_ids, events, strict=True):
        merged.setdefault(event_id, {}).update(event)
    return merged


def _check(url: str, body: Mapping[str, Any], sent: Mapping[str, Event], ignored: frozenset[str]) -> None:
    if not sent:
        return
    with connect(url) as client:
        model = client.get(f"/v3/models/{body['model_id']}").raise_for_status().json()["data"]
        place = {name: body[name] for name in ("model_id", "env_type", "env_name") if name in body}
        query = place | {"event_ids": list(sent), "limit": 1000}
        items = client.post("/v3/events/query", json=query).raise_for_status().json()["data"]["items"]
    assert sorted(item["event_id"] for item in items) == sorted(sent)
    special = {model["event_id_col"], model["event_ts_col"]} | ignored
    columns = {column["name"]: column for column in model["schema"]["columns"]}
    is_ranking = model["task"] == "ranking"
    for item in items:
        for name, value in sent[item["event_id"]].items():
            if name not in special and not (is_ranking and name in columns):
                _check_value(name, value, item, columns.get(name))


def _check_value(name: str, value: Any, item: Event, column: Mapping[str, Any] | None) -> None:
    """Check one value. A value of another type is converted, or kept in a violation."""
    if column is None:
        assert item["undeclared"].get(name) == value
    elif value is None:
        assert item["values"][name] is None
    elif column.get("replace_with_nulls"):
        return
    elif _has_type(value, column["data_type"]):
        assert item["values"][name] == value
    else:
        assert item["values"][name] is not None or any(v["column"] == name for v in item["violations"])


def _has_type(value: Any, data_type: str) -> bool:
    if data_type == "vector":
        return isinstance(value, list) and all(_has_type(item, "float") for item in value)
    if isinstance(value, bool):
        return data_type == "bool"
    if isinstance(value, int) and data_type == "float":
        return int(float(value)) == value
    return isinstance(value, SCALARS.get(data_type, ())) and (data_type != "int" or value in INT64)
