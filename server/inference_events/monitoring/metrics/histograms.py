"""Histograms of a baseline and of each bin of the rows, over the same bins of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inference_events.monitoring.metrics import binning
from inference_events.monitoring.metrics.binning import ABOVE, BELOW, OTHER, Bins
from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import BaselineRows
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.sources import Source
from inference_events.monitoring.subject import Kind, Subject, class_value

SQL_TYPES = {Kind.NUMBER: "DOUBLE", Kind.BOOLEAN: "BOOLEAN", Kind.STRING: "VARCHAR"}


@dataclass(frozen=True)
class Side:
    """One histogram: weights by bin, the number of values, and how many rows or items have none."""

    counts: Mapping[int, float] = field(default_factory=dict)
    size: int = 0
    nulls: int = 0


@dataclass(frozen=True)
class Pair:
    """The histograms of a baseline and of a window. Open bins are there if a side has values in them."""

    bins: Bins
    baseline: Side
    window: Side

    @property
    def numbers(self) -> list[int]:
        """Return the bins that count, in order."""
        every = [BELOW, *range(len(self.bins.labels)), ABOVE, OTHER]
        is_used = {number for side in (self.baseline, self.window) for number, count in side.counts.items() if count}
        return [number for number in every if number >= 0 or number in is_used]

    @property
    def labels(self) -> list[str]:
        return [binning.label(self.bins, number) for number in self.numbers]

    def counts(self, side: Side) -> list[float]:
        """Return the weights of one side in the order of `numbers`."""
        return [side.counts.get(number, 0) for number in self.numbers]


def histogram_pairs(
    connection: Connection, rows: Rows, subject: Subject, source: Source, baseline: BaselineRows
) -> list[Pair]:
    """Return the pair of histograms of each bin of the rows."""
    bins = find_bins(connection, subject, source, baseline)
    before = _statement(subject, source, source.of_baseline(baseline), bins)
    befores = _collect(connection.execute(before.text, before.values).fetchall())
    nows = _collect(_window(connection, rows, subject, source, bins, baseline))
    return [
        Pair(_of(bins, baseline.window(bin)), befores.get(baseline.window(bin), Side()), nows.get(bin, Side()))
        for bin in range(rows.bins)
    ]


def histogram(connection: Connection, subject: Subject, source: Source, bins: Bins, relation: str) -> Side:
    """Return the histogram of all rows of a relation, in any bin of time."""
    counted = _statement(subject, source, source.of_baseline(BaselineRows(relation)), {EVERY: bins})
    return _collect(connection.execute(counted.text, counted.values).fetchall()).get(0, Side())


# Bins by the baseline's window, or under EVERY those that hold for each.
EVERY = -1
ByBin = Mapping[int, Bins]


def _of(bins: ByBin, key: int) -> Bins:
    return bins.get(EVERY) or bins.get(key) or Bins(())


def find_bins(connection: Connection, subject: Subject, source: Source, baseline: BaselineRows) -> ByBin:
    """Return the bins that the schema gives, else those of the baseline's values."""
    name = source.column
    if source.is_number:
        edges = binning.schema_edges(subject.bins.get(name or "", ()))
        if edges:
            return {EVERY: binning.edge_bins(edges)}
        found = _number_bins(connection, source, baseline)
    elif name is not None and subject.kind(name) is Kind.BOOLEAN:
        return {EVERY: binning.category_bins([False, True])}
    else:
        found = _category_bins(connection, subject, source, baseline)
        if not found and not baseline.is_rolling:
            return {EVERY: binning.category_bins(_declared(subject, name or ""))}
    if baseline.is_rolling:
        return found
    return {EVERY: found[0]} if 0 in found else {}


def _number_bins(connection: Connection, source: Source, baseline: BaselineRows) -> dict[int, Bins]:
    query, bound = source.of_baseline(baseline)
    ranges = connection.execute(
        f"SELECT bin, min(x), max(x) FROM ({query}) WHERE x IS NOT NULL GROUP BY bin", bound
    ).fetchall()
    few = _few_integers(connection, query, bound) if source.is_integer else {}
    return {
        bin: binning.integer_bins(few[bin]) if bin in few else binning.edge_bins(binning.equal_widths(least, greatest))
        for bin, least, greatest in ranges
    }


def _few_integers(connection: Connection, query: str, bound: list[Any]) -> dict[int, list[float]]:
    found = connection.execute(
        f"SELECT bin, x FROM (SELECT DISTINCT bin, x FROM ({query}) WHERE x IS NOT NULL) "
        f"QUALIFY row_number() OVER (PARTITION BY bin) <= {binning.MAX_INTEGERS + 1}",
        bound,
    ).fetchall()
    by_bin: dict[int, list[float]] = {}
    for bin, value in found:
        by_bin.setdefault(bin, []).append(value)
    return {bin: values for bin, values in by_bin.items() if len(values) <= binning.MAX_INTEGERS}


