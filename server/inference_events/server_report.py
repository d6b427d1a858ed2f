"""What an administrator may want to know of a running server: settings, limits, versions, sizes."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ByteSize, SecretStr
from sqlalchemy.orm import Session

from inference_events import API_VERSION, __version__
from inference_events.catalog import Catalog
from inference_events.catalog.tables import utc_now
from inference_events.data_directory import DataDirectory
from inference_events.disk_usage import free_bytes, used_bytes
from inference_events.monitoring.fql.tokens import MAX_LENGTH
from inference_events.settings import ENV_PREFIX, Settings


@dataclass(frozen=True)
class Setting:
    """A setting as text. A secret has no value and no default here."""

    name: str
    variable: str
    description: str
    value: str | None
    default: str | None
    is_default: bool
    is_secret: bool


@dataclass(frozen=True)
class FixedLimit:
    """A limit that is no setting."""

    name: str
    description: str
    value: int


# The contract has the same numbers, and a test compares them.
LIMITS = (
    FixedLimit("events", "Events of a request.", 1000),
    FixedLimit("deleted_ids", "Event ids of a deletion.", 10_000),
    FixedLimit("columns", "Columns of a model.", 10_000),
    FixedLimit("items", "Items of a page of a list.", 1000),
    FixedLimit("definition_characters", "Characters of the definition of a segment or custom metric.", MAX_LENGTH),
    FixedLimit("token_projects", "Projects that a token may be limited to.", 1000),
)
_SIZES = {
    "events": "Events and their violations.",
    "events_log": "Changes of events that are not in the events file yet.",
    "catalog": "Projects, models, jobs, tokens and retry records.",
    "files": "Uploaded files.",
    "transfers": "Uploads and downloads that are under way.",
    "free": "Free space that this server may fill.",
}


class ServerReport:
    """Reports on this process since it started."""

    def __init__(self, settings: Settings, catalog: Catalog, directory: DataDirectory) -> None:
        self._settings = settings
        self._catalog = catalog
        self._directory = directory
        self.started_at = utc_now()

    def settings(self) -> Iterator[Setting]:
        """Yield the settings in the order of their table."""
        for name, field in Settings.model_fields.items():
            value, is_secret = getattr(self._settings, name), field.annotation is SecretStr
            yield Setting(
                name=name,
                variable=f"{ENV_PREFIX}{name.upper()}",
                description=field.description or "",
                value=None if is_secret else _text(value),
                default=None if is_secret else _text(field.default),
                is_default=value == field.default,
                is_secret=is_secret,
            )

    def versions(self) -> dict[str, str]:
        """Return the versions of the server and of what it runs on, by name."""
        engine, version = self._catalog.read(_database)
        return {
            "Inference Events": __version__,
            "API": API_VERSION,
            "Reported to clients": self._settings.server_version,
            "Python": platform.python_version(),
            "DuckDB": duckdb.__version__,
            engine: version,
        }

    def sizes(self) -> Iterator[tuple[str, str, int]]:
        """Yield what takes space on the disk, its description and its bytes, and the free space last."""
        found = used_bytes(self._directory) | {"free": free_bytes(self._directory)}
        yield from ((name, _SIZES[name], size) for name, size in found.items())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, ByteSize):
        return value.human_readable()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value.absolute() if isinstance(value, Path) and value.exists() else value)


def _database(session: Session) -> tuple[str, str]:
    dialect = session.connection().dialect
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[dialect.name]
    return name, ".".join(map(str, dialect.server_version_info or ()))
