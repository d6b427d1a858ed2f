"""Operations of the tag Monitoring."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, alert_records, baselines, models
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import utc_now
from inference_events.context import current_request
from inference_events.events.ingest.timestamps import moment_of
from inference_events.monitoring import fql
from inference_events.monitoring.definitions.rules import stored_subject
from inference_events.monitoring.queries import FigureService, known_model
from inference_events.monitoring.queries.cards import plan_cards
from inference_events.monitoring.queries.charts import ChartFigures, plan_charts
from inference_events.monitoring.queries.columns import plan_columns
from inference_events.monitoring.queries.distribution import plan_distribution
from inference_events.monitoring.queries.histogram import plan_histograms
from inference_events.monitoring.queries.labels import plan_labels
from inference_events.monitoring.queries.performance import plan_performance
from inference_events.monitoring.queries.preview import PreviewPlan, plan_preview
from inference_events.monitoring.queries.pulse import PulseReader
from inference_events.monitoring.queries.scores import plan_scores
from inference_events.monitoring.queries.series import plan_series
from inference_events.monitoring.queries.service import Plan
from inference_events.monitoring.queries.traffic import TrafficReader
from inference_events.monitoring.queries.violations import plan_violations
from inference_events.monitoring.subject import Subject
from inference_events.operations import charts, distributions, figures, scores, series, views
from inference_events.operations.frames import frame_response
from inference_events.operations.ingestion import IngestionReader
from inference_events_api import types as t

T = TypeVar("T")


class MonitoringOperations:
    """Serve figures, and what the server finds out about definitions."""

    def __init__(
        self,
        catalog: Catalog,
        figures: FigureService,
        traffic: TrafficReader,
        pulse: PulseReader,
        ingestion: IngestionReader,
    ) -> None:
        self._catalog = catalog
        self._figures = figures
        self._traffic = traffic
        self._pulse = pulse
        self._ingestion = ingestion

    async def list_model_metrics(self, *, model_id: str) -> t.ModelMetricsResponse:
        def find(session: Session) -> t.ModelMetrics:
            return figures.model_metrics(known_model(session, model_id.lower()))

        return views.envelope(await self._catalog.aread(find))

    async def compute_metrics(self, *, body: t.ComputeMetricsRequest) -> t.ComputeMetricsResponse:
        request = figures.card_request(body)
        return figures.cards(await self._compute(request.model_id, lambda session: plan_cards(session, request)))

    async def query_metrics(self, *, body: t.QueryMetricsRequest) -> t.QueryMetricsResponse:
        now = utc_now()
        started = time.monotonic()
        request = charts.charts_request(body, now)
        found: list[ChartFigures] = []
        for of_model in request.by_model():
            prepare = partial(plan_charts, requests=of_model, bins=request.bins, project_id=request.project_id)
            found += await self._compute(of_model[0].model_id, prepare, started)
        return views.envelope(charts.charts(body, request, found, now))

    async def compute_histograms(self, *, body: t.HistogramRequest) -> t.HistogramResponse:
        request = figures.histogram_request(body)
        model_id = await self._catalog.aread(lambda session: baselines.get(session, request.baseline_id).model_id)
        found = await self._compute(model_id, lambda session: plan_histograms(session, request))
        return views.envelope(figures.histograms(found, body.get("normalize", False)))

    async def compute_scores(self, *, body: t.ScoresRequest) -> t.ScoresResponse:
        request = scores.scores_request(body)
        found = await self._compute(request.model_id, lambda session: plan_scores(session, request))
        return views.envelope(scores.scores(found))

    async def get_monitoring_summary(
        self,
        *,
        start_time: str | None = None,
        end_time: str | None = None,
        no_cache: bool | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> t.MonitoringSummaryPage:
        range = figures.open_range(start_time, end_time)
        page = await asyncio.to_thread(self._traffic.page, Listing(limit, offset, None, None, None), range)
        bins = moment_of(range[0]), moment_of(range[1] - 1)
        alerts = await self._catalog.aread(lambda session: alert_records.count_alerts(session, bins))
        shown = [figures.traffic(one, alerts.get(one.model.id, 0)) for one in page.items]
        return views.paginated(shown, page.total, limit, offset)

    async def get_pulse(self, *, model_id: str) -> t.PulseResponse:
        return views.envelope(figures.pulse(await asyncio.to_thread(self._pulse.read, model_id.lower())))

    async def get_ingestion(self, *, model_id: str | None = None) -> t.IngestionResponse:
        read = partial(self._ingestion.read, None if model_id is None else model_id.lower())
        return views.envelope(await asyncio.to_thread(read))

    async def compute_series(self, *, body: t.SeriesRequest) -> t.SeriesResponse:
        request = series.series_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_series(session, request))
        response: t.SeriesResponse = frame_response(found, series.series)
        return response

    async def compute_violations(self, *, body: t.ViolationsRequest) -> t.ViolationsResponse:
        request = series.violations_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_violations(session, request))
        response: t.ViolationsResponse = frame_response(found, series.violations)
        return response

    async def compute_labels(self, *, body: t.LabelsRequest) -> t.LabelsResponse:
        request = series.labels_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_labels(session, request))
        response: t.LabelsResponse = frame_response(found, series.labels)
        return response

    async def compute_distribution(self, *, body: t.DistributionRequest) -> t.DistributionResponse:
        request = distributions.distribution_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_distribution(session, request))
        response: t.DistributionResponse = frame_response(found, distributions.distribution)
        return response

    async def compute_columns(self, *, body: t.ColumnsRequest) -> t.ColumnsResponse:
        request = distributions.columns_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_columns(session, request))
        response: t.ColumnsResponse = frame_response(found, distributions.columns)
        return response

    async def compute_performance(self, *, body: t.PerformanceRequest) -> t.PerformanceResponse:
        request = distributions.performance_request(body)
        found = await self._compute(request.frame.model_id, lambda session: plan_performance(session, request))
        response: t.PerformanceResponse = frame_response(found, distributions.performance)
        return response

    async def check_definition(self, *, body: t.CheckDefinitionRequest) -> t.CheckDefinitionResponse:
        def find(session: Session) -> Subject:
            return stored_subject(session, models.get(session, body["model_id"]))

        checked = _checked(body, await self._catalog.aread(find))
        if checked["valid"] and "preview" in body:
            checked["preview"] = await self._preview(body, body["preview"])
        return views.envelope(checked)

    async def _preview(self, body: t.CheckDefinitionRequest, events: t.PreviewedEvents) -> t.DefinitionPreview:
        request = series.preview_request(body["model_id"], events)
        definition, is_segment = body["definition"], body["kind"] != "metric"

        def prepare(session: Session) -> PreviewPlan:
            return plan_preview(session, request, definition, is_segment=is_segment)

        return series.preview(await self._compute(request.model_id, prepare))

    async def _compute(self, model_id: str, prepare: Callable[[Session], Plan[T]], started: float | None = None) -> T:
        return await self._figures.compute(model_id, prepare, current_request().wait_for_departure, started)


def _checked(body: t.CheckDefinitionRequest, subject: Subject) -> t.DefinitionCheck:
    is_segment = body["kind"] == "segment"
    try:
        compiled = (fql.compile_segment if is_segment else fql.compile_metric)(body["definition"], subject)
    except fql.FqlError as error:
        return {
            "valid": False,
            "message": error.message,
            "position": error.position,
            "hint": error.hint,
            "columns": [],
        }
    return {
        "valid": True,
        "message": None,
        "position": None,
        "hint": None,
        "columns": list(compiled.columns),
        "type": "Boolean" if is_segment else "Number",
    }
