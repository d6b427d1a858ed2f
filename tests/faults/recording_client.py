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
from tests.faults.expected_state import Change, ExpectedState, Kind
from tests.faults.load import EVENTS_PATH, Model
from tests.faults.server_under_test import ServerUnderTest


class RecordingClient:
    """Publish to a model of its own, and record what was acknowledged. Rejected events must not be stored."""

    def __init__(self, server: ServerUnderTest, scratch: Path, number: int = 0) -> None:
        fields: dict[str, Any] = {"schema": {"columns": content.columns(0)}, "spec": content.SPEC}
        self.model = Model(server.create_model(**fields), has_ids=True)
        self.state = ExpectedState(f"recorder{number}", number)
        self._server = server
        self._scratch = scratch

    def publish(self, count: int = 1000, **more: Any) -> httpx.Response:
        """Publish new events, each with `more` undeclared columns."""
        change = Change(Kind.PUBLISH, self.state.claim(count), self.state.next_revision())
        return self._send("POST", change, self.publish_body(change, **more))

    def replace(self, numbers: Numbers) -> httpx.Response:
        change = Change(Kind.PUBLISH, numbers, self.state.next_revision())
        return self._send("POST", change, self.publish_body(change))

    def label(self, numbers: Numbers) -> httpx.Response:
        change = Change(Kind.LABEL, numbers, self.state.next_revision())
        rows = content.labels(self.state.prefix, numbers, change.revision).to_pylist()
        return self._send("PATCH", change, self._body(rows))

    def delete(self, numbers: Numbers) -> None:
        """Delete events, and wait for the job."""
        ids = content.ids(self.state.prefix, numbers).to_pylist()
        response = self._server.call("DELETE", EVENTS_PATH, json={"model_id": self.model.id, "event_ids": ids})
        job = self._server.wait_for(response["job"]["id"])
        assert job["info"]["deleted_events"] == len(numbers), job
        self.state.apply(Change(Kind.DELETE, numbers))

    def publish_body(self, change: Change, **more: Any) -> bytes:
        """Return the body of a publish."""
        state, numbers = self.state, change.numbers
        rows = content.published(state.prefix, state.lane, numbers, np.full_like(numbers, change.revision), 0)
        return self._body([row | more for row in rows.to_pylist()])

    def audit(self, counts: Counter[str]) -> None:
        """Compare all that is stored with what was acknowledged, and count it."""
        stored = download(self._server, self.model, False, self._scratch)
        found = compare(stored, [self.state], 0)
        counts.update(found)
        counts["audits"] += 1
        assert not any(found[fault] for fault in FAULTS), found

    def _send(self, method: str, change: Change, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        response = self._server.client.request(method, EVENTS_PATH, content=body, headers=headers)
        if response.is_success:
            self.state.apply(change)
        return response

    def _body(self, events: list[dict[str, Any]]) -> bytes:
        source = {"type": "EVENTS", "events": events}
        return orjson.dumps({"model_id": self.model.id, "env_type": "PRODUCTION", "source": source})
