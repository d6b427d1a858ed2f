"""What a store promises of jobs: they act at the epoch at which they were accepted, and never twice."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.store_errors import Fenced, OutOfTurn
from inference_events.events.types import Deletion, JobProgress, RejectedRow, RowCount, WriteKind
from tests.stores.contract.test_writes import rows, updates
from tests.stores.opened import MODEL, NOW, SECOND, Event, Opened, Row, broken_records, chunk, names


def now() -> int:
    return time.time_ns() // 1000


def test_an_epoch_parts_what_was_written_before_a_job_from_what_came_after(opened: Opened) -> None:
    """A deletion takes what was acknowledged before its acceptance, and nothing that came after."""
    opened.publish({"id": "before"})
    first = opened.accept_job()
    opened.publish({"id": "after"})
    second = opened.accept_job()
    assert first < second
    assert opened.delete(first, event_ids=["before", "after"]) == 1
    assert opened.delete(second, event_ids=["before", "after"]) == 1


def test_epochs_grow_over_restarts(opened: Opened) -> None:
    """An epoch given out after a restart is larger than those before it."""
    first = opened.accept_job()
    opened.reopen()
    opened.publish({"id": "a"})
    second = opened.accept_job()
    assert first < second
    assert opened.delete(first, event_ids=["a"]) == 0


def test_a_job_that_is_accepted_again_keeps_its_epoch(opened: Opened) -> None:
    """The caller may repeat an acceptance whose outcome it does not know, also after a restart."""
    first = opened.store.accept_job(MODEL, "job").result()
    assert opened.store.accept_job(MODEL, "job").result() == first
    opened.reopen()
    assert opened.store.accept_job(MODEL, "job").result() == first


def test_a_job_leaves_alone_what_was_written_later(opened: Opened) -> None:
    """Columns written by requests after a job was accepted stay; those that they did not touch are written."""
    opened.publish({"id": "a", "x": 1.0, "n": 1, "name": "old", "at": NOW})
    epoch = opened.accept_job()
    opened.update({"id": "a", "n": 2, "extra": {"e": "later"}})
    opened.publish({"id": "b", "x": 5.0})
    job_rows = [
        {"id": "a", "x": 9.0, "n": 9, "at": NOW + 9, "extra": {"e": "job", "f": "job"}},
        {"id": "b", "x": 9.0, "name": "job"},
        {"id": "c", "x": 9.0},
    ]
    assert opened.publish(*job_rows, epoch=epoch) == ["replaced", "replaced", "created"]
    a, b, c = (opened.event(each) for each in "abc")
    assert (a["values"], a["at"]) == ({"x": 9.0, "n": 2, "name": "old"}, NOW + 9)
    assert a["extra"] == {"e": "later", "f": "job"}
    assert b["values"] == {"x": 5.0, "name": "job"}
    assert c["values"] == {"x": 9.0}


def test_a_job_leaves_a_later_time_and_later_violations_alone(opened: Opened) -> None:
    """A timestamp and a violation that came after a job was accepted stay."""
    opened.publish({"id": "a", "at": NOW, "n": 1})
    epoch = opened.accept_job()
    opened.update({"id": "a", "at": NOW + 5, "n": 2, "violations": {"n": "range"}})
    opened.publish({"id": "a", "at": NOW + 9, "n": 3, "violations": {"x": "missing"}}, epoch=epoch)
    assert opened.event("a")["at"] == NOW + 5
    assert opened.event("a")["violations"] == {("n", "range")}


def test_a_job_does_not_undo_what_was_acknowledged_again(opened: Opened) -> None:
    """Content that was published again after a job was accepted stays, although that changed nothing."""
    opened.publish({"id": "a", "x": 1.0}, {"id": "b", "x": 1.0})
    epoch = opened.accept_job()
    assert opened.publish({"id": "a", "x": 1.0}, {"id": "a", "x": 1.0}) == ["unchanged", "unchanged"]
    opened.publish({"id": "a", "x": 9.0, "n": 9}, epoch=epoch)
    assert opened.event("a")["values"] == {"x": 1.0, "n": 9}
    assert opened.delete(epoch, event_ids=["a", "b"]) == 1
    assert opened.ids() == ["a"]


def test_a_job_that_ended_is_not_minded(opened: Opened) -> None:
    """Once a job has ended, later jobs write over what was written while it ran."""
    opened.publish({"id": "a", "x": 1.0})
    epoch = opened.accept_job()
    opened.update({"id": "a", "x": 2.0})
    opened.end_job(epoch)
    later = opened.accept_job()
    opened.publish({"id": "a", "x": 3.0}, epoch=later)
    assert opened.event("a")["values"] == {"x": 3.0}


def test_an_open_job_is_minded_after_a_restart(opened: Opened) -> None:
    """A job stays open over a restart, with the notes made before."""
    opened.publish({"id": "a", "x": 1.0, "n": 1, "name": "old"})
    epoch = opened.accept_job()
    opened.update({"id": "a", "x": 2.0})
    opened.reopen()
    opened.update({"id": "a", "n": 2})
    opened.publish({"id": "a", "x": 9.0, "n": 9, "name": "job"}, epoch=epoch)
    assert opened.event("a")["values"] == {"x": 2.0, "n": 2, "name": "job"}


def test_orphans_end(opened: Opened) -> None:
    """A job that nobody knows is closed, once it was accepted long enough ago. Known and younger jobs stay open."""
    before = now()
    orphan, known = opened.accept_job("orphan"), opened.accept_job("known")
    opened.reopen()
    opened.store.end_orphans(["known", "never accepted"], before).result()
    opened.store.start_job("orphan", 1).result()
    opened.publish({"id": "a", "x": 1.0}, {"id": "b", "x": 1.0})
    opened.store.end_orphans(["known", "never accepted"], now() + SECOND).result()
    with pytest.raises(Fenced):
        opened.delete(orphan, fence=1, event_ids=["a"])
    opened.publish({"id": "a", "x": 9.0}, epoch=known)
    assert opened.event("a")["values"] == {"x": 1.0}
    opened.store.end_orphans([], now() + SECOND).result()
    opened.reopen()
    opened.update({"id": "a", "x": 2.0})
    opened.publish({"id": "a", "x": 3.0}, epoch=opened.accept_job())
    assert opened.event("a")["values"] == {"x": 3.0}


@pytest.mark.parametrize("is_reopened", [False, True])
def test_only_the_latest_run_of_a_job_writes(opened: Opened, is_reopened: bool) -> None:
    """A run that another one has replaced writes no chunk and deletes nothing, but a later one does."""
    opened.publish({"id": "a"})
    epoch = opened.accept_job("job")
    opened.store.start_job("job", 1).result()
    opened.publish({"id": "b"}, epoch=epoch, chunk=chunk("job", [0], fence=1))
    opened.store.start_job("job", 3).result()
    if is_reopened:
        opened.reopen()
    for fence in (0, 1, 2):
        with pytest.raises(Fenced):
            opened.publish({"id": "c"}, epoch=epoch, chunk=chunk("job", [1], start=1, fence=fence))
        with pytest.raises(Fenced):
            opened.delete(epoch, fence=fence, event_ids=["a"])
        with pytest.raises(Fenced):
            opened.store.start_job("job", fence).result()
    opened.store.start_job("job", 3).result()
    opened.publish({"id": "d"}, epoch=epoch, chunk=chunk("job", [1], start=1, fence=3))
    opened.publish({"id": "e"}, epoch=epoch, chunk=chunk("job", [2], start=2, fence=4))
    assert opened.ids() == ["a", "b", "d", "e"]
    assert opened.store.progress("job").next_row == 3


def test_a_job_that_is_not_open_writes_nothing(opened: Opened) -> None:
    """A job that has ended, that was never accepted, or whose model was dropped cannot start, write or delete."""
    opened.publish({"id": "a"})
    epoch = opened.accept_job("ended")
    opened.end_job(epoch)
    opened.accept_job("dropped")
    opened.store.drop(MODEL).result()
    opened.store.apply_schema(MODEL, 1, opened.schema).result()
    opened.publish({"id": "a"})
    for job_id in ("ended", "unknown", "dropped"):
        with pytest.raises(Fenced):
            opened.store.start_job(job_id, 1).result()
        with pytest.raises(Fenced):
            opened.publish({"id": "b"}, epoch=epoch, chunk=chunk(job_id, [0], fence=1))
        with pytest.raises(Fenced):
            opened.store.delete(Deletion(MODEL, "production", epoch + 9, job_id, 1, event_ids=["a"])).result()
        assert opened.store.progress(job_id) == JobProgress()
    assert opened.ids() == ["a"]


def test_a_run_that_is_replaced_writes_nothing(opened: Opened) -> None:
    """Once a later run has started, what an earlier one still writes is refused."""
    epoch = opened.accept_job("job")
    first = opened.write_of(WriteKind.PUBLISH, [{"id": "a"}], epoch=epoch, chunk=chunk("job", [0], fence=1))
    second = replace(first, chunk=chunk("job", [0], fence=2))
    for fence in (1, 2):
        opened.store.start_job("job", fence).result()
    late, written = opened.store.write(first), opened.store.write(second)
    with pytest.raises(Fenced):
        late.result()
    assert names(written.result()) == ["created"]


def test_a_job_of_one_model_does_not_burden_another(opened: Opened) -> None:
    """Epochs belong to models, and unknown jobs end without harm."""
    assert opened.store.accept_job("other-model", "other").result() == opened.accept_job()
    opened.store.end_job("no-job").result()
    assert opened.publish({"id": "a"}) == ["created"]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stored=rows(WriteKind.PUBLISH),
    requests=st.lists(rows(WriteKind.UPDATE).map(updates), max_size=3),
    job=rows(WriteKind.PUBLISH) | rows(WriteKind.UPDATE).map(updates),
    kind=st.sampled_from([WriteKind.PUBLISH, WriteKind.UPDATE]),
)
def test_a_job_writes_as_if_at_its_epoch(
    opened: Opened, stored: list[Row], requests: list[list[Row]], job: list[Row], kind: WriteKind
) -> None:
    """What a job writes late reads as if it had been written when the job was accepted."""
    late, timely = opened.environment(), opened.environment()
    everything = [{"id": each, "at": NOW, "x": 0.5, "n": 7} for each in "abc"]
    for environment in (late, timely):
        opened.publish(*everything, environment=environment)
        opened.publish(*stored, environment=environment)
    epoch = opened.accept_job()
    opened.write(kind, job, timely, epoch=epoch)
    for environment in (late, timely):
        for updated in requests:
            opened.write(WriteKind.UPDATE, updated, environment)
    opened.write(kind, job, late, epoch=epoch)
    opened.end_job(epoch)
    assert [_content(event) for event in opened.read(late)] == [_content(event) for event in opened.read(timely)]


def _content(event: Event) -> tuple[Any, ...]:
    return tuple(event[name] for name in ("id", "at", "values", "extra", "violations"))


def test_progress_is_committed_with_the_rows(opened: Opened) -> None:
    """A chunk adds what became of its rows to the job's progress, in the transaction of the rows."""
    opened.publish({"id": "a", "x": 1.0}, {"id": "b"})
    epoch = opened.accept_job("job")
    first: list[Row] = [{"id": "a", "x": 1.0}, {"id": "b", "x": 2.0}, {"id": "c"}]
    opened.publish(*first, epoch=epoch, chunk=chunk("job", [0, 1, 2]))
    assert opened.store.progress("job") == JobProgress(
        3, {"unchanged": 1, "replaced": 1, "created": 1, "rejected_rows": 0}
    )
    rejected = [RejectedRow(4, "BadRequest", "no id")]
    opened.publish({"id": "d"}, epoch=epoch, chunk=chunk("job", [3], rejected, end=5, start=3))
    progress = opened.store.progress("job")
    assert (progress.next_row, progress.counts["created"], progress.counts["rejected_rows"]) == (5, 2, 1)
    assert opened.store.rejected_rows("job", 0, 10) == (rejected, 1)


