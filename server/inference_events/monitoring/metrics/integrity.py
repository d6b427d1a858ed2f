"""Data integrity: how many rows have a violation.

`__ANY__` counts the rows with a violation in any column that has a role, except the targets: a label that no update has
brought yet is missing in every new row. A column that is named counts, a target too.
"""

from collections import Counter
from collections.abc import Sequence

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import ANY_COLUMN, Figure, MetricQuery, Reason, figure
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.plain import ROWS, Plain, ratio, total, totals_by_bin
from inference_events.monitoring.metrics.sql import count_if, literal, literals
from inference_events.monitoring.sql_names import quoted
from inference_events.monitoring.subject import Subject

KINDS = {"null": "missing", "range": "range", "type": "type", "any": None}
PERCENT = 100
ANY_KIND = "any"

Counts = Counter[tuple[int, str, str]]


def kind_of(metric: str) -> str | None:
    """Return the kind of violation that a metric counts, or None for all kinds."""
    return KINDS[metric.partition("_")[0]]


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return a metric of `__ANY__`, or None for one of a single column."""
    if query.column not in (None, ANY_COLUMN):
        return None
    kind = kind_of(query.metric)
    # As a list and not with IN, which took 30 times as long for 1,000 names.
    is_monitored = f'list_contains([{literals(_monitored(subject))}]::VARCHAR[], v."column")'
    condition = is_monitored if kind is None else f"v.kind = {literal(kind)} AND {is_monitored}"
    some = f"list_filter(violations, lambda v: {condition})"
    found = count_if(f"len({some}) > 0")
    if query.metric.endswith("_count"):
        return Plain(total(found), (found,), is_count=True)
    return Plain(ratio(found, ROWS, Reason.NO_ROWS, PERCENT), (found,))


def _monitored(subject: Subject) -> list[str]:
    names = dict.fromkeys(name for names in subject.roles.values() for name in names)
    return [name for name in names if name not in subject.roles["targets"]]


def of_columns(connection: Connection, rows: Rows, queries: Sequence[MetricQuery]) -> list[list[Figure]]:
    """Return metrics of single columns, one list for each query. Two passes serve them all."""
    names = list(dict.fromkeys(query.column for query in queries if query.column is not None))
    counts = count_violations(connection, rows, names)
    traffic = [int(n[ROWS]) for n in totals_by_bin(connection, rows, [Plain(total(ROWS))])]
    return [
        [
            _of_column(query, counts[bin, query.column or "", kind_of(query.metric) or ANY_KIND], traffic[bin])
            for bin in range(rows.bins)
        ]
        for query in queries
    ]


def count_violations(connection: Connection, rows: Rows, names: Sequence[str] | None = None) -> Counts:
    """Count the rows with a violation by bin, column and kind; the kind "any" counts the rows with at least one.

    `names` limits the columns. A row has at most one violation of a kind in a column.
    """
    relation = quoted(rows.relation)
    wanted = "" if names is None else f"WHERE name IN ({literals(names)})" if names else "WHERE false"
    # Most rows with a violation have one, and to remove duplicates from a list is slow.
    once = "CASE WHEN len(named) > 1 THEN list_distinct(named) ELSE named END"
    statements = (
        f'SELECT bin, name, kind, count(*) FROM (SELECT bin, v."column" AS name, v.kind AS kind '
        f"FROM (SELECT bin, unnest(violations) AS v FROM {relation})) {wanted} GROUP BY ALL",
        f"SELECT bin, name, '{ANY_KIND}', count(*) FROM (SELECT bin, unnest({once}) AS name FROM "
        f'(SELECT bin, list_transform(violations, lambda v: v."column") AS named FROM {relation})) '
        f"{wanted} GROUP BY ALL",
    )
    return Counter(
        {
            (bin, name, kind): n
            for text in statements
            for bin, name, kind, n in find_groups(connection, rows, Groups(text, (), 2, (Merge.SUM,)))
        }
    )


def _of_column(query: MetricQuery, count: int, rows: int) -> Figure:
    if query.metric.endswith("_count"):
        return figure(count, rows=rows, used=rows)
    return figure(PERCENT * count / rows if rows else Reason.NO_ROWS, rows=rows, used=rows)
