"""What a store promises of retry records."""

import dataclasses

import numpy as np
import pytest

from inference_events.events.store_errors import RecordExists, RevisionChanged
from inference_events.events.types import IdempotencyRecord, RecordOfRows, RetryKey, RowStatus, Write, WriteKind
from tests.stores.opened import NOW, SECOND, Asked, HookedRecords, Opened, Row, names


def record(opened: Opened, asked: Asked, response: bytes, created_at: int = NOW) -> None:
    opened.publish({"id": "a"}, records=asked.records(response, created_at))


def test_a_record_is_found_by_its_key_or_digest(opened: Opened) -> None:
    """A record with a key is found by the key with any body, a record without one by the digest of its body."""
    record(opened, Asked(key="k"), b"keyed")
    record(opened, Asked(), b"plain")
    assert Asked(key="k", digest=b"another").find(opened.store) == b"keyed"
    assert Asked().find(opened.store) == b"plain"
    assert Asked(key="another").find(opened.store) is None
    assert Asked(digest=b"another").find(opened.store) is None


@pytest.mark.parametrize("other", [Asked(token="another"), Asked(path="/v3/models")])
@pytest.mark.parametrize("key", [None, "k"])
def test_a_record_is_of_one_token_and_path(opened: Opened, key: str | None, other: Asked) -> None:
    """A record is not found for another token or path."""
    asked = Asked(key=key)
    record(opened, asked, b"response")
    assert dataclasses.replace(other, key=key).find(opened.store) is None


def test_the_record_has_the_whole_attempt(opened: Opened) -> None:
    """A record is found as it was written, with its body's digest and response byte by byte."""
    written = IdempotencyRecord("t", "PATCH", "/p", "key", b"\x00\xff", bytes(range(256)), NOW)
    opened.publish({"id": "a"}, records=[RecordOfRows(written, 0, 1)])
    found = opened.store.find_record(RetryKey("t", "PATCH", "/p", "key"), b"")
    assert found == written._replace(statuses=bytes([RowStatus.CREATED]))
    assert opened.store.find_record(RetryKey("t", "POST", "/p", "key"), b"") is None


def test_the_newest_record_is_found(opened: Opened) -> None:
    """The newest of several records is found."""
    record(opened, Asked(), b"second", NOW + SECOND)
    record(opened, Asked(), b"first", NOW)
    assert Asked().find(opened.store) == b"second"


def statuses(opened: Opened, asked: Asked) -> list[str]:
    found = opened.store.find_record(asked.retry_key, asked.digest)
    assert found is not None
    assert found.statuses is not None
    return names(np.frombuffer(found.statuses, np.int8))


def test_a_record_has_the_statuses_of_its_rows(opened: Opened) -> None:
    """Each request of a batch leaves a record of its own rows. If all have one status, the record has it once."""
    opened.publish({"id": "a"})
    first, second, third = (Asked(digest=digest) for digest in (b"1", b"2", b"3"))
    ends = {first: (0, 1), second: (1, 4), third: (4, 6)}
    records = [RecordOfRows(asked.record(b""), *rows) for asked, rows in ends.items()]
    rows: list[Row] = [{"id": "a"}, {"id": "b"}, {"id": "b"}, {"id": "a", "x": 1.0}, {"id": "c"}, {"id": "d"}]
    opened.publish(*rows, records=records)
    assert statuses(opened, first) == ["unchanged"]
    assert statuses(opened, second) == ["created", "unchanged", "replaced"]
    assert statuses(opened, third) == ["created"]


def claim(opened: Opened, asked: Asked, *ids: str) -> Write:
    """Return a write that claims a key and leaves the record of its first id."""
    response = ids[0].encode()
    rows = [{"id": each} for each in ids]
    return opened.write_of(WriteKind.PUBLISH, rows, records=asked.records(response))


def test_a_key_is_claimed_once(opened: Opened) -> None:
    """A write under a key that has a record changes nothing and says so, also after a restart and in another kind."""
    asked = Asked(key="k")
    opened.store.write(claim(opened, asked, "a")).result()
    for kind in WriteKind:
        again = dataclasses.replace(claim(opened, asked, "b"), kind=kind)
        with pytest.raises(RecordExists) as refused:
            opened.store.write(again).result()
        assert refused.value.args == (0,)
        opened.reopen()
    assert opened.ids() == ["a"]
    assert asked.find(opened.store) == b"a"