def test_counters_are_committed_with_the_rows(opened: Opened) -> None:
    """A chunk adds to the job's counters: rows that are stored, or all of them. They are there after a restart."""
    counts = [RowCount("range", "x", np.array([0, 1])), RowCount("named", "y"), RowCount("type", "z", np.array([1]))]
    epoch = opened.accept_job("job")
    opened.append({"id": "a"}, {"id": "b"}, epoch=epoch, chunk=replace(chunk("job", [0, 1]), counts=counts))
    opened.reopen()
    rows: list[Row] = [{"id": "b", "x": 1.0}, {"id": "c"}]
    opened.append(*rows, epoch=epoch, chunk=replace(chunk("job", [2, 3], start=2), counts=counts[:2]))
    opened.append(*rows, epoch=epoch, chunk=chunk("job", [4, 5], start=4))
    opened.append(
        {"id": "d"},
        epoch=opened.accept_job("other"),
        chunk=replace(chunk("other", [0]), counts=[RowCount("named", "y")]),
    )
    opened.reopen()
    progress = opened.store.progress("job")
    counted = {"range": {"x": 3}, "named": {"y": 4}, "type": {"z": 1}}
    assert (progress.next_row, progress.counters) == (6, counted)


def test_a_chunk_of_rejected_rows_alone_makes_progress(opened: Opened) -> None:
    """A chunk none of whose rows is an event records them and moves the job on."""
    rejected = [RejectedRow(row, "BadRequest", "no id") for row in range(3)]
    opened.write(WriteKind.PUBLISH, [], epoch=opened.accept_job("job"), chunk=chunk("job", [], rejected, end=3))
    assert opened.store.progress("job") == JobProgress(3, {"rejected_rows": 3})
    assert opened.count() == 0


