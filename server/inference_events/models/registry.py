"""Resolve a model's id and an environment to the model's schema and the environment's id in the event store."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, baselines, definitions, environments, models
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.tables import Model, Segment
from inference_events.errors import Conflict, ErrorDetail, ObjectNotFound
from inference_events.events.store import EventStore
from inference_events.events.store_errors import LossyRetyping, ModelUnknown, RevisionChanged, TooManyColumns
from inference_events.models.schema import ModelSchema, model_schema

T = TypeVar("T")

ATTEMPTS = 5
SCHEMA_STALE = (ModelUnknown, RevisionChanged)


class ModelRegistry:
    """Finds models and environments, and syncs the event store's columns with the models' schemas."""

    def __init__(self, catalog: Catalog, store: EventStore) -> None:
        self._catalog = catalog
        self._store = store

    def model(self, model_id: str) -> Model:
        """Return a model. Raises ObjectNotFound."""
        return self._catalog.cached_read(("model", model_id), lambda session: models.get(session, model_id))

    def schema(self, model_id: str) -> ModelSchema:
        """Return a model's schema, prepared for reading rows. Raises ObjectNotFound."""
        return self._catalog.cached_read(
            ("schema", model_id), lambda session: to_model_schema(models.get(session, model_id))
        )

    def environment_id(self, model_id: str, dataset: str | None) -> str:
        """Return the id of a dataset, or of the PRODUCTION environment. Raises ObjectNotFound."""
        return self._catalog.cached_read(
            ("environment", model_id, dataset), lambda session: _environment_id(session, model_id, dataset)
        )

    def dataset_id(self, model_id: str, environment_id: str) -> str:
        """Return `environment_id` if it is a dataset of the model. Raises ObjectNotFound."""
        return self._catalog.cached_read(
            ("dataset", model_id, environment_id), lambda session: _dataset_id(session, model_id, environment_id)
        )

    def segment_definition(self, model_id: str, segment_id: str) -> str:
        """Return the definition of a segment of the model. Raises ObjectNotFound."""
        return self._catalog.read(lambda session: _segment_definition(session, model_id, segment_id))

    def get_or_create_environment_id(self, model_id: str, dataset: str | None) -> str:
        """Do `environment_id`, but create the dataset and its STATIC baseline if they are missing."""
        try:
            return self.environment_id(model_id, dataset)
        except ObjectNotFound:
            if dataset is not None:
                self._catalog.write(lambda session: _make_dataset(session, model_id, dataset))
            return self.environment_id(model_id, dataset)

    def define(self, model: Model) -> None:
        """Apply a model's columns to the event store. Raises Conflict if values would be lost or it has no room."""
        schema = to_model_schema(model)
        try:
            updatable = [column.name for column in schema.columns if column.updatable]
            self._store.apply_schema(schema.model_id, schema.revision, schema.arrow, schema.targets, updatable).result()
        except LossyRetyping as error:
            indexes = {column["name"]: index for index, column in enumerate(model.schema["columns"])}
            faults = [
                ErrorDetail("stored values do not fit the new type", f"/schema/columns/{indexes[name]}", "Conflict")
                for name in error.args
            ]
            raise Conflict("Stored values would be lost; add a column instead", faults) from None
        except TooManyColumns as error:
            (limit,) = error.args
            message = f"All models together may have {limit:,} columns; delete models or raise max_columns_in_sum"
            fault = ErrorDetail("has more columns than there is room for", "/schema/columns", "Conflict")
            raise Conflict(message, [fault]) from None

    def sync_schema(self, model_id: str) -> None:
        """Sync the event store with a model. Raises ObjectNotFound.

        The two differ for a moment while a schema changes, and for longer if the server was killed meanwhile.
        """
        self._catalog.write(lambda session: self.define(models.get(session, model_id, Lock.SHARED)))
        # Another replica may have changed the model a moment ago.
        self._catalog.refresh()

    def with_schema_retry(self, model_id: str, act: Callable[[], T]) -> T:
        """Return the result of `act`; if the store's schema is stale, sync it and try again."""
        for _ in range(ATTEMPTS):
            try:
                return act()
            except SCHEMA_STALE:
                self.sync_schema(model_id)
        return act()


def dataset_name(env_type: str, env_name: str | None) -> str | None:
    """Return the dataset of a valid request, None for PRODUCTION."""
    return None if env_type == environments.PRODUCTION else env_name


def to_model_schema(model: Model) -> ModelSchema:
    return model_schema(
        model_id=model.id,
        revision=model.schema_revision,
        schema=model.schema,
        spec=model.spec,
        task=model.task,
        task_params=model.task_params,
        event_id_col=model.event_id_col,
        event_ts_col=model.event_ts_col,
        event_ts_format=model.event_ts_format,
    )


def _environment_id(session: Session, model_id: str, dataset: str | None) -> str:
    models.get(session, model_id)
    if dataset is None:
        return environments.get_production(session, model_id).id
    environment = environments.find_dataset(session, model_id, dataset)
    if environment is None:
        raise ObjectNotFound.of("Environment")
    return environment.id


def _dataset_id(session: Session, model_id: str, environment_id: str) -> str:
    return environments.get_dataset(session, model_id, environment_id).id


def _segment_definition(session: Session, model_id: str, segment_id: str) -> str:
    segment = definitions.get(session, Segment, segment_id)
    if segment.model_id != model_id:
        raise ObjectNotFound.of("Segment")
    return segment.definition


def _make_dataset(session: Session, model_id: str, name: str) -> None:
    models.get(session, model_id, Lock.SHARED)
    baselines.get_or_create_dataset(session, model_id, name)
