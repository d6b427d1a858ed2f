"""Lists, environments and baselines over HTTP, requested as the vendor's client does."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from inference_events.operations import reading
from tests.envelope import assert_error_envelope

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
DAY = 1_700_000_000
LISTS = (
    "/v3/projects",
    "/v3/models",
    "/v3/jobs",
    "/v3/tokens",
    "/v3/environments",
    "/v3/baselines",
    "/v3/segments",
    "/v3/custom-metrics",
    "/v3/models/{model_id}/environments",
    "/v3/models/{model_id}/baselines",
    "/v3/models/{model_id}/segments",
    "/v3/models/{model_id}/custom-metrics",
)
STATIC: Mapping[str, Any] = {"type": "STATIC", "env_type": "PRODUCTION", "start_time": DAY, "end_time": DAY + 10}
ROLLING: Mapping[str, Any] = {
    "type": "ROLLING",
    "env_type": "PRODUCTION",
    "env_id": None,
    "offset_delta": 24,
    "window_bin_size": "Hour",
}
Data = dict[str, Any]


class Api:
    """A client with one project, and the calls of these tests."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.project_id = self.post("/v3/projects", {"name": f"p_{uuid4().hex[:20]}"})["id"]

    def get(self, path: str, **query: Any) -> Data:
        return self._data(self.client.get(path, params=query))

    def post(self, path: str, body: Mapping[str, Any]) -> Data:
        return self._data(self.client.post(path, json=body))

    def refused(self, code: int, method: str, path: str, **more: Any) -> list[str]:
        """Return the messages of the faults of a request that must fail with `code`."""
        response = self.client.request(method, path, **more)
        assert response.status_code == code, response.text
        return [entry["message"] for entry in assert_error_envelope(response.json(), code)["errors"]]

    def names(self, path: str, **query: Any) -> list[str]:
        return [item["name"] for item in self.get(path, **query)["items"]]

    def model(self, name: str = "churn", **fields: Any) -> str:
        columns = [{"name": "id", "data_type": "str"}, {"name": "age", "data_type": "int"}]
        described = {"name": name, "project_id": self.project_id, "schema": {"columns": columns}, "spec": {}}
        times = {"event_id_col": "id", "event_ts_col": "at"}
        return str(self.post("/v3/models", described | times | fields)["id"])

    def publish(self, model_id: str, times: list[int], dataset: str | None = None) -> None:
        """Publish one event for each time, in seconds."""
        events = [{"id": f"{dataset}-{time}", "at": time, "age": time % 100} for time in times]
        env = {"env_type": "PRE_PRODUCTION", "env_name": dataset} if dataset else {"env_type": "PRODUCTION"}
        self.post("/v3/events", {"model_id": model_id, "source": {"type": "EVENTS", "events": events}} | env)

    def dataset_id(self, model_id: str, name: str) -> str:
        rules = [equal("name", name), equal("model_id", model_id)]
        [found] = self.get("/v3/environments", filter=all_of(*rules))["items"]
        return str(found["id"])

    def baseline(self, model_id: str, fields: Mapping[str, Any], name: str = "mine") -> Data:
        return self.post("/v3/baselines", {"name": name, "model_id": model_id, **fields})

    def _data(self, response: httpx.Response) -> Data:
        assert response.status_code in (200, 202), response.text
        data: Data = response.json()["data"]
        return data


