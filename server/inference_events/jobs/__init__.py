"""Work that continues after a response: a durable queue in the catalog, and the workers that run its jobs."""

from inference_events.jobs.queue import JobQueue
from inference_events.jobs.run import Cancelled, Handler, JobFailed, JobRun
from inference_events.jobs.worker import Workers

__all__ = ["Cancelled", "Handler", "JobFailed", "JobQueue", "JobRun", "Workers"]
