"""A small disk for PostgreSQL, which can be full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgres import UNPRIVILEGED

MIB = 1024 * 1024
SIZE_MIB = 16 * 1024
ROOM_MIB = 1


class Unmountable(Exception):
    """A disk can be mounted by root only."""


class SmallDisk:
    """A file system in memory whose size can change, so that it is full at once and takes no more than it holds."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.is_mounted = False

    def mount(self) -> None:
        """Mount the disk. Raises Unmountable."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._mount("-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=700", "tmpfs")
        self.is_mounted = True
        shutil.chown(self._directory, UNPRIVILEGED)

    def unmount(self) -> None:
        """Unmount the disk, if it is mounted. What it holds is gone."""
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", self._directory], check=True)
            self.is_mounted = False

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room but a little meanwhile."""
        there = os.statvfs(self._directory)
        used_mib = (there.f_blocks - there.f_bfree) * there.f_frsize // MIB
        self._mount("-o", f"remount,size={used_mib + ROOM_MIB}m")
        try:
            yield
        finally:
            self._mount("-o", f"remount,size={SIZE_MIB}m")

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, self._directory], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unmountable(done.stderr.strip())
