"""Publishing DataFrames and files: readable rows are stored, and messages say how to correct the others."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import (
    column,
    define_model,
    done,
    rejected_rows,
    stored_by_id,
    stored_events,
    stored_values,
    violations,
)

TRAINING = (fdl.EnvType.PRE_PRODUCTION, "training")
PRODUCTION = (fdl.EnvType.PRODUCTION, None)
NULL_TEXTS = ["", "nan", "None", "NaT", "<NA>"]


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model of flights."""
    return define_model(
        project,
        column("id", "str"),
        column("carrier", "category", categories=["AA", "UA"]),
        column("distance", "int", min=0, max=5000),
        column("delay", "float", replace_with_nulls=["-999", "-1.0"]),
        column("late", "bool"),
        column("remark", "str"),
        spec=fdl.ModelSpec(inputs=["carrier", "distance"], outputs=["delay"], targets=["late"], metadata=["id"]),
        event_id_col="id",
        event_ts_col="ts",
    )


def flights(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"e{n:05}" for n in range(count)],
            "ts": pd.date_range("2024-01-01", periods=count, freq="1min"),
            "carrier": ["UA", "AA"] * (count // 2) + ["UA"] * (count % 2),
            "distance": [n % 5000 for n in range(count)],
            "delay": [n / 8 for n in range(count)],
            "late": [n % 3 == 0 for n in range(count)],
            "remark": [f'say "{n}", Zeile 1\nZeile 2 🛫' for n in range(count)],
        }
    )


def expected(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in frame.drop(columns="ts").to_dict(orient="records")}


def values(model: fdl.Model, dataset: str | None = None) -> dict[str, dict[str, Any]]:
    return {id: event["values"] for id, event in stored_by_id(model, dataset).items()}


def written(frame: pd.DataFrame, directory: Path, name: str) -> Path:
    path = directory / name
    frame.to_csv(path, index=False) if name.endswith(".csv") else frame.to_parquet(path, index=False)
    return path


def failure(job: fdl.Job) -> str:
    with pytest.raises(fdl.AsyncJobFailed) as failed:
        done(job)
    return str(failed.value)


@pytest.mark.parametrize("environment", [PRODUCTION, TRAINING], ids=["production", "dataset"])
@pytest.mark.parametrize("how", ["frame", "events.csv", "events.parquet", "events.pq", "path as text"])
def test_every_row_is_stored(
    model: fdl.Model, tmp_path: Path, how: str, environment: tuple[fdl.EnvType, str | None]
) -> None:
    """A DataFrame, a CSV file and a Parquet file end as the same events, in production and in a dataset."""
    frame = flights(1500)
    source: Any = frame if how == "frame" else written(frame, tmp_path, how.replace("path as text", "a b.csv"))

    job = model.publish(str(source) if how == "path as text" else source, *environment)

    assert done(job) | {"rows": 1500, "created": 1500, "rejected_rows": 0} == job.info
    assert job.name == ("Publish events" if environment == PRODUCTION else "Upload dataset")
    assert (job.info["env_type"], job.info["model_name"]) == (environment[0].value, model.name)
    assert values(model, environment[1]) == expected(frame)
    events = stored_events(model, environment[1])
    assert [event["timestamp"] for event in events[:2]] == [
        "2024-01-01T00:00:00.000000Z",
        "2024-01-01T00:01:00.000000Z",
    ]
    assert all(event["violations"] == [] for event in events)


def test_lists_frames_and_files_mean_the_same(model: fdl.Model, tmp_path: Path) -> None:
    """Events that were published in one form and come again in another are recognised: nothing changes."""
    frame = flights(20)
    model.publish(frame.to_dict(orient="records"))
    for source in (frame, written(frame, tmp_path, "events.csv"), written(frame, tmp_path, "events.parquet")):
        info = done(model.publish(source))
        assert (info["rows"], info["unchanged"]) == (20, 20)


def test_a_dataset_grows_but_does_not_change(model: fdl.Model) -> None:
    """A file sent to a dataset again adds its new rows; a row with other content for a stored id is rejected."""
    done(model.publish(flights(3), *TRAINING))
    changed = flights(4).assign(distance=[0, 4999, 2, 3])

    job = model.publish(changed, *TRAINING)

    info = done(job)
    assert (info["created"], info["unchanged"], info["rejected_rows"]) == (1, 2, 1)
    [(row, message)] = rejected_rows(job)
    assert row == 1
    assert "other content is stored" in message
    assert values(model, "training") == expected(flights(4))


