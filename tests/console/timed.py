"""A model whose events have known times, over a week in which New York's clock changes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.console.data import COLUMNS, SPEC, Client

START = datetime(2013, 3, 8, tzinfo=UTC)
HOURS = 7 * 24
OUT_OF_RANGE, WRONG_TYPE = 99_999, "far"
# No events: a gap.
GAP = range(50, 56)
LABELLED = range(96)
RANGE = {"from": "2013-03-08T00:00:00Z", "to": "2013-03-15T00:00:00Z"}
QUERY = "from=2013-03-08T00:00:00Z&to=2013-03-15T00:00:00Z"


def hour(number: int) -> datetime:
    """Return the start of an hour of the week."""
    return START + timedelta(hours=number)


def count(number: int) -> int:
    """Return the number of events of an hour."""
    return 0 if number in GAP else 1 + number % 5


def counts_by(bin_of: Callable[[datetime], str]) -> dict[str, int]:
    """Return the numbers of events by what a function calls their bins."""
    counts: dict[str, int] = {}
    for number in range(HOURS):
        name = bin_of(hour(number))
        counts[name] = counts.get(name, 0) + count(number)
    return counts


def between(first: datetime, end: datetime) -> int:
    """Return the number of events from a time up to another."""
    return sum(first <= datetime.fromisoformat(row["at"]) < end for row in rows())


def rows() -> Iterator[dict[str, Any]]:
    """Yield the events."""
    for number in range(HOURS):
        for n in range(count(number)):
            event = {
                "flight": f"F{number:03}-{n}",
                "at": (hour(number) + timedelta(minutes=10 * n, seconds=1)).isoformat(),
                "carrier": ["AA", "B6", "DL", "UA"][n % 4],
                "distance": 100 * n + number,
                "late_probability": 0.25,
            }
            if number in LABELLED:
                event["arrived_late"] = number % 2 == 0
            if n == 0 and number % 12 == 3:
                event["distance"] = OUT_OF_RANGE
            if n == 0 and number % 24 == 7:
                event["distance"] = WRONG_TYPE
            yield event


def publish(client: Client, project: str, name: str, *more: dict[str, Any], events: int = 1000) -> str:
    """Create a model with the first of these events, and with more columns, and return its id."""
    project_id = client.call("POST", "/v3/projects", {"name": project})["id"]
    body = {
        "project_id": project_id,
        "name": name,
        "task": "binary_classification",
        "schema": {"columns": [*COLUMNS, {"name": "at", "data_type": "timestamp"}, *more]},
        "spec": {**SPEC, "metadata": ["flight", "at"]},
        "event_id_col": "flight",
        "event_ts_col": "at",
    }
    model_id: str = client.call("POST", "/v3/models", body)["id"]
    add(client, model_id, list(rows())[:events])
    return model_id


def add(client: Client, model_id: str, events: list[dict[str, Any]]) -> None:
    """Publish events."""
    source = {"type": "EVENTS", "events": events}
    client.call("POST", "/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})
