"""Work that continues after a response: a durable queue in the catalog, and the workers that run its jobs."""

from inference_events.jobs.queue import JobQueue
from inference_events.jobs.worker import Cancelled, Handler, JobFailed, JobRun, Workers

__all__ = ["Cancelled", "Handler", "JobFailed", "JobQueue", "JobRun", "Workers"]
