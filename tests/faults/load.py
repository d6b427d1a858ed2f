"""Clients that publish, label and delete at once, and record what was acknowledged."""

import io
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from tests.faults import content
from tests.faults.calls import PATIENCE_SECONDS, RESPONSE_SECONDS, Caller, check, new_key, raw_publish
from tests.faults.content import Numbers
from tests.faults.expected_state import Change, ExpectedState, Kind
from tests.faults.server_under_test import Target

MOST = 1000
DATASET = "train"
EVENTS_PATH = "/v3/events"


@dataclass
class Model:
    """A model under load. `extras` is the number of columns that were added to its schema, and acknowledged."""

    id: str
    has_ids: bool
    extras: int = 0


@dataclass(frozen=True)
class Sizes:
    """How much a client does at a time: the most rows of a file, and the share of each kind of request.

    A request without a response after `response_seconds` is sent again.
    """

    file_rows: int
    shares: dict[str, float]
    response_seconds: float = RESPONSE_SECONDS


SMALL = Sizes(
    5_000,
    {"publish": 8, "replace": 2, "label": 4, "delete_ids": 1, "delete_range": 0.5, "publish_file": 1,
     "label_file": 0.5, "refused": 0.5, "vanish": 0.5, "hang_up": 1},
)  # fmt: skip
LARGE = Sizes(
    600_000,
    {"publish": 12, "replace": 1, "label": 2, "delete_ids": 0.5, "delete_range": 0.2, "publish_file": 0.08,
     "label_file": 0.05, "refused": 0.2, "vanish": 0.2, "hang_up": 0.5},
)  # fmt: skip
# Events without ids cannot be named again, and events of datasets cannot be changed.
ONLY_NEW = ("publish", "publish_file", "refused", "vanish", "hang_up")


@dataclass(frozen=True)
class Pending:
    """An accepted job: the events that it keeps busy, and the counts that its info must have at the end."""

    job_id: str
    numbers: Numbers
    info: dict[str, int]


