"""Timestamps: every form that the vendor's material sends, by list, CSV and Parquet, becomes the same moment."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fiddler as fdl
import pandas as pd
import pyarrow as pa
import pytest

from tests.compat.stored import column, define_model, done, rejected_rows, stored_by_id, stored_events

SECOND = "2024-03-14T14:57:11.000000Z"
MILLI = "2024-03-14T14:57:11.855000Z"
MICRO = "2024-03-14T14:57:11.855123Z"
EAST = timezone(timedelta(hours=2))

FORMS: list[tuple[Any, str]] = [
    (1710428231, SECOND),
    (1710428231.0, SECOND),
    (1710428231.855, MILLI),
    (1710428231855, MILLI),
    (1710428231855.0, MILLI),
    (1710428231855123, MICRO),
    (1710428231855123456, MICRO),
    ("1710428231855", MILLI),
    ("2024-03-14 14:57:11", SECOND),
    ("2024-03-14 14:57:11.855", MILLI),
    ("2024-03-14 14:57:11.855123", MICRO),
    ("2024-03-14 14:57:11+00:00", SECOND),
    ("2024-03-14 14:57:11.855123+00:00", MICRO),
    ("2024-03-14 16:57:11+02:00", SECOND),
    ("2024-03-14T14:57:11", SECOND),
    ("2024-03-14T14:57:11Z", SECOND),
    ("2024-03-14T14:57:11.855Z", MILLI),
    ("2024-03-14T14:57:11.855123Z", MICRO),
    ("2024-03-14T14:57:11.855123+00:00", MICRO),
    ("2024-03-14T14:57:11.855123456Z", MICRO),
    ("2024-03-14T10:27:11.855-04:30", MILLI),
    ("2024-03-14", "2024-03-14T00:00:00.000000Z"),
    ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000000Z"),
]
OBJECTS: list[tuple[Any, str]] = [
    (datetime(2024, 3, 14, 14, 57, 11, 855123), MICRO),
    (datetime(2024, 3, 14, 14, 57, 11, tzinfo=UTC), SECOND),
    (datetime(2024, 3, 14, 16, 57, 11, 855123, tzinfo=EAST), MICRO),
    (pd.Timestamp("2024-03-14 14:57:11.855123"), MICRO),
    (pd.Timestamp("2024-03-14 14:57:11.855123456"), MICRO),
    (pd.Timestamp("2024-03-14 07:57:11.855123", tz="America/Los_Angeles"), MICRO),
    (date(2024, 3, 14), "2024-03-14T00:00:00.000000Z"),
]


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model whose schema does not know its timestamp column."""
    return define_model(project, column("id", "str"), column("x", "float"), event_id_col="id", event_ts_col="timestamp")


def timestamps(model: fdl.Model, dataset: str | None = None) -> dict[str, str]:
    return {id: event["timestamp"] for id, event in stored_by_id(model, dataset).items()}


def test_a_list_takes_every_form(model: fdl.Model) -> None:
    """Numbers of every unit, text and Python's own times: each is the moment that it means."""
    forms = FORMS + OBJECTS

    model.publish([{"id": str(n), "timestamp": sent, "x": 0.5} for n, (sent, _) in enumerate(forms)])

    assert timestamps(model) == {str(n): moment for n, (_, moment) in enumerate(forms)}
    assert all(event["undeclared"] == {} and event["violations"] == [] for event in stored_events(model))


def test_a_csv_file_takes_every_form(model: fdl.Model, tmp_path: Path) -> None:
    """The same forms as text in the cells of a file, each row of another form."""
    cells = [(repr(sent) if isinstance(sent, float) else str(sent), moment) for sent, moment in FORMS]
    cells += [("1.710428231855e+12", MILLI), ("1.710428231e9", SECOND)]
    path = tmp_path / "events.csv"
    path.write_text("id,timestamp,x\n" + "".join(f"{n},{cell},0.5\n" for n, (cell, _) in enumerate(cells)))

    assert done(model.publish(path))["rejected_rows"] == 0

    assert timestamps(model) == {str(n): moment for n, (_, moment) in enumerate(cells)}


TIMES = pd.Series(["2024-03-14 14:57:11.855123456", "2024-03-14 14:57:11", None])
NAIVE = pd.to_datetime(TIMES, format="ISO8601")