def test_a_dataset_makes_the_ids_and_times_that_rows_lack(model: fdl.Model) -> None:
    """A sample without the id and timestamp columns makes a dataset as large as it is."""
    done(model.publish(flights(5).drop(columns=["id", "ts"]), *TRAINING))
    assert sorted(stored_values(model, "distance", "training").values()) == [0, 1, 2, 3, 4]


def test_a_frame_that_cannot_become_parquet_comes_as_csv(model: fdl.Model) -> None:
    """If a column is mixed the client sends CSV instead; the other columns read as before."""
    frame = flights(4).assign(remark=["text", 1, 2.5, None], distance=pd.Series([1, "2", "far", None], dtype=object))

    done(model.publish(frame))

    assert stored_values(model, "remark") == {"e00000": "text", "e00001": "1", "e00002": "2.5", "e00003": None}
    assert stored_values(model, "distance") == {"e00000": 1, "e00001": 2, "e00002": None, "e00003": None}
    stored = stored_by_id(model)
    assert [violations(stored[id]) for id in sorted(stored)] == [
        [],
        [],
        [("distance", "type")],
        [("distance", "missing"), ("remark", "missing")],
    ]
    assert stored["e00002"]["violations"] == [{"column": "distance", "kind": "type", "value": "far"}]


def test_a_refused_frame_raises_its_reason(model: fdl.Model) -> None:
    """The client tries a refused frame again as CSV; the refusal reaches the user."""
    with pytest.raises(fdl.ApiError, match="the vendor's client calls it dataset_name"):
        model.publish(flights(1), environment=fdl.EnvType.PRE_PRODUCTION)


def test_textual_nulls_are_nulls_in_csv(model: fdl.Model, tmp_path: Path) -> None:
    """`nan`, `None`, `NaT`, `<NA>` and empty cells are nulls in every column of a CSV file, the timestamp's too."""
    path = tmp_path / "events.csv"
    lines = [f"{n},{text},{text},{text},{text},{text},{text},{text}" for n, text in enumerate(NULL_TEXTS)]
    path.write_text("id,ts,carrier,distance,delay,late,remark,gate\n" + "\n".join(lines) + "\n")

    assert done(model.publish(path))["rejected_rows"] == 0

    columns = ["carrier", "delay", "distance", "late", "remark"]
    for id, event in stored_by_id(model).items():
        assert event["values"] == {"id": id, **dict.fromkeys(columns)}
        assert event["undeclared"] == {}
        assert violations(event) == [(name, "missing") for name in columns]


def test_textual_nulls_are_texts_elsewhere(model: fdl.Model) -> None:
    """In Parquet and in lists the same words are texts."""
    frame = pd.DataFrame({"id": [f"p{n}" for n in range(5)], "remark": NULL_TEXTS})
    done(model.publish(frame))
    model.publish([{"id": f"l{n}", "remark": text} for n, text in enumerate(NULL_TEXTS)])
    remarks = stored_values(model, "remark")
    assert [remarks[f"p{n}"] for n in range(5)] == [remarks[f"l{n}"] for n in range(5)] == NULL_TEXTS


