"""Track whether the disk of the data directory takes writes. If it does not, the server still serves reads."""

import os
from pathlib import Path
from tempfile import TemporaryFile

import structlog

from inference_events.errors import refuses_writes

PROBE_BYTES = 4096
PROBE_EVERY_SECONDS = 10

log = structlog.get_logger(__name__)


class Disk:
    """Tracks whether the disk takes writes, by failed writes and by probes. Any thread may use it."""

    def __init__(self, directory: Path) -> None:
        """`directory` must exist; probes are written there."""
        self._directory = directory
        self._is_writable = True
        self._has_failed = False

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def note_failure(self, error: BaseException) -> None:
        """Record a failed write if the disk caused it."""
        if refuses_writes(error):
            self._has_failed = True
            self._refuse(error)

    def probe(self) -> None:
        """Write and sync 4 KiB. If that works and no write has failed since the last probe, the disk takes writes."""
        # A disk with little free space accepts a probe but refuses larger writes.
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
        # The file has no name if the file system allows that, so a crash leaves no file.
        with TemporaryFile(dir=self._directory, buffering=0) as file:
            # Random, as some file systems do not store zeros.
            file.write(os.urandom(PROBE_BYTES))
            os.fsync(file.fileno())
