"""Turn queries of metrics over time into charts, and their figures into JSON values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from inference_events.errors import BadRequest, NotSupported
from inference_events.events.ingest.timestamps import format_timestamp, microseconds
from inference_events.monitoring.engine import Bins, BinsError, BinSize, make_bins
from inference_events.monitoring.metrics import Figure
from inference_events.monitoring.queries.charts import ChartFigures, ChartRequest, Series, TimeBins, check_size
from inference_events.monitoring.queries.ranges import TIME_ZONE, labelled_range, previous_range, zone_of
from inference_events.operations import views
from inference_events.operations.reading import stored_id, time_bounds
from inference_events_api import types as t

ONE_RANGE = "time_label or time_range is needed"


@dataclass(frozen=True)
class ChartsRequest:
    """The checked request of several charts. `range` is what it asks for, in UTC microseconds."""

    project_id: str
    charts: Sequence[ChartRequest]
    range: tuple[int, int]
    bins: TimeBins

    def by_model(self) -> list[list[ChartRequest]]:
        """Return the charts of each model."""
        models = dict.fromkeys(chart.model_id for chart in self.charts)
        return [[chart for chart in self.charts if chart.model_id == model_id] for model_id in models]


def charts_request(body: t.QueryMetricsRequest, now: datetime) -> ChartsRequest:
    """Check the rules that the contract's schema cannot express. Raises BadRequest and NotSupported."""
    if body["query_type"] != "MONITORING":
        raise NotSupported("This server offers queries of the type MONITORING only")
    charts = [_chart(query, f"/queries/{number}") for number, query in enumerate(body["queries"])]
    for number, chart in enumerate(charts):
        if chart.key in [other.key for other in charts[:number]]:
            raise BadRequest.at(f"{chart.place}/query_key", "is the key of another query; give each its own")
    range, bins = _bins(body, now)
    check_size(sum(max(1, len(one.columns)) * max(1, len(one.categories)) for one in charts), bins)
    return ChartsRequest(body["project_id"].lower(), charts, range, bins)


def charts(
    body: t.QueryMetricsRequest, request: ChartsRequest, found: Sequence[ChartFigures], now: datetime
) -> t.QueryMetricsData:
    """Show the figures of charts, in the order of the request."""
    keys = {query["query_key"].lower(): query for query in body["queries"]}
    by_key = {one.chart.request.key: one for one in found}
    project = found[0].known.model.project
    start, end = request.range
    return {
        "organization": views.organization(project.organization),
        "project": views.project_reference(project),
        "query_type": body["query_type"],
        "time_comparison": body.get("time_comparison"),
        "filters": {
            "time_label": None if "time_range" in body["filters"] else body["filters"].get("time_label"),
            "time_range": {"start_time": format_timestamp(start), "end_time": format_timestamp(end)},
            "time_zone": request.bins.time_zone,
            "bin_size": body["filters"]["bin_size"],
        },
        "results": {
            query["query_key"]: _result(query, by_key[key], request.bins, microseconds(now))
            for key, query in keys.items()
        },
    }


def _chart(query: t.MetricsQuery, place: str) -> ChartRequest:
    segment = query.get("segment") or {}
    segment_id = query.get("segment_id") or segment.get("id")
    if query.get("segment_id") is not None and segment:
        raise BadRequest.at(f"{place}/segment", "only one of segment_id and segment can be given")
    return ChartRequest(
        place=place,
        key=query["query_key"].lower(),
        model_id=query["model_id"].lower(),
        metric=query["metric"],
        columns=query.get("columns") or (),
        categories=query.get("categories") or (),
        baseline_id=stored_id(query.get("baseline_id")),
        segment_id=stored_id(segment_id),
        segment_definition=segment.get("definition"),
    )


def _bins(body: t.QueryMetricsRequest, now: datetime) -> tuple[tuple[int, int], TimeBins]:
    filters, comparison = body["filters"], body.get("time_comparison")
    name = filters.get("time_zone", TIME_ZONE)
    zone = zone_of(name, "/filters/time_zone")
    if "time_range" in filters:
        range = time_bounds(filters["time_range"], "/filters/time_range")
    elif "time_label" in filters:
        range = labelled_range(filters["time_label"], now, zone)
    else:
        raise BadRequest.at("/filters", ONE_RANGE)
    size = BinSize(filters["bin_size"])
    try:
        before = None if comparison is None else make_bins(size, *previous_range(range, comparison, zone), name)
        return range, TimeBins(make_bins(size, *range, name), before, name)
    except BinsError as error:
        raise BadRequest.at("/filters", str(error)) from None
    except (ValueError, OverflowError):
        raise BadRequest.at("/time_comparison", "the range that it is compared with lies too early") from None


def _result(query: t.MetricsQuery, found: ChartFigures, bins: TimeBins, now: int) -> t.QueryResult:
    chart = found.chart
    baseline, segment = chart.baseline, chart.segment_definition
    binned = _binned(bins.now, chart.series, found.now, now)
    result: t.QueryResult = {
        "query_key": query["query_key"],
        "model": views.model_reference(found.known.model),
        "baseline": None if baseline is None else {"id": baseline.id, "name": baseline.name},
        "segment": None
        if segment is None
        else {"id": chart.request.segment_id, "name": chart.segment_name, "definition": segment},
        "metric": {"id": query["metric"], "name": chart.metric_name, "type": chart.metric_type.value},
        "viz_type": query.get("viz_type", "line"),
        "columns": list(chart.request.columns),
        "col_names": ["bin_start", *(series.name for series in chart.series)],
        "data": binned["data"],
        "bins": binned["bins"],
        "series": binned["series"],
        "data_revision": found.data_revision,
    }
    if found.before is not None and bins.before is not None:
        result["comparison"] = _binned(bins.before, chart.series, found.before, now)
    return result


def _binned(bins: Bins, series: Sequence[Series], figures: Sequence[Sequence[Figure]], now: int) -> t.BinnedFigures:
    starts = [format_timestamp(bound) for bound in bins.bounds]
    return {
        "data": [[start, *(one[bin].value for one in figures)] for bin, start in enumerate(starts[:-1])],
        "bins": [
            {"start": start, "end": end, "complete": bins.bounds[bin + 1] <= now, "rows": figures[0][bin].rows}
            for bin, (start, end) in enumerate(pairwise(starts))
        ],
        "series": [_series(one, of_bins) for one, of_bins in zip(series, figures, strict=True)],
    }


def _series(series: Series, figures: Sequence[Figure]) -> t.MetricSeries:
    return {
        "name": series.name,
        "column": series.column,
        "category": series.category,
        "reasons": [None if one.reason is None else one.reason.value for one in figures],
        "sample_sizes": [one.sample_size for one in figures],
        "labelled": [one.labelled for one in figures],
        "baseline_sizes": [one.baseline_size for one in figures],
    }