@pytest.fixture(scope="module")
def client(server_url: str, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server_url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def api(client: httpx.Client) -> Api:
    return Api(client)


def equal(field: str, value: Any) -> Data:
    return {"field": field, "operator": "equal", "value": value}


def all_of(*rules: Data) -> str:
    """Write a filter as the vendor's client does."""
    return json.dumps({"condition": "AND", "rules": rules}, separators=(",", ":"))


@pytest.mark.parametrize("path", LISTS)
def test_every_list_takes_filter_ordering_and_search(api: Api, path: str) -> None:
    """Every list filters, orders and searches; an empty filter selects everything, and pages show their index."""
    model_id = api.model()
    api.publish(model_id, [DAY], "train")
    path = path.format(model_id=model_id)
    everything = api.get(path, filter=all_of(), ordering="-created_at,name", limit=1000)
    assert everything["total"] == api.get(path)["total"]
    if everything["items"]:
        first = everything["items"][0]
        assert first["id"] in [item["id"] for item in api.get(path, search=first["name"].upper(), limit=1000)["items"]]
        found = api.get(path, filter=all_of(equal("id", first["id"])), limit=50, offset=0)
        assert [item["id"] for item in found["items"]] == [first["id"]]
        assert [found[name] for name in ("total", "item_count", "page_count", "page_index")] == [1, 1, 1, 1]
    nothing = api.get(path, filter=all_of(equal("id", UNKNOWN_ID)))
    assert [nothing[name] for name in ("total", "item_count", "page_count", "page_index")] == [0, 0, 0, 1]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("filter", "name"),
        ("filter", "[]"),
        ("filter", '{"field":"secret","operator":"equal","value":"payload"}'),
        ("filter", '{"field":"created_at","operator":"less","value":"payload"}'),
        ("filter", '{"field":"name","operator":"equal","value":"\\ud800"}'),
        ("filter", '{"rules":[' * 400),
        ("ordering", "secret"),
    ],
)
def test_an_unreadable_filter_or_ordering_is_refused(api: Api, path: str, parameter: str, value: str) -> None:
    """A filter or ordering that cannot be read is a 400 that names it, in every list."""
    path = path.format(model_id=api.model())
    [message] = api.refused(400, "GET", path, params={parameter: value})
    assert message.startswith(f"/query/{parameter}")
    assert "payload" not in message


def test_pages_are_never_smaller_than_asked(api: Api) -> None:
    """Pages of the size that the client asks for, from the offset that follows, show every row once."""
    for number in range(7):
        api.model(f"model_{number}")
    mine = all_of(equal("project_id", api.project_id))
    seen: list[str] = []
    while True:
        page = api.get("/v3/models", filter=mine, limit=3, offset=len(seen))
        seen += [item["name"] for item in page["items"]]
        if page["page_index"] >= page["page_count"]:
            break
        assert page["item_count"] == page["page_size"] == 3
        assert page["offset"] + 3 == len(seen)
    assert seen == [f"model_{number}" for number in range(7)]


@pytest.mark.parametrize("dataset", [None, "training"])
def test_as_many_events_are_read_as_ids_are_sent(api: Api, dataset: str | None) -> None:
    """Reading by ids returns all events that are stored in one page, each once, unless a limit says less."""
    model_id = api.model()
    ids = [f"{number:04}" for number in range(1000)]
    events = [{"id": event_id, "at": 1_700_000_000} for event_id in ids[:-1]]
    place = {"model_id": model_id, "env_type": "PRE_PRODUCTION" if dataset else "PRODUCTION", "env_name": dataset}
    api.post("/v3/events", place | {"source": {"type": "EVENTS", "events": events}})

    def read(**query: Any) -> tuple[list[str], str | None]:
        page = api.post("/v3/events/query", place | query)
        return [item["event_id"] for item in page["items"]], page["next_cursor"]

    assert read(event_ids=ids) == (ids[:-1], None)
    assert read(event_ids=ids[:60]) == (ids[:60], None)
    assert read(event_ids=[ids[3], ids[1], ids[3], ids[-1]]) == ([ids[1], ids[3]], None)
    assert len(read()[0]) == 50
    first, cursor = read(event_ids=ids[:60], limit=59)
    assert first == ids[:59]
    assert read(event_ids=ids[:60], limit=59, cursor=cursor) == (ids[59:60], None)
    assert read(event_ids=ids[:60], cursor=cursor) == (ids[59:60], None)


