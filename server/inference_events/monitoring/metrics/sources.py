"""Where the values of a drift come from: a column, a component of a vector, or a distance to the baseline's centre.

A vector's drift is that of the distance to the baseline's mean vector. Columns that form a feature together are first
divided by their deviation in the baseline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.features import Feature, features
from inference_events.monitoring.metrics.figures import BaselineRows, MetricQuery, Reason
from inference_events.monitoring.metrics.sql import is_list, is_numeric, item, number
from inference_events.monitoring.metrics.weights import weight
from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Kind, Subject


@dataclass(frozen=True)
class Source:
    """A way to read values. `value` is SQL over a row, and null for a missing value. Infinite numbers count as missing.

    `column` is the column whose bins hold for the values, if there is one. `centres` has a list of means and one of
    deviations by window of the baseline; `value` may use them as `centre` and `scale`.
    """

    value: str
    is_number: bool = True
    is_integer: bool = False
    column: str | None = None
    weight: str | None = None
    centres: Mapping[int, tuple[Sequence[float], Sequence[float]]] = field(default_factory=dict)
    windows: tuple[int, ...] | None = None

    def of_baseline(self, baseline: BaselineRows) -> tuple[str, list[Any]]:
        """Return a query for `bin`, `x` and `w`, the weight, of a baseline's rows, and the values that are bound to it.

        The bin is the window, 0 if the baseline is not rolling.
        """
        return self._query(baseline.relation, baseline.bin, {} if self.windows is None else self.centres)

    def of_bins(self, relation: str) -> tuple[str, list[Any]]:
        """Return the same of the rows of the figures, and their own bins."""
        windows = enumerate(self.windows or ())
        by_bin = {bin: self.centres[window] for bin, window in windows if window in self.centres}
        return self._query(relation, "bin", by_bin)

    def _query(
        self, relation: str, bin: str, centres: Mapping[int, tuple[Sequence[float], Sequence[float]]]
    ) -> tuple[str, list[Any]]:
        """Return the query. The rows of each bin have centres of their own, or else all have the only ones."""
        weight = self.weight or "1"
        inner = f"SELECT {bin} AS bin, {self.value} AS x, {weight} AS w FROM {quoted(relation)} AS r"
        bound: list[Any] = []
        if self.centres:
            used = centres if self.windows is not None else self.centres
            bound = [list(used), [list(mean) for mean, _ in used.values()], [list(scale) for _, scale in used.values()]]
            lists = "unnest(?::BIGINT[]) AS of, unnest(?::DOUBLE[][]) AS centre, unnest(?::DOUBLE[][]) AS scale"
            condition = "true" if self.windows is None else "c.of = r.bin"
            inner += f" LEFT JOIN (SELECT {lists}) AS c ON {condition}"
        if self.is_number:
            inner = f"SELECT bin, CASE WHEN isfinite(x) THEN x END AS x, w FROM ({inner})"
        return f"SELECT * FROM ({inner}) WHERE w IS NOT NULL", bound


def source_of(connection: Connection, query: MetricQuery, subject: Subject, baseline: BaselineRows) -> Source | Reason:
    """Return the source of a query's values, or the reason why there is none."""
    found = _source_of(connection, query, subject, baseline)
    return found if isinstance(found, Reason) else replace(found, weight=weight(subject))


def _source_of(connection: Connection, query: MetricQuery, subject: Subject, baseline: BaselineRows) -> Source | Reason:
    name = query.column or ""
    if name in subject.columns and subject.kind(name) is not Kind.VECTOR:
        return _column(subject, name)
    feature = Feature(name, embedding=name) if name in subject.columns else features(subject)[name]
    if feature.embedding is not None:
        return _vector(connection, subject, baseline, feature.embedding, query.component)
    if not feature.columns:
        return Reason.NO_EMBEDDING
    if not all(_is_single_number(subject, name) for name in feature.columns):
        return Reason.NOT_NUMERIC
    if query.component is not None:
        return _column(subject, feature.columns[query.component])
    return _together(connection, baseline, feature.columns)


