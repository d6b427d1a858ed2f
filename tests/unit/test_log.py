"""Logs are JSON lines without a value of a payload."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from inference_events.logging import configure_logging

CANARY = "canary-7f3a"


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()
    configure_logging("info", stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level


def lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail() -> None:
    try:
        int(CANARY)
    except ValueError as error:
        raise RuntimeError(CANARY) from error


def test_exceptions_are_named_not_quoted(stream: io.BytesIO) -> None:
    """An exception leaves its type, its cause's and the innermost line; never its message."""
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("job_failed", job_id="j1")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["job_id"]) == ("job_failed", "error", "j1")
    assert line["error"] == "RuntimeError from ValueError"
    assert line["trace"][-1].startswith(f"{__name__}.fail:")
    assert CANARY not in stream.getvalue().decode()


def test_libraries_log_without_their_values(stream: io.BytesIO) -> None:
    """A library's record keeps its logger and wording, without its arguments and exception message."""
    try:
        fail()
    except RuntimeError:
        logging.getLogger("some.library").exception("could not store %s", CANARY)
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").error(ValueError(CANARY))
    line, bare = lines(stream)
    assert bare["event"] == "ValueError"
    assert (line["logger"], line["event"]) == ("some.library", "could not store %s")
    assert CANARY not in stream.getvalue().decode()


def test_levels_are_kept(stream: io.BytesIO) -> None:
    """Lines below the level are not written."""
    structlog.get_logger().debug("detail")
    structlog.get_logger().info("news")
    assert [line["event"] for line in lines(stream)] == ["news"]
