"""Drift and accuracy by month, as the server computes them, checked against the events that were read back."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from examples.flights.flights import INPUTS, NEW_YORK, YEAR
from examples.flights.verify import Month, MonthFigures
from inference_events_client import InferenceEvents
from inference_events_client.api.monitoring import query_metrics
from inference_events_client.models import MetricsQuery, QueryFilters, QueryMetricsRequest, QueryResult, TimeRange

FIRST_MONTH = 3
TRAFFIC, LABELLED, ACCURACY, DRIFT = "traffic", "data_count", "accuracy", "jsd"


def compute(client: InferenceEvents, model_id: UUID) -> dict[int, MonthFigures]:
    """Return the figures of PRODUCTION by the number of the month, without months that have no events."""
    keys = {metric: uuid4() for metric in (TRAFFIC, LABELLED, ACCURACY, DRIFT)}
    request = QueryMetricsRequest(
        project_id=client.models.get(model_id).project.id,
        query_type="MONITORING",
        filters=QueryFilters(
            time_range=TimeRange(*(_start(month).isoformat() for month in (FIRST_MONTH, 13))),
            time_zone=NEW_YORK.key,
            bin_size="Month",
        ),
        queries=[
            MetricsQuery(key, model_id, metric, columns=[*INPUTS] if metric == DRIFT else None)
            for metric, key in keys.items()
        ],
    )
    results = client.call(query_metrics.sync, body=request).data.results
    return dict(_months({metric: results[str(key)] for metric, key in keys.items()}))


def compare(figures: Mapping[int, MonthFigures], months: Mapping[int, Month]) -> Iterator[str]:
    """Yield a line for each figure of the server that differs from the events that were read back."""
    for number, figure in figures.items():
        month = months.get(number, Month())
        if (figure.events, figure.labelled) != (month.events, len(month.labels)):
            yield f"month {number}: the server counts {figure.events} events, {figure.labelled} of them labelled"
        elif figure.accuracy is not None and not math.isclose(figure.accuracy, month.accuracy):
            yield f"month {number}: the server's accuracy is {figure.accuracy}, not {month.accuracy}"


def _start(month: int) -> datetime:
    return datetime(YEAR + (month > 12), (month - 1) % 12 + 1, 1, tzinfo=NEW_YORK)


def _months(results: Mapping[str, QueryResult]) -> Iterator[tuple[int, MonthFigures]]:
    for row in range(13 - FIRST_MONTH):
        values = {metric: result.data[row][1:] for metric, result in results.items()}
        drift = dict(zip(INPUTS, values[DRIFT], strict=True))
        events, labelled, accuracy = (values[metric][0] for metric in (TRAFFIC, LABELLED, ACCURACY))
        if events:
            known = {name: value for name, value in drift.items() if value is not None}
            yield FIRST_MONTH + row, MonthFigures(int(events), int(labelled), accuracy, known)