@pytest.mark.parametrize("how", ["list", "parquet", "csv"])
def test_values_that_stand_for_null_are_null(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """`replace_with_nulls` is compared by value: the text '-999' in the schema stands for the number -999."""
    frame = pd.DataFrame({"id": list("abcd"), "delay": [-999.0, -1.0, 1.0, -999.5]})
    if how == "list":
        model.publish(frame.to_dict(orient="records"))
    else:
        done(model.publish(frame if how == "parquet" else written(frame, tmp_path, "events.csv")))
    assert stored_values(model, "delay") == {"a": None, "b": None, "c": 1.0, "d": -999.5}
    assert ("delay", "missing") in violations(stored_by_id(model)["a"])
    assert ("delay", "type") not in violations(stored_by_id(model)["a"])


HEADER = b"id,ts,distance,remark\n"


@pytest.mark.parametrize(
    ("content", "remarks"),
    [
        (b"\xef\xbb\xbf" + HEADER + b"a,1704067200,1,x\n", {"a": "x"}),
        (HEADER.replace(b"\n", b"\r\n") + b"a,1704067200,1,x\r\nb,1704067200,2,y\r\n", {"a": "x", "b": "y"}),
        (HEADER + b'a,1704067200,1,"x\ny"\nb,1704067200,2,"p\r\nq, ""r"""\n', {"a": "x\ny", "b": 'p\r\nq, "r"'}),
        (HEADER + b"a,1704067200,1,x", {"a": "x"}),
        (HEADER + b"a,1704067200,1,x\n\n", {"a": "x"}),
        (b'"id","ts","distance","remark"\n"a","1704067200","1","x"\n', {"a": "x"}),
        (HEADER, {}),
        (HEADER + "a,1704067200,1,Zürich 🛫\n".encode(), {"a": "Zürich 🛫"}),
    ],
    ids=["BOM", "CRLF", "quoted newlines", "no last newline", "blank line", "quotes", "header", "UTF-8"],
)
def test_csv_comes_in_many_shapes(model: fdl.Model, tmp_path: Path, content: bytes, remarks: dict[str, str]) -> None:
    """A file as spreadsheets and systems write it is read; one of a header only has no events, and that is no error."""
    (tmp_path / "events.csv").write_bytes(content)

    info = done(model.publish(tmp_path / "events.csv"))

    assert (info["rows"], info["rejected_rows"]) == (len(remarks), 0)
    assert stored_values(model, "remark") == remarks
    assert all(event["values"]["distance"] in (1, 2) for event in stored_events(model))


def test_a_parquet_file_without_rows_is_no_error(model: fdl.Model) -> None:
    """An empty DataFrame with columns publishes nothing."""
    assert done(model.publish(flights(0)))["rows"] == 0
    assert stored_events(model) == []


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def parquet(count: int) -> bytes:
    content: bytes = flights(count).to_parquet(index=False)
    return content


def csv(count: int) -> bytes:
    return str(flights(count).to_csv(index=False)).encode()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", lambda: b"", "The file cannot be read as CSV: it is empty"),
        ("a.parquet", lambda: b"", "The file cannot be read as PARQUET: it is empty"),
        ("a.parquet", lambda: cut(parquet(100)), "PARQUET: it is damaged, cut off, or of another type"),
        ("a.parquet", lambda: csv(3), "PARQUET: it is damaged, cut off, or of another type"),
        ("a.csv", lambda: parquet(3), "CSV: it looks like Parquet, give it a name that ends in .parquet"),
        ("a.csv", lambda: gzip.compress(csv(100)), "CSV: it looks like gzip, send it unpacked"),
        (
            "a.csv",
            lambda: b"e1,1704067200,1,x\ne2,1704067200,1,y\n",
            "No cell of the file's first line is a column of the model. Does the file have a header line?",
        ),
        (
            "a.csv",
            lambda: csv(3).replace(b",", b";"),
            "the cells are separated by semicolons and must be separated by commas",
        ),
        (
            "a.csv",
            lambda: HEADER + "a,1704067200,1,Zürich\n".encode("latin-1"),
            "CSV: it is not UTF-8 text; save it",
        ),
        ("a.csv", lambda: csv(3).decode().encode("utf-16"), "CSV: it is UTF-16; save it as UTF-8"),
        (
            "a.csv",
            lambda: b"distance\n1\n",
            'The file lacks the column "id" that event_id_col names; it has "distance"',
        ),
        ("a.csv", lambda: b"id,x,x\n1,2,3\n", "two columns have the same name"),
        ("a.csv", lambda: HEADER + b",1704067200,1,x\n" * 3, "Every row was rejected; row 0: id: is missing"),
        ("a.csv", lambda: HEADER + b"a,never,1,x\n" * 3, "Every row was rejected; row 0: ts: cannot be read as a time"),
        ("a.csv", lambda: HEADER + b"a\nb\n", "Every row was rejected; row 0: has too few or too many cells"),
    ],
)
def test_a_file_that_cannot_be_read_fails_its_job(
    model: fdl.Model, tmp_path: Path, name: str, content: Callable[[], bytes], message: str
) -> None:
    """`job.wait` raises AsyncJobFailed and says what is wrong with the file; nothing is stored."""
    (tmp_path / name).write_bytes(content())

    reported = failure(model.publish(tmp_path / name))

    assert "failed with BadRequest" in reported
    assert message in reported
    assert stored_events(model) == []


@pytest.mark.parametrize("name", ["events.csv.gz", "events.json", "events.txt", "events", "events.tar.gz"])
def test_a_file_of_another_type_is_refused_at_once(model: fdl.Model, tmp_path: Path, name: str) -> None:
    """A name that is neither CSV nor Parquet raises ApiError with the accepted endings."""
    (tmp_path / name).write_bytes(gzip.compress(csv(3)))
    with pytest.raises(fdl.ApiError, match=r"CSV|\.csv") as refusal:
        model.publish(tmp_path / name)
    assert refusal.value.code == 400


