"""Structured logs as JSON lines, without values of payloads.

Lines with level info, such as the line of each request, are written together, at most FLUSH_SECONDS late: a system call
for each would take longer than making the line. Warnings and errors are written at once, with the lines before them.
The rest is written when the process ends; only a killed process loses lines.
"""

import atexit
import io
import logging
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_OWN_PACKAGE = "inference_events"
_LONGEST_TRACE = 20
FLUSH_SECONDS = 0.05


def configure_logging(level: str = "info", stream: BinaryIO | None = None) -> None:
    """Write our lines and the warnings of libraries to `stream`, standard error by default."""
    target = _Unfailing(stream) if stream is not None else _Delayed(_buffered(sys.stderr.buffer))
    severity = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_shared(), _render],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=lambda *_: _Logger(target),
    )
    handler = _LibraryHandler(target)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(severity, logging.WARNING))
    logging.captureWarnings(True)
    # Connexion imports the test client, which the server does not use.
    warnings.filterwarnings("ignore", message=".*starlette.testclient.*")


def _buffered(stream: BinaryIO) -> BinaryIO:
    """Return a stream with a buffer. PYTHONUNBUFFERED, which images of containers set, takes it away."""
    return open(stream.fileno(), "wb", closefd=False) if isinstance(stream, io.RawIOBase) else stream


def name_error(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the code lines of its trace; its message may contain a payload."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = " from ".join(_type_name(one) for one in _chain(error))
        event["trace"] = _trace(error)
    return event


def _shared() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_error,
    ]


def _render(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=lambda value: type(value).__name__)


class _Unfailing:
    """Writes to a stream and ignores its errors, so that a full disk for logs does not fail requests.

    A closed stream raises ValueError.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def flush_soon(self) -> None:
        self.flush()


class _Delayed(_Unfailing):
    """Leaves lines in the buffer of the stream until they are due. Any thread may write."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._is_due, self._is_stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        # The interpreter aborts if a thread holds the lock of the stream when it ends.
        atexit.register(self.stop)

    def flush_soon(self) -> None:
        if self._is_stopped.is_set():
            self.flush()
        elif not self._is_due.is_set():
            self._is_due.set()

    def stop(self) -> None:
        """Write the buffered lines. Later lines are written at once."""
        self._is_stopped.set()
        self._is_due.set()
        self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._is_due.wait()
            self._is_stopped.wait(FLUSH_SECONDS)
            # Cleared first, so that a line that is added meanwhile becomes due again.
            self._is_due.clear()
            self.flush()


class _Logger:
    """The logger to which structlog passes rendered lines."""

    def __init__(self, target: _Unfailing) -> None:
        self._target = target

    def info(self, line: bytes) -> None:
        self._target.write(line + b"\n")
        self._target.flush_soon()

    def error(self, line: bytes) -> None:
        self._target.write(line + b"\n")
        self._target.flush()

    debug = info
    warning = critical = error


class _LibraryHandler(logging.Handler):
    """Write a record of a library as one of our lines, without the values in its text."""

    def __init__(self, target: _Unfailing) -> None:
        super().__init__()
        self._logger = _Logger(target)

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {
            "event": _wording(record.msg),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        for process in _shared():
            event = process(None, record.levelname.lower(), event)  # type: ignore[assignment]
        self._logger.error(_render(None, "", event))


def _wording(message: object) -> str:
    """Return the first line of a record's text. Other objects, such as exceptions, may contain a payload."""
    return message.partition("\n")[0] if isinstance(message, str) else type(message).__name__


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _trace(error: BaseException) -> list[str]:
    """Name the frames of our code, and the innermost frame of any code."""
    frames = list(traceback.walk_tb(error.__traceback__))
    places = [
        f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}:{line}"
        for index, (frame, line) in enumerate(frames)
        if index == len(frames) - 1 or frame.f_globals.get("__name__", "").startswith(_OWN_PACKAGE)
    ]
    return places[-_LONGEST_TRACE:]
