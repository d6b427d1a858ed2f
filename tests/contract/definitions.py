"""What the tests of segments and custom metrics share: a client with a project, and both kinds of definitions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.envelope import assert_error_envelope

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "data_type": "str"},
    {"name": "age", "data_type": "int"},
    {"name": "Age", "data_type": "float"},
    {"name": "place", "data_type": "category", "categories": ["Hawaii", "Texas"]},
    {"name": "is new", "data_type": "bool"},
    {"name": "p", "data_type": "float"},
    {"name": "churn", "data_type": "int", "min": 0, "max": 1},
]
BINARY: dict[str, Any] = {
    "task": "binary_classification",
    "task_params": {"binary_classification_threshold": 0.5, "target_class_order": [0, 1]},
    "spec": {"inputs": ["age", "Age", "place", "is new"], "outputs": ["p"], "targets": ["churn"], "metadata": ["id"]},
}
Data = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of definitions: where it is, and definitions that are valid for the models of these tests."""

    path: str
    title: str
    name: str
    definition: str
    uses_place: str

    @property
    def of_model(self) -> str:
        return "/v3/models/{}" + self.path.removeprefix("/v3")


SEGMENT = Kind("/v3/segments", "Segment", "segment", "age > 30", "place == 'Texas' and age > 1")
METRIC = Kind(
    "/v3/custom-metrics", "Custom metric", "metric", "sum(if(fp(), 1, 0) * -100)", "sum(if(place == 'Texas', age, 0))"
)


class Api:
    """A client with one project, and the calls of these tests."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.project_id = self.post("/v3/projects", {"name": f"p_{uuid4().hex[:20]}"})["id"]

    def get(self, path: str, **query: Any) -> Data:
        return self._data(self.client.get(path, params=query))

    def post(self, path: str, body: Mapping[str, Any], **more: Any) -> Data:
        return self._data(self.client.post(path, json=body, **more))

    def delete(self, path: str) -> Data:
        return self._data(self.client.delete(path))

    def refused(self, code: int, method: str, path: str, **more: Any) -> list[str]:
        """Return the messages of the faults of a request that must fail with `code`."""
        response = self.client.request(method, path, **more)
        assert response.status_code == code, response.text
        return [entry["message"] for entry in assert_error_envelope(response.json(), code)["errors"]]

    def model(self, name: str = "churn", **fields: Any) -> str:
        described = {"name": name, "project_id": self.project_id, "schema": {"columns": COLUMNS}, "event_id_col": "id"}
        return str(self.post("/v3/models", described | BINARY | fields)["id"])

    def define(self, kind: Kind, model_id: str, name: str = "mine", **fields: Any) -> Data:
        return self.post(kind.path, {"model_id": model_id, "name": name, "definition": kind.definition} | fields)

    def publish(self, model_id: str, *events: Mapping[str, Any]) -> None:
        source = {"type": "EVENTS", "events": events}
        self.post("/v3/events", {"model_id": model_id, "env_type": "PRODUCTION", "source": source})

    def _data(self, response: httpx.Response) -> Data:
        assert response.status_code in (200, 202), response.text
        data: Data = response.json()["data"]
        return data


def columns(*without: str, **types: str) -> list[Data]:
    """Return the columns of these tests, some of them removed, some of another type."""
    return [
        {"name": one["name"], "data_type": types[one["name"]]} if one["name"] in types else one
        for one in COLUMNS
        if one["name"] not in without
    ]


def by_name(name: str, model_id: str) -> str:
    """Write the filter with which the vendor's client looks up a name."""
    rules = [{"field": field, "operator": "equal", "value": value} for field, value in _pairs(name, model_id)]
    return json.dumps({"condition": "AND", "rules": rules}, separators=(",", ":"))


def _pairs(name: str, model_id: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("name", name), ("model_id", model_id)
