"""Statistics of one column, and the traffic. Of ranking rows, statistics take each item."""

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import Figure, MetricQuery, Reason, figure, missing
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.plain import ROWS, Plain, ratio, total, totals_by_bin
from inference_events.monitoring.metrics.sql import count_if, is_list, literal, sum_if, values
from inference_events.monitoring.sql_names import value_column
from inference_events.monitoring.subject import Subject, class_value

MEDIAN = 0.5
MERGES = {"minimum": Merge.LEAST, "maximum": Merge.GREATEST}


def plain(query: MetricQuery, subject: Subject) -> Plain | None:
    """Return the traffic or a statistic that is made of sums, or None for another metric."""
    if query.metric == "traffic":
        return Plain(total(ROWS), is_count=True)
    if query.metric == "frequency":
        return _frequency(query, subject)
    if query.metric not in ("average", "sum"):
        return None
    count, sum = _sums(subject, query.column or "")
    value = total(sum) if query.metric == "sum" else ratio(sum, count, Reason.NO_VALUES)
    return Plain(value, (sum,), count, none=Reason.NO_VALUES)


def _sums(subject: Subject, name: str) -> tuple[str, str]:
    cell = value_column(name)
    if not is_list(subject, name):
        condition = f"isfinite({cell}::DOUBLE)"
        return count_if(condition), sum_if(f"{cell}::DOUBLE", condition)
    items = f"list_filter({cell}::DOUBLE[], lambda x: isfinite(x))"
    return f"coalesce(sum(len({items})), 0)", f"fsum(list_aggregate({items}, 'fsum'))"


def _frequency(query: MetricQuery, subject: Subject) -> Plain:
    name = query.column or ""
    category = class_value(query.category, subject.kind(name))
    wanted = "NULL" if category is None else literal(category)
    cell = value_column(name)
    if not is_list(subject, name):
        found, count = count_if(f"{cell} = {wanted}"), count_if(f"{cell} IS NOT NULL")
    else:
        found = f"sum(len(list_filter({cell}, lambda x: x = {wanted})))"
        count = f"coalesce(sum(list_count({cell})), 0)"
    return Plain(total(found), (found,), count, is_count=True)


def order_statistic(connection: Connection, rows: Rows, query: MetricQuery, subject: Subject) -> list[Figure]:
    """Return the least or greatest value or a quantile, which lies between two values in proportion to its rank."""
    level = MEDIAN if query.level is None else query.level
    aggregate = {"minimum": "min(x)", "maximum": "max(x)", "quantile": f"quantile_cont(x, {level!r})"}[query.metric]
    source = values(subject, query.column or "", rows.relation)
    text = (
        f"SELECT bin, count(*), {aggregate} FROM (SELECT bin, x::DOUBLE AS x FROM ({source})) "
        "WHERE isfinite(x) GROUP BY bin"
    )
    if query.metric in MERGES:
        found = find_groups(connection, rows, Groups(text, (), 0, (Merge.SUM, MERGES[query.metric])))
    else:
        found = connection.execute(text).fetchall()
    by_bin = {bin: (used, value) for bin, used, value in found}
    rows_of = totals_by_bin(connection, rows, [Plain(total(ROWS))])
    return [_statistic(int(n[ROWS]), *by_bin.get(bin, (0, 0.0))) for bin, n in enumerate(rows_of)]


def _statistic(rows: int, used: int, value: float) -> Figure:
    reason = missing(rows, used, None, Reason.NO_VALUES)
    return figure(value if reason is None else reason, rows=rows, used=used)
