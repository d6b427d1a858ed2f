"""What the server reports about itself to an administrator."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from inference_events import __version__
from inference_events.monitoring.fql.tokens import MAX_LENGTH
from inference_events.server_report import LIMITS
from inference_events.settings import Settings
from tests.contract.access import PRESET, SPEC, Access, served

# Where the contract has the limits that are no settings.
OF_CONTRACT = {
    "events": ("schemas", "EventsSource", "properties", "events", "maxItems"),
    "deleted_ids": ("schemas", "DeleteEventsRequest", "properties", "event_ids", "maxItems"),
    "columns": ("schemas", "ModelSchema", "properties", "columns", "maxItems"),
    "items": ("parameters", "Limit", "schema", "maximum"),
    "token_projects": ("schemas", "TokenCreate", "properties", "project_ids", "maxItems"),
}


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """Serve an empty data directory."""
    with served(tmp_path_factory.mktemp("data")) as access:
        yield access


def test_settings_are_shown_without_secrets(access: Access) -> None:
    """Settings come in the order of their table with value and default; of a secret only whether it is set."""
    response = access.send("GET", "/v3/settings")
    shown = {one["name"]: one for one in response.json()["data"]["settings"]}
    assert list(shown) == list(Settings.model_fields)
    assert PRESET not in response.text
    assert (shown["admin_token"]["value"], shown["admin_token"]["is_default"]) == (None, False)
    assert (shown["database_url"]["value"], shown["database_url"]["is_default"]) == (None, True)
    assert (shown["max_file_bytes"]["value"], shown["max_file_bytes"]["is_default"]) == ("10.0GiB", True)
    assert (shown["log_level"]["value"], shown["log_level"]["default"]) == ("debug", "info")
    assert (shown["retry_record_hours"]["value"], shown["retry_record_hours"]["default"]) == ("24", "24")
    secrets = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    assert {name for name, one in shown.items() if one["is_secret"]} == secrets


def test_limits_are_those_of_the_contract(access: Access) -> None:
    """Limits that are no settings have the numbers of the contract."""
    shown = {one["name"]: one["value"] for one in access.call("GET", "/v3/settings")["limits"]}
    of_contract = {name: _at(SPEC["components"], *path) for name, path in OF_CONTRACT.items()}
    assert shown == {one.name: one.value for one in LIMITS} == of_contract | {"definition_characters": MAX_LENGTH}


def test_versions_and_sizes_are_shown(access: Access) -> None:
    """The report names the versions of the server and its engines, and what takes space on the disk."""
    report = access.call("GET", "/v3/settings")
    versions = {one["name"]: one["version"] for one in report["versions"]}
    assert versions["Inference Events"] == __version__
    assert versions.keys() >= {"Python", "DuckDB", "SQLite"}
    sizes = {one["name"]: one["bytes"] for one in report["sizes"]}
    assert sizes["catalog"] > 0
    assert sizes["free"] > 0


def _at(node: Any, *path: str) -> Any:
    for name in path:
        while "$ref" in node:
            node = SPEC["components"]["schemas"][node["$ref"].rpartition("/")[2]]
        node = node[name]
    return node
