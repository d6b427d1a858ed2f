"""InfluxDB 1, through its line protocol."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.bench import workload
from tests.bench.load import message
from tests.bench.peers.peer import Effort
from tests.bench.peers.process import Environment, Process, free_port, responds

DATABASE = "peers"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InfluxDB:
    name = "InfluxDB 1"
    about = (
        "Debian's package, line protocol to `/write`, the carrier as a tag and the id as a field, its defaults but for "
        "reports of usage (off): a synced log before each response"
    )
    effort = Effort(batches=160, singles=8000)
    environment = Environment(Path(".venv/peers/influxdb/usr"))

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        places = {
            f"INFLUXDB_{name}_DIR": str(folder.absolute() / name.lower()) for name in ("META", "DATA", "DATA_WAL")
        }
        variables = {
            **places,
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
            "INFLUXDB_BIND_ADDRESS": "127.0.0.1:0",
            "INFLUXDB_REPORTING_DISABLED": "true",
        }
        # Without the file of the machine.
        command = [self.environment.program("influxd"), "run", "-config", ""]
        self.processes = [Process(command, folder, variables)]

    def start(self) -> str:
        self.processes[0].start(lambda: responds(f"{self._url}/ping"))
        self._query(f"CREATE DATABASE {DATABASE}")
        return self._url

    def publish_requests(self, start: int, requests: int, size: int) -> list[bytes]:
        path = f"/write?db={DATABASE}&precision=u"
        return [
            message("POST", path, {}, "\n".join(map(_line, events)).encode())
            for events in workload.events(start, requests, size)
        ]

    def stored(self) -> int:
        series = self._query("SELECT count(id) FROM events")["results"][0].get("series")
        count: int = series[0]["values"][0][1] if series else 0
        return count

    def _query(self, query: str) -> Any:
        response = httpx.post(f"{self._url}/query", params={"db": DATABASE, "q": query}, timeout=60)
        return response.raise_for_status().json()


def _line(event: dict[str, Any]) -> str:
    """Write an event as a point. A point's time and tags are its identity: the times of events differ."""
    fields = {name: value for name, value in event.items() if name not in ("time", "carrier")}
    time = (event["time"].replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    return f"events,carrier={event['carrier']} {','.join(map(_field, fields, fields.values()))} {time}"


def _field(name: str, value: bool | int | float | str) -> str:
    match value:
        case bool() | float():
            return f"{name}={value}"
        case int():
            return f"{name}={value}i"
        case str():
            return f'{name}="{value}"'
