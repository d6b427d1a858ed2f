"""Which rows of `events` a query selects, and in which order."""

from typing import Any

from inference_events.events.store_errors import RevisionChanged
from inference_events.events.types import Query
from inference_events.stores.postgres.clocks import read_clock
from inference_events.stores.postgres.connections import Connection, Timestamp
from inference_events.stores.postgres.escaping import escape, event_key
from inference_events.stores.postgres.schemas import EventSchema, Schemas

# The id, even if its key does not contain all of it.
EVENT_ID = "coalesce(e.long_id, e.event_id)"


def schema_of(db: Connection, schemas: Schemas, query: Query) -> tuple[EventSchema, int | None]:
    """Return the schema and the number of the environment. Raises ModelUnknown and RevisionChanged."""
    clock = read_clock(db, query.model_id, query.environment_id)
    if query.revision not in (None, clock.revision):
        raise RevisionChanged
    return schemas.get(db, query.model_id, clock.revision, clock.schema_version), clock.environment


def in_range(start: int | None, end: int | None) -> tuple[str, list[Any]]:
    """Return further conditions on table `e`: the start is inclusive, the end exclusive."""
    where, parameters = "", []
    for bound, operator in ((start, ">="), (end, "<")):
        if bound is not None:
            where += f" AND e.ts {operator} %s"
            parameters.append(Timestamp(bound))
    return where, parameters


def conditions(query: Query) -> tuple[str, list[Any]]:
    """Return further conditions on table `e`, without those of the filters."""
    where, parameters = in_range(query.start, query.end)
    if query.event_ids is not None:
        where += " AND e.event_id = ANY(%s)"
        parameters.append([event_key(each) for each in query.event_ids])
    if query.after is not None:
        time, event_id = query.after
        beyond = "<" if query.is_descending else ">"
        # Only the first condition can use the index.
        where += f" AND e.ts {beyond}= %s AND (e.ts, {EVENT_ID}) {beyond} (%s, %s)"
        parameters += [Timestamp(time), Timestamp(time), escape(event_id)]
    return where, parameters


def order(query: Query) -> str:
    """Return the ORDER BY clause of a query."""
    direction = " DESC" if query.is_descending else ""
    return f" ORDER BY e.ts{direction}, {EVENT_ID}{direction}"
