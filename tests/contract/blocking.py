"""An asynchronous object that is used as if it were synchronous, so that one test is for both clients."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any


class Blocking:
    """Wait for what the methods of `target` and of its attributes return; asynchronous iterators become iterators."""

    def __init__(self, target: Any, runner: asyncio.Runner) -> None:
        self._target = target
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        return Blocking(value, self._runner)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        result = self._target(*arguments, **options)
        if inspect.iscoroutine(result):
            return self._runner.run(result)
        return iter(self._runner.run(_collected(result)))


async def _collected(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]
