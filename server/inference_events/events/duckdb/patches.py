"""What updates say about rows, kept beside their table until it is worth while to write those rows anew.

To write a row anew takes all its columns, and each of them lies in a block of its own. A patch takes those that an
update carries: `changed` holds their names, the columns of the patch their values, and its violations are theirs. What
else it has counts where it is not null. A row has one patch at most.

Patches never say anything about what events are selected and ordered by, so rows are selected first and then read
through their patches.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.duckdb.layout import Layout
from inference_events.events.duckdb.sql import EVENT_COLUMNS, literal
from inference_events.events.store import Mask

PATCHED = ("undeclared", "violations", "updated_at", "position", "touched")
VIOLATIONS = """CASE WHEN p.place IS NULL THEN e.violations ELSE
    list_filter(e.violations, lambda v: NOT list_contains(p.changed, v."column")) || coalesce(p.violations, [])
END AS violations"""


def table_of_patches(layout: Layout) -> dict[str, str]:
    """Return the columns of the table of patches, with their types: retired ones too, for readers that began before."""
    system = {name: EVENT_COLUMNS[name] for name in PATCHED}
    return {"place": "BIGINT", "changed": "VARCHAR[]"} | system | {c.sql_name: c.sql_type for c in layout.columns}


def latest(layout: Layout, columns: Sequence[str], rows: str) -> str:
    """Return a query of columns of rows as they read now.

    `rows` is a query of rows of the table of events. It is `e` in the query, the patches are `p`.
    """
    names = {column.sql_name: column.name for column in layout.declared}
    selected = ", ".join(_latest(column, names) for column in columns)
    joined = f" LEFT JOIN {layout.patches} p ON p.place = e.place" if "p." in selected else ""
    return f"SELECT {selected} FROM ({rows}) e{joined}"


def own_columns(layout: Layout, merged: Collection[str]) -> list[str]:
    """Return, for `latest`, the columns of the patch itself, null where a row has none; but `merged` as they read."""
    system = (name if name in merged else f"p.{name}" for name in PATCHED)
    return ["p.changed", *system, *(f"p.{column.sql_name}" for column in layout.declared)]


def patches(
    layout: Layout, stored: pa.Table, system: pa.Table, values: pa.Table, carried: Mapping[str, Mask]
) -> pa.Table:
    """Make the patches of stored rows, in step with them.

    `system` and `values` are what the patches hold from now on, `carried` tells what is new in `values`; `stored` has
    each row's place and what was changed before.
    """
    columns = {"place": stored["place"], "changed": _changed(layout, stored["changed"], carried)}
    columns |= {name: system[name] for name in PATCHED}
    columns |= zip((column.sql_name for column in layout.declared), values.columns, strict=True)
    return pa.table(columns)


def _latest(column: str, names: Mapping[str, str]) -> str:
    if column == "violations":
        return VIOLATIONS
    if column in PATCHED:
        return f"coalesce(p.{column}, e.{column}) AS {column}"
    if column in names:
        changed = f"list_contains(p.changed, {literal(names[column])})"
        return f"CASE WHEN {changed} THEN p.{column} ELSE e.{column} END AS {column}"
    return f"e.{column}" if column.isidentifier() else column


def _changed(layout: Layout, before: pa.ChunkedArray, carried: Mapping[str, Mask]) -> pa.ListArray:
    names = pa.array(layout.arrow.names, pa.string())
    is_changed = np.zeros((len(before), len(names)), bool)
    for number, name in enumerate(layout.arrow.names):
        if name in carried:
            is_changed[:, number] = carried[name]
    lists = before.combine_chunks()
    is_changed[pc.list_parent_indices(lists), pc.index_in(lists.flatten(), names)] = True
    offsets = np.concatenate([[0], np.cumsum(is_changed.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(np.nonzero(is_changed)[1])))
