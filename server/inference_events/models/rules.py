"""Rules for a model's schema, roles and timestamp format, and warnings of probable mistakes in them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from inference_events.errors import BadRequest, ErrorDetail
from inference_events.events.ingest.raw_values import TOO_NESTED, is_too_deep
from inference_events.events.ingest.time_formats import time_format
from inference_events.messages import quote
from inference_events.warning_details import MAX_WARNINGS, features_not_computed, format_not_safe
from inference_events_api import types as t

ROLES = ("inputs", "outputs", "targets", "decisions", "metadata")

Columns = Sequence[Mapping[str, Any]]


def check_depth(fields: Mapping[str, Any]) -> None:
    """Refuse values that are nested too deeply. Raises BadRequest with every field."""
    faults = [ErrorDetail(TOO_NESTED, f"/{name}") for name, value in fields.items() if is_too_deep(value)]
    if faults:
        raise BadRequest.with_details(*faults)


def check(schema: Mapping[str, Any], spec: Mapping[str, Any], format: str | None) -> None:
    """Refuse an inconsistent schema and an unsafe format. Raises BadRequest with every fault."""
    faults = [*_column_faults(schema["columns"]), *_role_faults(schema["columns"], spec)]
    if format is not None:
        faults += [ErrorDetail(fault, "/event_ts_format") for fault in time_format(format).faults]
    if faults:
        raise BadRequest.with_details(*faults)


def warnings(spec: Mapping[str, Any], format: str | None) -> list[t.WarningDetail]:
    """Return warnings of probable mistakes in a model, limited in number."""
    return list(islice(_warnings(spec, format), MAX_WARNINGS))


def ranks_two_classes(task: str, schema: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Return whether a model ranks by a target with two classes."""
    targets = set(spec.get("targets") or ())
    columns = [column for column in schema["columns"] if column["name"] in targets]
    return task == "ranking" and any(
        column["data_type"] == "bool" or len(column.get("categories") or ()) == 2 for column in columns
    )


def _warnings(spec: Mapping[str, Any], format: str | None) -> Iterator[t.WarningDetail]:
    yield from format_not_safe(format)
    yield from features_not_computed(spec.get("custom_features") or ())


def _column_faults(columns: Columns) -> Iterator[ErrorDetail]:
    seen = set()
    for index, column in enumerate(columns):
        if column["name"] in seen:
            yield ErrorDetail(
                f"{quote(column['name'])} is the name of an earlier column; names must differ",
                f"/schema/columns/{index}/name",
            )
        seen.add(column["name"])
        low, high = column.get("min"), column.get("max")
        if low is not None and high is not None and low > high:
            yield ErrorDetail("is above max", f"/schema/columns/{index}/min")


def _role_faults(columns: Columns, spec: Mapping[str, Any]) -> Iterator[ErrorDetail]:
    names = {column["name"] for column in columns}
    for role in ROLES:
        for index, name in enumerate(spec.get(role) or ()):
            if name not in names:
                yield ErrorDetail(f"{quote(name)} is not a column of the schema", f"/spec/{role}/{index}")
