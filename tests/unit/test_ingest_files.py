"""Promises of a file's reader: every row once, with its number, for any chunks and any start."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inference_events.events.ingest import csv_files
from inference_events.events.ingest.csv_header import _first_line
from inference_events.events.ingest.files import column_names, read_chunks
from inference_events.events.ingest.unreadable import TooManyMalformed, Unreadable
from tests.uploads import source_of

EVERYTHING = 1_000_000


def written(directory: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, type: str = "CSV", start: int = 0, size: int = EVERYTHING) -> tuple[dict[int, Any], list[int]]:
    """Return the rows by their number and the numbers of malformed rows; check the promises of chunks."""
    rows: dict[int, Any] = {}
    malformed: list[int] = []
    end = start
    for chunk in read_chunks(source_of(path), type, start=start, size=size):
        numbers = [*chunk.rows.tolist(), *chunk.malformed]
        assert chunk.start == end
        assert len(chunk.rows) == chunk.table.num_rows <= size
        assert sorted(numbers) == list(range(end, chunk.end))
        assert 0 <= chunk.fraction <= 1
        rows |= zip(chunk.rows.tolist(), chunk.table.to_pylist(), strict=True)
        malformed += chunk.malformed.tolist()
        end = chunk.end
    return rows, malformed


def test_csv_cells_are_text(tmp_path: Path) -> None:
    """CSV cells are the texts of the file, for any content."""
    path = written(tmp_path, 'a,b,c\n007,nan,\n1.50,"x ""y""",true\n')
    assert read(path)[0] == {0: {"a": "007", "b": "nan", "c": ""}, 1: {"a": "1.50", "b": 'x "y"', "c": "true"}}
    assert column_names(source_of(path), "CSV") == ["a", "b", "c"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks(tmp_path: Path, newline: str, mark: str) -> None:
    """Any line end, one at the end of the file or none, and a byte order mark are read alike."""
    lines = ["a,b", "1,2", "3,4"]
    for text in (newline.join(lines), newline.join([*lines, ""])):
        path = written(tmp_path, mark + text)
        assert read(path) == ({0: {"a": "1", "b": "2"}, 1: {"a": "3", "b": "4"}}, [])


def test_newlines_in_quotes_belong_to_their_cell(tmp_path: Path) -> None:
    """A quoted newline is part of its cell; the rows after it keep their numbers."""
    path = written(tmp_path, 'a,b\n"1\n\n1",2\nbad\n3,"4\r\n"\n')
    assert read(path) == ({0: {"a": "1\n\n1", "b": "2"}, 2: {"a": "3", "b": "4\r\n"}}, [1])


def test_rows_with_too_few_or_too_many_cells_are_malformed(tmp_path: Path) -> None:
    """Malformed rows are reported by number, even if there is no other row; the others are read."""
    assert read(written(tmp_path, "a,b\nx\n1,2\n1,2,3\n3,4\ny\n")) == (
        {1: {"a": "1", "b": "2"}, 3: {"a": "3", "b": "4"}},
        [0, 2, 4],
    )
    assert read(written(tmp_path, "a,b\nx\n1,2,3\n")) == ({}, [0, 1])


@pytest.mark.parametrize("every", [1, 2])
def test_reading_stops_after_too_many_malformed_rows(tmp_path: Path, every: int) -> None:
    """Reading stops after `max_malformed` malformed rows, and yields the rows before. No chunk has more than `size`."""
    path = written(tmp_path, "a,b\n" + ("x\n" if every == 1 else "x\n1,2\n") * 50)
    ends: list[int] = []

    def read_all() -> None:
        for chunk in read_chunks(source_of(path), "CSV", start=0, size=8, max_malformed=20):
            assert len(chunk.malformed) + len(chunk.rows) <= 8
            ends.append(chunk.end)

    with pytest.raises(TooManyMalformed, match="More than 20 rows have too few or too many cells"):
        read_all()
    assert ends[-1] == 20 * every + 1


def test_a_million_malformed_rows_are_read_in_one_pass(tmp_path: Path) -> None:
    """Numbering takes one pass: the handler of malformed rows takes most of the time."""
    path = written(tmp_path, "a,b\n" + "x\n1,2\n" * 100_000)
    rows = list(read_chunks(source_of(path), "CSV", start=0, size=1000))
    assert sum(len(chunk.malformed) for chunk in rows) == sum(len(chunk.rows) for chunk in rows) == 100_000
    assert len(rows) == 200


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_file_has_at_most_10_000_columns(tmp_path: Path, quote: str) -> None:
    """A CSV or Parquet file of 10,000 columns is read; one more is unreadable, before an array is made for each."""
    names = [f"{quote}c{number}{quote}" for number in range(10_001)]
    assert len(column_names(source_of(written(tmp_path, ",".join(names[:-1]) + "\n")), "CSV")) == 10_000
    with pytest.raises(Unreadable, match="more than 10,000 columns"):
        column_names(source_of(written(tmp_path, ",".join(names) + "\n")), "CSV")
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({name: [1] for name in names}), path)
    with pytest.raises(Unreadable, match="more than 10,000 columns"):
        column_names(source_of(path), "PARQUET")