@pytest.mark.parametrize(
    ("times", "moments"),
    [
        (NAIVE.astype("datetime64[ns]"), [MICRO, SECOND]),
        (NAIVE.astype("datetime64[us]"), [MICRO, SECOND]),
        (NAIVE.dt.floor("ms").astype("datetime64[ms]"), [MILLI, SECOND]),
        (NAIVE.dt.floor("s").astype("datetime64[s]"), [SECOND, SECOND]),
        (NAIVE.dt.tz_localize("UTC"), [MICRO, SECOND]),
        (NAIVE.dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata"), [MICRO, SECOND]),
        (NAIVE.dt.floor("us").astype(pd.ArrowDtype(pa.timestamp("us"))), [MICRO, SECOND]),
        (NAIVE.dt.tz_localize("UTC").astype(pd.ArrowDtype(pa.timestamp("ns", "UTC"))), [MICRO, SECOND]),
        (NAIVE.dt.tz_localize("UTC").astype(object), [MICRO, SECOND]),
        (NAIVE.dt.date.astype(object).where(NAIVE.notna(), None), ["2024-03-14T00:00:00.000000Z"] * 2),
        (TIMES, [MICRO, SECOND]),
        (TIMES.astype("category"), [MICRO, SECOND]),
        (pd.Series([1710428231855.0, 1710428231000.0, None]), [MILLI, SECOND]),
        (pd.Series([1710428231.855, 1710428231.0, None]), [MILLI, SECOND]),
        (pd.Series([1710428231855, 1710428231000, None], dtype="Int64"), [MILLI, SECOND]),
        (pd.Series([1710428231, 1710428231, None], dtype="Int32"), [SECOND, SECOND]),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else "",
)
def test_a_dataframe_takes_every_dtype(model: fdl.Model, times: pd.Series, moments: list[str]) -> None:
    """For every dtype of the column the moments are the same, and a row without one has the time of receipt."""
    before = datetime.now(UTC)

    done(model.publish(pd.DataFrame({"id": ["a", "b", "c"], "timestamp": times, "x": 0.5})))

    stored = timestamps(model)
    assert [stored["a"], stored["b"]] == moments
    assert before <= datetime.fromisoformat(stored["c"]) <= datetime.now(UTC)


@pytest.mark.parametrize("given", [{}, {"timestamp": None}, {"timestamp": pd.NaT}, {"timestamp": float("nan")}])
def test_no_timestamp_is_the_time_of_receipt(model: fdl.Model, given: dict[str, Any]) -> None:
    """An event without a timestamp has the time at which the server got it."""
    before = datetime.now(UTC)
    model.publish([{"id": "a", **given}])
    [event] = stored_events(model)
    assert before <= datetime.fromisoformat(event["timestamp"]) <= datetime.now(UTC)
    assert event["timestamp"] == event["received_at"]


def test_a_model_without_a_timestamp_column_has_times_of_receipt(project: fdl.Project) -> None:
    """If the model names no timestamp column, a column of that name is like any other."""
    model = define_model(project, column("timestamp", "int"))
    before = datetime.now(UTC)
    model.publish([{"timestamp": 1710428231855}])
    [event] = stored_events(model)
    assert event["values"] == {"timestamp": 1710428231855}
    assert before <= datetime.fromisoformat(event["timestamp"]) <= datetime.now(UTC)


def test_a_timestamp_column_in_the_schema_keeps_its_values(project: fdl.Project) -> None:
    """A timestamp that is also a column is stored as the column's type, and gives the event its time."""
    for data_type, value in [("int", 1710428231855), ("timestamp", MILLI), ("float", 1710428231855.0)]:
        model = define_model(project, column("timestamp", data_type), event_ts_col="timestamp")
        model.publish([{"timestamp": 1710428231855}])
        [event] = stored_events(model)
        assert (event["timestamp"], event["values"], event["violations"]) == (MILLI, {"timestamp": value}, [])


@pytest.mark.parametrize(
    ("format", "text", "moment"),
    [
        ("%Y-%m-%d %H:%M:%S", "2024-03-14 14:57:11", SECOND),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-03-14T14:57:11Z", SECOND),
        ("%d/%m/%Y %H:%M:%S.%f", "14/03/2024 14:57:11.855", MILLI),
        ("%m/%d/%y %I:%M:%S %p", "03/14/24 02:57:11 PM", SECOND),
        ("%Y%m%d", "20240314", "2024-03-14T00:00:00.000000Z"),
        ("%d.%m.%Y %H:%M:%S %z", "14.03.2024 16:57:11 +0200", SECOND),
    ],
)
def test_the_format_of_the_model_is_read(
    project: fdl.Project, tmp_path: Path, format: str, text: str, moment: str
) -> None:
    """Text is read by `event_ts_format`, in lists and in files; text of another form is refused with an example."""
    model = define_model(
        project, column("id", "str"), event_id_col="id", event_ts_col="timestamp", event_ts_format=format
    )
    (tmp_path / "events.csv").write_text(f"id,timestamp\nb,{text}\n")

    model.publish([{"id": "a", "timestamp": text}])
    with pytest.raises(fdl.ApiError, match="does not fit the model's event_ts_format"):
        model.publish([{"id": "d", "timestamp": "14 March 2024"}])
    done(model.publish(tmp_path / "events.csv"))
    done(model.publish(pd.DataFrame({"id": ["c"], "timestamp": [text]})))

    assert timestamps(model) == {"a": moment, "b": moment, "c": moment}


@pytest.mark.parametrize("unreadable", ["yesterday", "14/03/2024", "2024-13-01", True, {"year": 2024}, 1e30, ""])
def test_an_unreadable_timestamp_is_refused(model: fdl.Model, unreadable: object) -> None:
    """In a list the request is refused with the place of the unreadable value."""
    with pytest.raises(fdl.ApiError) as refusal:
        model.publish([{"id": "a", "timestamp": unreadable}])
    assert refusal.value.code == 400
    assert "/source/events/0/timestamp: cannot be read as a time" in str(refusal.value)
    assert stored_events(model) == []


def test_a_row_with_an_unreadable_timestamp_is_rejected_alone(model: fdl.Model, tmp_path: Path) -> None:
    """In a file the other rows are stored, and the job lists the row with the reason."""
    (tmp_path / "events.csv").write_text("id,timestamp,x\na,1710428231,1\nb,yesterday,2\nc,,3\n")
    job = model.publish(tmp_path / "events.csv")
    info = done(job)
    assert (info["created"], info["rejected_rows"]) == (2, 1)
    [(row, message)] = rejected_rows(job)
    assert row == 1
    assert message.startswith("timestamp: cannot be read as a time; accepted are seconds")
    assert "yesterday" not in message
    assert set(timestamps(model)) == {"a", "c"}


@pytest.mark.parametrize("how", ["list", "parquet", "csv"])
def test_the_earliest_in_the_list_of_a_ranking_row_counts(project: fdl.Project, tmp_path: Path, how: str) -> None:
    """A ranking row has a list of timestamps, as `group_by` makes them: milliseconds as float or int, or text."""
    model = define_model(
        project,
        column("search", "str"),
        column("time", "float"),
        task=fdl.ModelTask.RANKING,
        task_params=fdl.ModelTaskParams(group_by="search"),
        event_id_col="search",
        event_ts_col="time",
    )
    rows = pd.DataFrame(
        {
            "search": ["a", "b"],
            "time": [[1710428239000.0, 1710428231855.0], [1710428231000.0, None]],
        }
    )
    if how == "list":
        model.publish(rows.to_dict(orient="records"))
    elif how == "parquet":
        done(model.publish(rows))
    else:
        rows.to_csv(tmp_path / "rows.csv", index=False)
        done(model.publish(tmp_path / "rows.csv"))

    assert timestamps(model) == {"a": MILLI, "b": SECOND}
    values = {id: event["values"]["time"] for id, event in stored_by_id(model).items()}
    assert values == {"a": [1710428239000.0, 1710428231855.0], "b": [1710428231000.0, None]}


def test_a_dataset_has_no_need_of_timestamps(model: fdl.Model) -> None:
    """The sample of a model is published without the timestamp column, production with it."""
    done(model.publish(pd.DataFrame({"id": ["a"], "x": [0.5]}), fdl.EnvType.PRE_PRODUCTION, "training"))
    done(model.publish(pd.DataFrame({"id": ["a"], "x": [0.5], "timestamp": [NAIVE[1]]})))
    assert set(timestamps(model, "training")) == {"a"}
    assert timestamps(model) == {"a": SECOND}