@pytest.mark.parametrize("failing", ["records", "revision"])
def test_a_chunk_that_fails_leaves_nothing(opened: Opened, failing: str) -> None:
    """Of a chunk that fails neither rows nor rejected rows nor progress are there."""
    rejected = [RejectedRow(1, "BadRequest", "no id")]
    write = opened.write_of(
        WriteKind.PUBLISH, [{"id": "a"}], epoch=opened.accept_job("job"), chunk=chunk("job", [0], rejected, end=2)
    )
    if failing == "revision":
        opened.define(x=opened.schema.field("x").type)
    else:
        write = replace(write, records=broken_records())
    with pytest.raises(Exception):  # noqa: B017, PT011
        opened.store.write(write).result()
    assert opened.count() == 0
    assert opened.store.progress("job") == JobProgress()
    assert opened.store.rejected_rows("job", 0, 10) == ([], 0)


def test_a_chunk_waits_for_the_one_before(opened: Opened) -> None:
    """A chunk that does not begin where its job has come to is refused, so that no rows are left out or read twice."""
    opened.publish({"id": "a"}, epoch=opened.accept_job("job"), chunk=chunk("job", [0]))
    for start in (0, 2):
        with pytest.raises(OutOfTurn):
            opened.publish({"id": "b"}, epoch=opened.accept_job("job"), chunk=chunk("job", [start], start=start))
    assert opened.ids() == ["a"]
    assert opened.store.progress("job").next_row == 1