def test_versions_are_found_first_latest_and_by_name(api: Api) -> None:
    """Versions of a model are found by name and version, the first and the latest of them by ordering."""
    ids = [api.model(version=version) for version in ("v10", "v9", "v1")]
    api.model("other")
    rules = [equal("name", "churn"), equal("project_id", api.project_id)]

    def found(*more: Data, **query: Any) -> list[str]:
        return [item["id"] for item in api.get("/v3/models", filter=all_of(*rules, *more), **query)["items"]]

    assert found(limit=1, ordering="created_at") == ids[:1]
    assert found(limit=1, ordering="-created_at") == ids[2:]
    assert found(equal("version", "v9"), limit=1, ordering="created_at") == ids[1:2]
    assert found(latest_only=True) == ids[2:]
    latest = api.get("/v3/models", project_id=api.project_id, latest_only="True")["items"]
    assert {(item["name"], item["version"]) for item in latest} == {("churn", "v1"), ("other", "v1")}


def test_columns_are_listed_in_their_order(api: Api) -> None:
    """The columns of a schema come in pages, as they were declared; those of an unknown model are a 404."""
    columns = [{"name": f"c_{number}", "data_type": "int", "min": 0, "max": number} for number in range(5)]
    model_id = api.model(schema={"columns": columns})
    page = api.get(f"/v3/models/{model_id}/columns", limit=2, offset=2)
    assert page["items"] == columns[2:4]
    assert (page["total"], page["page_index"], page["page_count"]) == (5, 2, 3)
    assert api.get(f"/v3/models/{model_id}/columns", offset=2**53 - 1)["items"] == []
    assert api.refused(404, "GET", f"/v3/models/{UNKNOWN_ID}/columns")


def test_datasets_count_their_events(api: Api) -> None:
    """A model has one time series and its datasets, each with the number of its own events."""
    model_id = api.model()
    api.publish(model_id, [DAY, DAY + 1, DAY + 2])
    api.publish(model_id, [DAY, DAY + 1], "train")
    api.publish(model_id, [DAY], "test")
    path = f"/v3/models/{model_id}/environments"
    counts = {item["name"]: item["row_count"] for item in api.get(path)["items"]}
    assert counts == {"production": 3, "train": 2, "test": 1}
    assert api.names(path, type="PRE_PRODUCTION") == ["test", "train"]
    assert api.names("/v3/environments", type="PRODUCTION", filter=all_of(equal("model_id", model_id))) == [
        "production"
    ]
    dataset = api.get(f"/v3/environments/{api.dataset_id(model_id, 'train')}")
    assert (dataset["name"], dataset["type"], dataset["row_count"]) == ("train", "PRE_PRODUCTION", 2)
    assert dataset["model"] == {"id": model_id, "name": "churn", "version": "v1"}
    assert dataset["project"]["id"] == api.project_id
    api.publish(model_id, [DAY + 5], "train")
    assert api.get(f"/v3/environments/{dataset['id']}")["row_count"] == 3


def test_missing_environments_are_not_found(api: Api) -> None:
    """An unknown environment, and the environments of an unknown model, are a 404."""
    assert api.refused(404, "GET", f"/v3/environments/{UNKNOWN_ID}")
    assert api.refused(404, "GET", f"/v3/models/{UNKNOWN_ID}/environments")
    assert api.refused(404, "GET", f"/v3/models/{UNKNOWN_ID}/baselines")
    assert api.refused(404, "GET", f"/v3/baselines/{UNKNOWN_ID}")
    assert api.refused(404, "DELETE", f"/v3/baselines/{UNKNOWN_ID}")


