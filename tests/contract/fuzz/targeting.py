"""Target existing resources with random requests. Random ids would nearly always be a 404.

The choice depends on the request alone, so that a failing case fails again. A share of the requests stays unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zlib import crc32

from tests.contract.fuzz.fixtures import COLUMNS, EVENT_IDS, ID_COLUMN, TIME_COLUMN, Fixtures

LEFT_ALONE = 8
NAMES = [column["name"] for column in COLUMNS if column["name"] != ID_COLUMN] + [TIME_COLUMN]
RECENT = 1_700_000_000
DEFINITIONS = (
    "distance > 1",
    "carrier == 'UA' and not arrived_late",
    "match(note, 'a+') or is_null(level)",
    "late_probability ^ 2 > distance / 0",
    "sum(distance) / count(note)",
    "average(if(arrived_late, late_probability, null))",
    "quantile(distance, level=0.9) - null_violation_count(carrier)",
    "length(carrier)",
    "nope = 1",
)


METRICS = ("traffic", "precision", "auc", "f1 score", "sum", "frequency", "any_violation_count", "jsd", "psi", "mae")


def target_path(operation_id: str, parameters: dict[str, Any], fixtures: Fixtures) -> dict[str, Any]:
    """Return path parameters that name prepared resources, unless the operation deletes them."""
    targets = {
        "get_project": [fixtures.project_id],
        "get_model": fixtures.model_ids,
        "update_model": [fixtures.changing_model_id],
        "list_columns": fixtures.model_ids,
        "list_model_environments": fixtures.model_ids,
        "list_model_baselines": fixtures.model_ids,
        "list_model_segments": fixtures.model_ids,
        "list_model_custom_metrics": fixtures.model_ids,
        "list_model_metrics": fixtures.model_ids,
        "get_job": fixtures.job_ids,
        "list_rejected_rows": fixtures.job_ids,
    }
    ids = targets.get(operation_id, ())
    return {name: _instead(value, ids) for name, value in parameters.items()}


def target_body(body: Mapping[str, Any], fixtures: Fixtures) -> dict[str, Any]:
    """Return a body that names prepared models, projects and files."""
    targeted = dict(body)
    # A definition would keep the model that may change from changing.
    model_ids = [one for one in fixtures.model_ids if "definition" not in body or one != fixtures.changing_model_id]
    for name, ids in (
        ("model_id", model_ids),
        ("project_id", [fixtures.project_id]),
        ("file_id", fixtures.file_ids),
    ):
        if name in targeted:
            targeted[name] = _instead(targeted[name], ids)
    if isinstance(targeted.get("project_ids"), list):
        targeted["project_ids"] = [_instead(value, [fixtures.project_id]) for value in targeted["project_ids"]]
    for name in ("definition", "segment_definition"):
        if isinstance(targeted.get(name), str):
            targeted[name] = _definition(targeted[name])
    if isinstance(targeted.get("queries"), list):
        targeted["queries"] = [_query(one, fixtures) if isinstance(one, dict) else one for one in targeted["queries"]]
    if isinstance(targeted.get("metrics"), list):
        targeted["metrics"] = [_metric(one) if isinstance(one, dict) else one for one in targeted["metrics"]]
    for name in ("source", "segment"):
        if isinstance(targeted.get(name), dict):
            targeted[name] = target_body(targeted[name], fixtures)
    return targeted


def shape_events(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body whose events have the columns and some of the ids of prepared models."""
    shaped = dict(body)
    if isinstance(shaped.get("source"), dict):
        shaped["source"] = shape_events(shaped["source"])
    if isinstance(shaped.get("events"), list):
        shaped["events"] = [_event(event) if isinstance(event, dict) else event for event in shaped["events"]]
    if isinstance(shaped.get("event_ids"), list):
        shaped["event_ids"] = [_event_id(value) for value in shaped["event_ids"]]
    if isinstance(shaped.get("column_names"), list):
        shaped["column_names"] = [_column(name) if isinstance(name, str) else name for name in shaped["column_names"]]
    return shaped


def is_valid_source(source: Any) -> bool:
    """Return whether a body's source keeps to the contract, so that another may take its place."""
    if not isinstance(source, dict):
        return False
    if source.get("type") == "FILE":
        return source.keys() == {"type", "file_id"} and _is_uuid(source["file_id"])
    events = source.get("events")
    has_events = isinstance(events, list) and len(events) <= 1000 and all(isinstance(event, dict) for event in events)
    return has_events and source.keys() == {"type", "events"} and source["type"] == "EVENTS"


def is_every_second(value: Any) -> bool:
    return bool(_number(value) % 2)


def _definition(text: str) -> str:
    """Return one of a few definitions that are valid for a prepared model, or are nearly so."""
    return DEFINITIONS[_number(text) % len(DEFINITIONS)] if _number(text) % LEFT_ALONE else text


def _query(query: dict[str, Any], fixtures: Fixtures) -> dict[str, Any]:
    """Return a query of a builtin metric of a prepared model."""
    targeted = target_body(query, fixtures)
    if isinstance(targeted.get("metric"), str) and _number(query) % LEFT_ALONE:
        targeted["metric"] = METRICS[_number(query) % len(METRICS)]
    if isinstance(targeted.get("columns"), list):
        targeted["columns"] = [_column(name) if isinstance(name, str) else name for name in targeted["columns"]]
    return targeted


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    """Return a metric with the id of a builtin one, and a column that prepared models have."""
    targeted = dict(metric)
    if isinstance(targeted.get("id"), str) and _number(metric) % LEFT_ALONE:
        targeted["id"] = METRICS[_number(metric) % len(METRICS)]
    if isinstance(targeted.get("column"), str):
        targeted["column"] = _column(targeted["column"])
    return targeted


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """Move the values to columns that the prepared models have, and give the event one of a few ids."""
    targeted = {_column(name): value for name, value in event.items()}
    if TIME_COLUMN in targeted and not _is_number(targeted[TIME_COLUMN]):
        targeted[TIME_COLUMN] = RECENT + _number(event) % 1000
    if ID_COLUMN not in targeted and _number(event) % LEFT_ALONE:
        targeted[ID_COLUMN] = EVENT_IDS[_number(event) % len(EVENT_IDS)]
    return targeted


def _column(name: str) -> Any:
    if name == ID_COLUMN or name in NAMES or not _number(name) % LEFT_ALONE:
        return name
    return NAMES[_number(name) % len(NAMES)]


def _event_id(value: Any) -> Any:
    is_kept = not isinstance(value, str) or not value or not _number(value) % LEFT_ALONE
    return value if is_kept else EVENT_IDS[_number(value) % len(EVENT_IDS)]


def _instead(value: Any, ids: Sequence[str]) -> Any:
    if not ids or not _is_uuid(value) or _number(value) % LEFT_ALONE == 1:
        return value
    return ids[_number(value) % len(ids)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _number(value: Any) -> int:
    return crc32(repr(value).encode("utf-8", "replace")) >> 3
