"""Promises of retention: files and jobs are kept for their time and no longer, and no crash leaves them behind."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inference_events.app import Services
from inference_events.background import repeated
from inference_events.catalog import Catalog, files, jobs, retention, tokens
from inference_events.catalog.database import sqlite_url
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import File, FilePart, Job, utc_now
from inference_events.errors import Conflict, ObjectNotFound
from inference_events.events.store_errors import Fenced
from inference_events.jobs.kinds import PUBLISH_FILE
from inference_events.retention import STEP
from inference_events.settings import Settings
from inference_events.stores.duckdb import progress
from inference_events.stores.duckdb.sql import SYSTEM_TABLES, number
from tests.uploads import put

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Kept:
    """A data directory with files and jobs of chosen times. No worker runs."""

    def __init__(self, path: Path, job_days: float = 90) -> None:
        self._contents: dict[str, Path] = {}
        self._settings = Settings(data_dir=path, job_days=job_days, admin_token=SecretStr("t" * 20))
        self.open()

    def open(self) -> None:
        self.services = Services(self._settings)
        self.catalog = self.services.catalog
        self.token_id = self.catalog.read(lambda session: tokens.list_page(session, Listing())).items[0].id

    def close(self) -> None:
        self.services.stop()

    def reopen(self) -> None:
        self.close()
        self.open()

    def file(self, uploaded: datetime = NOW) -> str:
        stored = put(self.services.file_store, b"id\na\n")

        def make(session: Session) -> str:
            return files.create(session, filename="rows.csv", type=files.CSV, stored=stored, token_id=self.token_id).id

        file_id = self.catalog.write(make)
        self._contents[file_id] = self.services.directory.files / stored.key
        times = {"created_at": uploaded, "updated_at": uploaded}
        self.catalog.write(lambda session: session.execute(update(File).where(File.id == file_id).values(times)))
        return file_id

    def job(self, file_id: str | None = None, ended: datetime | None = None) -> str:
        def make(session: Session) -> str:
            job = jobs.create(
                session,
                kind=PUBLISH_FILE,
                name="Publish events",
                params={} if file_id is None else {"file_id": file_id},
                info={},
                project_id="p",
                model_id="m",
                token_id=self.token_id,
                epoch=1,
            )
            job.completed_at = ended
            job.status = jobs.PENDING if ended is None else jobs.SUCCESS
            return job.id

        return self.catalog.write(make)

    def purge(self, now: datetime) -> int:
        """Purge to the end and return the number of steps."""
        return len(list(self.services.retention.purge(now)))

    def content(self, file_id: str) -> Path:
        return self._contents[file_id]

    def has(self, file_id: str) -> bool:
        """Return whether a file is there. Content and catalog must agree."""
        is_known = self.is_known(file_id)
        assert self.content(file_id).exists() == is_known
        return is_known

    def is_known(self, file_id: str) -> bool:
        row = self.catalog.read(lambda session: session.get(File, file_id))
        return row is not None and row.status != files.REMOVED

    def job_ids(self) -> set[str]:
        return set(self.catalog.read(lambda session: session.scalars(select(Job.id)).all()))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    kept.close()


def test_a_file_is_kept_for_a_day_after_its_last_job(kept: Kept) -> None:
    """A file is removed 24 hours after the last of its jobs ended, for any time of its upload."""
    file_id = kept.file(NOW - 100 * DAY)
    kept.job(file_id, NOW - 50 * DAY)
    kept.job(file_id, NOW)
    kept.purge(NOW + DAY)
    assert kept.has(file_id)
    kept.purge(NOW + DAY + HOUR)
    assert not kept.has(file_id)


def test_a_file_that_no_job_used_is_kept_for_a_week(kept: Kept) -> None:
    """A file without a job goes 7 days after its upload."""
    file_id = kept.file(NOW)
    kept.purge(NOW + 7 * DAY)
    assert kept.has(file_id)
    kept.purge(NOW + 7 * DAY + HOUR)
    assert not kept.has(file_id)


def test_a_file_that_a_job_needs_stays(kept: Kept) -> None:
    """Neither time nor a request removes a file of an unfinished job."""
    file_id = kept.file(NOW - 100 * DAY)
    kept.job(file_id, NOW - 50 * DAY)
    kept.job(file_id)
    kept.purge(NOW + 1000 * DAY)
    with pytest.raises(Conflict, match="unfinished job"):
        kept.catalog.write(lambda session: retention.remove(session, files.get(session, file_id)))
    assert kept.has(file_id)


def test_a_job_that_came_in_between_keeps_its_file(kept: Kept) -> None:
    """A file that was chosen for removal stays if a job is accepted before it is removed."""
    file_id = kept.file(NOW)
    ages = retention.FileAges(used=NOW + 9 * DAY, unused=NOW + DAY)
    assert kept.catalog.read(lambda session: retention.expired_files(session, ages, 10)) == [file_id]
    kept.job(file_id)
    assert kept.catalog.write(lambda session: retention.remove_expired(session, ages, [file_id])) == 0
    assert kept.has(file_id)


def test_a_removed_file_says_so(kept: Kept) -> None:
    """A request that names a removed file is refused with that reason, and nothing of the file is kept."""
    file_id = kept.file(NOW)
    kept.purge(NOW + 8 * DAY)
    with pytest.raises(ObjectNotFound, match="The file was removed; upload it again"):
        kept.catalog.read(lambda session: files.get_readable(session, file_id, "/source/file_id"))
    row = kept.catalog.read(lambda session: session.get_one(File, file_id))
    assert (row.filename, row.size) == ("", 0)
    assert kept.catalog.read(lambda session: session.scalars(select(FilePart)).all()) == []
    assert kept.catalog.read(lambda session: files.list_page(session, Listing())).total == 0
    kept.purge(utc_now() + 91 * DAY)
    assert kept.catalog.read(lambda session: session.get(File, file_id)) is None


def test_jobs_and_their_rejected_rows_are_kept_for_90_days(kept: Kept) -> None:
    """A job goes 90 days after its end; one that has not ended stays."""
    old, new, running = kept.job(ended=NOW - 91 * DAY), kept.job(ended=NOW - 89 * DAY), kept.job()
    kept.purge(NOW)
    assert kept.job_ids() == {new, running}
    with pytest.raises(ObjectNotFound):
        kept.catalog.read(lambda session: jobs.get(session, old))


def test_jobs_that_a_crash_left_open_are_closed(kept: Kept) -> None:
    """A purge closes jobs that the store knows and the catalog does not, but not those that it may soon know."""
    store, known = kept.services.store, kept.job()
    for job_id in (known, "orphan"):
        store.accept_job("m", job_id).result()
    kept.purge(utc_now() + timedelta(minutes=9))
    store.start_job("orphan", 1).result()
    kept.purge(utc_now() + timedelta(minutes=11))
    with pytest.raises(Fenced):
        store.start_job("orphan", 1).result()
    store.start_job(known, 1).result()


def test_a_job_outlives_its_file(tmp_path: Path) -> None:
    """If jobs are kept for a shorter time than files, a file is kept for its time, and its job with it."""
    kept = Kept(tmp_path, job_days=0.01)
    file_id = kept.file(NOW - 100 * DAY)
    job_id = kept.job(file_id, NOW)
    kept.purge(NOW + DAY)
    assert kept.has(file_id)
    assert kept.job_ids() == {job_id}
    kept.purge(NOW + DAY + HOUR)
    assert not kept.has(file_id)
    assert kept.job_ids() == set()
    kept.close()


def test_a_purge_goes_in_small_steps(kept: Kept) -> None:
    """A purge of many files and jobs delays other writes for one step at a time, and can stop between two."""
    ids = [kept.file(NOW) for _ in range(STEP + 1)]
    for _ in range(STEP + 1):
        kept.job(ended=NOW)
    steps = kept.services.retention.purge(NOW + 100 * DAY)
    next(steps)
    assert sum(map(kept.is_known, ids)) == 1
    assert len(kept.job_ids()) == STEP + 1
    assert len(list(steps)) >= 3
    assert not any(map(kept.has, ids))
    assert kept.job_ids() == set()


def test_rejected_rows_go_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many rejected rows are removed in batches, so that a job with a million delays no write for long."""
    monkeypatch.setattr(progress, "FORGOTTEN_ROWS", 10)
    with duckdb.connect() as db:
        db.execute(SYSTEM_TABLES)
        db.execute("INSERT INTO rejected_rows (job_id) SELECT if(n < 25, 'old', 'new') FROM range(30) numbers(n)")
        left = []
        while not progress.forget_jobs(db, ["old"]):
            left.append(number(db, "SELECT count(*) FROM rejected_rows"))
        assert left == [20, 10]
        assert number(db, "SELECT count(*) FROM rejected_rows") == 5


