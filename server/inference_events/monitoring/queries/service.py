"""Runs computations of figures in threads of their own, and ends them once nobody waits for them."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Event
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog
from inference_events.models.registry import ModelRegistry
from inference_events.monitoring.engine import Computation, FigureEngine
from inference_events.monitoring.subject import Subject

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

# Two compute and one may for a short time. The others wait for a moment, after which they end with EngineBusy.
MAX_CONCURRENT = 8


class Plan(Protocol[T_co]):
    """Figures to compute, checked against a model as it is now."""

    @property
    def subject(self) -> Subject: ...

    def compute(self, computation: Computation) -> T_co: ...


class FigureService:
    """Computes figures for requests."""

    def __init__(self, engine: FigureEngine, catalog: Catalog, registry: ModelRegistry) -> None:
        self._engine = engine
        self._catalog = catalog
        self._registry = registry
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="figures")

    async def compute(
        self,
        model_id: str,
        prepare: Callable[[Session], Plan[T]],
        departure: Callable[[], Awaitable[None]],
        started: float | None = None,
    ) -> T:
        """Return what the plan computes. It ends with QueryCancelled once `departure` returns.

        A request that computes several plans gives each the time at which it `started`, on the monotonic clock, because
        its time is that of all together.

        `prepare` makes the plan, again if the model has changed meanwhile. It may refuse the request.
        """
        cancelled = Event()
        gone = asyncio.ensure_future(departure())
        gone.add_done_callback(lambda _: cancelled.set())
        # The thread needs the context of the request.
        call = partial(copy_context().run, self.compute_here, model_id, prepare, cancelled, started)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        finally:
            gone.cancel()
            cancelled.set()

    def close(self) -> None:
        """Wait for the computations that run."""
        self._threads.shutdown(cancel_futures=True)

    def compute_here(
        self, model_id: str, prepare: Callable[[Session], Plan[T]], cancelled: Event, started: float | None = None
    ) -> T:
        """Do `compute` in the caller's thread. It ends with QueryCancelled once `cancelled` is set."""
        return self._registry.with_schema_retry(model_id, lambda: self._attempt(prepare, cancelled, started))

    def _attempt(self, prepare: Callable[[Session], Plan[T]], cancelled: Event, started: float | None) -> T:
        plan = self._catalog.read(prepare)
        with self._engine.compute(plan.subject.schema, cancelled, started) as computation:
            return plan.compute(computation)