@pytest.mark.parametrize(
    ("text", "line", "count"),
    [
        (b'a,"b,\n""c",d\nx,y,z,z', b'a,"b,\n""c",d', 3),
        (b'5" pipe,b\nc', b'5" pipe,b', 2),
        (b'"cut,a,b', None, 1),
        (b"a", b"a", 1),
        (b"a,", b"a,", 2),
        (b'"a"x,b\r', b'"a"x,b', 2),
        (b'"a""', None, 1),
        (b",,", b",,", 3),
    ],
)
def test_the_header_has_the_same_end_as_in_pyarrow(text: bytes, line: bytes | None, count: int) -> None:
    """Quotes count at the start of a cell only, and a line end in quotes ends no line."""
    cells, end = _first_line(text, 100)
    assert (cells, end if end is None else text[:end]) == (count, line)
    assert _first_line(text, 2)[0] == count


@pytest.mark.parametrize("cell", ['"cut', '"', '"a ""b"" ', '"two\nlines', '"x,y'])
def test_a_row_that_is_cut_off_in_quotes_is_malformed(tmp_path: Path, cell: str) -> None:
    """A file that ends inside quotes has lost a part of its last row, and perhaps more rows."""
    assert read(written(tmp_path, f"a,b\n1,2\n3,{cell}")) == ({0: {"a": "1", "b": "2"}}, [1])


@pytest.mark.parametrize("cell", ['""', '","', '"a ""b"""', '5" pipe', 'a"', '"two\nlines"'])
def test_a_row_that_ends_with_a_quote_is_whole(tmp_path: Path, cell: str) -> None:
    """Closed quotes, and quotes in an unquoted cell, end nothing early."""
    for text in (f"a,b\n1,2\n3,{cell}", f"a,b\n1,2\n3,{cell}\n"):
        rows, malformed = read(written(tmp_path, text))
        assert (list(rows), malformed) == ([0, 1], [])


@pytest.mark.parametrize(
    ("text", "rows", "malformed"),
    [
        ('a\n"x\n"\n', ["x\n"], []),
        ('a\n"\n"\n', ["\n"], []),
        ('a\n"x"\n"\n', ["x"], [1]),
        ('a\n"x"\n"y', ["x"], [1]),
    ],
)
def test_a_single_column_with_odd_quotes_is_cut_off(
    tmp_path: Path, text: str, rows: list[str], malformed: list[int]
) -> None:
    """If the end of a cell looks like the beginning of the next, the quotes before it decide."""
    read_rows, set_aside = read(written(tmp_path, text))
    assert ([row["a"] for row in read_rows.values()], set_aside) == (rows, malformed)


@pytest.mark.parametrize("type", ["CSV", "PARQUET"])
def test_a_file_without_rows_has_none(tmp_path: Path, type: str) -> None:
    """A header alone is a file of no rows."""
    path = written(tmp_path, "a,b\n")
    if type == "PARQUET":
        pq.write_table(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}), path)
    assert read(path, type) == ({}, [])
    assert column_names(source_of(path), type) == ["a", "b"]


@pytest.mark.parametrize("header", ["a,b", "\ufeffa,b", '"a","b"', 'a,"b"'])
def test_a_header_without_a_line_end_is_a_header(tmp_path: Path, header: str) -> None:
    """A CSV file that ends after its header, without a line end, has these columns and no rows."""
    path = written(tmp_path, header)
    assert (column_names(source_of(path), "CSV"), read(path)) == (["a", "b"], ({}, []))
    assert column_names(source_of(written(tmp_path, '"a\nb",c')), "CSV") == ["a\nb", "c"]
    assert column_names(source_of(written(tmp_path, "a")), "CSV") == ["a"]


@pytest.mark.parametrize("header", ["\x00", "\x00,b", "ab\x00", "\x00\x00", "a,\x00b"])
def test_a_zero_byte_alone_does_not_make_utf_16(tmp_path: Path, header: str) -> None:
    """Zero bytes among others are text."""
    if header != "\x00,b":
        header += ",second"
    assert column_names(source_of(written(tmp_path, f"{header}\n1,2\n")), "CSV")[0] == header.split(",")[0]


