"""Ranking. A row is a group, with a list of scores and of relevances.

A group's items are ranked by score; of equal scores, the earlier item comes first. An item is valid if its score and
its relevance are finite. Means leave out the groups without a relevant item. The gain of an item is its relevance, or 0
if that is negative.
"""

from inference_events.monitoring.metrics.connection import Connection
from inference_events.monitoring.metrics.figures import (
    Figure,
    MetricError,
    MetricQuery,
    Reason,
    figure,
    missing,
)
from inference_events.monitoring.metrics.parts import Groups, Merge, Rows, find_groups
from inference_events.monitoring.metrics.plain import ROWS, Totals, counts, totals_by_bin
from inference_events.monitoring.metrics.sql import count_if, literal
from inference_events.monitoring.sql_names import quoted, value_column
from inference_events.monitoring.subject import Class, Kind, Subject


def relevance(subject: Subject, target: str, value: str) -> str:
    """Return SQL for the relevance of an item. A text's relevance is its place in the class order, from 0."""
    kind = subject.kind(target)
    if kind is Kind.NUMBER:
        return f"{value}::DOUBLE"
    if kind is Kind.BOOLEAN:
        return f"{value}::INTEGER::DOUBLE"
    order = subject.classes(target)
    if not order:
        raise MetricError(
            "the target's texts have no order; set task_params.target_class_order, from irrelevant to relevant",
            "metric",
        )
    cases = " ".join(f"WHEN {literal(known)} THEN {place}" for place, known in enumerate(order) if known is not None)
    return f"(CASE {value} {cases} END)::DOUBLE"


def most_relevant(subject: Subject, target: str) -> Class | None:
    """Return the relevant one of a target's two classes, or None if it has more than two."""
    kind = subject.kind(target)
    if kind is Kind.BOOLEAN:
        return True
    known = subject.classes(target)
    if len(known) != 2:
        return None
    if kind is Kind.NUMBER:
        return max((value for value in known if isinstance(value, float)), default=None)
    return known[1]


def _items(query: MetricQuery, subject: Subject, relation: str) -> str:
    """Return a query for the valid items: bin, group, position, score, relevance, and whether it is relevant."""
    target, output = query.target or subject.target or "", subject.roles["outputs"][0]
    positive = most_relevant(subject, target)
    is_relevant = "relevance > 0" if positive is None else f"coalesce(target = {literal(positive)}, false)"
    return f"""
        SELECT bin, "group", position, score, relevance, {is_relevant} AS is_relevant FROM (
            SELECT bin, "group", position, {_item(output)}::DOUBLE AS score, {_item(target)} AS target,
                {relevance(subject, target, _item(target))} AS relevance FROM (
                SELECT *, unnest(
                    range(1, greatest(len({value_column(output)}), len({value_column(target)})) + 1)
                ) AS position
                FROM (SELECT *, row_number() OVER () AS "group" FROM {quoted(relation)})))
        WHERE isfinite(score) AND isfinite(relevance)"""


def _item(name: str) -> str:
    """Return SQL for an item's value. A list of one holds for the whole group."""
    cell = value_column(name)
    return f"{cell}[CASE WHEN len({cell}) = 1 THEN 1 ELSE position END]"


def _ranked(items: str) -> str:
    """Return a query for the items with their place by score, their place by relevance, and the hits up to them."""
    return f"""
        SELECT *, sum(is_relevant::INTEGER) OVER (PARTITION BY "group" ORDER BY place) AS hits FROM (
            SELECT *, greatest(relevance, 0) AS gain,
                row_number() OVER (PARTITION BY "group" ORDER BY score DESC, position) AS place,
                row_number() OVER (PARTITION BY "group" ORDER BY relevance DESC) AS ideal
            FROM ({items}))"""


def _groups(items: str, top: int) -> str:
    """Return a query for the NDCG and the average precision of each group; null without a relevant item."""
    return f"""
        SELECT bin, "group",
            fsum(gain / log2(place + 1)) FILTER (WHERE place <= {top:d})
                / nullif(fsum(gain / log2(ideal + 1)) FILTER (WHERE ideal <= {top:d}), 0) AS ndcg_mean,
            CASE WHEN bool_or(is_relevant) THEN
                coalesce(fsum(hits / place) FILTER (WHERE is_relevant AND place <= {top:d}), 0)
                    / least(count(*) FILTER (WHERE is_relevant), {top:d}) END AS map
        FROM ({_ranked(items)}) GROUP BY ALL"""


def ranking_metric(connection: Connection, rows: Rows, query: MetricQuery, subject: Subject) -> list[Figure]:
    """Return the mean of a metric over the groups of each bin, or the number of groups with a valid item."""
    target = query.target or subject.target or ""
    top = subject.top_k if query.top_k is None else query.top_k
    name = "map" if query.metric == "map" else "ndcg_mean"
    text = (
        f"SELECT bin, count(*), count({name}), fsum({name}) "
        f"FROM ({_groups(_items(query, subject, rows.relation), top)}) GROUP BY bin"
    )
    found = find_groups(connection, rows, Groups(text, (), 0, (Merge.SUM,) * 3))
    means = {bin: (groups, used, sum or 0.0) for bin, groups, used, sum in found}
    counted = counts(ROWS, count_if(f"list_count({value_column(target)}) > 0"))
    return [
        _figure(query.metric, n, int(n[counted.labelled or ""]), *means.get(bin, (0, 0, 0.0)))
        for bin, n in enumerate(totals_by_bin(connection, rows, [counted]))
    ]


def _figure(metric: str, totals: Totals, labelled: int, groups: int, used: int, sum: float) -> Figure:
    rows = int(totals[ROWS])
    if metric == "query_count":
        return figure(groups, rows=rows, used=groups, labelled=labelled)
    none = Reason.NO_RELEVANT_ITEMS if groups else Reason.NO_VALID_ROWS
    reason = missing(rows, used, labelled, none)
    return figure(sum / used if reason is None else reason, rows=rows, used=used, labelled=labelled)
