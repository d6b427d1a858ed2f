"""Operations of the tag Models."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, models, retention
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Model
from inference_events.context import current_request
from inference_events.errors import BadRequest, Fault
from inference_events.ingest.columns import TOO_NESTED, is_too_deep
from inference_events.ingest.time_formats import time_format
from inference_events.jobs import JobQueue
from inference_events.jobs.kinds import DELETE_MODEL, NO_EPOCH
from inference_events.messages import quote
from inference_events.operations import views
from inference_events.operations.changes import change
from inference_events.targets import Targets
from inference_events.warning_details import MAX_WARNINGS, features_not_computed, format_not_safe
from inference_events_api import types as t

ROLES = ("inputs", "outputs", "targets", "decisions", "metadata")
CREATE_DEFAULTS = {
    "version": "v1",
    "input_type": "structured",
    "task": "not_set",
    "task_params": {},
    "xai_params": {},
}
FIELDS = (
    "version", "input_type", "task", "task_params", "schema", "spec", "description",
    "event_id_col", "event_ts_col", "event_ts_format", "xai_params",
)  # fmt: skip


class ModelOperations:
    """Serve models. Their columns are given to the event store in the same step."""

    def __init__(self, catalog: Catalog, queue: JobQueue, targets: Targets) -> None:
        self._catalog = catalog
        self._queue = queue
        self._targets = targets

    async def list_models(
        self,
        *,
        project_id: str | None = None,
        latest_only: bool = False,
        limit: int = 50,
        offset: int = 0,
        ordering: str | None = None,
        search: str | None = None,
        filter: t.Filter | None = None,
    ) -> t.ModelPage:
        listing = Listing(limit, offset, ordering, search, filter)
        page = await self._catalog.aread(lambda session: models.list_page(session, listing, project_id, latest_only))
        return views.listed(page, listing, model_summary)

    async def create_model(self, *, body: t.ModelCreate) -> t.ModelResponse:
        token_id = current_request().token_id
        values = CREATE_DEFAULTS | _fields(body) | {"name": body["name"]}
        _check_depth(body)

        def make(session: Session) -> t.ModelResponse:
            _check(values["schema"], values["spec"], values.get("event_ts_format"))
            row = models.create(session, body["project_id"], values, token_id)
            self._targets.define(row)
            return views.envelope(model(row))

        return await change(self._catalog, make)

    async def get_model(self, *, model_id: str) -> t.ModelResponse:
        row = await self._catalog.aread(lambda session: models.get(session, model_id))
        return views.envelope(model(row))

    async def update_model(self, *, model_id: str, body: t.ModelUpdate) -> t.ModelResponse:
        token_id = current_request().token_id
        _check_depth(body)

        def make(session: Session) -> t.ModelResponse:
            before = models.get(session, model_id)
            # A format that a model was made with before formats were checked may stay.
            new_format = body.get("event_ts_format", before.event_ts_format)
            changed_format = None if new_format == before.event_ts_format else new_format
            _check(body.get("schema", before.schema), body.get("spec", before.spec), changed_format)
            revision = before.schema_revision
            row = models.update(session, model_id, _fields(body), token_id)
            if row.schema_revision != revision:
                self._targets.define(row)
            return views.envelope(model(row))

        return await change(self._catalog, make)

    async def list_columns(self, *, model_id: str, limit: int = 50, offset: int = 0) -> t.ColumnPage:
        row = await self._catalog.aread(lambda session: models.get(session, model_id))
        columns: list[t.Column] = row.schema["columns"]
        return views.paginated(columns[offset : offset + limit], len(columns), limit, offset)

    async def delete_model(self, *, model_id: str) -> t.JobAcceptedResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.JobAcceptedResponse:
            row = models.delete(session, model_id)
            retention.remove_of_model(session, row.id)
            job = self._queue.accept(
                session,
                kind=DELETE_MODEL,
                name=f"Deleting model {row.name}",
                params={"model_ids": [row.id]},
                info={
                    "resource_type": "MODEL",
                    "resource_name": row.name,
                    "project_name": row.project.name,
                    "model_name": row.name,
                    "model_uuid": row.id,
                },
                project_id=row.project_id,
                model_id=row.id,
                token_id=token_id,
                epoch=NO_EPOCH,
            )
            return views.job_accepted(job)

        return await change(self._catalog, make)


def model(row: Model) -> t.Model:
    """Show a model with its schema and its warnings."""
    shown: t.Model = {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "input_type": cast(t.InputType, row.input_type),
        "task": cast(t.ModelTask, row.task),
        "task_params": cast(t.TaskParams, row.task_params),
        "schema": cast(t.ModelSchema, row.schema),
        "spec": cast(t.ModelSpec, row.spec),
        "description": row.description,
        "event_id_col": row.event_id_col,
        "event_ts_col": row.event_ts_col,
        "event_ts_format": row.event_ts_format,
        "xai_params": row.xai_params,
        "artifact_status": "no_model",
        "artifact_files": [],
        "is_binary_ranking_model": _ranks_two_classes(row),
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.updated_at),
        "created_by": views.user(row.created_by),
        "updated_by": views.user(row.updated_by),
        "organization": views.organization(row.project.organization),
        "project": views.project_reference(row.project),
    }
    if warnings := list(islice(_warnings(row), MAX_WARNINGS)):
        shown["warnings"] = warnings
    return shown


def _warnings(row: Model) -> Iterator[t.WarningDetail]:
    """Give what is perhaps not meant in a model; of too many warnings, the first are shown."""
    yield from format_not_safe(row.event_ts_format)
    yield from features_not_computed(row.spec.get("custom_features") or ())


def model_summary(row: Model) -> t.ModelSummary:
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "project": views.project_reference(row.project),
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.updated_at),
    }


def _ranks_two_classes(row: Model) -> bool:
    targets = set(row.spec.get("targets") or ())
    columns = [column for column in row.schema["columns"] if column["name"] in targets]
    return row.task == "ranking" and any(
        column["data_type"] == "bool" or len(column.get("categories") or ()) == 2 for column in columns
    )


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in FIELDS if name in body}


def _check_depth(body: Mapping[str, Any]) -> None:
    faults = [Fault(TOO_NESTED, f"/{name}") for name, value in body.items() if is_too_deep(value)]
    if faults:
        raise BadRequest.naming(*faults)


def _check(schema: Mapping[str, Any], spec: Mapping[str, Any], format: str | None) -> None:
    """Refuse a schema that contradicts itself, and a format that is not safe. Raises BadRequest with every place."""
    faults = [*_column_faults(schema["columns"]), *_role_faults(schema["columns"], spec)]
    if format is not None:
        faults += [Fault(fault, "/event_ts_format") for fault in time_format(format).faults]
    if faults:
        raise BadRequest.naming(*faults)


def _column_faults(columns: list[dict[str, Any]]) -> Iterator[Fault]:
    seen = set()
    for place, column in enumerate(columns):
        if column["name"] in seen:
            yield Fault(f"{quote(column['name'])} is the name of an earlier column", f"/schema/columns/{place}/name")
        seen.add(column["name"])
        low, high = column.get("min"), column.get("max")
        if low is not None and high is not None and low > high:
            yield Fault("is above max", f"/schema/columns/{place}/min")


def _role_faults(columns: list[dict[str, Any]], spec: Mapping[str, Any]) -> Iterator[Fault]:
    names = {column["name"] for column in columns}
    for role in ROLES:
        for place, name in enumerate(spec.get(role) or ()):
            if name not in names:
                yield Fault(f"{quote(name)} is not a column of the schema", f"/spec/{role}/{place}")