SECRET = "secret"
BROKEN: list[tuple[str, bytes, str]] = [
    ("CSV", b"", "is empty"),
    ("PARQUET", b"", "is empty"),
    ("CSV", b"a,b\n1,\xff\xfe secret\n", "not UTF-8"),
    ("CSV", b"a,\xff\n1,2\n", "not UTF-8"),
    ("CSV", "a,b\nsecret,2\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    ("CSV", "id,größe\nsecret,2\n".encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
    ("CSV", "id,größe\nsecret,2\n".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    ("CSV", "a,b\nsecret,2\n".encode("utf-32"), "not UTF-8"),
    ("CSV", b"\n\n", "is empty"),
    ("CSV", b"\xef\xbb\xbf", "is empty"),
    ("CSV", b'a,"cut secret', "is empty"),
    ("PARQUET", b"a,b\nsecret,2\n", "cannot be read"),
    ("PARQUET", b"PAR1 secret PAR1", "cannot be read"),
    ("CSV", b"a,a\n1,secret\n", "the same name"),
]


@pytest.mark.parametrize(("type", "content", "why"), BROKEN)
def test_a_file_that_cannot_be_read_is_unreadable(tmp_path: Path, type: str, content: bytes, why: str) -> None:
    """A file that is not of its type is unreadable, with a reason that shows nothing of the content."""
    path = written(tmp_path, content)
    with pytest.raises(Unreadable, match=why) as refused:
        column_names(source_of(path), type) and read(path, type)
    assert SECRET not in str(refused.value)


def test_a_damaged_parquet_file_is_unreadable(tmp_path: Path) -> None:
    """A Parquet file that is cut off or overwritten in the middle is unreadable, not an error of another kind."""
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"a": [f"value {i}" for i in range(20_000)]}), path, use_dictionary=False)
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (whole[:middle], whole[:-1], whole[: middle - 200] + b"\x00" * 400 + whole[middle + 200 :]):
        path.write_bytes(damaged)
        with pytest.raises(Unreadable):
            read(path, "PARQUET")


def test_a_repeated_parquet_column_is_unreadable(tmp_path: Path) -> None:
    """Two columns of one name make a Parquet file unreadable."""
    path = tmp_path / "file.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), path)
    with pytest.raises(Unreadable, match="the same name"):
        column_names(source_of(path), "PARQUET")


def test_parquet_values_are_typed(tmp_path: Path) -> None:
    """Parquet values are those of the file."""
    path = tmp_path / "file.parquet"
    table = pa.table({"a": [1, None], "b": [[1.5], None], "c": ["nan", ""]})
    pq.write_table(table, path)
    assert read(path, "PARQUET")[0] == dict(enumerate(table.to_pylist()))


cells = st.text(st.sampled_from('ab",\n '), max_size=4)
lines = st.lists(st.lists(cells, min_size=1, max_size=4).filter(lambda row: row != [""]), max_size=12)


def _text(rows: Sequence[Sequence[str]], newline: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    return buffer.getvalue()


@pytest.mark.parametrize("block", [64, csv_files.CSV_BLOCK_BYTES])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lines, newline=st.sampled_from(["\n", "\r\n"]), start=st.integers(0, 13), size=st.integers(1, 5))
@example(rows=[["", "\n"]], newline="\n", start=0, size=1)
@example(rows=[["", "\r\n"]], newline="\r\n", start=0, size=1)
@example(rows=[["", ""], ["", "\n"], [","]], newline="\n", start=0, size=1)
def test_csv_rows_are_the_same_from_anywhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    rows: list[list[str]],
    newline: str,
    start: int,
    size: int,
) -> None:
    """Each row is read once with its number, well-formed or not; a start in the middle gives the rest."""
    monkeypatch.setattr(csv_files, "CSV_BLOCK_BYTES", block)
    path = written(tmp_path, _text(rows, newline))
    whole = {n: {"a": row[0], "b": row[1]} for n, row in enumerate(rows) if len(row) == 2}
    bad = [n for n, row in enumerate(rows) if len(row) != 2]
    assert read(path, size=size) == (whole, bad)
    kept, malformed = read(path, start=min(start, len(rows)), size=size)
    assert kept == {n: row for n, row in whole.items() if n >= start}
    assert malformed == [n for n in bad if n >= start]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 12), group=st.integers(1, 5), start=st.integers(0, 12), size=st.integers(1, 5))
def test_parquet_rows_are_the_same_from_anywhere(tmp_path: Path, count: int, group: int, start: int, size: int) -> None:
    """Each row is read once with its number, for any row groups; a start in the middle gives the rest."""
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"a": pa.array(range(count), pa.int64())}), path, row_group_size=group)
    assert read(path, "PARQUET", size=size) == ({n: {"a": n} for n in range(count)}, [])
    start = min(start, count)
    assert read(path, "PARQUET", start=start, size=size) == ({n: {"a": n} for n in range(start, count)}, [])
