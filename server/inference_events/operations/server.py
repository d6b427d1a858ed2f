"""Operations of the tag Server."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import cast

from inference_events import __version__
from inference_events.catalog import Catalog, organizations
from inference_events.errors import ServiceUnavailable
from inference_events.operations import views
from inference_events.server_report import LIMITS, ServerReport
from inference_events_api import types as t


class ServerOperations:
    """Report on the server itself.

    `is_ready` reports whether something can be served, which may take a moment; `is_writable`, whether the disk takes
    writes. `report` knows the settings.
    """

    def __init__(
        self,
        catalog: Catalog,
        version: str,
        is_ready: Callable[[], bool],
        is_writable: Callable[[], bool],
        report: ServerReport,
    ) -> None:
        self._catalog = catalog
        self._report = report
        self._version = version
        self._is_ready = is_ready
        self._is_writable = is_writable

    async def get_server_info(self) -> t.ServerInfoResponse:
        organization = await self._catalog.aread(organizations.get)
        return views.envelope(
            {
                "server_version": self._version,
                "inference_events_version": __version__,
                "feature_flags": {},
                "organization": views.organization(organization),
            }
        )

    async def check_version_compatibility(
        self, *, client_version: str, client_name: str
    ) -> t.VersionCompatibilityResponse:
        # The contract's pattern has already refused invalid versions.
        return views.envelope({"compatible": True})

    async def get_settings(self) -> t.ServerSettingsResponse:
        return views.envelope(await asyncio.to_thread(self._settings))

    def _settings(self) -> t.ServerSettings:
        return {
            "settings": [cast(t.ServerSetting, asdict(one)) for one in self._report.settings()],
            "limits": [cast(t.ServerLimit, asdict(one)) for one in LIMITS],
            "versions": [{"name": name, "version": version} for name, version in self._report.versions().items()],
            "sizes": [
                {"name": name, "description": description, "bytes": size}
                for name, description, size in self._report.sizes()
            ],
            "started_at": views.time(self._report.started_at),
        }

    async def check_liveness(self) -> t.HealthResponse:
        return views.envelope({"status": "ok"})

    async def check_readiness(self) -> t.ReadinessResponse:
        if not await asyncio.to_thread(self._is_ready):
            raise ServiceUnavailable("The server does not take requests now; try again later")
        return views.envelope({"status": "ok" if self._is_writable() else "read_only"})
