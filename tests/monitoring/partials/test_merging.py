"""Every metric of every task is the same if its aggregates are merged of parts of the bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from inference_events.monitoring.engine import Bins
from inference_events.monitoring.metrics import BaselineRows, Rows, figures, reads_rows
from inference_events.monitoring.metrics.parts import Groups, Total, totals_statement
from inference_events.monitoring.partials.cells import QUARTER, Grid
from inference_events.monitoring.partials.filling import column_names
from inference_events.monitoring.partials.merging import MergedParts
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import BASELINE, relations
from tests.monitoring.metrics.test_sharing import DRIFTING, SUBJECTS, queries_of, random_rows
from tests.monitoring.partials.figures import assert_same

# Each bin has two whole cells and half of another one.
BINS = Bins(tuple(5 * QUARTER * number // 2 for number in range(4)))


@dataclass
class Merging:
    """`Parts` that are computed in the cells of the relation `cells`."""

    connection: duckdb.DuckDBPyConnection

    def totals(self, totals: Sequence[Total]) -> list[tuple[Any, ...]]:
        tables = {}
        for total in totals:
            text, values = totals_statement([total], "cells")
            tables[repr(total)] = [self._table(text, values, ["bin", "a0"])]
        return self._merged(tables).totals(totals)

    def groups(self, groups: Groups) -> list[tuple[Any, ...]]:
        text = groups.text.replace('"events"', '"cells"')
        return self._merged({repr(groups): [self._table(text, groups.values, column_names(groups))]}).groups(groups)

    def _table(self, text: str, values: Any, names: list[str]) -> pa.Table:
        found = self.connection.sql(f"SELECT * FROM ({text}) ORDER BY 1", params=list(values))
        return found.to_arrow_table().rename_columns(names)

    def _merged(self, tables: dict[str, list[pa.Table]]) -> MergedParts:
        computation: Any = self
        return MergedParts(computation, Grid(BINS), tables)

    def query_table(self, table: pa.Table, name: str, text: str) -> list[Any]:
        self.connection.register(name, table)
        return self.connection.execute(text).fetchall()


@dataclass
class Refusing:
    """A connection that executes no statement on the rows themselves."""

    connection: duckdb.DuckDBPyConnection

    def execute(self, query: str, parameters: Any = None, /) -> Any:
        assert '"events"' not in query
        return self.connection.execute(query, parameters)


@pytest.mark.parametrize("subject", [*SUBJECTS, DRIFTING], ids=lambda subject: subject.task)
def test_merged_figures(subject: Subject) -> None:
    """Cells and pieces of cells give the figures of the bins that they make up, for each query that does not read all
    rows of a bin together."""
    queries = [query for query in queries_of(subject) if not reads_rows(query)]
    rows = random_rows(subject)
    connection = relations(subject, rows, rows[:40])
    connection.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT * REPLACE "
        f"((bin * 5 + row_number() OVER () % 5) * {QUARTER // 2} AS bin) FROM events"
    )
    baselines = {BASELINE: BaselineRows("baseline")}
    expected = figures(connection, Rows("events", 3), queries, subject, baselines)
    found = figures(Refusing(connection), Rows("events", 3, Merging(connection)), queries, subject, baselines)
    assert_same(found, expected)
