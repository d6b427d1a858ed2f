"""Work that the server repeats as long as it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeated(*works: tuple[Callable[[], None], float]) -> AsyncIterator[None]:
    """Do each work in a thread within the block, again and again, with so many seconds in between.

    What is in a thread at the end of the block goes on there.
    """
    tasks = [asyncio.create_task(_repeat(*work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _repeat(work: Callable[[], None], seconds: float) -> None:
    """A failure, as of a full disk, does not end it."""
    while True:
        try:
            await asyncio.to_thread(work)
        except Exception:
            log.error("repeated_work_failed", work=work.__name__, exc_info=True)
        await asyncio.sleep(seconds)
