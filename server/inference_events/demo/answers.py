"""What an operation of the client came to: its answer, or the job that it left to be done."""

import time
from typing import TypeVar
from uuid import UUID

from inference_events.client import AuthenticatedClient
from inference_events.client.api.jobs import get_job
from inference_events.client.models import ErrorEnvelope, Job

T = TypeVar("T")

_SECONDS_BETWEEN_LOOKS = 0.05


class RequestFailed(RuntimeError):
    """Say why the server refused a request, or why a job failed."""


def answered(answer: ErrorEnvelope | T | None) -> T:
    """Return the answer of an operation. Raises RequestFailed if it is an error."""
    if answer is None or isinstance(answer, ErrorEnvelope):
        raise RequestFailed("No answer" if answer is None else answer.error.message)
    return answer


def finished(client: AuthenticatedClient, job_id: UUID) -> Job:
    """Wait until a job has ended. Raises RequestFailed if it failed."""
    while True:
        job = answered(get_job.sync(job_id, client=client)).data
        if job.status == "FAILURE":
            raise RequestFailed(f"{job.name}: {job.error_message}")
        if job.status == "SUCCESS":
            return job
        time.sleep(_SECONDS_BETWEEN_LOOKS)
