"""Clients that publish, label and delete at once, and take down what was acknowledged."""

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
from tests.faults.calls import ANSWER_SECONDS, PATIENCE_SECONDS, Caller, check, new_key, raw_publish
from tests.faults.content import Numbers
from tests.faults.ledger import Change, Kind, Ledger
from tests.faults.subject import Target

MOST = 1000
DATASET = "train"
EVENTS_PATH = "/v3/events"


@dataclass
class Model:
    """A model under load. `extras` columns were added to its schema, as far as that was acknowledged."""

    id: str
    has_ids: bool
    extras: int = 0


@dataclass(frozen=True)
class Sizes:
    """How much a client does at a time: the most rows of a file, and how often each kind of request comes.

    A request that is not answered in time is sent again.
    """

    file_rows: int
    shares: dict[str, float]
    answer_seconds: float = ANSWER_SECONDS


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
# Events without ids cannot be named again, and those of datasets cannot be changed.
ONLY_NEW = ("publish", "publish_file", "refused", "vanish", "hang_up")


@dataclass(frozen=True)
class Pending:
    """A job that was accepted: which events it holds, and what its info must show when it has succeeded."""

    job_id: str
    numbers: Numbers
    info: dict[str, int]


class Client(threading.Thread):
    """Send one request after another to one model, until told to stop, and take down the answers.

    `doing` names the kind of request under way, `failure` what ended the client before its time.
    """

    def __init__(self, server: Target, model: Model, number: int, seed: int, sizes: Sizes, in_dataset: bool) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.model = model
        self.in_dataset = in_dataset
        self.ledger = Ledger(f"client{number}", number)
        self.doing = ""
        self.failure = ""
        self._counts: Counter[str] = Counter()
        self._rng = np.random.default_rng([seed, number])
        self._caller = Caller(server, self._rng, sizes.answer_seconds)
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
        """Begin nothing more; `await_idle` tells when all that was begun has ended."""
        self._going.clear()

    def await_idle(self) -> None:
        """Wait until every request is answered and every job has ended."""
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
        self._send_list(self.ledger.claim(count), "created")

    def _replace(self) -> None:
        numbers = self.ledger.choose(self._rng, MOST // 2)
        if len(numbers):
            self._send_list(numbers, "replaced")

    def _label(self) -> None:
        numbers = self.ledger.choose(self._rng, MOST // 2)
        if not len(numbers):
            return
        change = Change(Kind.LABEL, numbers, self.ledger.next_revision())
        answer = self._caller.settle("PATCH", EVENTS_PATH, self._body(self._rows(change)))
        check(answer["updated"] == len(numbers), f"an update found {answer['updated']} of {len(numbers)} events")
        self.ledger.apply(change)
        self._counts["events labelled"] += len(numbers)

    def _delete_ids(self) -> None:
        numbers = self.ledger.choose(self._rng, 100)
        if len(numbers):
            self._send_deletion(numbers, {"event_ids": content.ids(self.ledger.prefix, numbers).to_pylist()})

    def _delete_range(self) -> None:
        start = int(self._rng.integers(0, max(self.ledger.size - 50, 1)))
        numbers = np.arange(start, min(start + 50, self.ledger.size))
        if not self.ledger.are_free(numbers):
            return
        first, end = content.time_of(self.ledger.lane, np.array([start, start + 50])).tolist()
        time_range = {"start_time": first, "end_time": end}
        self._send_deletion(np.intersect1d(numbers, self.ledger.present), {"time_range": time_range})

    def _publish_file(self) -> None:
        rows = self._sizes.file_rows
        change = self._fresh(int(self._rng.integers(rows // 10, rows)))
        is_overtaken = self._changes_events and self._rng.random() < 0.5
        count = "rows" if is_overtaken else "created"
        self._send_file("POST", change, {count: len(change.numbers)})
        self._counts["events published in files"] += len(change.numbers)
        if is_overtaken:
            # The file may come to these only after they were replaced: then it must leave them alone.
            self._send_list(self._rng.choice(change.numbers, 100, replace=False), "created", "replaced")

    def _label_file(self) -> None:
        numbers = self.ledger.choose(self._rng, self._sizes.file_rows // 2)
        if len(numbers):
            change = Change(Kind.LABEL, numbers, self.ledger.next_revision())
            self._send_file("PATCH", change, {"updated": len(numbers), "unknown": 0})
            self._counts["events labelled"] += len(numbers)

    def _refused(self) -> None:
        """Send what is refused as a whole: one event of many has no readable time, or there are too many."""
        change = self._fresh(int(self._rng.choice([2, 50, MOST + 1])))
        rows = self._rows(change).to_pylist()
        rows[int(self._rng.integers(len(rows)))]["time"] = "no time"
        self._caller.settle("POST", EVENTS_PATH, self._body(rows), status=400)
        self._counts["events refused"] += len(rows)

    def _vanish(self) -> None:
        """Hang up in the middle of a body, nothing of which may be there."""
        request = raw_publish(self._body(self._rows(self._fresh(MOST))), new_key(self._rng))
        self._caller.whisper(request[: int(self._rng.integers(len(request) - 1))])
        self._counts["events cut short"] += MOST

    def _hang_up(self) -> None:
        """Hang up before the answer. Half of these requests are sent again, the others are left in doubt.

        They have a key: the second may come to the server before the first, and without a key, or ids, it would be
        another request.
        """
        change = self._fresh(MOST)
        body, key = self._body(self._rows(change)), new_key(self._rng)
        self._caller.whisper(raw_publish(body, key))
        if self._rng.random() < 0.5:
            self._caller.settle("POST", EVENTS_PATH, body, key=key)
            self.ledger.apply(change)
            self._counts["events published in lists"] += MOST
        else:
            self.ledger.doubt(change)
            self._counts["events left in doubt"] += MOST

    def _fresh(self, count: int) -> Change:
        return Change(Kind.PUBLISH, self.ledger.claim(count), self.ledger.next_revision(), self.model.extras)

    def _send_list(self, numbers: Numbers, *outcomes: str) -> None:
        """Publish events, all of which must be `outcomes`."""
        change = Change(Kind.PUBLISH, numbers, self.ledger.next_revision(), self.model.extras)
        answer = self._caller.settle("POST", EVENTS_PATH, self._body(self._rows(change)))
        done = sum(answer[outcome] for outcome in outcomes)
        check(done == len(numbers), f"{done} of {len(numbers)} events are {' or '.join(outcomes)}")
        if self.model.has_ids:
            ids = content.ids(self.ledger.prefix, numbers).to_pylist()
            check(answer["event_ids"] == ids, "an answer has other ids")
        self.ledger.apply(change)
        self._counts["events published in lists"] += len(numbers)

    def _send_deletion(self, numbers: Numbers, selection: dict[str, Any]) -> None:
        body = orjson.dumps({"model_id": self.model.id, **selection})
        answer = self._caller.settle("DELETE", EVENTS_PATH, body)
        self._await(answer, Change(Kind.DELETE, numbers), {"deleted_events": len(numbers)})
        self._counts["events deleted"] += len(numbers)

    def _send_file(self, method: str, change: Change, info: dict[str, int]) -> None:
        name, data = self._file(self._rows(change))
        source = {"type": "FILE", "file_id": self._caller.upload(name, data)}
        self._await(self._caller.settle(method, EVENTS_PATH, self._request(source)), change, info)

    def _await(self, answer: Any, change: Change, info: dict[str, int]) -> None:
        """Take down what a job will do: it acts as if at once. Its events are left alone until it has ended."""
        self.ledger.apply(change)
        self.ledger.hold(change.numbers)
        self._jobs.append(Pending(answer["job"]["id"], change.numbers, info))
        self._counts["jobs"] += 1

    def _look_at_jobs(self) -> None:
        for pending in list(self._jobs):
            job = self._caller.get(f"/v3/jobs/{pending.job_id}")
            if job["status"] in ("PENDING", "STARTED"):
                continue
            check(job["status"] == "SUCCESS", f"a job ended so: {job}")
            shown = {name: job["info"].get(name) for name in pending.info}
            check(shown == pending.info, f"a job shows {shown} instead of {pending.info}")
            self.ledger.release(pending.numbers)
            self._jobs.remove(pending)

    def _rows(self, change: Change) -> pa.Table:
        prefix, numbers = self.ledger.prefix, change.numbers
        if change.kind is Kind.LABEL:
            return content.labels(prefix, numbers, change.revision)
        revisions = np.full_like(numbers, change.revision)
        return content.published(prefix, self.ledger.lane, numbers, revisions, change.extras)

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
