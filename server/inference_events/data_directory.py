"""The directory that holds everything the server keeps, owned by one process at a time."""

import fcntl
import os
import shlex
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Every name that the server, SQLite and DuckDB create in the directory.
OWN_NAMES = (
    "lock",
    "admin-token*",
    "secret-key*",
    "catalog.sqlite*",
    "events.duckdb*",
    "files",
    "parts",
    "incoming",
    "outgoing",
)


class DataDirectoryError(RuntimeError):
    """A data directory cannot be used."""


class DataDirectoryInUse(DataDirectoryError):
    """Another process owns the data directory."""


class DataDirectoryMissing(DataDirectoryError):
    """The data directory does not exist."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no data directory of this server: it has no catalog.sqlite")


class DataDirectoryTooNew(DataDirectoryError):
    """A newer version wrote a file of the data directory. The message says which, and how that shows."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"{file} was written by a newer version: {reason}. "
            f"Start that version or a later one, or restore a backup of {file.parent} that this version made"
        )


class DataDirectoryTooOld(DataDirectoryError):
    """A file of the data directory is too old to be migrated. The message says which, and how that shows."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"{file} was written by a version that is too old to be migrated: {reason}. Versions from commit 4501da5 "
            "on can be migrated. Start the version that wrote it, or publish the data again to a new data directory"
        )


class DataDirectoryDamaged(DataDirectoryError):
    """A file of the data directory cannot be read. The message says which, and why."""

    def __init__(self, file: Path, cause: object) -> None:
        reason = " ".join(str(cause).split()).rstrip("!.")
        super().__init__(f"{file} cannot be opened: {reason}. If it is damaged, put back a backup of {file.parent}")


class DataDirectoryRefused(DataDirectoryError):
    """A path is not safe to keep data in. The message says why, and how to repair it."""


class DataDirectory:
    """The data directory at `path`, owned by this process from construction to `close`.

    Raises DataDirectoryInUse if another process owns it, and DataDirectoryRefused if another user may write in it or if
    one of its own names is a symbolic link. Unfinished uploads, downloads and compactions are removed. So are
    permissions that an earlier version gave to other users.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        _make_directory(self.path)
        _check_owner(self.path)
        for name in (
            self.files,
            self.parts,
            self.incoming,
            self.outgoing,
            self.path / "lock",
            self.admin_token_file,
            self.secret_key_file,
        ):
            check_link(name)
        self._lock = _lock(self.path / "lock")
        _make_private(self.path)
        self.files.mkdir(exist_ok=True)
        for passage in (self.incoming, self.outgoing):
            passage.mkdir(exist_ok=True)
            for leftover in passage.iterdir():
                leftover.unlink()
        self.drop_draft_events()

    @property
    def files(self) -> Path:
        """The directory of the file store's objects, each under its key."""
        return self.path / "files"

    @property
    def incoming(self) -> Path:
        """The directory of uploads that are arriving."""
        return self.path / "incoming"

    @property
    def parts(self) -> Path:
        """The directory in which an older version kept the parts of unfinished uploads."""
        return self.path / "parts"

    @property
    def outgoing(self) -> Path:
        """The directory of downloads that are not sent yet."""
        return self.path / "outgoing"

    @property
    def catalog_file(self) -> Path:
        return self.path / "catalog.sqlite"

    @property
    def events_file(self) -> Path:
        return self.path / "events.duckdb"

    @property
    def draft_events_file(self) -> Path:
        """The copy of the events file that will replace the original."""
        return self.path / "events.duckdb.compacting"

    def drop_draft_events(self) -> None:
        """Remove an unfinished copy of the events file, with its write-ahead log."""
        for leftover in self.path.glob(f"{self.draft_events_file.name}*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    @property
    def admin_token_file(self) -> Path:
        return admin_token_file(self.path)

    @property
    def secret_key_file(self) -> Path:
        """The file with the key that encrypts stored secrets, if no setting has one."""
        return self.path / "secret-key"

    @property
    def next_admin_token_file(self) -> Path:
        """The file with the secret that replaces the admin token once the catalog has committed it."""
        return self.path / "admin-token.next"

    def prepare_admin_token(self, is_replaced: Callable[[str], bool], secret: str) -> None:
        """Keep `secret` next to the admin token's file if it replaces the secret in that file."""
        file = self.admin_token_file
        if file.exists() and is_replaced(read_private(file).strip()):
            write_private(self.next_admin_token_file, f"{secret}\n")

    def settle_admin_token(self, is_committed: Callable[[str], bool]) -> None:
        """Move the prepared secret into the admin token's file if the catalog has committed it; else remove it."""
        prepared = self.next_admin_token_file
        if not prepared.exists():
            return
        if is_committed(read_private(prepared).strip()):
            prepared.replace(self.admin_token_file)
        else:
            prepared.unlink()
        sync_directory(self.path)

    def close(self) -> None:
        """Release the directory for other processes."""
        os.close(self._lock)


@contextmanager
def unowned(path: Path) -> Iterator[None]:
    """Lock a data directory for the block without changing it. Raises DataDirectoryInUse."""
    try:
        descriptor = os.open(path / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    _lock_exclusively(path, descriptor)
    try:
        yield
    finally:
        os.close(descriptor)


def admin_token_file(data_dir: Path) -> Path:
    """Return the file to which a first start writes its admin token."""
    return data_dir / "admin-token"


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, durably and atomically."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_directory(path.parent)


def read_private(path: Path) -> str:
    """Return the text of a file. Raises OSError if it is a symbolic link."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW)) as file:
        return file.read()


def _make_directory(path: Path) -> None:
    if path.is_symlink() and not path.exists():
        raise DataDirectoryRefused(
            f"{path} is a link to {path.readlink()}, which does not exist: remove the link, or create its target"
        )
    if path.exists() and not path.is_dir():
        raise DataDirectoryRefused(f"{path} is not a directory: choose another one with --data-dir")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _check_owner(path: Path) -> None:
    """Raise DataDirectoryRefused if another user could put files into a directory, or swap them."""
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise DataDirectoryRefused(
            f"{path} belongs to another user (uid {status.st_uid}); run the server as that user, "
            f"or make the directory yours: chown -R {os.geteuid()} {shlex.quote(str(path))}"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise DataDirectoryRefused(
            f"Other users may write in {path}; take that away: chmod go-w {shlex.quote(str(path))}"
        )


def check_link(path: Path) -> None:
    """Raise DataDirectoryRefused for a link: through it the server would delete or empty files elsewhere."""
    if path.is_symlink():
        raise DataDirectoryRefused(f"{path} is a symbolic link, which the server does not follow: remove the link")


def _make_private(directory: Path) -> None:
    """Remove other users' permissions from the server's files in a directory. Links are not followed."""
    for own in (path for pattern in OWN_NAMES for path in directory.glob(pattern)):
        inner = (Path(parent, name) for parent, folders, files in os.walk(own) for name in (*folders, *files))
        for path in (own, *inner):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                path.chmod(stat.S_IMODE(mode) & ~0o077)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    _lock_exclusively(path.parent, descriptor)
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _lock_exclusively(directory: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise DataDirectoryInUse(
            f"{directory} is in use by another server (process {holder}); "
            "stop it first, or give this one another data directory"
        ) from None