def test_a_dataset_comes_with_a_baseline_of_all_its_events(api: Api) -> None:
    """The baseline that a first publish makes counts all events of its dataset, those of later publishes too."""
    model_id = api.model()
    api.publish(model_id, [DAY, DAY + 1], "train")
    api.publish(model_id, [DAY + 2], "train")
    rules = all_of(equal("name", "train"), equal("model_id", model_id))
    [baseline] = api.get("/v3/baselines", filter=rules)["items"]
    assert (baseline["type"], baseline["row_count"]) == ("STATIC", 3)
    assert [baseline[name] for name in ("start_time", "end_time", "offset_delta")] == [None] * 3
    assert "window_bin_size" not in baseline
    dataset_id = api.dataset_id(model_id, "train")
    assert baseline["environment"] == {"id": dataset_id, "name": "train", "type": "PRE_PRODUCTION"}
    of_dataset = {"type": "STATIC", "env_type": "PRE_PRODUCTION", "env_id": dataset_id.upper()}
    second = api.baseline(model_id, of_dataset, "second")
    assert (second["row_count"], second["environment"]["id"]) == (3, dataset_id)


def test_baselines_of_a_model_are_filtered_as_the_client_does(api: Api) -> None:
    """The baselines of a model are listed by type and type of environment, and all of them by an empty filter."""
    model_id = api.model()
    api.publish(model_id, [DAY], "train")
    api.baseline(model_id, STATIC, "static")
    api.baseline(model_id, ROLLING, "rolling")
    api.baseline(api.model("other"), ROLLING, "another")
    path = f"/v3/models/{model_id}/baselines"
    assert api.names(path, filter=all_of()) == ["rolling", "static", "train"]
    assert api.names(path, filter=all_of(equal("type", "STATIC"))) == ["static", "train"]
    assert api.names(path, filter=all_of(equal("environment_type", "PRODUCTION"))) == ["rolling", "static"]
    assert api.names(path, ordering="environment_type,-name") == ["train", "static", "rolling"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (DAY + 1, DAY + 3),
        (DAY * 1000 + 1000, DAY * 1000 + 3000),
        (DAY + 0.5, DAY + 2.25),
        (DAY * 1000 + 0.5, DAY * 1000 + 2001.0),
    ],
)
def test_a_range_of_time_is_counted(api: Api, start: float, end: float) -> None:
    """A STATIC baseline of PRODUCTION counts the events in its range, in seconds or milliseconds, whole or not."""
    model_id = api.model()
    api.publish(model_id, [DAY, DAY + 1, DAY + 2, DAY + 3])
    api.publish(model_id, [DAY + 1], "train")
    baseline = api.baseline(model_id, dict(STATIC) | {"start_time": start, "end_time": end})
    assert baseline["row_count"] == 2
    in_milliseconds = [int(time * 1000 if time < 1e11 else time) for time in (start, end)]
    assert [baseline["start_time"], baseline["end_time"]] == in_milliseconds
    assert all(type(baseline[name]) is int for name in ("start_time", "end_time"))
    assert api.get(f"/v3/baselines/{baseline['id']}") == baseline
    assert api.get(f"/v3/models/{model_id}/baselines", search="MINE")["items"] == [baseline]


