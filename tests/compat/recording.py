"""Record which public operations of the client the tests call, which requests these send, and how each of them ends.

The client stays unchanged.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from urllib.parse import urlsplit

import fiddler as fdl
import pytest
import requests

from tests.vendor_calls import client_call

ENTITIES = "fiddler.entities."
RETURNED = "returned"
SEND = requests.Session.send.__code__
CLIENT_HEADER = "X-Fiddler-Client-Version"


def public_operations() -> dict[str, CodeType]:
    """Find the code of every public operation: `init`, and of each entity its methods and its own properties.

    A property that an entity inherits only shows values of a response.
    """
    operations = {"init": fdl.init.__code__}
    for entity in (vars(fdl)[name] for name in fdl.__all__):
        if inspect.isclass(entity) and entity.__module__.startswith(ENTITIES):
            operations |= {f"{entity.__name__}.{name}": code for name, code in _public_members(entity)}
    return operations


def _public_members(entity: type) -> Iterator[tuple[str, CodeType]]:
    for owner in reversed(entity.__mro__):
        for name, member in vars(owner).items():
            function = _function(member, is_own=owner is entity)
            if function and owner.__module__.startswith(ENTITIES) and not name.startswith("_"):
                yield name, inspect.unwrap(function).__code__


def _function(member: object, is_own: bool) -> Any:
    if isinstance(member, property):
        return member.fget if is_own else None
    if isinstance(member, cached_property):
        return member.func if is_own else None
    if isinstance(member, classmethod | staticmethod):
        return member.__func__
    return member if inspect.isfunction(member) else None


class Recorder:
    """Write to a JSON file how the operations and requests ended that passed tests called: a plugin of pytest.

    An end is `returned`, or the status of the error response that was raised, or the name of another exception. That of
    a request is the status of its response.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        operations = public_operations()
        self._codes = set(operations.values())
        self._ends: dict[str, set[str]] = {name: set() for name in operations}
        self._missing: dict[str, set[str]] = {name: set() for name in operations}
        self._calls: set[tuple[str, str]] = set()
        self._requests: set[tuple[str, int]] = set()
        self._statuses: dict[str, set[int]] = {}
        self._has_passed = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Record the calls of a test and its fixtures, and keep them if all passed."""
        self._calls, self._requests, self._has_passed = set(), set(), True
        sys.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            if self._has_passed:
                self._keep(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether this phase of the test passed."""
        self._has_passed &= report.passed

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        operations = {
            name: {"ends": sorted(self._ends[name]), "missing": sorted(self._missing[name])} for name in self._ends
        }
        calls = {call: sorted(statuses) for call, statuses in self._statuses.items()}
        record = {"client": fdl.__version__, "operations": operations, "calls": calls}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(record, indent=1))

    def _keep(self, item: pytest.Item) -> None:
        for name, end in self._calls:
            self._ends[name].add(end)
        for call, status in self._requests:
            self._statuses.setdefault(call, set()).add(status)
        for marker in item.iter_markers("partly"):
            name, what = marker.args
            self._missing[name].add(what)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """Trace an operation or a request until it returns or raises; no other code is slowed."""
        if frame.f_code is SEND:
            return self._sending(frame)
        if frame.f_code not in self._codes:
            return None
        name, raised = _operation(frame), ""

        def inside(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
            nonlocal raised
            if event == "exception":
                raised = _end(argument[1])
            elif event == "line":
                raised = ""
            elif event == "return" and name in self._ends:
                self._calls.add((name, raised or RETURNED))
            return inside

        return inside

    def _sending(self, frame: FrameType) -> Callable[..., Any] | None:
        request = frame.f_locals["request"]
        call = client_call(request.method, urlsplit(request.url).path)
        if call is None or CLIENT_HEADER not in request.headers:
            return None

        def inside(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
            if event == "return" and argument is not None:
                self._requests.add((call, argument.status_code))
            return inside

        return inside


def _operation(frame: FrameType) -> str:
    """Name the operation by the class that it was called on: two entities may inherit the same code."""
    if frame.f_code is fdl.init.__code__:
        return "init"
    called_on = frame.f_locals[frame.f_code.co_varnames[0]]
    entity = called_on if inspect.isclass(called_on) else type(called_on)
    return f"{entity.__name__}.{frame.f_code.co_name}"


def _end(raised: BaseException) -> str:
    response = getattr(raised, "response", None)
    status = getattr(raised, "code", None) if response is None else response.status_code
    return str(int(status)) if status else type(raised).__name__
