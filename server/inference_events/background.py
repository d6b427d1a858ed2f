"""Work that the server repeats as long as it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from inference_events.errors import ServiceUnavailable

log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeated(*functions: tuple[Callable[[], None], float]) -> AsyncIterator[None]:
    """Call each function again and again in a thread while the block runs, with its pause in seconds in between.

    A call that runs when the block ends is not interrupted.
    """
    tasks = [asyncio.create_task(_repeat(*each)) for each in functions]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _repeat(function: Callable[[], None], seconds: float) -> None:
    """Failures do not end it: a full disk may have room again later."""
    while True:
        try:
            await asyncio.to_thread(function)
        except ServiceUnavailable:
            # The database of replicas is away. Other parts of the server report it.
            log.warning("repeated_work_waits", work=function.__name__)
        except Exception:
            log.error("repeated_work_failed", work=function.__name__, exc_info=True)
        await asyncio.sleep(seconds)
