"""A model with a baseline and labels, whose events drift from one day to the next, so that pages can be recounted."""

import random
import time
from dataclasses import dataclass
from typing import Any

from tests.console.data import COLUMNS, SPEC, Client

START = "2026-03-02T00:00:00Z"
END = "2026-03-06T00:00:00Z"
DAYS = ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]
# The last day has few events, and few labels.
EVENTS_OF_DAY = [300, 300, 300, 40]
LABELLED_SHARE = [1.0, 0.9, 0.6, 0.3]
TRAINED = 500

Event = dict[str, Any]


@dataclass
class Measured:
    """A model, its baselines by name, and its events as they are stored."""

    model_id: str
    baselines: dict[str, str]
    trained: list[Event]
    events: list[Event]

    def link(self, page: str, **query: str) -> str:
        """Return the path of a page that shows all events."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return f"/models/{self.model_id}/{page}?from={START}&to={END}{more}"


def publish(client: Client, name: str, project: str = "measured") -> Measured:
    """Create the model and publish its events."""
    found = client.call("GET", f"/v3/projects?search={project}")["items"]
    project_id = found[0]["id"] if found else client.call("POST", "/v3/projects", {"name": project})["id"]
    body = {
        "project_id": project_id,
        "name": name,
        "task": "binary_classification",
        "task_params": {"target_class_order": [False, True], "binary_classification_threshold": 0.5},
        "schema": {"columns": [*COLUMNS, {"name": "departure", "data_type": "timestamp"}]},
        "spec": SPEC | {"metadata": ["flight", "departure"]},
        "event_id_col": "flight",
        "event_ts_col": "departure",
    }
    model_id = client.call("POST", "/v3/models", body)["id"]
    chance = random.Random(17)
    trained = [_event(chance, f"T{n}", "2026-02-01", 0, 1.0) for n in range(TRAINED)]
    events = [
        _event(chance, f"E{day}-{n}", date, day, share)
        for day, (date, size, share) in enumerate(zip(DAYS, EVENTS_OF_DAY, LABELLED_SHARE, strict=True))
        for n in range(size)
    ]
    _send(client, model_id, trained, env_type="PRE_PRODUCTION", env_name="training")
    _send(client, model_id, events, env_type="PRODUCTION")
    rolling = {"model_id": model_id, "name": "day_before", "type": "ROLLING", "env_type": "PRODUCTION"}
    client.call("POST", "/v3/baselines", rolling | {"window_bin_size": "Day", "offset_delta": 1})
    baselines = client.call("GET", f"/v3/models/{model_id}/baselines")["items"]
    return Measured(model_id, {one["name"]: one["id"] for one in baselines}, trained, events)


def label(client: Client, measured: Measured, events: list[Event], value: bool) -> None:
    """Give events a label."""
    changes = [{"flight": one["flight"], "arrived_late": value} for one in events]
    source = {"type": "EVENTS", "events": changes}
    client.call("PATCH", "/v3/events", {"model_id": measured.model_id, "env_type": "PRODUCTION", "source": source})
    for one in events:
        one["arrived_late"] = value


def delete_day(client: Client, measured: Measured, date: str) -> None:
    """Delete the events of a day, and wait until they are gone."""
    bounds = {"start_time": f"{date}T00:00:00Z", "end_time": f"{date}T23:59:59.999999Z"}
    body = {"model_id": measured.model_id, "time_range": bounds}
    job_id = client.call("DELETE", "/v3/events", body)["job"]["id"]
    while client.call("GET", f"/v3/jobs/{job_id}")["status"] != "SUCCESS":
        time.sleep(0.05)
    measured.events = [one for one in measured.events if not one["departure"].startswith(date)]


def _event(chance: random.Random, flight: str, date: str, day: int, labelled: float) -> Event:
    """Return an event. Flights get longer from day to day, and on the last two days one airline is new."""
    score = round(chance.random(), 4)
    carriers = ["AA", "B6", "DL", *(["UA", "XX"] if day > 1 else [])]
    event: Event = {
        "flight": flight,
        "carrier": chance.choice(carriers),
        "distance": int(chance.gauss(1500 + 400 * day, 400)),
        "late_probability": score,
        "departure": f"{date}T{chance.randrange(24):02}:00:00Z",
    }
    if chance.random() < 0.1:
        event["distance"] = None
    if chance.random() < labelled:
        event["arrived_late"] = chance.random() < score
    return event


def _send(client: Client, model_id: str, events: list[Event], **environment: str) -> None:
    for first in range(0, len(events), 1000):
        source = {"type": "EVENTS", "events": events[first : first + 1000]}
        client.call("POST", "/v3/events", {"model_id": model_id, "source": source} | environment)