def test_a_crash_leaves_no_content_behind(kept: Kept) -> None:
    """The next purge deletes content of a removed file that a crash left, for any age."""
    removed, stays = kept.file(NOW), kept.file(NOW)
    kept.catalog.write(lambda session: retention.remove(session, files.get(session, removed)))
    assert kept.content(removed).exists()
    kept.reopen()
    kept.purge(NOW)
    assert not kept.has(removed)
    assert kept.has(stays)


def test_content_that_cannot_be_deleted_is_tried_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk refuses to delete some content, the rest is deleted, and the next purge tries again."""
    stuck, other = kept.file(NOW), kept.file(NOW)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == kept.content(stuck):
            raise OSError
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        kept.purge(NOW + 8 * DAY)
    assert kept.content(stuck).exists()
    assert not kept.has(other)
    kept.purge(NOW + 8 * DAY)
    assert not kept.has(stuck)


def test_orphans_are_removed_after_a_day(kept: Kept) -> None:
    """An object that no row names is deleted a day after it was stored and not sooner; others stay."""
    file_id = kept.file()
    orphans = [put(kept.services.file_store, b"orphan") for _ in range(STEP + 1)]
    paths = [kept.services.directory.files / orphan.key for orphan in orphans]
    kept.reopen()
    kept.purge(utc_now() + 23 * HOUR)
    assert all(path.exists() for path in paths)
    kept.purge(utc_now() + 25 * HOUR)
    assert not any(path.exists() for path in paths)
    assert kept.has(file_id)


def test_a_crash_between_store_and_catalog_is_repaired(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a purge ends after the store forgot a job and before the catalog did, the next one completes it."""
    kept.job(ended=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "forget", lambda session, ids: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.purge(NOW + 100 * DAY)
    assert len(kept.job_ids()) == 1
    kept.purge(NOW + 100 * DAY)
    assert kept.job_ids() == set()


def test_a_purge_that_fails_is_not_the_last(kept: Kept) -> None:
    """A purge that fails, on a full disk for instance, is tried again."""
    file_id = kept.file(NOW - 100 * DAY)
    purge, errors, done = kept.services.purge.purge, [OSError("no space")], threading.Event()

    def failing() -> None:
        if errors:
            raise errors.pop()
        purge()
        done.set()

    async def run() -> None:
        async with repeated((failing, 0.01)):
            assert await asyncio.to_thread(done.wait, 30)

    asyncio.run(run())
    assert not kept.has(file_id)


def test_a_stop_waits_for_no_more_than_a_step(kept: Kept) -> None:
    """A server that stops ends its purge after the current step."""
    file_id = kept.file(NOW - 100 * DAY)
    kept.services.start()
    kept.services.stop()
    kept.services.purge.purge()
    assert kept.content(file_id).exists()
    kept.open()


def test_jobs_of_an_older_version_protect_their_files(tmp_path: Path) -> None:
    """A migration of an older catalog records which file each job uses."""
    shutil.copy(Path(__file__).parents[1] / "formats/0/catalog.sqlite", tmp_path)
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    migrated = catalog.read(lambda session: session.scalars(select(Job)).all())
    catalog.close()
    assert migrated
    assert [job.file_id for job in migrated] == [job.params["file_id"] for job in migrated]
