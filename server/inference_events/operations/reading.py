"""Pages of stored events: turn a request into a query, and Arrow rows into JSON."""

import base64
import binascii
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate
from math import inf
from time import monotonic
from typing import Any, NoReturn

import orjson
import pyarrow as pa
import pyarrow.types

from inference_events import exact_json
from inference_events.errors import BadRequest, ErrorDetail, ServiceUnavailable
from inference_events.events.ingest.timestamps import FIRST, LAST, format_timestamp, microseconds, parse_timestamp
from inference_events.events.store_errors import SearchTimeout
from inference_events.events.types import UNKNOWN_TIME, MatchCount, Place, Query, StoredEvents
from inference_events.models.schema import ModelSchema
from inference_events.operations.event_filters import event_filters
from inference_events.operations.previews import preview
from inference_events_api import types as t

DEFAULT_LIMIT = 50
MAX_PAGE_BYTES = 64 * 1024 * 1024
# The numbers of events in the steps. An event has a few MiB at most, so a small first step limits unneeded reads.
FIRST_STEP, MAX_STEP = 64, 256
# The time for a page and for a count, and the bounds of a `bounded` count.
MAX_SECONDS = 10.0
BOUNDED_SECONDS, BOUNDED_TOTAL = 1.0, 10_000
RETRY_SECONDS = 10
# In JSON, a control character takes six bytes and each value the name of its column, and a page has five steps.
JSON_GROWTH = 32


@dataclass(frozen=True)
class PageRequest:
    """A checked request for a page."""

    model_id: str
    limit: int
    event_ids: list[str] | None
    start: int | None
    end: int | None
    after: Place | None
    is_descending: bool
    filters: Sequence[t.EventFilter]
    columns: Sequence[str] | None
    preview: int | None
    count: t.EventCount

    def query(self, environment_id: str, schema: ModelSchema) -> Query:
        """Return the query for all events that the request asks for. Raises BadRequest for unfit filters or columns."""
        return Query(
            model_id=self.model_id,
            environment_id=environment_id,
            limit=self.limit,
            event_ids=None if self.event_ids is None else schema.canonical_ids(self.event_ids),
            start=self.start,
            end=self.end,
            after=self.after,
            is_descending=self.is_descending,
            filters=event_filters(self.filters, schema),
            columns=None if self.columns is None else _known_columns(self.columns, schema),
            revision=schema.revision if self.filters or self.columns is not None else None,
            deadline=monotonic() + MAX_SECONDS if self.filters else inf,
        )


def page_request(body: t.ReadEventsRequest) -> PageRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    time_range, event_ids = body.get("time_range"), body.get("event_ids")
    start, end = (None, None) if time_range is None else time_bounds(time_range)
    after = _read_cursor(body["cursor"]) if "cursor" in body else None
    return PageRequest(
        model_id=body["model_id"].lower(),
        limit=body.get("limit", DEFAULT_LIMIT if event_ids is None else len(event_ids)),
        event_ids=event_ids,
        start=start,
        end=end,
        after=after,
        is_descending=body.get("order") == "desc",
        filters=body.get("filters", []),
        columns=body.get("columns"),
        preview=body.get("preview"),
        count=body.get("count", "none"),
    )


def read_page(
    query: Query, schema: ModelSchema, read: Callable[[Query], StoredEvents], preview_characters: int | None = None
) -> t.EventPage:
    """Return the events of a query as far as MAX_PAGE_BYTES allow, at least one, and the cursor of the next page.

    They are read in steps, so that not all large events are in memory at once; most pages need one step. Each step
    reads one event more than it returns, to find out whether there are more. The page ends if steps or a search take
    too long. Raises ServiceUnavailable if a search found nothing before.
    """
    items: list[t.StoredEvent] = []
    ends = monotonic() + MAX_SECONDS
    size, step, after = 0, FIRST_STEP, query.after
    while True:
        rows = min(step, query.limit - len(items))
        try:
            stored = read(replace(query, limit=rows + 1, after=after))
        except SearchTimeout:
            return _page(items, after) if items else _refuse_slow_search()
        found = _events(stored, rows, schema)
        if preview_characters is not None:
            found = [preview(event, preview_characters) for event in found]
        sizes = _sizes(stored, found)
        fitting = bisect_right(list(accumulate(sizes, initial=size)), MAX_PAGE_BYTES) - 1
        fitting = max(fitting, 0 if items else 1) if found else 0
        items += found[:fitting]
        size += sum(sizes[:fitting])
        if fitting:
            after = _position(stored.system.slice(fitting - 1, 1).to_pylist()[0])
        if fitting < len(found) or (len(items) == query.limit and stored.system.num_rows > rows):
            return _page(items, after)
        if stored.system.num_rows <= rows:
            return _page(items, stored.searched_to)
        if monotonic() >= ends:
            return _page(items, after)
        step = min(2 * step, MAX_STEP)


def with_total(
    page: t.EventPage, query: Query, count: t.EventCount, count_matches: Callable[[Query, int | None], MatchCount]
) -> t.EventPage:
    """Return a page that also says how many events there are, if `count` asks for it."""
    if count == "none":
        return page
    seconds, most = (MAX_SECONDS, None) if count == "exact" else (BOUNDED_SECONDS, BOUNDED_TOTAL)
    found = count_matches(replace(query, deadline=min(query.deadline, monotonic() + seconds)), most)
    return {**page, "total": found.total, "total_is": "exact" if found.is_exact else "at_least"}


def _page(items: list[t.StoredEvent], after: Place | None) -> t.EventPage:
    return {"items": items, "next_cursor": after and _write_cursor(after)}


