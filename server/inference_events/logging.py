"""Structured logs as JSON lines, without values of payloads."""

import logging
import sys
import traceback
import warnings
from contextlib import suppress
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_OWN_PACKAGE = "inference_events"
_LONGEST_TRACE = 20


def configure_logging(level: str = "info", stream: BinaryIO | None = None) -> None:
    """Send our lines and the warnings of libraries to `stream`, standard error by default."""
    target = _Unfailing(stream or sys.stderr.buffer)
    severity = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_shared(), _render],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.BytesLoggerFactory(target),  # type: ignore[arg-type]
    )
    handler = _LibraryHandler(target)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(severity, logging.WARNING))
    logging.captureWarnings(True)
    # Connexion imports the test client, which the server does not use.
    warnings.filterwarnings("ignore", message=".*starlette.testclient.*")


def name_error(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the code lines it passed; its message may hold a payload."""
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
    """Write to a stream and ignore its errors, so that a full disk for logs makes no work fail."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self._stream.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _LibraryHandler(logging.Handler):
    """Write a record of a library as one of our lines, without the values in its text."""

    def __init__(self, target: "_Unfailing") -> None:
        super().__init__()
        self._logger = structlog.BytesLogger(target)  # type: ignore[arg-type]

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {
            "event": _wording(record.msg),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        for process in _shared():
            event = process(None, record.levelname.lower(), event)  # type: ignore[assignment]
        self._logger.msg(_render(None, "", event))


def _wording(message: object) -> str:
    """Return the first line of a record's text. An object in its place, such as an exception, may hold a payload."""
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
