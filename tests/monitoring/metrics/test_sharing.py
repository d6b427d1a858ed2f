"""Queries share statements, read only the columns that they need, and their sums add up."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from inference_events.monitoring.metrics import METRICS, BaselineRows, MetricQuery, Rows, check, figures, needs, plain
from inference_events.monitoring.metrics.figures import MetricError
from inference_events.monitoring.metrics.plain import totals_by_bin
from inference_events.monitoring.subject import Subject
from tests.monitoring.metrics.relation import BASELINE, Row, binary, model, multiclass, ranking, regression, relations

TWO = {"data_type": "category", "categories": [0, 1]}
SUBJECTS = [binary(), multiclass(), regression(), ranking(TWO)]
DRIFTING = model(
    [
        {"name": "a", "data_type": "float"},
        {"name": "v", "data_type": "vector", "n_dimensions": 2},
        {"name": "s", "data_type": "float"},
    ],
    "binary_classification",
    spec={
        "inputs": ["a", "v"],
        "outputs": ["s"],
        "custom_features": [
            {"name": "both", "type": "FROM_COLUMNS", "columns": ["a", "s"]},
            {"name": "meaning", "type": "FROM_VECTOR", "column": "v"},
        ],
    },
    class_weights=[1, 2],
    weighted_ref_histograms=True,
)


def random_rows(subject: Subject, count: int = 60) -> list[Row]:
    """Return rows with nulls and violations in three bins."""
    source = random.Random(7)

    def value(name: str) -> Any:
        if source.random() < 0.1:
            return None
        if subject.columns[name].is_vector:
            return [source.random(), source.random()]
        one = source.choice([0, 1]) if name == "y" else source.random()
        return [one] if subject.columns[name].is_list else str(one) if name == "search" else one

    def violations() -> list[dict[str, str]]:
        return [{"column": name, "kind": "missing"} for name in subject.columns if source.random() < 0.2]

    return [
        {"bin": source.randrange(3), "violations": violations(), **{name: value(name) for name in subject.columns}}
        for _ in range(count)
    ]


def queries_of(subject: Subject) -> list[MetricQuery]:
    """Return every query of the catalogue that a model supports."""
    names = [*subject.columns, *(feature["name"] for feature in subject.custom_features)]
    queries = []
    for metric in METRICS.values():
        for column in (None, *names):
            query = MetricQuery(metric.id, column=column, baseline=BASELINE if metric.needs_baseline else None)
            try:
                check(query, subject)
            except MetricError:
                continue
            queries.append(query)
    return queries


def merged(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Add up the totals of sets of rows that do not overlap."""
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def compute(subject: Subject, rows: Sequence[Row], queries: Sequence[MetricQuery]) -> Any:
    connection = relations(subject, rows, rows[:40])
    return figures(connection, Rows("events", 3), queries, subject, {BASELINE: BaselineRows("baseline")})


@pytest.mark.parametrize("subject", [*SUBJECTS, DRIFTING], ids=lambda subject: subject.task)
def test_together_and_alone(subject: Subject) -> None:
    """Queries together give the figures that each gives alone, twice the same query included."""
    rows, queries = random_rows(subject), queries_of(subject)
    together = compute(subject, rows, [*queries, *queries[:2]])
    assert together == [compute(subject, rows, [query])[0] for query in [*queries, *queries[:2]]]


@pytest.mark.parametrize("subject", [*SUBJECTS, DRIFTING], ids=lambda subject: subject.task)
def test_needs(subject: Subject) -> None:
    """A query reads the columns that it needs and no other: without the others, its figures are the same."""
    rows, queries = random_rows(subject), queries_of(subject)
    expected = compute(subject, rows, queries)
    connection = relations(subject, rows, rows[:40])
    for query, figure in zip(queries, expected, strict=True):
        wanted = needs(query, subject)
        columns = [
            "bin",
            "ts",
            *(["violations"] if wanted.violations else []),
            *(f"v:{name}" for name in wanted.columns),
        ]
        listed = ", ".join(f'"{name}"' for name in columns)
        for name in ("events", "baseline"):
            connection.execute(f"CREATE OR REPLACE VIEW few_{name} AS SELECT {listed} FROM {name}")
        found = figures(connection, Rows("few_events", 3), [query], subject, {BASELINE: BaselineRows("few_baseline")})
        assert found == [figure]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.task)
def test_sums_add_up(subject: Subject) -> None:
    """The totals of the bins, added, give the figure of all rows."""
    rows = random_rows(subject)
    metrics = [one for query in queries_of(subject) if (one := plain(query, subject)) is not None]
    assert len(metrics) > 6
    parts = totals_by_bin(relations(subject, rows), Rows("events", 3), metrics)
    whole = totals_by_bin(relations(subject, [{**row, "bin": 0} for row in rows]), Rows("events"), metrics)[0]
    assert merged(parts) == pytest.approx(whole, rel=1e-12)
    for metric in metrics:
        added, expected = metric.figure(merged(parts)), metric.figure(whole)
        assert added.value == pytest.approx(expected.value, rel=1e-12)
        assert added.reason == expected.reason
