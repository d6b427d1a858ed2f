"""Logs are JSON lines without a value of a payload."""

import io
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from inference_events.logging import FLUSH_SECONDS, configure_logging

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


PROGRAM = """
import os, sys, structlog
from inference_events.logging import configure_logging
configure_logging()
log = structlog.get_logger()
"""


def started(code: str) -> subprocess.Popen[bytes]:
    """Start a process that logs to its standard error."""
    return subprocess.Popen([sys.executable, "-c", PROGRAM + code], stdin=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError"])
def test_a_process_that_ends_loses_no_line(end: str) -> None:
    """All lines are written when a process ends, with any exit code."""
    process = started(f"for number in range(1000): log.info('line', number=number)\n{end}")
    written = [line for line in process.communicate(timeout=60)[1].splitlines() if line.startswith(b"{")]
    assert [json.loads(line)["number"] for line in written] == list(range(1000))


def test_lines_are_written_together() -> None:
    """A write has more than one line, also if Python is told not to buffer its streams."""
    # Each write to such a socket is a packet of its own.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        code = "for number in range(10): log.info('line', number=number)"
        subprocess.run([sys.executable, "-u", "-c", PROGRAM + code], stderr=theirs.fileno(), check=True, timeout=60)
        assert ours.recv(65_536).count(b"\n") > 1


def test_an_error_is_written_at_once_with_the_lines_before_it() -> None:
    """If the process is killed right after an error, the log shows the error and what led to it."""
    process = started("log.info('before'); log.error('error'); os.kill(os.getpid(), 9)")
    written = process.communicate(timeout=60)[1].splitlines()
    assert [json.loads(line)["event"] for line in written] == ["before", "error"]


def test_a_line_is_written_soon() -> None:
    """A line does not wait for others while the process goes on."""
    process = started("log.info('first'); sys.stdin.read(1); log.info('second'); sys.stdin.read()")
    assert process.stderr is not None
    assert process.stdin is not None
    with process, process.stderr, process.stdin:
        assert json.loads(process.stderr.readline())["event"] == "first"
        process.stdin.write(b"x")
        process.stdin.flush()
        assert json.loads(process.stderr.readline())["event"] == "second"


@pytest.mark.parametrize("level", ["info", "error"])
def test_a_closed_stream_makes_no_work_fail(stream: io.BytesIO, level: str) -> None:
    """A line for a stream that is closed is lost, as on a full disk. Nothing raises, not even in a thread."""
    stream.close()
    getattr(structlog.get_logger(), level)("lost")
    time.sleep(2 * FLUSH_SECONDS)
