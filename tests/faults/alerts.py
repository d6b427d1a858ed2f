"""Rules whose alerts begin and end in turn, a receiver of their messages, and what must have come of both."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol

import httpx

from tests.contract.definitions import Api, Data
from tests.notifications.receivers import Receiver

HOUR = timedelta(hours=1)
PAUSE_SECONDS = 0.3
# How long after the response of a receiver its message may not be noted as sent, on a machine with other work.
UNNOTED_SECONDS = 5
POLL_SECONDS = 5.0
PATIENCE_SECONDS = 300
EVENTS = 10
SETTINGS: dict[str, str | int] = {
    "alert_debounce_seconds": 0,
    "notification_wait_seconds": 0,
    "allow_private_receivers": "true",
}
RULE: Data = {
    "metric_id": "average",
    "feature_names": ["age"],
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "greater",
    "bin_size": "Hour",
    "critical_threshold": 50,
}
WAITING = re.compile(r"^inference_events_alert_bins_waiting(?:{.*})? (\S+)$", re.MULTILINE)
# A kill comes at a random time; once bins are queued; once a record is there; while a message is sent; and after that.
ANY, QUEUED, RECORDED, SENDING, SENT = MOMENTS = ("any", "queued", "recorded", "sending", "sent")


class Target(Protocol):
    """What is killed."""

    def client(self) -> httpx.Client:
        """Return a client of what runs now."""

    def kill(self) -> None:
        """End a server at once, and start one."""


class AlertWork:
    """Rules of some models, each with a webhook of its own. Each change of the events begins or ends all alerts."""

    def __init__(self, target: Target, receiver: Receiver, models: int, rules: int) -> None:
        self.target = target
        # Slow, so that a server can be killed while it waits.
        receiver.pause = PAUSE_SECONDS
        self.receiver = receiver
        self.kills: list[float] = []
        self.hour = closed_hour()
        self._values: list[int] = []
        with target.client() as client:
            api = Api(client)
            name = f"alerts_{time.time_ns()}"
            self._model_ids = [api.model(f"{name}_{number}", event_ts_col="timestamp") for number in range(models)]
            self.change()
            self.rule_ids = [rule for model_id in self._model_ids for rule in self._rules(api, model_id, rules)]

    def _rules(self, api: Api, model_id: str, count: int) -> Iterator[str]:
        hook = {"name": f"hook {model_id}", "url": self.receiver.url, "provider": "OTHER"}
        webhooks = {"webhooks": [api.post("/v2/webhooks", hook)["uuid"]]}
        for number in range(count):
            rule_id = api.post("/v3/alert-rules", RULE | {"name": f"rule {number}", "model_id": model_id})["id"]
            api.post(f"/v3/alert-rules/{rule_id}/notification", webhooks)
            yield rule_id

    def change(self) -> None:
        """Publish the events of all models again with other values, until it succeeds."""
        turn = len(self._values)
        value = turn + (10 if turn % 2 else 90)
        for model_id in self._model_ids:
            self._publish(model_id, value)
        self._values.append(value)

    def _publish(self, model_id: str, value: int) -> None:
        stamps = [(self.hour + timedelta(minutes=number)).isoformat() for number in range(EVENTS)]
        events = [{"id": f"{number}", "timestamp": stamp, "age": value} for number, stamp in enumerate(stamps)]
        body = {"model_id": model_id, "env_type": "PRODUCTION", "source": {"type": "EVENTS", "events": events}}
        await_true(lambda: self._is_done("/v3/events", body))

    def _is_done(self, path: str, body: Data) -> bool:
        with suppress(httpx.TransportError), self.target.client() as client:
            response = client.post(path, json=body)
            assert response.is_success or response.status_code >= 500, response.text
            return response.is_success
        return False

    def kill_at(self, moment: str, random: Random) -> None:
        """Change the events, kill a server at a moment after that, and wait until all is judged and sent."""
        arrived, records = len(self.receiver.received), len(self._values)
        with ThreadPoolExecutor(1) as threads:
            changing = threads.submit(self.change)
            if moment == ANY:
                time.sleep(random.uniform(0, POLL_SECONDS + 1))
            elif moment == QUEUED:
                await_true(self._is_any_waiting)
            elif moment == RECORDED:
                await_true(lambda: len(self.records(self.rule_ids[0])) > records)
            else:
                await_true(lambda: len(self.receiver.received) > arrived)
                time.sleep(random.uniform(0, 0.05) + (PAUSE_SECONDS if moment == SENT else 0))
            self.kills.append(time.monotonic())
            self.target.kill()
            changing.result()
        self.await_all()

    def await_all(self) -> None:
        """Wait until each rule has judged the newest events, and each message has arrived."""
        await_true(lambda: all(len(self.records(rule_id)) >= len(self._values) for rule_id in self.rule_ids))
        await_true(lambda: len(self.messages()) >= len(self.rule_ids) * len(self._values))

    def faults(self) -> list[str]:
        """Return what is wrong with the judgements, the records, and the messages."""
        return [*self._wrong_records(), *self._missing_bins(), *self._wrong_messages()]

    def counts(self) -> Counter[str]:
        """Return how much there was."""
        messages = self.messages()
        return Counter(
            {
                "alert records": len(self.rule_ids) * len(self._values),
                "messages about alerts": len(messages),
                "messages that came twice": sum(len(arrivals) - 1 for arrivals in messages.values()),
            }
        )

    def records(self, rule_id: str) -> list[Data]:
        """Return the records of a rule, the oldest first; none if no server responds."""
        return self._items(f"/v3/alert-rules/{rule_id}/records", ordering="created_at")

    def messages(self) -> dict[str, list[tuple[float, str]]]:
        """Return when a message about each record arrived, with its id."""
        found = defaultdict[str, list[tuple[float, str]]](list)
        for one in list(self.receiver.received):
            for alert in one.body["alerts"]:
                found[alert["alert_record_id"]].append((one.at, one.headers["X-Event-Id"]))
        return found

    def _is_any_waiting(self) -> bool:
        with suppress(httpx.TransportError), self.target.client() as client:
            return any(float(value) > 0 for value in WAITING.findall(client.get("/metrics").text))
        return False

    def _items(self, path: str, **parameters: Any) -> list[Data]:
        with suppress(httpx.TransportError), self.target.client() as client:
            response = client.get(path, params={"limit": 1000, **parameters})
            if response.is_success:
                items: list[Data] = response.json()["data"]["items"]
                return items
        return []

    def _wrong_records(self) -> Iterator[str]:
        expected = [
            ("CRITICAL" if value > 50 else "DEFAULT", value, turn + 1, 1) for turn, value in enumerate(self._values)
        ]
        names = ("severity", "alert_value", "alert_record_main_version", "alert_record_sub_version")
        for rule_id in self.rule_ids:
            found = [tuple(record[name] for name in names) for record in self.records(rule_id)]
            if found != expected:
                yield f"rule {rule_id} has the records {found}, not {expected}"

    def _missing_bins(self) -> Iterator[str]:
        """Yield the hours since the first that are over and were not judged."""
        last, now = self.hour, closed_hour()
        closed = set()
        while last <= now:
            closed.add(int(last.timestamp() * 1000))
            last += HOUR
        for rule_id in self.rule_ids:
            judged = {
                one["alert_time_bucket"] for one in self._items(f"/v3/monitoring/alert-rules/{rule_id}/evaluations")
            }
            if missing := closed - judged:
                yield f"rule {rule_id} skipped the bins {sorted(missing)}"

    def _wrong_messages(self) -> Iterator[str]:
        messages = self.messages()
        known = {record["id"] for rule_id in self.rule_ids for record in self.records(rule_id)}
        for record_id in known ^ messages.keys():
            yield f"record {record_id}: {'no message' if record_id in known else 'a message, but not there'}"
        for record_id, arrivals in messages.items():
            if len({id for _, id in arrivals}) > 1:
                yield f"record {record_id}: messages with several ids"
            for at, _ in arrivals[:-1]:
                if not any(at <= kill <= at + PAUSE_SECONDS + UNNOTED_SECONDS for kill in self.kills):
                    yield f"record {record_id}: a message came again although no response was lost"


def closed_hour() -> datetime:
    """Return the start of the newest hour that is over, in a minute that is not the last of an hour."""
    now = datetime.now(UTC)
    if now.minute == 59:
        time.sleep(61)
        now = datetime.now(UTC)
    return now.replace(minute=0, second=0, microsecond=0) - HOUR


def await_true(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
