"""One client that sends one request at a time, and takes down what the server said, without trying again."""

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson

from tests.faults import content
from tests.faults.audit import FAULTS, compare, download
from tests.faults.content import Numbers
from tests.faults.ledger import Change, Kind, Ledger
from tests.faults.load import EVENTS_PATH, Model
from tests.faults.subject import Subject


class Scribe:
    """Publish to a model of its own. What is not answered with a success must not be there."""

    def __init__(self, server: Subject, scratch: Path, number: int = 0) -> None:
        fields: dict[str, Any] = {"schema": {"columns": content.columns(0)}, "spec": content.SPEC}
        self.model = Model(server.create_model(**fields), has_ids=True)
        self.ledger = Ledger(f"scribe{number}", number)
        self._server = server
        self._scratch = scratch

    def publish(self, count: int = 1000, **more: Any) -> httpx.Response:
        """Publish new events, each with `more` columns that the model does not know."""
        change = Change(Kind.PUBLISH, self.ledger.claim(count), self.ledger.next_revision())
        return self._send("POST", change, self.publish_body(change, **more))

    def replace(self, numbers: Numbers) -> httpx.Response:
        change = Change(Kind.PUBLISH, numbers, self.ledger.next_revision())
        return self._send("POST", change, self.publish_body(change))

    def label(self, numbers: Numbers) -> httpx.Response:
        change = Change(Kind.LABEL, numbers, self.ledger.next_revision())
        rows = content.labels(self.ledger.prefix, numbers, change.revision).to_pylist()
        return self._send("PATCH", change, self._body(rows))

    def delete(self, numbers: Numbers) -> None:
        """Delete events, and wait until they are gone."""
        ids = content.ids(self.ledger.prefix, numbers).to_pylist()
        answer = self._server.call("DELETE", EVENTS_PATH, json={"model_id": self.model.id, "event_ids": ids})
        job = self._server.wait_for(answer["job"]["id"])
        assert job["info"]["deleted_events"] == len(numbers), job
        self.ledger.apply(Change(Kind.DELETE, numbers))

    def publish_body(self, change: Change, **more: Any) -> bytes:
        """Return the body of a publish."""
        ledger, numbers = self.ledger, change.numbers
        rows = content.published(ledger.prefix, ledger.lane, numbers, np.full_like(numbers, change.revision), 0)
        return self._body([row | more for row in rows.to_pylist()])

    def audit(self, counts: Counter[str]) -> None:
        """Compare all that is stored with what was acknowledged, and count it."""
        stored = download(self._server, self.model, False, self._scratch)
        found = compare(stored, [self.ledger], 0)
        counts.update(found)
        counts["audits"] += 1
        assert not any(found[fault] for fault in FAULTS), found

    def _send(self, method: str, change: Change, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        answer = self._server.client.request(method, EVENTS_PATH, content=body, headers=headers)
        if answer.is_success:
            self.ledger.apply(change)
        return answer

    def _body(self, events: list[dict[str, Any]]) -> bytes:
        source = {"type": "EVENTS", "events": events}
        return orjson.dumps({"model_id": self.model.id, "env_type": "PRODUCTION", "source": source})
