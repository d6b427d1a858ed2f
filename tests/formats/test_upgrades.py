"""Promises when a new version starts on the data directory of an older one."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import product, starmap
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from _pytest.mark.structures import ParameterSet
from structlog.testing import capture_logs

from inference_events.data_directory import (
    DataDirectory,
    DataDirectoryError,
    DataDirectoryInUse,
    DataDirectoryMissing,
    DataDirectoryTooNew,
    DataDirectoryTooOld,
)
from inference_events.events.types import DataRevision
from inference_events.migration import DirectoryMigration, migrate_directory, plan_directory
from inference_events.stores.duckdb import DuckDBEventStore
from inference_events.stores.duckdb.formats import FORMAT
from inference_events.stores.duckdb.migration import Migration
from tests.e2e.process import ServerProcess
from tests.formats import make
from tests.stores.server import Server

FORMATS = Path(__file__).parent
FORMAT_0, FORMAT_1, FORMAT_2 = ["0", "4501da5", "8138464"], ["39c5c08"], ["6d40888"]
VERSIONS = FORMAT_0 + FORMAT_1 + FORMAT_2
# Each format is tested in one version; the older versions of format 0 are for the long run.
OLDER = FORMAT_0[:-1]
CONVERTED, MERGED = make.TRAIN_ROWS + 5, 3
EVENTS_DONE = Migration(0, FORMAT, CONVERTED, MERGED)
DONE = DirectoryMigration(EVENTS_DONE, 0)
DONE_BY = (
    dict.fromkeys(FORMAT_0, DONE)
    | dict.fromkeys(FORMAT_1, DirectoryMigration(Migration(1, FORMAT), 0))
    | dict.fromkeys(FORMAT_2, DirectoryMigration(Migration(2, FORMAT), 0))
)
KILLED_IN_EACH = ["_change_system_tables", "_rename_tables", "set_format", "commit"]
KILLED_IN_FORMAT_0 = ["_change_tables", "convert_ids"]
KILLED = """
import os, sys
from pathlib import Path
import duckdb
from inference_events.stores.duckdb import migration
from inference_events.migration import migrate_directory

class Connection:
    def __init__(self, real):
        self.real = real
    def __getattr__(self, name):
        return getattr(self.real, name)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.real.close()
    def commit(self):
        self.real.commit()
        os._exit(9)

def killed(real):
    def call(*arguments):
        real(*arguments)
        os._exit(9)
    return call

step, directory = sys.argv[1:]
if step == "commit":
    connect = duckdb.connect
    duckdb.connect = lambda *arguments, **more: Connection(connect(*arguments, **more))
else:
    setattr(migration, step, killed(getattr(migration, step)))
migrate_directory(Path(directory))
"""
LEAVE_LOGS = """
import os, sqlite3, sys
import duckdb
events = duckdb.connect(sys.argv[1] + "/events.duckdb")
events.execute("DELETE FROM records")
catalog = sqlite3.connect(sys.argv[1] + "/catalog.sqlite")
catalog.execute("UPDATE models SET description = 'changed'")
catalog.commit()
os._exit(0)
"""


def long_if_older(version: str, *more: str) -> ParameterSet:
    """Give the parameters of a test, which is for the long run if a later version has the same format."""
    return pytest.param(version, *more, marks=[pytest.mark.faults] if version in OLDER else [])


@pytest.fixture(params=[*map(long_if_older, VERSIONS)])
def version(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Copy the directory of format 0."""
    return copied("0", tmp_path)


@pytest.fixture
def started(tmp_path: Path, version: str) -> Iterator[ServerProcess]:
    """Start the current server on a copy of the directory of an older version."""
    # Its jobs ended on a fixed day, and the test runs on any later day.
    server = ServerProcess(copied(version, tmp_path), job_days=100_000)
    server.start()
    try:
        yield server
    finally:
        with suppress(httpx.HTTPError):
            server.close()


def copied(version: str, to: Path) -> Path:
    return Path(shutil.copytree(FORMATS / version, to / "data"))


def models(server: ServerProcess) -> dict[str, str]:
    return {model["name"]: model["id"] for model in server.call("GET", "/v3/models")["items"]}


def by_id(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event["event_id"]: event for event in events}


def values(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event["values"].items() if value is not None}


def unfinished_job(server: ServerProcess, model_id: str) -> str:
    """Return the job that the older version left unfinished."""
    jobs = server.call("GET", "/v3/jobs?limit=1000")["items"]
    in_production = (job for job in jobs if job["info"]["env_type"] == "PRODUCTION")
    [job_id] = [job["id"] for job in in_production if job["info"]["model_uuid"] == model_id]
    return str(job_id)


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def digests(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(file.relative_to(directory)): sha256(file.read_bytes()).hexdigest() for file in files}


