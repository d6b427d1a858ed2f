"""The pulse reads few events, on both engines."""

from typing import Any

import pytest

from inference_events.events.types import MatchCount, Query
from inference_events.monitoring.queries import pulse
from inference_events.monitoring.queries.pulse import Content, ContentReader, NewestEvent
from tests.stores.opened import MODEL, NOW, Opened

ENVIRONMENTS = ["production", "dataset", "empty"]


class RecordedStore:
    """A store that notes the calls."""

    def __init__(self, opened: Opened) -> None:
        self._store = opened.store
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return getattr(self._store, name)(*arguments)

        return call


def test_only_what_changed_is_read_and_counted_up_to_a_bound(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged environment costs no read; of a changed one, one event is read and a bounded number counted."""
    monkeypatch.setattr(pulse, "MAX_COUNTED", 3)
    opened.append(*({"id": str(number), "at": number} for number in range(5)))
    opened.publish({"id": "a", "at": NOW}, {"id": "b", "at": NOW + 7}, {"id": "c", "at": NOW - 1})
    store = RecordedStore(opened)
    reader = ContentReader(store)
    first = reader.read(MODEL, ENVIRONMENTS)
    assert {id: one.data_revision for id, one in first.items() if id != "empty"} == opened.store.data_revisions(MODEL)
    assert [first[id].content for id in ENVIRONMENTS] == [
        Content(MatchCount(3, is_exact=True), NewestEvent(NOW + 7, NOW)),
        Content(MatchCount(3, is_exact=False), NewestEvent(4, NOW)),
        Content(MatchCount(0, is_exact=True), None),
    ]
    store.calls.clear()
    assert reader.read(MODEL, ENVIRONMENTS) == first
    assert store.calls == [("data_revisions", (MODEL,))]
    store.calls.clear()
    opened.publish({"id": "d", "at": NOW})
    after = reader.read(MODEL, ENVIRONMENTS)
    newest = Query(MODEL, "production", limit=1, is_descending=True, columns=())
    assert store.calls == [("data_revisions", (MODEL,)), ("count_matches", (newest, 3)), ("read", (newest,))]
    assert after["production"].content.events == MatchCount(3, is_exact=False)
    assert after["dataset"] == first["dataset"]
