"""Operations of the tag Models."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from inference_events.alerts.changes import check_change as check_rules
from inference_events.catalog import Catalog, models, retention
from inference_events.catalog.concurrency import Lock
from inference_events.catalog.listing import Listing
from inference_events.catalog.tables import Model
from inference_events.context import current_request
from inference_events.errors import Conflict
from inference_events.idempotency.catalog_writes import change
from inference_events.jobs import JobQueue
from inference_events.jobs.kinds import DELETE_MODEL, NO_EPOCH
from inference_events.models import rules
from inference_events.models.factory.proposer import Proposer
from inference_events.models.registry import ModelRegistry
from inference_events.monitoring.definitions.changes import check_change
from inference_events.monitoring.definitions.rules import stored_subject
from inference_events.operations import views
from inference_events.operations.feature_impacts import feature_impact, stored_impact
from inference_events_api import types as t

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
    """Serve models. Their columns are applied to the event store in the same step."""

    def __init__(self, catalog: Catalog, queue: JobQueue, registry: ModelRegistry, proposer: Proposer) -> None:
        self._catalog = catalog
        self._queue = queue
        self._registry = registry
        self._proposer = proposer

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
        rules.check_depth(body)

        def make(session: Session) -> t.ModelResponse:
            rules.check(values["schema"], values["spec"], values.get("event_ts_format"))
            row = models.create(session, body["project_id"], values, token_id)
            self._registry.define(row)
            return views.envelope(model(row))

        return await change(self._catalog, make)

    async def get_model(self, *, model_id: str) -> t.ModelResponse:
        row = await self._catalog.aread(lambda session: models.get(session, model_id))
        return views.envelope(model(row))

    async def update_model(self, *, model_id: str, body: t.ModelUpdate) -> t.ModelResponse:
        token_id = current_request().token_id
        rules.check_depth(body)

        def make(session: Session) -> t.ModelResponse:
            before = models.get(session, model_id, Lock.EXCLUSIVE)
            # A model made before formats were checked may keep its format.
            new_format = body.get("event_ts_format", before.event_ts_format)
            changed_format = None if new_format == before.event_ts_format else new_format
            rules.check(body.get("schema", before.schema), body.get("spec", before.spec), changed_format)
            revision = before.schema_revision
            subject = stored_subject(session, before)
            row = models.update(session, model_id, _fields(body), token_id)
            if row.schema_revision != revision:
                check_change(session, row, subject)
                check_rules(session, row, subject)
                self._registry.define(row)
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

    async def upload_feature_impact(self, *, body: t.FeatureImpactUpload) -> t.FeatureImpactResponse:
        return await self._set_impact(body, replaces=False)

    async def replace_feature_impact(self, *, body: t.FeatureImpactUpload) -> t.FeatureImpactResponse:
        return await self._set_impact(body, replaces=True)

    async def get_feature_impact(self, *, body: t.FeatureImpactRequest) -> t.FeatureImpactResponse:
        def find(session: Session) -> t.FeatureImpact:
            return feature_impact(models.get(session, body["model_id"].lower()))

        return views.envelope(await self._catalog.aread(find))

    async def _set_impact(self, body: t.FeatureImpactUpload, *, replaces: bool) -> t.FeatureImpactResponse:
        token_id = current_request().token_id

        def make(session: Session) -> t.FeatureImpactResponse:
            row = models.get(session, body["model_id"].lower(), Lock.EXCLUSIVE)
            impact = stored_impact(row, body["feature_impact_map"])
            if row.feature_impact is not None and not replaces:
                raise Conflict("The model has a feature impact already; PUT replaces it (update=True in the client)")
            models.set_feature_impact(session, row, impact, token_id)
            return views.envelope(feature_impact(row))

        return await change(self._catalog, make)

    async def generate_model(self, *, body: t.GenerateModelRequest) -> t.GeneratedModelResponse:
        rules.check_depth({"spec": body.get("spec")})
        columns = await self._proposer.columns(body["file_id"], body.get("sample_size"), body.get("max_cardinality"))
        return views.envelope({"schema": {"schema_version": 1, "columns": columns}, "spec": _spec(body, columns)})


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
        "is_binary_ranking_model": rules.ranks_two_classes(row.task, row.schema, row.spec),
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.updated_at),
        "created_by": views.user(row.created_by),
        "updated_by": views.user(row.updated_by),
        "organization": views.organization(row.project.organization),
        "project": views.project_reference(row.project),
    }
    if warnings := rules.warnings(row.spec, row.event_ts_format):
        shown["warnings"] = warnings
    return shown


def model_summary(row: Model) -> t.ModelSummary:
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "project": views.project_reference(row.project),
        "created_at": views.time(row.created_at),
        "updated_at": views.time(row.updated_at),
    }


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in FIELDS if name in body}


def _spec(body: t.GenerateModelRequest, columns: list[t.Column]) -> t.ModelSpec:
    """Return the roles that were sent, and empty lists for the rest; without any, make every column an input."""
    everything: t.ModelSpec = {"inputs": [column["name"] for column in columns]}
    sent = body.get("spec", everything)
    return {
        "schema_version": sent.get("schema_version", 1),
        "inputs": sent.get("inputs", []),
        "outputs": sent.get("outputs", []),
        "targets": sent.get("targets", []),
        "decisions": sent.get("decisions", []),
        "metadata": sent.get("metadata", []),
        "custom_features": sent.get("custom_features", []),
    }