def _is_single_number(subject: Subject, name: str) -> bool:
    return name in subject.columns and is_numeric(subject, name) and not is_list(subject, name)


def _column(subject: Subject, name: str) -> Source:
    cell = item(subject, name)
    is_number = is_numeric(subject, name)
    return Source(f"{cell}::DOUBLE" if is_number else cell, is_number, subject.data_types[name] == "int", name)


def _vector(
    connection: Connection, subject: Subject, baseline: BaselineRows, name: str, component: int | None
) -> Source | Reason:
    cell = value_column(name)
    if component is not None:
        return Source(f"{cell}[{component + 1:d}]::DOUBLE")
    dimensions = subject.columns[name].n_dimensions or _dimensions(connection, baseline, cell)
    if not dimensions:
        return Reason.NO_BASELINE_VALUES
    valid = f"len({cell}) = {dimensions:d} AND list_count({cell}) = {dimensions:d} AND isfinite(list_sum({cell}))"
    found = connection.execute(
        f"SELECT bin, list(mean ORDER BY position) FROM (SELECT bin, position, fsum(x) / count(*) AS mean FROM ("
        f"SELECT {baseline.bin} AS bin, unnest(range({dimensions:d})) AS position, unnest({cell}) AS x "
        f"FROM {quoted(baseline.relation)} WHERE {valid}) GROUP BY ALL) GROUP BY bin"
    ).fetchall()
    if not found:
        return Reason.NO_BASELINE_VALUES
    return Source(
        # list_distance refuses nulls, even in rows for which CASE does not call it.
        f"CASE WHEN {valid} THEN list_distance(list_transform({cell}, lambda y: coalesce(y, 0)), centre) END",
        centres={bin: (centre, []) for bin, centre in found},
        windows=baseline.windows,
    )


def _dimensions(connection: Connection, baseline: BaselineRows, cell: str) -> int:
    """Return the most frequent length of a vector in the baseline."""
    found = connection.execute(
        f"SELECT len({cell}) AS n FROM {quoted(baseline.relation)} WHERE n > 0 "
        "GROUP BY n ORDER BY count(*) DESC, n LIMIT 1"
    ).fetchall()
    return int(found[0][0]) if found else 0


def _together(connection: Connection, baseline: BaselineRows, names: Sequence[str]) -> Source | Reason:
    centres = _centres(connection, baseline, names)
    if not centres:
        return Reason.NO_BASELINE_VALUES
    squares = " + ".join(
        f"CASE WHEN scale[{i}] > 0 THEN (({number(name)} - centre[{i}]) / scale[{i}]) ** 2 "
        f"WHEN isfinite({number(name)}) THEN 0 END"
        for i, name in enumerate(names, start=1)
    )
    return Source(f"sqrt({squares})", centres=centres, windows=baseline.windows)


def _centres(
    connection: Connection, baseline: BaselineRows, names: Sequence[str]
) -> dict[int, tuple[Sequence[float], Sequence[float]]]:
    """Return mean and deviation of each column by bin, over the rows in which all of them are numbers."""
    cells = ", ".join(f"{number(name)} AS x{i}" for i, name in enumerate(names))
    valid = " AND ".join(f"isfinite(x{i})" for i in range(len(names)))
    rows = f"SELECT * FROM (SELECT {baseline.bin} AS bin, {cells} FROM {quoted(baseline.relation)}) WHERE {valid}"
    means = ", ".join(f"fsum(x{i}) / count(*) AS m{i}" for i in range(len(names)))
    spreads = ", ".join(f"sqrt(fsum((x{i} - m{i}) ** 2) / count(*))" for i in range(len(names)))
    listed = ", ".join(f"any_value(m{i})" for i in range(len(names)))
    found = connection.execute(
        f"WITH r AS ({rows}), m AS (SELECT bin, {means} FROM r GROUP BY bin) "
        f"SELECT bin, [{listed}], [{spreads}] FROM r JOIN m USING (bin) GROUP BY bin"
    ).fetchall()
    return {bin: (centre, scale) for bin, centre, scale in found}