def test_a_job_nobody_knows_is_nowhere(opened: Opened) -> None:
    """Progress of an unknown job is row 0 with no counts; it has no rejected rows."""
    assert opened.store.progress("unknown") == JobProgress(0, {})
    assert opened.store.rejected_rows("unknown", 0, 10) == ([], 0)


def test_conflicting_rows_of_a_file_are_rejected_one_by_one(opened: Opened) -> None:
    """In a dataset's file other content for an id, stored or in the file, rejects that row; the others are stored."""
    opened.append({"id": "a", "x": 1.0})
    incoming: list[Row] = [{"id": "a", "x": 2.0}, {"id": "b"}, {"id": "b", "n": 1}, {"id": "a", "x": 1.0}]
    statuses = opened.append(*incoming, epoch=opened.accept_job("job"), chunk=chunk("job", [10, 11, 13, 14]))
    assert statuses == ["conflict", "created", "conflict", "unchanged"]
    found, total = opened.store.rejected_rows("job", 0, 10)
    assert ([(row.row, row.reason) for row in found], total) == ([(10, "Conflict"), (13, "Conflict")], 2)
    assert opened.store.progress("job") == JobProgress(15, {"created": 1, "unchanged": 1, "rejected_rows": 2})
    assert opened.ids("dataset") == ["a", "b"]


def test_rejected_rows_are_paged_in_order(opened: Opened) -> None:
    """Rejected rows come in order of their number, page by page, and only those of the job."""
    epochs = {job: opened.accept_job(job) for job in ("job", "other")}
    for turn, first in enumerate((4, 0, 2)):
        rejected = [RejectedRow(row, "BadRequest", f"row {row}") for row in (first + 1, first)]
        for job in ("job", "other"):
            part = chunk(job, [], rejected, end=turn + 1, start=turn)
            opened.write(WriteKind.PUBLISH, [], epoch=epochs[job], chunk=part)
    page, total = opened.store.rejected_rows("job", 1, 3)
    assert ([row.row for row in page], total) == ([1, 2, 3], 6)
    assert opened.store.rejected_rows("job", 6, 3) == ([], 6)


