"""Uploads: a file in one piece and one in many are the same file to a publish."""

from pathlib import Path

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat.stored import call, column, define_model, done, stored_events

ROWS = 2000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a file of events."""
    pd.DataFrame({"x": range(ROWS)}).to_parquet(tmp_path / "events.parquet", index=False)
    return tmp_path / "events.parquet"


def publish(model: fdl.Model, file: fdl.File) -> None:
    """Publish a file that is uploaded, for which the client has no function."""
    source = {"type": "FILE", "file_id": str(file.id)}
    response = call("POST", "/v3/events", json={"model_id": str(model.id), "env_type": "PRODUCTION", "source": source})
    done(fdl.Job.get(response["job"]["id"]))


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_a_file_in_parts_is_whole_again(project: fdl.Project, path: Path, parts: int) -> None:
    """For any number of parts, all of its rows are stored once."""
    model = define_model(project, column("x", "int"))
    chunk_size = -(-path.stat().st_size // parts)

    file = fdl.File(path).multipart_upload(chunk_size=chunk_size)
    publish(model, file)

    assert (file.name, file.status, file.type) == ("events.parquet", "SUCCESSFUL", "PARQUET")
    assert sorted(event["values"]["x"] for event in stored_events(model)) == list(range(ROWS))


def test_the_size_decides_how_a_file_is_sent(path: Path) -> None:
    """`upload` sends small files whole and large ones in parts; both end the same way."""
    whole = fdl.File(path, name="renamed.parquet").upload()
    in_parts = fdl.File(path).upload(chunk_size=1000)
    single = fdl.File(path).single_upload()
    assert [file.status for file in (whole, in_parts, single)] == ["SUCCESSFUL"] * 3
    assert whole.name == "renamed.parquet"
    assert whole.created_by == whole.updated_by
    assert len({file.id for file in (whole, in_parts, single)}) == 3


def test_an_ending_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """Both ways of sending refuse a file of another type and name the accepted endings."""
    (tmp_path / "events.xlsx").write_bytes(b"x" * 100)
    for chunk_size in (10, 1000):
        with pytest.raises(fdl.ApiError, match=r"\.parquet") as refusal:
            fdl.File(tmp_path / "events.xlsx").upload(chunk_size=chunk_size)
        assert refusal.value.code == 400