def test_a_rolling_baseline_has_a_window_and_no_rows(api: Api) -> None:
    """A ROLLING baseline keeps its window; it has no count, because its events change with time."""
    model_id = api.model()
    baseline = api.baseline(model_id, ROLLING)
    assert (baseline["offset_delta"], baseline["window_bin_size"], baseline["row_count"]) == (24, "Hour", None)
    assert (baseline["environment"]["name"], baseline["environment"]["type"]) == ("production", "PRODUCTION")
    assert api.get(f"/v3/baselines/{baseline['id']}") == baseline


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"type": "STATIC", "env_type": "PRE_PRODUCTION"}, ["/env_id: is needed for this kind of baseline"]),
        (
            {"type": "STATIC", "env_type": "PRODUCTION", "start_time": DAY},
            ["/end_time: is needed for this kind of baseline"],
        ),
        (dict(STATIC) | {"env_id": UNKNOWN_ID}, ["/env_id: does not belong to this kind of baseline; remove it"]),
        (dict(STATIC) | {"offset_delta": 1}, ["/offset_delta: does not belong to this kind of baseline; remove it"]),
        (dict(STATIC) | {"end_time": DAY}, ["start_time must be before end_time"]),
        (dict(STATIC) | {"end_time": 1e300}, ["/end_time: cannot be read as a time such as 2024-05-01T12:30:00Z"]),
        (dict(STATIC) | {"start_time": -7e10}, ["/start_time: cannot be read as a time such as 2024-05-01T12:30:00Z"]),
        (
            {"type": "ROLLING", "env_type": "PRODUCTION", "start_time": DAY},
            [
                "/offset_delta: is needed for this kind of baseline",
                "/start_time: does not belong to this kind of baseline; remove it",
                "/window_bin_size: is needed for this kind of baseline",
            ],
        ),
        (dict(ROLLING) | {"env_type": "PRE_PRODUCTION"}, ["/env_type: must be PRODUCTION for a ROLLING baseline"]),
        (dict(ROLLING) | {"offset_delta": 0}, None),
        (dict(ROLLING) | {"window_bin_size": "Year"}, None),
    ],
)
def test_fields_of_a_baseline_must_fit_together(api: Api, fields: Data, messages: list[str] | None) -> None:
    """A field that is missing, unexpected or unreadable is a 400 with its place, and nothing is created."""
    model_id = api.model()
    refused = api.refused(400, "POST", "/v3/baselines", json={"name": "mine", "model_id": model_id, **fields})
    assert messages is None or refused == messages
    assert api.names(f"/v3/models/{model_id}/baselines") == []


def test_a_baseline_needs_its_model_and_dataset(api: Api) -> None:
    """An unknown model or dataset, a dataset of another model and a time series as dataset are a 404."""
    model_id, other = api.model(), api.model("other")
    api.publish(other, [DAY], "train")
    [production] = api.get(f"/v3/models/{model_id}/environments")["items"]
    of_dataset = {"name": "mine", "type": "STATIC", "env_type": "PRE_PRODUCTION"}
    for dataset_id in (UNKNOWN_ID, api.dataset_id(other, "train"), production["id"]):
        body = of_dataset | {"model_id": model_id, "env_id": dataset_id}
        assert api.refused(404, "POST", "/v3/baselines", json=body) == [
            "Environment not found for the given identifier"
        ]
    assert api.refused(404, "POST", "/v3/baselines", json={"name": "mine", "model_id": UNKNOWN_ID, **ROLLING})


def test_a_name_of_a_baseline_is_taken_once(api: Api) -> None:
    """A second baseline of a name is a 409; another model may have the name."""
    model_id = api.model()
    api.baseline(model_id, ROLLING)
    assert api.refused(409, "POST", "/v3/baselines", json={"name": "mine", "model_id": model_id, **STATIC})
    assert api.baseline(api.model("other"), ROLLING)["name"] == "mine"


def test_a_retry_of_a_baseline_gets_the_first_response(api: Api) -> None:
    """Creating and deleting are done once, however often they are retried."""
    body = {"name": "mine", "model_id": api.model(), **ROLLING}
    retry = {"X-Fiddler-Client-Retry": "1"}
    first = api.client.post("/v3/baselines", json=body)
    assert api.client.post("/v3/baselines", json=body, headers=retry).json() == first.json()
    path = f"/v3/baselines/{first.json()['data']['id']}"
    deleted = api.client.delete(path)
    assert deleted.json() == first.json()
    assert api.client.delete(path, headers=retry).json() == deleted.json()
    assert api.refused(404, "DELETE", path)