def test_a_csv_file_that_is_cut_off_keeps_its_whole_rows(model: fdl.Model, tmp_path: Path) -> None:
    """If the end of a CSV file is missing, the row that lacks cells is rejected and named, the others stored."""
    content = flights(100).drop(columns="remark").to_csv(index=False).encode()
    (tmp_path / "events.csv").write_bytes(content[: content.index(b"e00050") + 12])

    job = model.publish(tmp_path / "events.csv")

    info = done(job)
    assert (info["rows"], info["created"], info["rejected_rows"]) == (51, 50, 1)
    assert rejected_rows(job) == [(50, "has too few or too many cells")]
    assert set(stored_by_id(model)) == {f"e{n:05}" for n in range(50)}


def test_a_quote_that_never_ends_is_not_taken_for_data(model: fdl.Model, tmp_path: Path) -> None:
    """If a CSV file ends inside quotes, its last row is not stored as if it were complete."""
    (tmp_path / "events.csv").write_bytes(HEADER + b'a,1704067200,1,x\nb,1704067200,2,"this was never fin')

    job = model.publish(tmp_path / "events.csv")

    info = done(job)
    assert (info["created"], info["rejected_rows"]) == (1, 1)
    assert set(stored_by_id(model)) == {"a"}


def test_rows_that_cannot_be_events_are_rejected_alone(model: fdl.Model, tmp_path: Path) -> None:
    """A row without an id, one without a readable time, one with too many cells: each is named, the rest is stored."""
    lines = ["a,1704067200,1,x", ",1704067200,2,x", "c,soon,3,x", "d,1704067200,4,x,y", "e,1704067200,5,x"]
    (tmp_path / "events.csv").write_bytes(HEADER + "\n".join(lines).encode() + b"\n")

    job = model.publish(tmp_path / "events.csv")

    info = done(job)
    assert (info["rows"], info["created"], info["rejected_rows"]) == (5, 2, 3)
    found = rejected_rows(job)
    assert [row for row, _ in found] == [1, 2, 3]
    assert [message.split(":")[0] for _, message in found] == ["id", "ts", "has too few or too many cells"]
    assert stored_values(model, "distance") == {"a": 1, "e": 5}


def test_names_of_files_and_columns_are_only_names(project: fdl.Project, tmp_path: Path) -> None:
    """Spaces, quotes, umlauts and SQL in the names of a file and of its columns are data."""
    names = ["Größe (m)", 'a"b', "x'; DROP TABLE events; --", " padded ", "__event_id", "SELECT"]
    model = define_model(project, *(column(name, "float") for name in names))
    frame = pd.DataFrame([[0.5] * len(names)], columns=names)
    for source in (frame, written(frame, tmp_path, "Größe '; (1).csv")):
        done(model.publish(source))
    model.publish(frame.to_dict(orient="records"))
    assert [event["values"] for event in stored_events(model)] == [dict.fromkeys(names, 0.5)] * 3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
def test_a_file_of_120_megabytes_comes_in_parts(model: fdl.Model, tmp_path: Path, name: str) -> None:
    """From 100 MiB on the client uploads a file in parts; its rows are stored like those of a small one."""
    size = 120 * 2**20
    rows = 30_000
    text = "0123456789abcdef" * (size // rows // 16 + 1)
    frame = flights(rows).assign(remark=[f"{n} {text}" for n in range(rows)])
    path = tmp_path / name
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False, compression=None, engine="pyarrow", use_dictionary=False)
    assert path.stat().st_size > size

    info = done(model.publish(path))

    assert (info["rows"], info["created"]) == (rows, rows)
    distances = stored_values(model, "distance")
    assert distances == {f"e{n:05}": n % 5000 for n in range(rows)}
    [last] = stored_events(model, ids=[f"e{rows - 1:05}"])
    assert last["values"]["remark"] == f"{rows - 1} {text}"


@pytest.mark.parametrize("how", ["parquet", "csv"])
def test_a_job_names_misspelt_columns(model: fdl.Model, tmp_path: Path, how: str) -> None:
    """`job.info` counts violations by column and kind, and names unknown columns and a timestamp that is missing."""
    frame = flights(4).rename(columns={"distance": "distence", "ts": "time"}).assign(carrier="ZZ")
    if how == "csv":
        frame.to_csv(tmp_path / "flights.csv", index=False)
    info = done(model.publish(frame if how == "parquet" else tmp_path / "flights.csv"))
    assert [tuple(violation.values()) for violation in info["violations"]] == [
        ("carrier", "range", 4),
        ("distance", "missing", 4),
    ]
    assert (info["undeclared_columns"], info["missing_timestamp_column"]) == (["distence", "time"], "ts")