def test_every_event_is_kept(started: ServerProcess, version: str) -> None:
    """The server is ready, every event reads back, and the unfinished job completes."""
    known = models(started)
    job = started.wait_for(unfinished_job(started, known["words"]))
    assert (job["status"], job["info"]["rows"], job["info"]["created"]) == (
        "SUCCESS",
        make.UNFINISHED_ROWS,
        make.UNFINISHED_ROWS,
    )
    words = by_id(started.read_all(known["words"]))
    assert words.keys() == {"7", "7.0", "a", "b", "c", *(f"u{n}" for n in range(make.UNFINISHED_ROWS))}
    one, true = ("1.0", "true") if version in FORMAT_0 else ("1", "True")
    assert values(words["7"])["color"] == one
    assert values(words["a"]) == {"id": "a", "color": true, "label": "yes"}
    assert (values(words["b"])["label"], words["b"]["undeclared"]) == ("no", {"note": {"k": [1]}})
    assert values(words["u399"]) == {"id": "u399", "color": "2", "label": "yes"}
    assert by_id(started.read_all(known["words"], "test")).keys() == {f"w{n}" for n in range(20)}
    train = by_id(started.read_all(known["numbers"], "train"))
    assert train.keys() == {str(n) for n in range(make.TRAIN_ROWS)}
    assert values(train["3"]) == {"id": 3, "amount": 1.5, "big": 2**53 + 7, "label": False}


def test_ids_of_numbers_are_canonical_and_twins_are_one_event(started: ServerProcess) -> None:
    """Events of one id are one event: of each column the later value, of undeclared columns all."""
    numbers = by_id(started.read_all(models(started)["numbers"]))
    assert {event_id: values(event) for event_id, event in numbers.items()} == {
        "7": {"id": 7, "amount": 70.5, "label": True, "note": "early"},
        "8": {"id": 8, "amount": 8.0, "note": "later"},
        "9": {"id": 9, "amount": 9.0, "label": False, "note": "early"},
        "10": {"id": 10, "amount": 10.0, "note": "early"},
        "11": {"id": 11, "amount": 11.0, "note": "early"},
        "12": {"id": 12, "amount": 120.0, "note": "early"},
        "x1": {"amount": 2.0},
    }
    assert {event_id: event["undeclared"] for event_id, event in numbers.items() if event["undeclared"]} == {
        "8": {"gate": "B"},
        "12": {"gate": "A"},
    }
    offsets = {"7": 7, "8": 0, "12": 20}
    times = {event_id: f"2023-11-14T22:13:{20 + offset}.000000Z" for event_id, offset in offsets.items()}
    assert {event_id: numbers[event_id]["timestamp"] for event_id in offsets} == times
    assert [(v["column"], v["kind"]) for v in numbers["7"]["violations"]] == [("big", "missing")]


@pytest.mark.parametrize("version", [*map(long_if_older, FORMAT_0)])
def test_old_labels_have_no_time_and_new_ones_have(started: ServerProcess) -> None:
    """The time of a label that was already stored stays unknown; new labels get their times."""
    known = models(started)
    started.wait_for(unfinished_job(started, known["words"]))
    labels = [{"id": "7", "label": "yes"}, {"id": "b", "label": None}, {"id": "c", "label": "no"}]
    started.publish(known["words"], {"type": "EVENTS", "events": labels}, "PATCH")
    words = by_id(started.read_all(known["words"]))
    assert [words[each]["labelled_at"] for each in ("a", "b", "c", "u0")] == [{"label": None}] * 4
    assert words["7.0"]["labelled_at"] == {}
    assert words["7"]["labelled_at"]["label"] == words["7"]["updated_at"]
    assert words["u399"]["labelled_at"]["label"] == words["u399"]["received_at"]
    numbers = by_id(started.read_all(known["numbers"]))
    assert [numbers[each]["labelled_at"] for each in ("7", "9")] == [{"label": None}] * 2


