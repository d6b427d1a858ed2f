"""Reading back: a download equals the published events, value by value, for every type of column."""

import json
import math
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import fiddler as fdl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.compat.stored import column, define_model, done, stored_events
from tests.odd_values import FLOATS, INTS, TEXTS

pytestmark = pytest.mark.needs("Model.download_data")

START = datetime(2024, 1, 1, tzinfo=UTC)
TYPES = {
    "id": pa.string(),
    "float": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "str": pa.string(),
    "category": pa.string(),
    "numbers": pa.int64(),
    "halves": pa.float64(),
    "flags": pa.bool_(),
    "time": pa.timestamp("us", "UTC"),
    "vector": pa.list_(pa.float64()),
    "ts": pa.timestamp("us", "UTC"),
}
VALUES: dict[str, list[Any]] = {
    "float": [0.1, -0.0, 1e300, 5e-324, 1 / 3, 2.0**53 + 2, -1e-7],
    "int": [0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 10, 1_000_000],
    "bool": [True, False, True, False, True, False, True],
    "str": ["x", " padded ", 'say "hi", Zeile 1\nZeile 2', "🛫\tß\\", "007", "1e5", "=1+1;--'"],
    "category": ["a", "ä, ö", "a", "b", "new", "7", "True"],
    "numbers": [1, 2, 3, 1, 2, 3, 4],
    "halves": [0.5, 1.0, 2.5, 0.5, 1.0, 2.5, 3.5],
    "flags": [True, False, False, True, True, False, False],
    "time": [START + timedelta(microseconds=n * 123_456_789) for n in range(7)],
    "vector": [[0.1, -0.0, 1e300], [1.0, 2.0, 3.0], [], [5e-324, None, 7.0], [0.5], [1 / 3, 2.0, 3.0], [0.0, 0.0, 0.0]],
}


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with a column of every type; its timestamp column is not in the schema."""
    return define_model(
        project,
        column("id", "str"),
        column("float", "float"),
        column("int", "int"),
        column("bool", "bool"),
        column("str", "str"),
        column("category", "category", categories=["a", "b", "ä, ö", "7", "True"]),
        column("numbers", "category", categories=[1, 2, 3]),
        column("halves", "category", categories=[0.5, 1, 2.5]),
        column("flags", "category", categories=[True, False]),
        column("time", "timestamp"),
        column("vector", "vector", n_dimensions=3),
        event_id_col="id",
        event_ts_col="ts",
    )


def rows() -> list[dict[str, Any]]:
    """Make an event for each value, and one in which everything is null."""
    count = len(VALUES["int"])
    full = [{name: values[n] for name, values in VALUES.items()} for n in range(count)]
    return [
        {"id": f"e{n}", **row, "ts": START + timedelta(hours=n)} for n, row in enumerate([*full, dict.fromkeys(VALUES)])
    ]


def frame() -> pd.DataFrame:
    """Make the same events as a DataFrame, with nullable integers and booleans so that none becomes a float."""
    types = {"int": "Int64", "numbers": "Int64", "bool": "boolean", "flags": "boolean", "vector": "object"}
    return pd.DataFrame({name: pd.Series([row[name] for row in rows()], dtype=types.get(name)) for name in TYPES})


def download(model: fdl.Model, directory: Path, **which: Any) -> Path:
    which = {"env_type": fdl.EnvType.PRODUCTION, **which}
    model.download_data(output_dir=directory, **which)
    kind = "csv" if which.get("output_format") == fdl.DownloadFormat.CSV else "parquet"
    return directory / f"output.{kind}"


def from_csv(path: Path) -> list[dict[str, Any]]:
    """Read a downloaded CSV file as its description says: nulls are empty, booleans words, lists JSON."""
    readers: dict[pa.DataType, Any] = {
        pa.float64(): float,
        pa.int64(): int,
        pa.bool_(): {"true": True, "false": False}.__getitem__,
        pa.string(): str,
        pa.timestamp("us", "UTC"): datetime.fromisoformat,
        pa.list_(pa.float64()): partial(json.loads, parse_int=float),
    }
    cells = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict(orient="records")
    return [{name: None if cell == "" else readers[TYPES[name]](cell) for name, cell in row.items()} for row in cells]


def signed(rows: list[dict[str, Any]]) -> str:
    """Write rows so that -0.0 and 0.0, and 1 and 1.0, are not the same, but the zones called UTC are."""
    texts = {name: [row[name] for row in rows] for name in TYPES}
    for name in ("time", "ts"):
        texts[name] = [time and time.isoformat() for time in texts[name]]
    return "\n".join(f"{name}: {values!r}" for name, values in texts.items())


@pytest.mark.parametrize("how", ["list", "frame"])
def test_parquet_equals_what_was_published(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """Every value has the type of its column and equals the one that was sent."""
    if how == "list":
        model.publish(rows())
    else:
        done(model.publish(frame()))

    table = pa.parquet.read_table(download(model, tmp_path, fetch_vectors=True))

    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == TYPES
    assert signed(table.to_pylist()) == signed(rows())


@pytest.mark.parametrize("how", ["list", "csv"])
def test_csv_equals_what_was_published(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """The cells of a downloaded CSV file read as the values that were sent."""
    if how == "list":
        model.publish(rows())
    else:
        frame().to_csv(tmp_path / "events.csv", index=False)
        done(model.publish(tmp_path / "events.csv"))

    path = download(model, tmp_path, fetch_vectors=True, output_format=fdl.DownloadFormat.CSV)

    assert list(pd.read_csv(path).columns) == list(TYPES)
    assert signed(from_csv(path)) == signed(rows())


def test_pandas_reads_the_stored_values(project: fdl.Project, tmp_path: Path) -> None:
    """A plain read_csv gives texts, numbers and times to the last digit."""
    columns = [column("id", "str"), column("float", "float"), column("int", "int"), column("str", "str")]
    model = define_model(project, *columns, event_id_col="id", event_ts_col="ts")
    samples: dict[str, list[Any]] = {"float": [*FLOATS, "Infinity", "-Infinity"], "int": INTS, "str": ["", *TEXTS]}
    events: list[dict[str, Any]] = [{}, *({name: value} for name, values in samples.items() for value in values)]
    model.publish(
        [{"id": f"e{n}", "ts": START + timedelta(milliseconds=125 * n), **event} for n, event in enumerate(events)]
    )

    cells = pd.read_csv(
        download(model, tmp_path, output_format=fdl.DownloadFormat.CSV),
        parse_dates=["ts"],
        dtype={"int": "Int64", "str": "str"},
        keep_default_na=False,
        na_values={"float": [""], "int": [""]},
    )
    table = pa.parquet.read_table(download(model, tmp_path))

    assert len(table) == len(events)
    assert cells["ts"].tolist() == [pd.Timestamp(moment) for moment in table["ts"].to_pylist()]
    assert [None if pd.isna(value) else value for value in cells["float"]] == table["float"].to_pylist()
    assert [None if pd.isna(value) else value for value in cells["int"]] == table["int"].to_pylist()
    assert cells["str"].tolist() == [text or "" for text in table["str"].to_pylist()]


@pytest.mark.parametrize("format", ["CSV", "PARQUET"])
def test_a_download_can_be_published_again(project: fdl.Project, model: fdl.Model, tmp_path: Path, format: str) -> None:
    """A downloaded file, sent to the same model, changes nothing; sent to another of its kind, it makes the same."""
    model.publish(rows())
    path = download(model, tmp_path, fetch_vectors=True, output_format=fdl.DownloadFormat[format])

    info = done(model.publish(path))
    assert (info["unchanged"], info["rows"]) == (len(rows()), len(rows()))

    twin = define_model(project, *model.schema.columns, event_id_col="id", event_ts_col="ts")
    done(twin.publish(path))
    kept = ("event_id", "timestamp", "values", "violations", "undeclared")
    assert [[event[name] for name in kept] for event in stored_events(twin)] == [
        [event[name] for name in kept] for event in stored_events(model)
    ]


def test_a_value_that_did_not_fit_reads_as_null(model: fdl.Model, tmp_path: Path) -> None:
    """A value of another type is null in the file unless it could be converted; undeclared columns are not in it."""
    model.publish([{"id": "a", "ts": START, "float": "far", "int": "7", "gate": "B17"}])
    [row] = pa.parquet.read_table(download(model, tmp_path)).to_pylist()
    assert (row["float"], row["int"]) == (None, 7)
    assert "gate" not in row


def test_updates_and_nulls_are_in_the_file(project: fdl.Project, tmp_path: Path) -> None:
    """The file shows the events as they are now: labels that came late, values that were cleared."""
    columns = [column("id", "str"), column("label", "int", replace_with_nulls=[-1]), column("note", "str")]
    spec = fdl.ModelSpec(targets=["label"], metadata=["id", "note"])
    model = define_model(project, *columns, spec=spec, event_id_col="id")
    model.publish([{"id": "a", "note": "x"}, {"id": "b", "label": -1, "note": "y"}, {"id": "c", "label": 3}])
    model.publish([{"id": "a", "label": 1, "note": None}, {"id": "c", "label": 4}], update=True)
    table = pa.parquet.read_table(download(model, tmp_path))
    assert sorted(table.to_pylist(), key=lambda row: str(row["id"])) == [
        {"id": "a", "label": 1, "note": None},
        {"id": "b", "label": None, "note": "y"},
        {"id": "c", "label": 4, "note": None},
    ]


def test_vectors_come_only_if_requested(model: fdl.Model, tmp_path: Path) -> None:
    """Without `fetch_vectors` there are none, except vector columns that are named."""
    model.publish(rows())
    assert "vector" not in pa.parquet.read_schema(download(model, tmp_path)).names
    named = pa.parquet.read_table(download(model, tmp_path, columns=["vector", "id"]))
    assert named.column_names == ["vector", "id"]
    assert named["vector"].to_pylist() == [*VALUES["vector"], None]


def test_columns_come_in_the_order_asked_for(model: fdl.Model, tmp_path: Path) -> None:
    """`columns` chooses, in its order; one that does not exist is a 400."""
    model.publish(rows())
    path = download(model, tmp_path, columns=["str", "ts", "id"], output_format=fdl.DownloadFormat.CSV)
    assert list(pd.read_csv(path).columns) == ["str", "ts", "id"]
    with pytest.raises(fdl.ApiError, match="/column_names/1") as refusal:
        download(model, tmp_path, columns=["str", "nope"])
    assert refusal.value.code == 400


@pytest.mark.parametrize(
    ("start", "end", "ids"),
    [
        (START, START + timedelta(hours=2), ["e0", "e1"]),
        (START + timedelta(hours=6), None, ["e6", "e7"]),
        (None, START + timedelta(hours=1), ["e0"]),
    ],
)
def test_a_time_range_is_read(
    model: fdl.Model, tmp_path: Path, start: datetime | None, end: datetime | None, ids: list[str]
) -> None:
    """The start belongs to the range, the end does not; either may be open."""
    model.publish(rows())
    table = pa.parquet.read_table(download(model, tmp_path, start_time=start, end_time=end))
    assert table["id"].to_pylist() == ids


def test_without_max_rows_a_thousand_come(model: fdl.Model, tmp_path: Path) -> None:
    """As the client says, 1,000 rows come unless `max_rows` asks for more or fewer; then it is all or a sample."""
    model.publish([{"id": f"e{n:04}", "ts": START + timedelta(minutes=n), "int": n} for n in range(2500)])
    assert pa.parquet.read_metadata(download(model, tmp_path)).num_rows == 1000
    assert pa.parquet.read_metadata(download(model, tmp_path, max_rows=10)).num_rows == 10
    everything = pa.parquet.read_table(download(model, tmp_path, max_rows=10_000_000, chunk_size=100_000))
    assert everything["int"].to_pylist() == list(range(2500))


def test_nothing_to_download_is_an_error(model: fdl.Model, tmp_path: Path) -> None:
    """If no event matches, the client raises instead of leaving an empty file."""
    with pytest.raises(fdl.NotFound):
        download(model, tmp_path)


def test_a_dataset_is_read_by_its_id(model: fdl.Model, tmp_path: Path) -> None:
    """A dataset is downloaded with the id of its environment, as the client finds it by name."""
    done(model.publish(frame()[:3], fdl.EnvType.PRE_PRODUCTION, "training"))
    dataset = fdl.Dataset.from_name(name="training", model_id=model.id)
    path = download(model, tmp_path, env_type=fdl.EnvType.PRE_PRODUCTION, env_id=dataset.id, fetch_vectors=True)
    assert signed(pa.parquet.read_table(path).to_pylist()) == signed(rows()[:3])


def test_ranking_rows_are_lists(project: fdl.Project, tmp_path: Path) -> None:
    """Grouped rows come back grouped, as lists in Parquet and as JSON in CSV."""
    model = define_model(
        project,
        column("search", "str"),
        column("price", "float"),
        column("hotel", "category", categories=["a", "b"]),
        column("booked", "int"),
        task=fdl.ModelTask.RANKING,
        task_params=fdl.ModelTaskParams(group_by="search"),
        event_id_col="search",
    )
    sent = [
        {"search": "1", "price": [0.5, None], "hotel": ["a", "b"], "booked": [0, 1]},
        {"search": "2", "price": [], "hotel": ["a"], "booked": [None]},
    ]
    model.publish(sent)

    table = pa.parquet.read_table(download(model, tmp_path))
    assert sorted(table.to_pylist(), key=lambda row: str(row["search"])) == sent
    cells = pd.read_csv(download(model, tmp_path, output_format=fdl.DownloadFormat.CSV), dtype=str)
    prices = [json.loads(cell) for cell in cells.sort_values("search")["price"]]
    assert prices == [[0.5, None], []]


def test_infinity_is_a_number(model: fdl.Model, tmp_path: Path) -> None:
    """Parquet and CSV can hold infinity, which JSON cannot: it goes in by file and comes out by file."""
    done(model.publish(pd.DataFrame({"id": ["a", "b"], "ts": START, "float": [math.inf, -math.inf]})))
    assert pa.parquet.read_table(download(model, tmp_path))["float"].to_pylist() == [math.inf, -math.inf]
    cells = pd.read_csv(download(model, tmp_path, output_format=fdl.DownloadFormat.CSV))
    assert cells["float"].tolist() == [math.inf, -math.inf]
