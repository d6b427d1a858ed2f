"""What a store promises of retry records."""

import dataclasses

import pytest

from inference_events.events.store import RetryRecord, RevisionChanged, Statuses, Write, WriteKind
from tests.storage.opened import NOW, SECOND, Asked, Opened, names


def record(opened: Opened, asked: Asked, answer: bytes, created_at: int = NOW) -> None:
    opened.publish({"id": "a"}, records=lambda _: [asked.record(answer, created_at)])


def test_a_record_is_found_by_its_key_or_digest(opened: Opened) -> None:
    """A record with a key is found by the key whatever the body, one without by the digest of its body."""
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
    record(opened, asked, b"answer")
    assert dataclasses.replace(other, key=key).find(opened.store) is None


def test_the_record_tells_the_whole_attempt(opened: Opened) -> None:
    """A record is found as it was written, with its body's digest and answer byte by byte."""
    written = RetryRecord("t", "PATCH", "/p", "key", b"\x00\xff", bytes(range(256)), NOW)
    opened.publish({"id": "a"}, records=lambda _: [written])
    assert opened.store.find_record("t", "PATCH", "/p", "key", b"") == written
    assert opened.store.find_record("t", "POST", "/p", "key", b"") is None


def test_the_newest_record_is_found(opened: Opened) -> None:
    """Of several records the newest one answers."""
    record(opened, Asked(), b"second", NOW + SECOND)
    record(opened, Asked(), b"first", NOW)
    assert Asked().find(opened.store) == b"second"


def test_the_answer_is_made_of_what_became_of_the_rows(opened: Opened) -> None:
    """A write's answer is made of its own statuses, also where writes are committed together."""

    def records(asked: Asked) -> object:
        return lambda statuses: [asked.record(" ".join(names(statuses)).encode())]

    first, second = Asked(digest=b"1"), Asked(digest=b"2")
    writes = [
        opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=records(first)),
        opened.write_of(WriteKind.PUBLISH, [{"id": "a"}, {"id": "b"}, {"id": "a", "x": 1.0}], records=records(second)),
    ]
    for waiting in [opened.store.write(write) for write in writes]:
        waiting.result()
    assert first.find(opened.store) == b"created"
    assert second.find(opened.store) == b"unchanged created replaced"


def test_a_write_that_fails_leaves_no_record(opened: Opened) -> None:
    """Record and rows are committed together or not at all."""

    def broken(_: Statuses) -> list[RetryRecord]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opened.publish({"id": "a"}, records=broken)
    assert opened.count() == 0
    stale = opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], records=lambda _: [Asked().record(b"answer")])
    opened.define(x=opened.schema.field("x").type)
    with pytest.raises(RevisionChanged):
        opened.store.write(stale).result()
    assert Asked().find(opened.store) is None


def test_records_survive_a_restart(opened: Opened) -> None:
    """A repeated request is recognised by a process that has just started."""
    record(opened, Asked(key="k"), b"answer")
    opened.reopen()
    assert Asked(key="k").find(opened.store) == b"answer"


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
        write: Write = opened.write_of(kind, [{"id": "a"}], kind.value, records=lambda _, a=asked: [a.record(b"done")])
        opened.store.write(write).result()
        assert asked.find(opened.store) == b"done"