def test_events_published_again_are_unchanged(started: ServerProcess, tmp_path: Path) -> None:
    """Files of datasets and events that are sent again are recognised: nothing is created, rejected or changed."""
    known = models(started)
    started.wait_for(unfinished_job(started, known["words"]))
    before = {name: started.read_all(model_id) for name, model_id in known.items()}
    for name, dataset, path in (
        ("numbers", "train", make.train_file(tmp_path)),
        ("words", "test", make.test_file(tmp_path)),
        ("words", None, make.unfinished_file(tmp_path)),
    ):
        info = make.publish_file(started, known[name], path, dataset)["info"]
        assert [info[count] for count in ("created", "replaced", "rejected_rows")] == [0, 0, 0]
        assert info["unchanged"] == info["rows"] > 0
    for name, events in (("numbers", [make.NUMBER_EVENTS[n] for n in (0, 1, 3)]), ("words", make.WORD_EVENTS)):
        again = started.publish(known[name], {"type": "EVENTS", "events": events})
        assert [again[count] for count in ("created", "replaced", "unchanged")] == [0, 0, len(events)]
    assert {name: started.read_all(model_id) for name, model_id in known.items()} == before


def test_work_continues(started: ServerProcess) -> None:
    """Events of an older version are updated, replaced and deleted by their ids, and a restart changes nothing."""
    numbers = models(started)["numbers"]
    labels = [{"id": 7, "label": False}, {"id": 12, "note": "new", "time": make.START + 30}, {"id": "x1", "note": "x"}]
    updated = started.publish(numbers, {"type": "EVENTS", "events": labels}, "PATCH")
    assert updated["unknown_event_ids"] == []
    replaced = started.publish(numbers, {"type": "EVENTS", "events": [{"id": 9, "amount": 90}, {"id": 13}]})
    assert (replaced["replaced"], replaced["created"]) == (1, 1)
    job = started.call("DELETE", "/v3/events", json={"model_id": numbers, "event_ids": ["8", "10", "13"]})["job"]
    assert started.wait_for(job["id"])["info"]["deleted_events"] == 3
    before = started.read_all(numbers)
    assert [event["event_id"] for event in before] == ["11", "9", "7", "x1", "12"]
    started.stop()
    started.start()
    assert started.read_all(numbers) == before


def test_a_migration_says_what_it_does_before_it_does_it(tmp_path: Path, version: str) -> None:
    """`migrate --dry-run` reports what `migrate` then does, and changes no file. A second run changes nothing."""
    directory = copied(version, tmp_path)
    before = digests(directory)
    assert plan_directory(directory) == DONE_BY[version]
    assert digests(directory) == before
    assert migrate_directory(directory) == DONE_BY[version]
    assert plan_directory(directory) is None
    assert migrate_directory(directory) is None


def test_all_hours_are_dirty_after_a_migration(tmp_path: Path, version: str) -> None:
    """A figure that nobody has computed yet finds every hour in which an environment has events."""
    directory = copied(version, tmp_path)
    migrate_directory(directory)
    with duckdb.connect(str(directory / "events.duckdb"), read_only=True) as database:
        ids = [model_id for (model_id,) in database.execute("SELECT model_id FROM models").fetchall()]
        tables = {model_id: "events_" + model_id.replace("-", "") for model_id in ids}
        expected = {
            (model_id, environment_id): [(int(first), int(last))]
            for model_id, table in tables.items()
            for environment_id, first, last in database.execute(
                "SELECT environment_id, floor(epoch(min(timestamp)) / 3600), floor(epoch(max(timestamp)) / 3600)"
                f" FROM {table} GROUP BY environment_id"
            ).fetchall()
        }
    store = DuckDBEventStore(directory / "events.duckdb")
    found = {each: store.dirty_hours(*each, DataRevision(0, 0)) for each in expected}
    store.close()
    assert len(expected) == 4
    assert found == expected


def test_a_dry_run_keeps_the_logs_of_a_crash(directory: Path) -> None:
    """Write-ahead logs that are not yet in the databases stay unchanged, too."""
    assert run("-c", LEAVE_LOGS, directory).returncode == 0
    before = digests(directory)
    assert {"events.duckdb.wal", "catalog.sqlite-wal"} <= before.keys()
    assert plan_directory(directory) == DONE
    assert digests(directory) == before
    assert migrate_directory(directory) == DONE


def test_the_command_reports_what_it_does(directory: Path) -> None:
    """The command line says what changes, or would change."""
    for words, gain, flags in (("would become", "would get", ["--dry-run"]), ("became", "got", [])):
        done = run("-m", "inference_events", "migrate", "--data-dir", directory, *flags)
        assert (done.returncode, done.stdout.splitlines()) == (
            0,
            [
                f"The events' format 0 {words} {FORMAT}",
                f"Event ids that {words} canonical: {CONVERTED}",
                f"Events that {words} part of another event with the same id: {MERGED}",
                f"Tokens with the scope ingest that {gain} manage, too: 0",
            ],
        )
    done = run("-m", "inference_events", "migrate", "--data-dir", directory)
    assert (done.returncode, "nothing to migrate" in done.stdout) == (0, True)