def test_of_writes_that_are_committed_together_one_claims_a_key(opened: Opened) -> None:
    """The first of several writes claims their key; others beside them are done."""
    same, other = Asked(key="same"), Asked(key="other")
    writes = [claim(opened, asked, name) for asked, name in ((same, "a"), (same, "b"), (other, "c"))]
    waiting = [opened.store.write(write) for write in writes]
    errors = [type(each.exception()) for each in waiting]
    assert errors == [type(None), RecordExists, type(None)]
    assert opened.ids() == ["a", "c"]


def test_a_claim_of_a_write_that_fails_is_free(opened: Opened) -> None:
    """A key whose write was not committed can be claimed again."""
    asked = Asked(key="k")
    broken = HookedRecords(lambda: 1 / 0, asked.records(b"a"))
    with pytest.raises(ZeroDivisionError):
        opened.store.write(dataclasses.replace(claim(opened, asked, "a"), records=broken)).result()
    opened.store.write(claim(opened, asked, "b")).result()
    assert opened.ids() == ["b"]


def test_a_key_is_free_when_its_record_is_forgotten(opened: Opened) -> None:
    """Purging frees the keys of the records that it forgets."""
    asked = Asked(key="k")
    opened.store.write(claim(opened, asked, "a")).result()
    opened.store.purge_records(NOW + 1).result()
    opened.store.write(claim(opened, asked, "b")).result()
    assert asked.find(opened.store) == b"b"


def test_records_are_found_among_many_that_differ_in_one_thing(opened: Opened) -> None:
    """Records differ by key, digest, token and path, in one process and after a restart."""
    asked = [
        Asked(key, digest, token, path)
        for key in (None, "k", "")
        for digest in (b"1", b"2")
        for token in ("t", "u")
        for path in ("/v3/events", "/v3/events/")
    ]
    keyed = {(each.key, each.token, each.path): each for each in asked if each.key is not None}
    written = [each for each in asked if each.key is None] + list(keyed.values())
    for number, each in enumerate(written):
        record(opened, each, b"%d" % number, NOW + number % 3)
    for _ in range(2):
        assert [each.find(opened.store) for each in written] == [b"%d" % number for number in range(len(written))]
        opened.reopen()


def test_a_write_that_fails_leaves_no_record(opened: Opened) -> None:
    """Record and rows are committed together or not at all."""
    with pytest.raises(ZeroDivisionError):
        opened.publish({"id": "a"}, records=HookedRecords(lambda: 1 / 0, Asked().records(b"response")))
    assert opened.count() == 0
    stale = opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=Asked().records(b"response"))
    opened.define(x=opened.schema.field("x").type)
    with pytest.raises(RevisionChanged):
        opened.store.write(stale).result()
    assert Asked().find(opened.store) is None


def test_records_survive_a_restart(opened: Opened) -> None:
    """A repeated request is recognised by a process that has just started."""
    record(opened, Asked(key="k"), b"response")
    opened.reopen()
    assert Asked(key="k").find(opened.store) == b"response"


def test_old_records_are_forgotten(opened: Opened) -> None:
    """Purging forgets records made before the time, and only them."""
    record(opened, Asked(key="old"), b"old", NOW - 1)
    record(opened, Asked(key="new"), b"new", NOW)
    opened.store.purge_records(NOW).result()
    assert Asked(key="old").find(opened.store) is None
    assert Asked(key="new").find(opened.store) == b"new"


def test_every_kind_of_write_can_leave_a_record(opened: Opened) -> None:
    """Publishing, appending and updating all leave the record that they are given."""
    for kind in WriteKind:
        asked = Asked(key=kind.value)
        write: Write = opened.write_of(kind, [{"id": "a"}], kind.value, records=asked.records(b"done"))
        opened.store.write(write).result()
        assert asked.find(opened.store) == b"done"
