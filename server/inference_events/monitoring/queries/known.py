"""A model with all that figures of it may name: environments, baselines, segments and custom metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from inference_events.catalog import baselines, definitions, environments, models
from inference_events.catalog.tables import Baseline as BaselineRow
from inference_events.catalog.tables import CustomMetric, Environment, Model, Segment
from inference_events.errors import BadRequest, ObjectNotFound
from inference_events.events.ingest.timestamps import microseconds
from inference_events.monitoring import fql
from inference_events.monitoring.definitions.rules import compiled_segment, subject_of
from inference_events.monitoring.engine import BinSize
from inference_events.monitoring.queries.windows import Baseline
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class KnownModel:
    """A model at one moment of the catalog. `baselines` and `custom_metrics` are by id.

    `default_baseline` is the oldest baseline that is a whole dataset.
    """

    model: Model
    subject: Subject
    production_id: str
    baselines: Mapping[str, Baseline]
    custom_metrics: Mapping[str, CustomMetric]
    default_baseline: Baseline | None

    @property
    def baselines_by_name(self) -> Mapping[str, Baseline]:
        return {one.name: one for one in self.baselines.values()}

    def environment_id(self, session: Session, dataset_id: str | None) -> str:
        """Return the id of a dataset, or without one of PRODUCTION. Raises ObjectNotFound."""
        if dataset_id is None:
            return self.production_id
        return environments.get_dataset(session, self.model.id, dataset_id).id

    def baseline(self, id: str | None, place: str) -> Baseline:
        """Return the baseline of a drift: the one with an id, or without one the default. Raises BadRequest."""
        found = self.default_baseline if id is None else self.baselines.get(id)
        if found is None:
            fault = "is no baseline of this model" if id is not None else "is needed, because the model has no dataset"
            raise BadRequest.at(place, fault)
        return found

    def custom_metric(self, id: str, place: str) -> fql.CustomMetric | None:
        """Return the compiled custom metric with an id, None if the model has none. Raises BadRequest."""
        row = self.custom_metrics.get(id)
        if row is None:
            return None
        try:
            return fql.compile_metric(row.definition, self.subject)
        except fql.FqlError as error:
            raise BadRequest.at(place, f"is not valid any more: {error}") from None


def known_model(session: Session, model_id: str) -> KnownModel:
    """Return a model with its baselines and custom metrics. Raises ObjectNotFound."""
    model = models.get(session, model_id)
    rows = session.scalars(
        select(BaselineRow)
        .join(BaselineRow.environment)
        .where(BaselineRow.model_id == model.id)
        .options(contains_eager(BaselineRow.environment))
        .order_by(BaselineRow.created_at, BaselineRow.id)
    ).all()
    datasets = [row for row in rows if row.type == baselines.STATIC and _is_dataset(row.environment)]
    return KnownModel(
        model,
        subject_of(model, [row.name for row in rows]),
        environments.get_production(session, model.id).id,
        {row.id: _baseline(row) for row in rows},
        {row.id: row for row in definitions.of_model(session, CustomMetric, model.id) if isinstance(row, CustomMetric)},
        _baseline(datasets[0]) if datasets else None,
    )


def known_segment(
    session: Session, known: KnownModel, id: str | None, definition: str | None, places: tuple[str, str]
) -> fql.Segment | None:
    """Return a segment by its id or definition, None without both. `places` are where the request names each.

    Raises BadRequest for an invalid definition, and ObjectNotFound.
    """
    if id is not None:
        row = definitions.get(session, Segment, id)
        if row.model_id != known.model.id:
            raise ObjectNotFound.of("Segment")
        return compiled_segment(row.definition, known.subject, places[0])
    return None if definition is None else compiled_segment(definition, known.subject, places[1])


def _is_dataset(environment: Environment) -> bool:
    return environment.type == environments.PRE_PRODUCTION


def _baseline(row: BaselineRow) -> Baseline:
    return Baseline(
        row.id,
        row.name,
        row.environment_id,
        None if row.start_time is None else microseconds(row.start_time),
        None if row.end_time is None else microseconds(row.end_time),
        None if row.window_bin_size is None else BinSize(row.window_bin_size),
        row.offset_delta or 0,
    )
