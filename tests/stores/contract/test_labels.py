"""What a store promises of the times at which targets got their values."""

from typing import Any

import pyarrow as pa
import pytest

from inference_events.events.types import UNKNOWN_TIME, WriteKind
from tests.stores.opened import NOW, SCHEMA, SECOND, Opened

LATER = NOW + SECOND
LAST = LATER + SECOND
COLUMNS = {field.name: field.type for field in SCHEMA}
WIDE = {f"c{number}": pa.float64() for number in range(200)}


def labels(opened: Opened, event_id: str = "a") -> Any:
    return opened.event(event_id)["labels"]


def test_a_published_value_labels_at_its_receipt(opened: Opened) -> None:
    """A target that is published with a value has the time of its receipt; one without a value has none."""
    opened.publish({"id": "a", "label": False, "x": 1.0}, {"id": "b", "label": None})
    assert labels(opened) == {"label": NOW}
    assert labels(opened, "b") == {}


def test_a_late_label_has_the_time_of_its_own_receipt(opened: Opened) -> None:
    """The time is that of the write which first gave a value, not that of the event."""
    opened.publish({"id": "a"}, {"id": "b"})
    opened.update({"id": "a", "label": True, "received_at": LATER})
    opened.publish({"id": "b", "n": 1, "received_at": LATER})
    assert labels(opened) == {"label": LATER}
    assert labels(opened, "b") == {"n": LATER}


def test_the_first_time_stays(opened: Opened) -> None:
    """Changing, clearing and setting a value again leave the time of the first value."""
    opened.publish({"id": "a"}, {"id": "b", "label": True})
    for event_id, expected in (("a", LATER), ("b", NOW)):
        for value in (True, None, False):
            opened.update({"id": event_id, "label": value, "received_at": LATER})
            opened.publish({"id": event_id, "label": not value, "received_at": LAST})
            assert labels(opened, event_id) == {"label": expected}


def test_a_value_without_a_type_is_no_label(opened: Opened) -> None:
    """A target that carries a null, as a mistyped value does, is not labelled."""
    opened.publish({"id": "a", "label": None, "violations": {"label": "type"}})
    opened.update({"id": "a", "label": None, "received_at": LATER})
    assert labels(opened) == {}
    opened.update({"id": "a", "label": True, "received_at": LAST})
    assert labels(opened) == {"label": LAST}


@pytest.mark.parametrize("kind", list(WriteKind))
def test_repeated_ids_keep_the_first_time(opened: Opened, kind: WriteKind) -> None:
    """If an id is in a batch several times, the first row that gives a value counts."""
    if kind is WriteKind.UPDATE:
        opened.publish({"id": "a"})
    rows: list[dict[str, Any]] = [
        {"id": "a", "x": 1.0, "received_at": NOW},
        {"id": "a", "label": None, "received_at": NOW + 1},
        {"id": "a", "label": True, "received_at": NOW + 2},
        {"id": "a", "label": False, "n": 1, "received_at": NOW + 3},
    ]
    if kind is WriteKind.APPEND:
        assert opened.append(rows[2], rows[2]) == ["created", "unchanged"]
        assert opened.event("a", "dataset")["labels"] == {"label": NOW + 2}
    else:
        opened.write(kind, rows)
        assert labels(opened) == {"label": NOW + 2, "n": NOW + 3}


def test_a_job_labels_what_was_not_written_since(opened: Opened) -> None:
    """A job that acts at an earlier moment labels only the columns in which its own value counts."""
    opened.publish({"id": "a"}, {"id": "b"})
    epoch = opened.accept_job()
    opened.update({"id": "a", "label": None}, {"id": "a", "n": 2, "received_at": LAST})
    opened.update({"id": "a", "label": True, "n": 1}, {"id": "b", "label": True}, epoch=epoch)
    assert opened.event("a")["values"] == {"n": 2}
    assert labels(opened) == {"n": LAST}
    assert labels(opened, "b") == {"label": NOW}


def test_an_event_that_is_confirmed_keeps_its_times(opened: Opened) -> None:
    """A publish that changes nothing, while a job is under way, leaves the times of labels."""
    opened.publish({"id": "a"}, {"id": "b", "label": True})
    opened.update({"id": "a", "label": True, "received_at": LATER})
    opened.accept_job()
    assert opened.publish({"id": "a", "received_at": LAST}, {"id": "b", "label": True}) == ["unchanged"] * 2
    assert labels(opened) == {"label": LATER}
    assert labels(opened, "b") == {"label": NOW}


@pytest.mark.parametrize("more", [{}, WIDE])
def test_a_column_that_becomes_a_target_has_unknown_times(opened: Opened, more: dict[str, pa.DataType]) -> None:
    """Values from before a column was a target have an unknown time, also after they were cleared and set again."""
    opened.publish({"id": "a", "x": 1.0}, {"id": "b"}, {"id": "c", "x": 3.0})
    opened.update({"id": "b", "x": 2.0})
    opened.define("x", **COLUMNS, **more)
    opened.update({"id": "c", "x": None, "received_at": LATER})
    opened.update({"id": "c", "x": 4.0, "received_at": LAST})
    opened.publish({"id": "d", "x": 1.0})
    assert [labels(opened, each) for each in "abcd"] == [{"x": UNKNOWN_TIME}] * 3 + [{"x": NOW}]


@pytest.mark.parametrize("more", [{}, WIDE])
def test_times_outlive_changes_of_the_schema(opened: Opened, more: dict[str, pa.DataType]) -> None:
    """Times stay when a column is retyped, is no target any more, or is gone and comes back."""
    opened.publish({"id": "a", "n": 1}, {"id": "b"})
    opened.update({"id": "b", "n": 2, "received_at": LATER})
    opened.define("n", **{**COLUMNS, "n": pa.float64()}, **more)
    opened.define(x=pa.float64())
    opened.publish({"id": "a", "x": 2.0, "received_at": LAST})
    opened.update({"id": "b", "x": 2.0, "received_at": LAST})
    assert labels(opened) == {}
    opened.define("n", "x", n=pa.string(), x=pa.float64())
    assert opened.event("a")["values"] == {"n": "1.0", "x": 2.0}
    assert labels(opened) == {"n": NOW, "x": UNKNOWN_TIME}
    assert labels(opened, "b") == {"n": LATER, "x": UNKNOWN_TIME}
    opened.publish({"id": "c", "n": "3", "received_at": LAST})
    assert labels(opened, "c") == {"n": LAST}


def test_times_survive_a_restart(opened: Opened) -> None:
    """Times are there when the store is opened again, and go on as they did."""
    opened.publish({"id": "a", "n": 1}, {"id": "b"})
    opened.update({"id": "b", "n": 2, "received_at": LATER})
    opened.reopen()
    assert [labels(opened, each) for each in "ab"] == [{"n": NOW}, {"n": LATER}]
    opened.update({"id": "b", "n": 3, "label": True, "received_at": LAST})
    assert labels(opened, "b") == {"n": LATER, "label": LAST}