def test_a_deleted_baseline_stays_away(api: Api) -> None:
    """A deleted baseline is a 404, its name is free, its events stay, and publishing does not bring it back."""
    model_id = api.model()
    api.publish(model_id, [DAY], "train")
    [baseline] = api.get(f"/v3/models/{model_id}/baselines")["items"]
    assert api.client.delete(f"/v3/baselines/{baseline['id']}").json()["data"] == baseline
    assert api.refused(404, "GET", f"/v3/baselines/{baseline['id']}")
    api.publish(model_id, [DAY + 1], "train")
    assert api.names(f"/v3/models/{model_id}/baselines") == []
    assert api.get(f"/v3/environments/{api.dataset_id(model_id, 'train')}")["row_count"] == 2
    assert api.baseline(model_id, ROLLING, "train")["type"] == "ROLLING"


def test_a_dataset_may_have_the_name_of_a_baseline(api: Api) -> None:
    """A publish to a dataset whose name a baseline has already stores its events and leaves the baseline alone."""
    model_id = api.model()
    mine = api.baseline(model_id, ROLLING, "train")
    api.publish(model_id, [DAY], "train")
    assert api.get(f"/v3/models/{model_id}/baselines")["items"] == [mine]
    assert api.get(f"/v3/environments/{api.dataset_id(model_id, 'train')}")["row_count"] == 1


@pytest.mark.parametrize("kind", ["models", "projects"])
def test_environments_and_baselines_go_with_their_model(api: Api, kind: str) -> None:
    """With a model or its project go its environments and baselines: they are a 404 and in no list."""
    model_id = api.model()
    api.publish(model_id, [DAY], "train")
    dataset_id, baseline = api.dataset_id(model_id, "train"), api.baseline(model_id, ROLLING)
    api.client.delete(f"/v3/{kind}/{model_id if kind == 'models' else api.project_id}").raise_for_status()
    assert api.refused(404, "GET", f"/v3/environments/{dataset_id}")
    assert api.refused(404, "GET", f"/v3/baselines/{baseline['id']}")
    assert api.refused(404, "DELETE", f"/v3/baselines/{baseline['id']}")
    assert api.refused(404, "GET", f"/v3/models/{model_id}/environments")
    assert api.refused(404, "GET", f"/v3/models/{model_id}/baselines")
    of_model = all_of(equal("model_id", model_id))
    assert api.get("/v3/environments", filter=of_model)["total"] == 0
    assert api.get("/v3/baselines", filter=of_model)["total"] == 0
    assert api.refused(404, "POST", "/v3/baselines", json={"name": "new", "model_id": model_id, **ROLLING})


@pytest.mark.in_process
@pytest.mark.parametrize(("first_step", "page_bytes"), [(64, 10_000), (3, 10_000), (3, 10**6), (3, 1)])
@pytest.mark.parametrize("limit", [None, 20, 23])
def test_a_page_is_bounded_in_bytes(
    api: Api, monkeypatch: pytest.MonkeyPatch, first_step: int, page_bytes: int, limit: int | None
) -> None:
    """Pages of large events are shorter than asked for, never empty, and together they have each event once."""
    model_id = api.model()
    ids = [f"{number:04}" for number in range(47)]
    events = [{"id": one, "at": DAY, "text": "x" * (int(one) * 211 % 4000)} for one in ids]
    place = {"model_id": model_id, "env_type": "PRODUCTION"}
    api.post("/v3/events", place | {"source": {"type": "EVENTS", "events": events}})
    monkeypatch.setattr(reading, "MAX_PAGE_BYTES", page_bytes)
    monkeypatch.setattr(reading, "FIRST_STEP", first_step)
    query = place | ({"event_ids": ids} if limit is None else {"limit": limit})
    read: list[str] = []
    while query.get("cursor", "") is not None:
        page = api.post("/v3/events/query", query)
        read += [item["event_id"] for item in page["items"]]
        sizes = [len(json.dumps(item, separators=(",", ":"))) for item in page["items"]]
        assert sum(sizes) <= page_bytes or len(sizes) == 1
        assert 1 <= len(sizes) <= (limit or len(ids))
        query["cursor"] = page["next_cursor"]
    assert read == ids