def _refuse_slow_search() -> NoReturn:
    message = f"The search is not ready after {MAX_SECONDS:g} seconds; shorten time_range"
    raise ServiceUnavailable(message, retry_after=RETRY_SECONDS)


def _known_columns(names: Sequence[str], schema: ModelSchema) -> list[str]:
    known = {column.name for column in schema.columns}
    faults = [
        ErrorDetail("is not a column of the model", f"/columns/{place}")
        for place, name in enumerate(names)
        if name not in known
    ]
    if faults:
        raise BadRequest.with_details(*faults)
    return list(dict.fromkeys(names))


def _sizes(stored: StoredEvents, events: Sequence[t.StoredEvent]) -> list[int]:
    """Return the bytes of each event as JSON, or zeros if all are too small to matter."""
    if (stored.system.nbytes + stored.values.nbytes) * JSON_GROWTH < MAX_PAGE_BYTES:
        return [0] * len(events)
    return [len(exact_json.dumps(event)) for event in events]


def _events(stored: StoredEvents, limit: int, schema: ModelSchema) -> list[t.StoredEvent]:
    """Write up to `limit` events of a model."""
    system = stored.system.slice(0, limit).to_pylist()
    columns = {name: _wire(stored.values[name].slice(0, limit)) for name in stored.values.column_names}
    values = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if schema.grouped:
        values = [_with_single_values(row, schema) for row in values]
    labels = _labels(stored, limit, schema) or [{}] * len(system)
    return [_event(*event) for event in zip(system, values or [{}] * len(system), labels, strict=True)]


def stored_id(id: str | None) -> str | None:
    """Return an id as it is stored, None if there is none: clients may write UUIDs in capitals."""
    return id.lower() if id else None


def stored_dataset_id(env_type: str, id: str | None) -> str | None:
    """Return the id of a dataset, None for PRODUCTION, for which an id has no meaning."""
    return None if env_type == "PRODUCTION" else stored_id(id)


def time_bounds(time_range: t.TimeRange, place: str = "/time_range") -> tuple[int, int]:
    """Return the bounds of a range in microseconds since 1970. Raises BadRequest unless start is before end."""
    start = time_bound(time_range["start_time"], f"{place}/start_time")
    end = time_bound(time_range["end_time"], f"{place}/end_time")
    if start >= end:
        raise BadRequest.at(place, "start_time must be before end_time")
    return start, end


def time_bound(time: str | float, pointer: str) -> int:
    """Return a bound in microseconds since 1970. Raises BadRequest with the pointer."""
    try:
        bound = parse_timestamp(time)
    except (ValueError, OverflowError):
        bound = None
    if bound is None:
        raise BadRequest.at(pointer, "cannot be read as a time such as 2024-05-01T12:30:00Z")
    return bound


def _labels(stored: StoredEvents, limit: int, schema: ModelSchema) -> list[dict[str, str | None]]:
    names = [name for name in stored.labelled_at.column_names if name in schema.targets]
    times = (stored.labelled_at[name].slice(0, limit).cast(pa.int64()).to_pylist() for name in names)
    rows = (zip(names, row, strict=True) for row in zip(*times, strict=True))
    return [{name: _label_time(time) for name, time in row if time is not None} for row in rows]


def _label_time(time: int) -> str | None:
    return None if time == UNKNOWN_TIME else format_timestamp(time)


def _event(row: Mapping[str, Any], values: dict[str, Any], labelled_at: dict[str, str | None]) -> t.StoredEvent:
    return {
        "event_id": row["event_id"],
        "timestamp": _time(row["timestamp"]),
        "received_at": _time(row["received_at"]),
        "updated_at": None if row["updated_at"] is None else _time(row["updated_at"]),
        "values": values,
        "undeclared": exact_json.loads(row["undeclared"]) if row["undeclared"] else {},
        "violations": [_violation(violation) for violation in row["violations"]],
        "labelled_at": labelled_at,
    }


def _with_single_values(values: dict[str, Any], schema: ModelSchema) -> dict[str, Any]:
    """Show a value of a whole group as the single value that was sent, not as the stored list of one."""
    lists = {name: value for name, value in values.items() if name in schema.grouped and value is not None}
    several = any(len(items) > 1 for items in lists.values())
    special = (schema.id_column, schema.timestamp_column)
    single = {
        name: items[0]
        for name, items in lists.items()
        if len(items) == 1 and items[0] is not None and (several or name in special)
    }
    return values | single


def _violation(row: Mapping[str, Any]) -> t.Violation:
    violation: t.Violation = {"column": row["column"], "kind": row["kind"]}
    if row["value"] is not None:
        violation["value"] = exact_json.loads(row["value"])
    return violation


def _wire(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_integer(column.type) or pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
        values: list[Any] = column.to_pylist()
        return values
    return [_wire_value(value) for value in column.to_pylist()]


def _wire_value(value: Any) -> Any:
    """JSON has no infinity: it is written as a word."""
    if isinstance(value, list):
        return [_wire_value(item) for item in value]
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, float) and math.isinf(value):
        return exact_json.infinity_word(value)
    return value


def _time(moment: datetime) -> str:
    return format_timestamp(microseconds(moment.replace(tzinfo=UTC)))


def _position(row: Mapping[str, Any]) -> tuple[int, str]:
    return microseconds(row["timestamp"].replace(tzinfo=UTC)), row["event_id"]


def _write_cursor(position: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        time, event_id = orjson.loads(base64.urlsafe_b64decode(cursor))
        if type(time) is int and FIRST <= time <= LAST and isinstance(event_id, str):
            return time, event_id
    except (ValueError, TypeError, binascii.Error):
        pass
    raise BadRequest.at("/cursor", "is not a cursor of this server; start without one")
