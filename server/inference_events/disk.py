"""Whether the disk of the data directory takes writes. If it does not, the server still serves reads."""

import os
from pathlib import Path
from tempfile import TemporaryFile

import structlog

from inference_events.errors import refuses_writes

PROBE_BYTES = 4096
PROBE_EVERY_SECONDS = 10

log = structlog.get_logger(__name__)


class Disk:
    """Know whether the disk takes writes, from writes that failed and from probes. Any thread may use it."""

    def __init__(self, directory: Path) -> None:
        """`directory` exists and is where probes are written."""
        self._directory = directory
        self._is_writable = True
        self._has_failed = False

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def note_failure(self, error: BaseException) -> None:
        """Note a write that failed, if the disk is the cause."""
        if refuses_writes(error):
            self._has_failed = True
            self._refuse(error)

    def probe(self) -> None:
        """Write and sync 4 KiB. If that works and no write has failed since the last probe, the disk takes writes."""
        # A disk with little room takes a probe, but refuses larger writes.
        has_failed, self._has_failed = self._has_failed, False
        try:
            self._write()
        except OSError as error:
            self._refuse(error)
            return
        if not (has_failed or self._is_writable):
            self._is_writable = True
            log.info("disk_takes_writes")

    def _refuse(self, error: BaseException) -> None:
        if self._is_writable:
            self._is_writable = False
            log.error("disk_refuses_writes", exc_info=error)

    def _write(self) -> None:
        # It has no name if the file system allows that, so that a crash leaves nothing behind.
        with TemporaryFile(dir=self._directory, buffering=0) as file:
            # Random, as some file systems do not store zeros.
            file.write(os.urandom(PROBE_BYTES))
            os.fsync(file.fileno())