class Client(threading.Thread):
    """Send one request after another to one model until `end`, and record the responses.

    `doing` names the kind of request in progress, `failure` the error that ended the client early.
    """

    def __init__(self, server: Target, model: Model, number: int, seed: int, sizes: Sizes, in_dataset: bool) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.model = model
        self.in_dataset = in_dataset
        self.state = ExpectedState(f"client{number}", number)
        self.doing = ""
        self.failure = ""
        self._counts: Counter[str] = Counter()
        self._rng = np.random.default_rng([seed, number])
        self._caller = Caller(server, self._rng, sizes.response_seconds)
        self._sizes = sizes
        self._changes_events = model.has_ids and not in_dataset
        self._kinds = list(sizes.shares if self._changes_events else ONLY_NEW)
        shares = np.array([sizes.shares[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()
        self._jobs: list[Pending] = []
        self._going = threading.Event()
        self._idle = threading.Event()
        self._ended = False

    @property
    def counts(self) -> Counter[str]:
        return self._counts + self._caller.counts

    def resume(self) -> None:
        self._idle.clear()
        self._going.set()

    def pause(self) -> None:
        """Begin no more requests; `await_idle` waits for those that have begun."""
        self._going.clear()

    def await_idle(self) -> None:
        """Wait until every request has its response and every job has ended."""
        check(self._idle.wait(PATIENCE_SECONDS), f"{self.name} does not come to an end: {self.doing}")
        check(not self.failure, self.failure)

    def end(self) -> None:
        self._ended = True
        self._going.set()

    def run(self) -> None:
        try:
            while not self._ended:
                if self._going.is_set():
                    self._do(str(self._rng.choice(self._kinds, p=self._shares)))
                    self._look_at_jobs()
                else:
                    self._rest()
        except Exception:
            self.failure = f"{self.name}, {self.doing}: {traceback.format_exc()}"
        finally:
            self._idle.set()
            self._caller.close()

    def _do(self, kind: str) -> None:
        self.doing = kind
        action: Callable[[], None] = getattr(self, f"_{kind}")
        action()
        self.doing = ""

    def _rest(self) -> None:
        self.doing = "jobs"
        while self._jobs:
            self._look_at_jobs()
            time.sleep(0.02)
        self.doing = ""
        self._idle.set()
        self._going.wait()

    def _publish(self) -> None:
        count = int(self._rng.choice([1, 20, MOST], p=[0.1, 0.1, 0.8]))
        self._send_list(self.state.claim(count), "created")

    def _replace(self) -> None:
        numbers = self.state.choose(self._rng, MOST // 2)
        if len(numbers):
            self._send_list(numbers, "replaced")

    def _label(self) -> None:
        numbers = self.state.choose(self._rng, MOST // 2)
        if not len(numbers):
            return
        change = Change(Kind.LABEL, numbers, self.state.next_revision())
        response = self._caller.settle("PATCH", EVENTS_PATH, self._body(self._rows(change)))
        check(response["updated"] == len(numbers), f"an update found {response['updated']} of {len(numbers)} events")
        self.state.apply(change)
        self._counts["events labelled"] += len(numbers)

    def _delete_ids(self) -> None:
        numbers = self.state.choose(self._rng, 100)
        if len(numbers):
            self._send_deletion(numbers, {"event_ids": content.ids(self.state.prefix, numbers).to_pylist()})

    def _delete_range(self) -> None:
        start = int(self._rng.integers(0, max(self.state.size - 50, 1)))
        numbers = np.arange(start, min(start + 50, self.state.size))
        if not self.state.are_free(numbers):
            return
        first, end = content.time_of(self.state.lane, np.array([start, start + 50])).tolist()
        time_range = {"start_time": first, "end_time": end}
        self._send_deletion(np.intersect1d(numbers, self.state.present), {"time_range": time_range})

    def _publish_file(self) -> None:
        rows = self._sizes.file_rows
        change = self._fresh(int(self._rng.integers(rows // 10, rows)))
        is_overtaken = self._changes_events and self._rng.random() < 0.5
        count = "rows" if is_overtaken else "created"
        self._send_file("POST", change, {count: len(change.numbers)})
        self._counts["events published in files"] += len(change.numbers)
        if is_overtaken:
            # The job may reach these events only after they were replaced. Then it must not change them.
            self._send_list(self._rng.choice(change.numbers, 100, replace=False), "created", "replaced")

    def _label_file(self) -> None:
        numbers = self.state.choose(self._rng, self._sizes.file_rows // 2)
        if len(numbers):
            change = Change(Kind.LABEL, numbers, self.state.next_revision())
            self._send_file("PATCH", change, {"updated": len(numbers), "unknown": 0})
            self._counts["events labelled"] += len(numbers)

    def _refused(self) -> None:
        """Send a request that is rejected: one of its events has no readable time, or there are too many."""
        change = self._fresh(int(self._rng.choice([2, 50, MOST + 1])))
        rows = self._rows(change).to_pylist()
        rows[int(self._rng.integers(len(rows)))]["time"] = "no time"
        self._caller.settle("POST", EVENTS_PATH, self._body(rows), status=400)
        self._counts["events refused"] += len(rows)

    def _vanish(self) -> None:
        """Hang up in the middle of a body, of which no event may be stored."""
        request = raw_publish(self._body(self._rows(self._fresh(MOST))), new_key(self._rng))
        self._caller.send_and_hang_up(request[: int(self._rng.integers(len(request) - 1))])
        self._counts["events cut short"] += MOST

    def _hang_up(self) -> None:
        """Hang up before the response. Half of these requests are sent again, the others stay in doubt.

        They have a key: the second may arrive before the first, and without a key or ids it would be another request.
        """
        change = self._fresh(MOST)
        body, key = self._body(self._rows(change)), new_key(self._rng)
        self._caller.send_and_hang_up(raw_publish(body, key))
        if self._rng.random() < 0.5:
            self._caller.settle("POST", EVENTS_PATH, body, key=key)
            self.state.apply(change)
            self._counts["events published in lists"] += MOST
        else:
            self.state.doubt(change)
            self._counts["events left in doubt"] += MOST

    def _fresh(self, count: int) -> Change:
        return Change(Kind.PUBLISH, self.state.claim(count), self.state.next_revision(), self.model.extras)

    def _send_list(self, numbers: Numbers, *results: str) -> None:
        """Publish events, all of which must be `results`."""
        change = Change(Kind.PUBLISH, numbers, self.state.next_revision(), self.model.extras)
        response = self._caller.settle("POST", EVENTS_PATH, self._body(self._rows(change)))
        done = sum(response[result] for result in results)
        check(done == len(numbers), f"{done} of {len(numbers)} events are {' or '.join(results)}")
        if self.model.has_ids:
            ids = content.ids(self.state.prefix, numbers).to_pylist()
            check(response["event_ids"] == ids, "a response has other ids")
        self.state.apply(change)
        self._counts["events published in lists"] += len(numbers)

    def _send_deletion(self, numbers: Numbers, selection: dict[str, Any]) -> None:
        body = orjson.dumps({"model_id": self.model.id, **selection})
        response = self._caller.settle("DELETE", EVENTS_PATH, body)
        self._await(response, Change(Kind.DELETE, numbers), {"deleted_events": len(numbers)})
        self._counts["events deleted"] += len(numbers)

    def _send_file(self, method: str, change: Change, info: dict[str, int]) -> None:
        name, data = self._file(self._rows(change))
        source = {"type": "FILE", "file_id": self._caller.upload(name, data)}
        self._await(self._caller.settle(method, EVENTS_PATH, self._request(source)), change, info)

    def _await(self, response: Any, change: Change, info: dict[str, int]) -> None:
        """Record what a job will do, as if it were done at once. Its events stay busy until it has ended."""
        self.state.apply(change)
        self.state.hold(change.numbers)
        self._jobs.append(Pending(response["job"]["id"], change.numbers, info))
        self._counts["jobs"] += 1

    def _look_at_jobs(self) -> None:
        for pending in list(self._jobs):
            job = self._caller.get(f"/v3/jobs/{pending.job_id}")
            if job["status"] in ("PENDING", "STARTED"):
                continue
            check(job["status"] == "SUCCESS", f"a job failed: {job}")
            shown = {name: job["info"].get(name) for name in pending.info}
            check(shown == pending.info, f"a job shows {shown} instead of {pending.info}")
            self.state.release(pending.numbers)
            self._jobs.remove(pending)

    def _rows(self, change: Change) -> pa.Table:
        prefix, numbers = self.state.prefix, change.numbers
        if change.kind is Kind.LABEL:
            return content.labels(prefix, numbers, change.revision)
        revisions = np.full_like(numbers, change.revision)
        return content.published(prefix, self.state.lane, numbers, revisions, change.extras)

    def _file(self, rows: pa.Table) -> tuple[str, bytes]:
        written = io.BytesIO()
        if self._rng.random() < 0.3:
            pyarrow.csv.write_csv(rows, written)
            return "rows.csv", written.getvalue()
        pq.write_table(rows, written)
        return "rows.parquet", written.getvalue()

    def _body(self, rows: pa.Table | list[dict[str, Any]]) -> bytes:
        events = rows if isinstance(rows, list) else rows.to_pylist()
        return self._request({"type": "EVENTS", "events": events})

    def _request(self, source: dict[str, Any]) -> bytes:
        environment = {"env_type": "PRODUCTION"}
        if self.in_dataset:
            environment = {"env_type": "PRE_PRODUCTION", "env_name": DATASET}
        return orjson.dumps({"model_id": self.model.id, **environment, "source": source})
