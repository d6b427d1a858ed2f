"""What a store promises of rows whose content hash was made by an older version."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from inference_events.events.store_errors import ContentConflict
from inference_events.events.types import WriteKind
from tests.stores.opened import NOW, SECOND, Opened, Row, chunk, names

EVENT = {"id": "a", "at": NOW, "x": 1.5, "n": 7, "label": True, "name": "m", "extra": {"e": [1, {"f": "g"}]}}
KINDS = [WriteKind.PUBLISH, WriteKind.APPEND]


def write(opened: Opened, kind: WriteKind, rows: Sequence[Row], version: int, **more: Any) -> list[str]:
    """Write rows as a version does: each one hashes the same content in a way of its own."""
    written = opened.write_of(kind, rows, **more)
    system = written.batch.system
    hashes = system["content_hash"].to_numpy() ^ np.uint64(version)
    system = system.set_column(system.schema.get_field_index("content_hash"), "content_hash", pa.array(hashes))
    batch = replace(written.batch, system=system, hash_version=version)
    return names(opened.store.write(replace(written, batch=batch)).result())


def again(opened: Opened, old: Row, new: Row, kind: WriteKind) -> str:
    """Write an event as the old version and then as the new one; return what became of it."""
    environment = opened.environment()
    write(opened, kind, [old], 0, environment=environment)
    job: dict[str, Any] = {"epoch": opened.accept_job(environment), "chunk": chunk(environment, [0])}
    [status] = write(opened, kind, [new], 1, environment=environment, **job)
    return status


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_values_are_unchanged_and_get_the_new_hash(opened: Opened, kind: WriteKind) -> None:
    """An event whose values are stored is a no-op. From then on its new hash tells."""
    write(opened, kind, [EVENT, {"id": "b"}], 0)
    before = opened.read()
    assert write(opened, kind, [EVENT, {"id": "b"}, {"id": "c"}], 1) == ["unchanged", "unchanged", "created"]
    assert opened.read()[:2] == before
    # If only values were compared, an event that carries fewer of them would be the same.
    fewer = {"id": "a", "at": NOW, "x": 1.5}
    [status] = write(opened, kind, [fewer], 1, epoch=opened.accept_job("job"), chunk=chunk("job", [0]))
    assert status == ("conflict" if kind is WriteKind.APPEND else "replaced")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "other", [{"x": 2.5}, {"label": False}, {"name": "n"}, {"at": NOW + 1}, {"extra": {"e": [1, {"f": 2}]}}, {"n": 8}]
)
def test_other_values_follow_the_usual_rules(opened: Opened, kind: WriteKind, other: Row) -> None:
    """An event with one value that is not stored replaces, or is a conflict in a dataset."""
    status = again(opened, EVENT, {**EVENT, **other}, kind)
    assert status == ("conflict" if kind is WriteKind.APPEND else "replaced")


def test_a_conflict_fails_a_request(opened: Opened) -> None:
    """Requests to a dataset fail for other content only."""
    write(opened, WriteKind.APPEND, [EVENT, {"id": "b", "x": 1.0}], 0)
    with pytest.raises(ContentConflict) as refused:
        write(opened, WriteKind.APPEND, [EVENT, {"id": "b", "x": 2.0}], 1)
    assert refused.value.rows == [1]


def test_only_older_hashes_are_compared_by_values(opened: Opened) -> None:
    """Another hash of the same version is other content, and so is one that a newer version made."""
    write(opened, WriteKind.PUBLISH, [{"id": "a", "x": 1.0, "n": 1}], 1)
    assert write(opened, WriteKind.PUBLISH, [{"id": "a", "x": 1.0}], 1) == ["replaced"]
    assert write(opened, WriteKind.PUBLISH, [{"id": "a", "x": 1.0}], 0) == ["replaced"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"name": "1.0", "raw": "1.0"}, {"name": "1", "raw": "1.0"}),
        ({"name": None, "raw": "far"}, {"name": None, "raw": "far"}),
        ({"name": "1.0", "violations": {"name": "range"}}, {"name": "1"}),
        ({"name": "true", "violations": {"name": "range"}}, {"name": "True"}),
        ({"name": "7.0"}, {"name": "7"}),
        ({"extra": {"e": None, "f": [None]}}, {"extra": {"e": "Infinity", "f": ["-Infinity"]}}),
    ],
)
def test_what_older_versions_converted_in_another_way_is_the_same(
    opened: Opened, kind: WriteKind, old: Row, new: Row
) -> None:
    """A value that was sent again counts as the same if only its conversion is another."""
    assert again(opened, {"id": "7", **old}, {"id": "7", **new}, kind) == "unchanged"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"name": "1.0", "raw": "1.0"}, {"name": "1", "raw": "1"}),
        ({"name": None, "raw": "far"}, {"name": None, "raw": "near"}),
        ({"name": "1.0"}, {"name": "1"}),
        ({"name": "true"}, {"name": "True"}),
        ({"name": "1.5", "violations": {"name": "range"}}, {"name": "1"}),
        ({"extra": {"f": None}}, {"extra": {"e": "Infinity"}}),
        ({"extra": {"e": 1}}, {"extra": {"e": True}}),
    ],
)
def test_what_was_sent_in_another_way_is_not_the_same(opened: Opened, kind: WriteKind, old: Row, new: Row) -> None:
    """Values that no older version would have stored for the new ones are other content."""
    status = again(opened, {"id": "7", **old}, {"id": "7", **new}, kind)
    assert status == ("conflict" if kind is WriteKind.APPEND else "replaced")


def test_digits_that_were_lost_are_stored_unless_the_event_is_in_a_dataset(opened: Opened) -> None:
    """An integer that lost digits is replaced in the time series, and the same in a dataset."""
    old, new = {"id": "a", "n": 2**53}, {"id": "a", "n": 2**53 + 1}
    assert again(opened, old, new, WriteKind.PUBLISH) == "replaced"
    assert again(opened, old, new, WriteKind.APPEND) == "unchanged"
    assert again(opened, old, {"id": "a", "n": 2**53 + 2}, WriteKind.APPEND) == "conflict"


def test_repeated_ids_apply_in_order(opened: Opened) -> None:
    """In the time series each row of an id is compared with the one before, in a dataset with what is stored."""
    first, other = {"id": "a", "n": 1}, {"id": "a", "n": 2}
    for environment, rows, expected in (
        ("1", [first, first], ["unchanged", "unchanged"]),
        ("2", [first, other, first], ["unchanged", "replaced", "replaced"]),
        ("3", [other, other, first], ["replaced", "unchanged", "replaced"]),
    ):
        write(opened, WriteKind.PUBLISH, [first], 0, environment=environment)
        assert write(opened, WriteKind.PUBLISH, rows, 1, environment=environment) == expected
        assert opened.event("a", environment)["values"] == {"n": rows[-1]["n"]}
        assert write(opened, WriteKind.PUBLISH, [rows[-1]], 1, environment=environment) == ["unchanged"]
    write(opened, WriteKind.APPEND, [first], 0, environment="4")
    rows = [other, first, other, first]
    job: dict[str, Any] = {"epoch": opened.accept_job("job"), "chunk": chunk("job", [0, 1, 2, 3])}
    statuses = write(opened, WriteKind.APPEND, rows, 1, environment="4", **job)
    assert statuses == ["conflict", "unchanged", "conflict", "unchanged"]


def test_an_update_in_between_is_part_of_what_is_compared(opened: Opened) -> None:
    """A label that arrived later is stored, whether it waits as a delta or not, and is not wiped."""
    write(opened, WriteKind.PUBLISH, [{"id": "a", "n": 1}, {"id": "b"}], 0)
    opened.update({"id": "a", "label": True, "received_at": NOW + SECOND}, {"id": "b", "at": NOW + 1})
    assert write(opened, WriteKind.PUBLISH, [{"id": "a", "n": 1}, {"id": "b", "at": NOW + 1}], 1) == ["unchanged"] * 2
    assert opened.event("a")["values"] == {"n": 1, "label": True}
    assert write(opened, WriteKind.PUBLISH, [{"id": "a", "n": 1, "label": True}], 1) == ["replaced"]


def test_new_hashes_survive_a_restart(opened: Opened) -> None:
    """A hash that was renewed is stored with the write that renewed it."""
    write(opened, WriteKind.APPEND, [EVENT], 0)
    write(opened, WriteKind.APPEND, [EVENT], 1)
    opened.reopen()
    with pytest.raises(ContentConflict):
        write(opened, WriteKind.APPEND, [{"id": "a", "x": 1.5}], 1)
    assert write(opened, WriteKind.APPEND, [EVENT], 1) == ["unchanged"]
