"""Promises of `make demo`: real flights are stored as they were sent, or it reports the differences."""

import subprocess
import sys
from datetime import timedelta
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from rich.console import Console

from examples.flights import run
from examples.flights.alert import check
from examples.flights.figures import compare
from examples.flights.flights import (
    DEPARTURE,
    ID,
    INPUTS,
    LABEL,
    NEW_YORK,
    PROBABILITY,
    Flights,
    day_bounds,
    load_flights,
)
from examples.flights.plan import DELETED_DAY
from examples.flights.publish import Publisher
from examples.flights.verify import Month, MonthFigures

DAYS = 2


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=200)


def shown(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_everything_reads_back_as_sent_even_on_a_second_run(tmp_path: Path, console: Console) -> None:
    """The demo succeeds on a new directory, and on the same one again: only its own project is replaced.

    Each time its alert rule fires once.
    """
    for _ in range(2):
        run(tmp_path / "demo", DAYS, console)
    assert shown(console).count("Every event, value, label and violation equals the source.") == 2
    assert shown(console).count("CRITICAL") == 2
    assert str(tmp_path / "demo" / "admin-token") in shown(console)
    assert (tmp_path / "demo" / "admin-token").stat().st_mode & 0o077 == 0


def test_differences_are_named_and_end_it_with_status_1(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing event, an additional event and a changed label are all found."""
    delete = Publisher.delete
    planted: list[str] = []

    def delete_and_meddle(publisher: Publisher, event_ids: list[str]) -> None:
        delete(publisher, event_ids)
        planted.extend(meddle(publisher))

    monkeypatch.setattr(Publisher, "delete", delete_and_meddle)
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "demo", DAYS, console)
    assert ended.value.code == 1
    assert f"{len(planted)} differences from the source" in shown(console)
    assert [line for line in planted if line not in shown(console)] == []


def meddle(publisher: Publisher) -> list[str]:
    """Delete one event, relabel another, add a third. Returns the beginnings of the lines that must report it."""
    client, model_id = publisher.client, publisher.model_id
    day, _ = day_bounds(DELETED_DAY + timedelta(days=-31))
    gone, relabelled = islice(client.events.read(model_id), 2)
    for job_id in client.events.delete(model_id, [gone.event_id]):
        client.jobs.wait(job_id)
    client.events.update(model_id, [{ID: relabelled.event_id, LABEL: not relabelled.values[LABEL]}])
    client.events.publish(model_id, [relabelled.values.to_dict() | {ID: "added", DEPARTURE: day.isoformat()}])
    return [
        f"{gone.event_id}: missing",
        f"{relabelled.event_id}: {LABEL} differs from the source",
        "added: not in the source, or present twice",
        f"month {day.astimezone(NEW_YORK).month}: the server counts",
    ]


def test_figures_that_differ_from_the_events_are_named() -> None:
    """A count or an accuracy of the server that the events read back do not have is a difference."""
    months = {3: Month(events=2, labels=[True], probabilities=[0.9])}
    assert list(compare({3: MonthFigures(2, 1, 1.0)}, months)) == []
    [by_count] = compare({3: MonthFigures(3, 1, 1.0)}, months)
    assert by_count == "month 3: the server counts 3 events, 1 of them labelled"
    [by_value] = compare({3: MonthFigures(2, 1, 0.5)}, months)
    assert by_value == "month 3: the server's accuracy is 0.5, not 1.0"


def test_an_alert_that_does_not_fire_is_named() -> None:
    """If the rule made no record, that is a difference."""
    [line] = check([], Flights(load_flights(1).frame.assign(**{PROBABILITY: 0.5})))
    assert line.startswith("the alert of July: none, instead of CRITICAL at ")


def test_a_data_directory_in_use_is_left_alone(tmp_path: Path, console: Console) -> None:
    """If a server runs on the directory, the demo names its process, changes nothing and ends with status 1."""
    command = [sys.executable, "-m", "inference_events", "serve", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        assert any(line.startswith("Serving on ") for line in server.stdout)
        with pytest.raises(SystemExit) as ended:
            run(tmp_path, 1, console)
        assert server.poll() is None
        server.terminate()
    assert ended.value.code == 1
    assert f"is in use by another server (process {server.pid})" in shown(console)


def test_flights_are_true_to_the_source() -> None:
    """Ids are unique, times are UTC, flights that never landed have no label, and every input is known at departure."""
    flights = load_flights()
    frame = flights.frame
    assert len(flights) == 336_776
    assert frame[ID].is_unique
    assert frame[LABEL].isna().sum() == frame.arr_delay.isna().sum() == 9_430
    local = frame[DEPARTURE].dt.tz_convert(str(NEW_YORK))
    assert (local.dt.hour * 100 + local.dt.minute == frame.sched_dep_time).all()
    assert (local.dt.day == frame.day).all()
    assert (frame.landed_at > frame[DEPARTURE])[frame.landed_at.notna()].all()
    assert not {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"} & {*INPUTS}
