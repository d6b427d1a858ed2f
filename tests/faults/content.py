"""What the events of the fault tests hold: values that follow from an event's number and the revision of its content.

So the expected state needs no values, and an audit finds a mixture of two contents.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]

FIRST_TIME = 1_700_000_000
WORDS = ["ash", "birch", "cedar"]
COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "data_type": "str"},
    {"name": "number", "data_type": "int"},
    {"name": "score", "data_type": "float"},
    {"name": "word", "data_type": "category", "categories": WORDS},
    {"name": "label", "data_type": "int"},
]
SPEC = {"inputs": ["number", "word"], "outputs": ["score"], "targets": ["label"], "metadata": ["id"]}


def extra_name(place: int) -> str:
    """Name the column that a change of the schema added, counted from 0."""
    return f"extra_{place}"


def columns(extras: int) -> list[dict[str, Any]]:
    """Return the columns of a schema to which `extras` were added."""
    return COLUMNS + [{"name": extra_name(place), "data_type": "int"} for place in range(extras)]


def ids(prefix: str, numbers: Numbers) -> pa.StringArray:
    """Return the ids of the events of one client."""
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "-")


def published(prefix: str, lane: int, numbers: Numbers, revisions: Numbers, extras: npt.ArrayLike) -> pa.Table:
    """Return what was published of events: one row a number, with the revision of its content.

    `extras` is how many of the added columns each event carries; the table has as many as the most. `lane` keeps the
    times (seconds since 1970) of one client apart from those of others.
    """
    carried = np.broadcast_to(np.asarray(extras), numbers.shape)
    values = numbers * 31 + revisions * 1_000_003
    table = {
        "id": ids(prefix, numbers),
        "number": pa.array(values),
        "score": pa.array(values / 8),
        "word": pa.array(WORDS).take(pa.array(values % len(WORDS))),
        "time": pa.array(time_of(lane, numbers)),
    }
    for place in range(int(carried.max(initial=0))):
        table[extra_name(place)] = pa.array(values + place + 1, mask=carried <= place)
    return pa.table(table)


def labels(prefix: str, numbers: Numbers, revision: int) -> pa.Table:
    """Return an update that labels events."""
    return pa.table({"id": ids(prefix, numbers), "label": pa.array(label_values(numbers, revision))})


def label_values(numbers: Numbers, revision: int | Numbers) -> Numbers:
    return numbers * 17 + revision


def time_of(lane: int, numbers: Numbers) -> Numbers:
    return FIRST_TIME + lane * 20_000_000 + numbers


def expected(
    prefix: str, lane: int, numbers: Numbers, revisions: Numbers, extras: Numbers, label_revisions: Numbers
) -> pa.Table:
    """Return what must be stored of events; a label of revision 0 is none."""
    table = published(prefix, lane, numbers, revisions, extras)
    label = pa.array(label_values(numbers, label_revisions), mask=label_revisions == 0)
    return table.append_column("label", label)


def aligned(tables: Iterable[pa.Table], extras: int) -> pa.Table:
    """Return expected tables as one, with all the columns that a schema has now."""
    names = [column["name"] for column in columns(extras)] + ["time"]
    return pa.concat_tables([_with_columns(table, names) for table in tables])


def _with_columns(table: pa.Table, names: list[str]) -> pa.Table:
    nothing = pa.nulls(len(table), pa.int64())
    return pa.table({name: table[name] if name in table.column_names else nothing for name in names})
