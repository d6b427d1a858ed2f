"""What rows look like on the wire, and the envelopes around them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, Literal, TypedDict, TypeVar, cast

from inference_events.catalog.tables import File, Job, Organization, Project, Token
from inference_events_api import types as t

DataT = TypeVar("DataT")
ItemT = TypeVar("ItemT")


class Envelope(TypedDict, Generic[DataT]):
    """Fit every answer of the contract that has one result."""

    data: DataT
    api_version: Literal["3.0"]
    kind: Literal["NORMAL"]


class ItemList(t.Page, Generic[ItemT]):
    """Fit every list of the contract."""

    items: list[ItemT]


class PageEnvelope(TypedDict, Generic[ItemT]):
    """Fit every answer of the contract that has a page of results."""

    data: ItemList[ItemT]
    api_version: Literal["3.0"]
    kind: Literal["PAGINATED"]


def envelope(data: DataT) -> Envelope[DataT]:
    return {"data": data, "api_version": "3.0", "kind": "NORMAL"}


def paginated(items: Sequence[ItemT], total: int, limit: int, offset: int) -> PageEnvelope[ItemT]:
    """Say where a page stands. Clients go on until `page_index`, counted from 1, is `page_count`."""
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
        "api_version": "3.0",
        "kind": "PAGINATED",
    }


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


def file(row: File) -> t.File:
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


def token(row: Token) -> t.Token:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": cast(list[t.TokenScope], row.scopes),
        "created_at": time(row.created_at),
        "expires_at": time_or_null(row.expires_at),
        "last_used_at": time_or_null(row.last_used_at),
    }


def token_secret(row: Token, secret: str) -> t.TokenSecret:
    return {**token(row), "token": secret}


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


def _task(row: Job) -> dict[str, object]:
    return {"status": row.status, "result": row.info, "error_message": row.error_message}