def _category_bins(connection: Connection, subject: Subject, source: Source, baseline: BaselineRows) -> dict[int, Bins]:
    query, bound = source.of_baseline(baseline)
    found = connection.execute(
        f"SELECT bin, x FROM (SELECT bin, x, count(*) AS n FROM ({query}) WHERE x IS NOT NULL GROUP BY ALL) "
        f"QUALIFY row_number() OVER (PARTITION BY bin ORDER BY n DESC, x) <= {binning.MAX_CATEGORIES} "
        "ORDER BY bin, x",
        bound,
    ).fetchall()
    name = source.column or ""
    kind, declared = subject.kind(name), _declared(subject, name)
    by_bin: dict[int, list[Any]] = {}
    for bin, value in found:
        by_bin.setdefault(bin, [*declared]).append(class_value(value, kind))
    return {bin: binning.category_bins(values) for bin, values in by_bin.items()}


def _declared(subject: Subject, name: str) -> list[Any]:
    kind = subject.kind(name)
    return [value for one in subject.columns[name].categories or () if (value := class_value(one, kind)) is not None]


def _window(
    connection: Connection, rows: Rows, subject: Subject, source: Source, bins: ByBin, baseline: BaselineRows
) -> Sequence[tuple[int, int | None, int, float]]:
    """Return the counts of the rows by their own bins."""
    query = source.of_bins(rows.relation)
    if baseline.windows is None or (EVERY in bins and not source.centres):
        return find_groups(connection, rows, _statement(subject, source, query, bins))
    # What a row counts for depends on its bin, so it cannot be found for parts of a bin.
    by_bin = {bin: bins[window] for bin, window in enumerate(baseline.windows) if window in bins}
    placed = _statement(subject, source, query, bins if EVERY in bins else by_bin)
    return connection.execute(placed.text, placed.values).fetchall()


def _statement(subject: Subject, source: Source, query: tuple[str, list[Any]], bins: ByBin) -> Groups:
    """Return a statement that counts the values of a query by `bin` and by their own bins."""
    text, bound = query
    if source.is_number:
        placed, more = _placed_numbers(text, bins)
    else:
        placed, more = _placed_categories(text, bins, SQL_TYPES[subject.kind(source.column or "")])
    weight = "count(*)" if source.weight is None else "fsum(w)"
    counted = f"SELECT bin, number, count(*), {weight} FROM ({placed}) GROUP BY ALL"
    return Groups(counted, [*bound, *more], 1, (Merge.SUM, Merge.SUM))


def _collect(found: Sequence[tuple[int, int | None, int, float]]) -> dict[int, Side]:
    counts: dict[int, dict[int, float]] = {}
    sizes: dict[int, int] = {}
    nulls: dict[int, int] = {}
    for bin, number, rows, weight in found:
        if number is None:
            nulls[bin] = rows
        else:
            counts.setdefault(bin, {})[number] = weight
            sizes[bin] = sizes.get(bin, 0) + rows
    return {bin: Side(counts.get(bin, {}), sizes.get(bin, 0), nulls.get(bin, 0)) for bin in {*counts, *nulls}}


def _placed_numbers(query: str, bins: ByBin) -> tuple[str, list[Any]]:
    if EVERY in bins:
        number = f"CASE WHEN x IS NOT NULL THEN {binning.place_sql(bins[EVERY])} END"
        return f"SELECT bin, w, {number} AS number FROM ({query})", []
    longest = max((len(one.starts) for one in bins.values()), default=0)
    index = " + ".join(f"coalesce((x >= starts[{i}])::INTEGER, 0)" for i in range(1, longest + 1)) or "0"
    number = f"CASE WHEN x IS NOT NULL THEN coalesce(numbers[{index}], {BELOW}) END"
    table = "(SELECT unnest(?::BIGINT[]) AS of, unnest(?::DOUBLE[][]) AS starts, unnest(?::INTEGER[][]) AS numbers)"
    lists = [list(bins), [one.starts for one in bins.values()], [one.numbers for one in bins.values()]]
    return f"SELECT bin, w, {number} AS number FROM ({query}) LEFT JOIN {table} ON bin = of", lists


def _placed_categories(query: str, bins: ByBin, type: str) -> tuple[str, list[Any]]:
    entries = [(key, value, number) for key, one in bins.items() for number, value in enumerate(one.categories)]
    table = f"(SELECT unnest(?::BIGINT[]) AS of, unnest(?::{type}[]) AS value, unnest(?::INTEGER[]) AS number)"
    condition = "x = value" if EVERY in bins else "x = value AND bin = of"
    number = f"CASE WHEN x IS NOT NULL THEN coalesce(number, {OTHER}) END"
    lists = [list(one) for one in zip(*entries, strict=True)] if entries else [[], [], []]
    return f"SELECT bin, w, {number} AS number FROM ({query}) LEFT JOIN {table} ON {condition}", lists
