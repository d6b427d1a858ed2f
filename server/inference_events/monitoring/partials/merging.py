"""Merge the partials of a statement to its aggregates by bin."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from inference_events.monitoring.engine import Computation
from inference_events.monitoring.metrics.parts import Groups, Merge, Total
from inference_events.monitoring.partials.cells import Grid
from inference_events.monitoring.partials.filling import column_names
from inference_events.monitoring.partials.kept import one_chunk


class MergedParts:
    """`Parts` that are merged of tables: by the statement's representation, what it found in cells and their pieces."""

    def __init__(self, computation: Computation, grid: Grid, tables: Mapping[str, list[pa.Table]]) -> None:
        self._computation = computation
        self._grid = grid
        self._tables = tables
        self._found: dict[str, list[tuple[Any, ...]]] = {}

    def totals(self, totals: Sequence[Total]) -> list[tuple[Any, ...]]:
        columns = [dict(self._merged_once(repr(one), ["bin", "a0"], [], [one.merge])) for one in totals]
        return [(bin, *(column[bin] for column in columns)) for bin in sorted(columns[0])]

    def groups(self, groups: Groups) -> list[tuple[Any, ...]]:
        names = column_names(groups)
        return self._merged_once(repr(groups), names, names[1 : groups.keys + 1], groups.merges)

    def _merged_once(
        self, statement: str, names: list[str], keys: Sequence[str], merges: Sequence[Merge]
    ) -> list[tuple[Any, ...]]:
        """Return what was merged before, for metrics that share aggregates: all drifts share the number of rows."""
        if statement not in self._found:
            self._found[statement] = self._merged(statement, names, keys, merges)
        return self._found[statement]

    def _merged(
        self, statement: str, names: list[str], keys: Sequence[str], merges: Sequence[Merge]
    ) -> list[tuple[Any, ...]]:
        tables = self._tables[statement]
        if not tables:
            return []
        table = one_chunk(tables)
        numbers = self._grid.bin_numbers(table.column(0).to_numpy())
        by_bin = table.set_column(0, "bin", pa.array(numbers))
        if all(pa.types.is_integer(by_bin.schema.field(name).type) for name in ["bin", *names[1:]]):
            return _merged_integers(by_bin, ["bin", *keys], names[len(keys) + 1 :], merges)
        aggregates = [
            _merge_sql(name, merge, table.schema.field(name).type)
            for name, merge in zip(names[len(keys) + 1 :], merges, strict=True)
        ]
        columns = ", ".join(["bin", *keys])
        text = f"SELECT {columns}, {', '.join(aggregates)} FROM parts GROUP BY {columns}"
        return self._computation.query_table(by_bin, "parts", text)


def _merged_integers(
    table: pa.Table, keys: Sequence[str], names: Sequence[str], merges: Sequence[Merge]
) -> list[tuple[Any, ...]]:
    """Merge without a statement, whose plan costs more than the aggregates of a small table."""
    aggregates = [(name, merge.value) for name, merge in zip(names, merges, strict=True)]
    merged = table.group_by(list(keys), use_threads=False).aggregate(aggregates)
    columns = [*keys, *(f"{name}_{function}" for name, function in aggregates)]
    return list(zip(*(merged.column(name).to_pylist() for name in columns), strict=True))


def _merge_sql(name: str, merge: Merge, type: pa.DataType) -> str:
    """Return SQL for an aggregate of the same type, with compensation if it is a sum of floats."""
    if merge is not Merge.SUM:
        return f"{merge.value}({name})"
    return f"fsum({name})" if pa.types.is_floating(type) else f"sum({name})::BIGINT"