def test_progress_survives_a_restart(opened: Opened) -> None:
    """A job resumes where its last committed chunk ended."""
    rejected = [RejectedRow(2, "BadRequest", "no id")]
    opened.publish(
        {"id": "a"}, {"id": "b"}, epoch=opened.accept_job("job"), chunk=chunk("job", [0, 1], rejected, end=3)
    )
    before = opened.store.progress("job"), opened.store.rejected_rows("job", 0, 10)
    opened.reopen()
    assert (opened.store.progress("job"), opened.store.rejected_rows("job", 0, 10)) == before
    assert before[0].next_row == 3


def test_deletion_by_id_counts_what_goes(opened: Opened) -> None:
    """Deletion by ids deletes those that are stored in the environment and returns their number."""
    opened.publish(*({"id": each} for each in "abc"))
    opened.append({"id": "a"})
    assert opened.delete(opened.accept_job("deletion"), event_ids=["a", "c", "c", "unknown"]) == 2
    assert opened.ids() == ["b"]
    assert opened.ids("dataset") == ["a"]
    assert opened.store.progress("deletion").counts == {"deleted_events": 2}


def test_deletion_by_range_takes_its_start_and_leaves_its_end(opened: Opened) -> None:
    """A range's start is inclusive and its end exclusive; it goes by the time that the event has now."""
    opened.publish(*({"id": str(at), "at": NOW + at} for at in range(5)))
    opened.update({"id": "4", "at": NOW + 1}, {"id": "2", "at": NOW + 40})
    assert opened.delete(opened.accept_job(), start=NOW + 1, end=NOW + 3) == 2
    assert opened.ids() == ["0", "3", "2"]


def test_a_repeated_deletion_is_harmless(opened: Opened) -> None:
    """A deletion run again, also after a restart, deletes nothing more and returns the same number."""
    opened.publish({"id": "a"}, {"id": "b"})
    epoch = opened.accept_job()
    assert opened.delete(epoch, event_ids=["a"]) == 1
    opened.publish({"id": "a"})
    assert opened.delete(epoch, event_ids=["a"]) == 1
    opened.reopen()
    assert opened.delete(epoch, event_ids=["a"]) == 1
    assert opened.ids() == ["a", "b"]


@pytest.mark.parametrize("selected", [{"event_ids": ["a", "b", "c", "d"]}, {"start": NOW - 10, "end": NOW + 10}])
def test_a_deletion_leaves_what_was_acknowledged_later(opened: Opened, selected: dict[str, Any]) -> None:
    """Events published, published again or updated after the deletion was accepted stay."""
    opened.publish({"id": "a"}, {"id": "b"}, {"id": "c"})
    epoch = opened.accept_job()
    opened.publish({"id": "a"}, {"id": "d"})
    opened.update({"id": "b", "label": True})
    assert opened.delete(epoch, **selected) == 1
    assert opened.ids() == ["a", "b", "d"]


def test_a_deletion_takes_what_an_earlier_job_wrote_later(opened: Opened) -> None:
    """What a job accepted before the deletion writes counts as written before it."""
    file_job = opened.accept_job()
    deletion = opened.accept_job()
    opened.publish({"id": "a"}, epoch=file_job)
    assert opened.delete(deletion, event_ids=["a"]) == 1


def test_a_deleted_id_can_be_published_again(opened: Opened) -> None:
    """After a deletion the same content makes a new event, without anything of the old one."""
    opened.publish({"id": "a", "x": 1.0})
    opened.update({"id": "a", "label": True})
    opened.delete(opened.accept_job(), event_ids=["a"])
    assert opened.publish({"id": "a", "x": 1.0}) == ["created"]
    assert opened.event("a")["values"] == {"x": 1.0}


def test_forgotten_jobs_leave_nothing(opened: Opened) -> None:
    """Of forgotten jobs neither progress nor rejected rows are left; other jobs keep theirs."""
    rejected = [RejectedRow(row, "BadRequest", "no id") for row in range(25)]
    for job_id in ("old", "older", "new"):
        opened.write(WriteKind.PUBLISH, [], epoch=opened.accept_job(job_id), chunk=chunk(job_id, [], rejected, end=25))
    while not opened.store.forget_jobs(["old", "older", "unknown"]).result():
        pass
    for job_id in ("old", "older"):
        assert opened.store.progress(job_id) == JobProgress()
        assert opened.store.rejected_rows(job_id, 0, 10) == ([], 0)
    assert opened.store.progress("new") == JobProgress(25, {"rejected_rows": 25})
    assert opened.store.rejected_rows("new", 0, 25) == (rejected, 25)
    assert opened.store.forget_jobs([]).result()
