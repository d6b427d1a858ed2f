"""Turn rows of the catalog into JSON values, and wrap them in envelopes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, Literal, TypedDict, TypeVar, cast

from inference_events import API_VERSION
from inference_events.catalog.listing import Listing, Page
from inference_events.catalog.tables import (
    Baseline,
    CustomMetric,
    Environment,
    File,
    Job,
    Model,
    Organization,
    OutboxMessage,
    Project,
    Segment,
    Token,
    Webhook,
)
from inference_events.events.ingest.timestamps import microseconds
from inference_events.events.types import RejectedRow
from inference_events_api import types as t

DataT = TypeVar("DataT")
ItemT = TypeVar("ItemT")
RowT = TypeVar("RowT")


class Envelope(TypedDict, Generic[DataT]):
    """The type of all responses with one result."""

    data: DataT
    api_version: Literal["3.0"]
    kind: Literal["NORMAL"]


class ItemList(t.Page, Generic[ItemT]):
    """The type of all lists."""

    items: list[ItemT]


class PageEnvelope(TypedDict, Generic[ItemT]):
    """The type of all responses with a page of results."""

    data: ItemList[ItemT]
    api_version: Literal["3.0"]
    kind: Literal["PAGINATED"]


def envelope(data: DataT) -> Envelope[DataT]:
    return {"data": data, "api_version": API_VERSION, "kind": "NORMAL"}


def paginated(items: Sequence[ItemT], total: int, limit: int, offset: int) -> PageEnvelope[ItemT]:
    """Return the envelope of a page. Clients continue until `page_index`, counted from 1, is `page_count`."""
    return {
        "data": {
            "page_size": limit,
            "total": total,
            "item_count": len(items),
            "page_count": -(-total // limit),
            "page_index": offset // limit + 1,
            "offset": offset,
            "items": list(items),
        },
        "api_version": API_VERSION,
        "kind": "PAGINATED",
    }


def listed(page: Page[RowT], listing: Listing, show: Callable[[RowT], ItemT]) -> PageEnvelope[ItemT]:
    """Show the rows of a page of the catalog."""
    return paginated([show(row) for row in page.items], page.total, listing.limit, listing.offset)


def time(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_or_null(moment: datetime | None) -> str | None:
    return None if moment is None else time(moment)


def organization(row: Organization) -> t.NamedReference:
    return {"id": row.id, "name": row.name}


def user(row: Token) -> t.User:
    return {"id": row.id, "full_name": row.name, "email": ""}


def project(row: Project) -> t.Project:
    return {
        "id": row.id,
        "name": row.name,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "organization": organization(row.organization),
    }


def model_reference(row: Model) -> t.ModelReference:
    return {"id": row.id, "name": row.name, "version": row.version}


def project_reference(row: Project) -> t.NamedReference:
    return {"id": row.id, "name": row.name}


def environment(row: Environment, row_count: int) -> t.Environment:
    return {
        "id": row.id,
        "name": row.name,
        "type": cast(t.EnvType, row.type),
        "row_count": row_count,
        "model": model_reference(row.model),
        "project": project_reference(row.model.project),
        "organization": organization(row.model.project.organization),
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
    }


def baseline(row: Baseline, row_count: int | None) -> t.Baseline:
    """Show a baseline; only a ROLLING one has a window."""
    model = row.environment.model
    shown: t.Baseline = {
        "id": row.id,
        "name": row.name,
        "type": cast(t.BaselineType, row.type),
        "start_time": _milliseconds(row.start_time),
        "end_time": _milliseconds(row.end_time),
        "offset_delta": row.offset_delta,
        "row_count": row_count,
        "model": model_reference(model),
        "project": project_reference(model.project),
        "organization": organization(model.project.organization),
        "environment": {
            "id": row.environment.id,
            "name": row.environment.name,
            "type": cast(t.EnvType, row.environment.type),
        },
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
    }
    if row.window_bin_size is not None:
        shown["window_bin_size"] = cast(t.WindowBinSize, row.window_bin_size)
    return shown


def definition(row: Segment | CustomMetric) -> t.Segment:
    """Show a segment or a custom metric: they have the same fields. No one but its creator has ever updated it."""
    return {
        "id": row.id,
        "name": row.name,
        "definition": row.definition,
        "description": row.description,
        "model": model_reference(row.model),
        "project": project_reference(row.model.project),
        "organization": organization(row.model.project.organization),
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "created_by": user(row.created_by),
        "updated_by": user(row.created_by),
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds(moment) // 1000


def file(row: File) -> t.StoredFile:
    return {
        "id": row.id,
        "filename": row.filename,
        "status": cast(t.FileStatus, row.status),
        "type": cast(t.FileType, row.type),
        "size": row.size,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "created_by": user(row.created_by),
        "updated_by": user(row.updated_by),
    }


def webhook(row: Webhook, url: str, signing_secret: str | None = None) -> t.Webhook:
    """Show a webhook with its URL as given, and with its secret if it is new."""
    shown: t.Webhook = {
        "uuid": row.id,
        "name": row.name,
        "url": url,
        "provider": cast(t.WebhookProvider, row.provider),
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
    }
    if signing_secret is not None:
        shown["signing_secret"] = signing_secret
    return shown


def notification(row: OutboxMessage, destination_name: str | None) -> t.Notification:
    return {
        "id": row.id,
        "batch_id": row.batch_id,
        "state": cast(t.NotificationState, row.state),
        "channel": cast(t.NotificationChannel, row.channel),
        "destination": row.destination,
        "destination_name": destination_name,
        "severity": row.severity,
        "rule_name": row.content["rule"]["name"],
        "alert_rule_id": row.alert_rule_id,
        "alert_record_id": row.alert_record_id,
        "model_id": row.model_id,
        "attempts": row.attempts,
        "problem": row.error,
        "created_at": time(row.created_at),
        "due_at": time_or_null(row.due_at),
        "ended_at": time_or_null(row.ended_at),
    }


def token(row: Token) -> t.Token:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": cast(list[t.TokenScope], row.scopes),
        "project_ids": row.project_ids,
        "created_at": time(row.created_at),
        "expires_at": time_or_null(row.expires_at),
        "last_used_at": time_or_null(row.last_used_at),
    }


def token_secret(row: Token, secret: str) -> t.TokenSecret:
    return {**token(row), "token": secret}


def session(row: Token, ends_at: datetime | None) -> t.Session:
    return {
        "token_id": row.id,
        "token_name": row.name,
        "scopes": cast(list[t.TokenScope], row.scopes),
        "project_ids": row.project_ids,
        "expires_at": time_or_null(ends_at),
    }


def job_reference(row: Job) -> t.JobReference:
    return {"id": row.id, "name": row.name}


def job_accepted(row: Job) -> t.JobAcceptedResponse:
    return envelope({"job": job_reference(row)})


def job(row: Job, verbose: bool = False) -> t.Job:
    """Show a job, with its one task under `extras` if asked."""
    return {
        "id": row.id,
        "name": row.name,
        "status": cast(t.JobStatus, row.status),
        "progress": row.progress,
        "info": cast(t.JobInfo, row.info),
        "error_message": row.error_message,
        "error_reason": row.error_reason,
        "extras": {row.id: _task(row)} if verbose else None,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "started_at": time_or_null(row.started_at),
        "completed_at": time_or_null(row.completed_at),
    }


def rejected_row(row: RejectedRow) -> t.RejectedRow:
    return {"row": row.row, "reason": row.reason, "message": row.message}


def _task(row: Job) -> dict[str, object]:
    return {"status": row.status, "result": row.info, "error_message": row.error_message}
