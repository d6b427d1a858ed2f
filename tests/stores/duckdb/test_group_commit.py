"""What the group commit promises of writes that wait."""

from inference_events.events.types import WriteKind
from tests.stores.contract.test_concurrency import SECONDS, Gate
from tests.stores.opened import Opened


def test_what_waits_is_seen_together(opened: Opened) -> None:
    """Writes that waited for the same commit are visible together, never one without the other."""
    gate = Gate(opened)
    seen_by_first: list[list[str]] = []
    first = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "a"}]))
    first.add_done_callback(lambda _: seen_by_first.append(opened.ids()))
    second = opened.store.write(opened.write_of(WriteKind.PUBLISH, [{"id": "b"}]))
    gate.opened.set()
    first.result(SECONDS)
    second.result(SECONDS)
    assert seen_by_first == [["a", "b"]]
