"""Work that the server repeats as long as it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from inference_events.errors import ServiceUnavailable

log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeated(*functions: tuple[Callable[[], None], float]) -> AsyncIterator[None]:
    """Call each function repeatedly in a thread while the block runs, with its pause in seconds in between.

    A call that is running when the block ends is not interrupted.
    """
    tasks = [asyncio.create_task(_repeat(*each)) for each in functions]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _repeat(function: Callable[[], None], seconds: float) -> None:
    """Call a function repeatedly, even after failures: a full disk may have room again later."""
    while True:
        try:
            await asyncio.to_thread(function)
        except ServiceUnavailable:
            # The replicas' database is not available. Other parts of the server report it.
            log.warning("repeated_work_waits", work=function.__name__)
        except Exception:
            log.error("repeated_work_failed", work=function.__name__, exc_info=True)
        await asyncio.sleep(seconds)