def test_a_start_logs_what_it_migrates(directory: Path) -> None:
    """The log at the start of the server counts the changed ids and events, without names. A later start logs none."""
    with capture_logs() as logs:
        Server(directory).stop()
        Server(directory).stop()
    [entry] = [entry for entry in logs if "migrated" in entry["event"]]
    assert entry == {"event": "events_migrated", "log_level": "info", **vars(EVENTS_DONE)}


@pytest.mark.parametrize(
    ("version", "step"),
    [*starmap(long_if_older, [*product(VERSIONS, KILLED_IN_EACH), *product(FORMAT_0, KILLED_IN_FORMAT_0)])],
)
def test_a_migration_may_be_killed(tmp_path: Path, version: str, step: str) -> None:
    """If the process dies at any moment, the next start finds the migration done or repeats all of it."""
    directory = copied(version, tmp_path)
    killed = run("-c", KILLED, step, directory)
    assert (killed.returncode, killed.stderr) == (9, "")
    assert migrate_directory(directory) == (None if step == "commit" else DONE_BY[version])
    with duckdb.connect(str(directory / "events.duckdb"), read_only=True) as database:
        [(model_id,)] = database.execute("SELECT model_id FROM columns WHERE name = 'amount'").fetchall()
        table = "events_" + model_id.replace("-", "")
        [counted] = database.execute(
            f"SELECT count(*), count(DISTINCT id_hash), count(label) FROM (SELECT *, c3 AS label FROM {table})"
        ).fetchall()
    # A migration of format 0 compacts deltas. Later ones leave two labels in them.
    updated = 2 if version in FORMAT_0 else 0
    assert counted == (make.TRAIN_ROWS + 7, make.TRAIN_ROWS + 7, make.TRAIN_ROWS + updated)


def newer_events(directory: Path) -> None:
    migrate_directory(directory)
    with duckdb.connect(str(directory / "events.duckdb")) as database:
        database.execute("UPDATE format SET version = version + 1")


def newer_catalog(directory: Path) -> None:
    _in_catalog(directory, "UPDATE alembic_version SET version_num = '9999'")


def older_events(directory: Path) -> None:
    with duckdb.connect(str(directory / "events.duckdb")) as database:
        tables = database.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'events_%'").fetchall()
        database.execute(f"ALTER TABLE {tables[0][0]} DROP COLUMN touched")


def older_catalog(directory: Path) -> None:
    _in_catalog(directory, "DROP TABLE organizations")


def _in_catalog(directory: Path, sql: str) -> None:
    catalog = sqlite3.connect(directory / "catalog.sqlite")
    catalog.execute(sql)
    catalog.commit()
    catalog.close()


@pytest.mark.parametrize(
    ("make_unfit", "error", "message"),
    [
        (newer_events, DataDirectoryTooNew, "events.duckdb was written by a newer version: its format is"),
        (newer_catalog, DataDirectoryTooNew, "catalog.sqlite was written by a newer version: "),
        (older_events, DataDirectoryTooOld, "too old to be migrated: its tables lack column_epochs."),
        (older_catalog, DataDirectoryTooOld, "too old to be migrated: it lacks organizations."),
    ],
)
def test_a_directory_that_cannot_be_migrated_is_refused(
    directory: Path, make_unfit: Callable[[Path], None], error: type[DataDirectoryError], message: str
) -> None:
    """A directory that is too new or too old is refused with a message, and stays unchanged."""
    make_unfit(directory)
    before = digests(directory)
    for arguments in (["serve", "--port", "0"], ["migrate"]):
        refused = run("-m", "inference_events", *arguments, "--data-dir", directory)
        assert refused.returncode == 1
        assert message in refused.stderr
        assert "Traceback" not in refused.stderr
    with pytest.raises(error):
        migrate_directory(directory)
    after = digests(directory)
    assert before.items() <= after.items()
    assert after.keys() - before.keys() <= {"lock"}


def test_a_directory_in_use_is_not_migrated(directory: Path, tmp_path: Path) -> None:
    """While a process owns the directory it is neither migrated nor read. A missing directory is an error."""
    owner = DataDirectory(directory)
    for act in (migrate_directory, plan_directory):
        with pytest.raises(DataDirectoryInUse):
            act(directory)
        with pytest.raises(DataDirectoryMissing):
            act(tmp_path / "other")
    owner.close()
    assert not (tmp_path / "other").exists()
    assert plan_directory(directory) == DONE
