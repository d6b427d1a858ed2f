"""Segments over HTTP: which events they have, in downloads."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from tests.contract.definitions import SEGMENT, UNKNOWN_ID, Api

EVENTS: list[dict[str, Any]] = [
    {"id": "1", "age": 25, "Age": 1.5, "place": "Hawaii", "churn": 1, "p": 0.9, "is new": True},
    {"id": "2", "age": 35, "Age": 2.5, "place": "Hawaii", "churn": 0, "p": 0.6, "is new": False},
    {"id": "3", "age": 45, "Age": None, "place": "Texas", "churn": 1, "p": 0.2, "is new": True},
    {"id": "4", "age": 55, "Age": 4.5, "place": "Hawaii", "churn": 0, "p": 0.1},
    {"id": "5", "age": None, "place": "Texas", "p": 0.7, "is new": False},
]
DOWNLOAD = "/v3/analytics/download-slice-data"


@pytest.fixture(scope="module")
def api(server_url: str, token: str) -> Iterator[Api]:
    with httpx.Client(base_url=server_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def model_id(api: Api) -> str:
    model_id = api.model("downloaded")
    api.publish(model_id, *EVENTS)
    return model_id


def ids(api: Api, model_id: str, **request: Any) -> list[str]:
    """Return the sorted ids of the events in a download."""
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": False, "column_names": ["id"]} | request
    response = api.client.post(DOWNLOAD, json=body)
    assert response.status_code == 200, response.text
    return sorted(pq.read_table(io.BytesIO(response.content))["id"].to_pylist())


@pytest.mark.parametrize(
    ("definition", "members"),
    [
        ("(age<60 and age>30) and place=='Hawaii'", "24"),
        ("age > 50 or is_null(age)", "45"),
        ('not "is new"', "25"),
        ("not (age > 30)", "1"),
        ('"is new"', "13"),
        ("match(place, '^H.*i$') and p >= 0.6", "12"),
        ("startswith(\"place\", 'Tex')", "35"),
        ("Age > 2 and age < 50", "2"),
        ("tp()", "1"),
        ("fp() or fn()", "23"),
    ],
)
def test_a_download_has_the_events_of_a_segment(api: Api, model_id: str, definition: str, members: str) -> None:
    """A stored segment and its definition select the same events: those for which it is true, not null."""
    assert ids(api, model_id, segment={"id": None, "definition": definition}) == list(members)
    stored = api.define(SEGMENT, model_id, definition, definition=definition)
    assert ids(api, model_id, segment={"id": stored["id"].upper(), "definition": None}) == list(members)


def test_no_segment_means_all(api: Api, model_id: str) -> None:
    """Without a segment, or with null, all events are written."""
    assert ids(api, model_id, segment=None) == ids(api, model_id) == list("12345")


def test_only_the_columns_asked_for_are_written(api: Api, model_id: str) -> None:
    """Columns of the definition are not added to the file, as Parquet or CSV."""
    segment = {"definition": "age > 50"}
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": True, "column_names": ["place"], "segment": segment}
    assert api.client.post(DOWNLOAD, json=body).text == '"place"\n"Hawaii"\n'


def test_the_size_of_a_sample_counts_events_of_the_segment(api: Api) -> None:
    """Of more events than asked for there are exactly so many, all in the segment, and the same ones each time."""
    model_id = api.model("sampled")
    api.publish(model_id, *({"id": f"{number}", "age": number} for number in range(1000)))
    whole = ids(api, model_id, segment={"definition": "age >= 700"})
    assert len(whole) == 300
    sample = ids(api, model_id, segment={"definition": "age >= 700"}, num_samples=100)
    assert len(sample) == 100
    assert set(sample) < set(whole)
    assert ids(api, model_id, segment={"definition": "age >= 700"}, num_samples=100) == sample
    assert ids(api, model_id, segment={"definition": "age >= 700"}, num_samples=300) == whole


def test_a_segment_in_a_range_of_time(api: Api) -> None:
    """A range of time and a segment select the events that are in both."""
    model_id = api.model("timed", event_ts_col="at")
    api.publish(model_id, *({"id": f"{age}", "age": age, "at": 1_700_000_000 + age} for age in range(10)))
    times = {"start_time": "2023-11-14 22:13:23", "end_time": "2023-11-14 22:13:28", "time_zone": "UTC"}
    found = ids(api, model_id, segment={"definition": "age > 5"}, time_filter=times)
    assert found == ["6", "7"]


def test_a_segment_of_a_dataset(api: Api) -> None:
    """The events of a dataset are selected alike."""
    model_id = api.model("trained")
    source = {"type": "EVENTS", "events": EVENTS}
    api.post("/v3/events", {"model_id": model_id, "env_type": "PRE_PRODUCTION", "env_name": "train", "source": source})
    [dataset] = api.get(f"/v3/models/{model_id}/environments", type="PRE_PRODUCTION")["items"]
    place = {"env_type": "PRE_PRODUCTION", "env_id": dataset["id"]}
    assert ids(api, model_id, segment={"definition": "age > 40"}, **place) == ["3", "4"]


def test_an_impossible_segment_is_refused(api: Api, model_id: str) -> None:
    """An unknown segment, or one of another model, is a 404; an invalid definition a 400 with its place."""
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": True}

    def refused(code: int, **segment: Any) -> list[str]:
        return api.refused(code, "POST", DOWNLOAD, json=body | {"segment": segment})

    unknown = ["Segment not found for the given identifier"]
    assert refused(404, id=UNKNOWN_ID) == unknown
    assert refused(404, id=api.define(SEGMENT, api.model("another"))["id"]) == unknown
    [message] = refused(400, definition="age = 30")
    assert message.startswith("/segment/definition: ")
    assert refused(404, definition="age > 1000") == ["No events found that match the request"]
    for segment in ({}, {"id": None, "definition": None}, {"id": UNKNOWN_ID, "definition": "age > 1"}):
        assert refused(400, **segment) == ["/segment: exactly one of id and definition is needed"]
    assert refused(400, name="mine", definition="age > 1") == ["/segment/name: unknown field"]


def test_a_deleted_segment_selects_nothing(api: Api, model_id: str) -> None:
    """A segment that was used and then deleted is a 404."""
    made = api.define(SEGMENT, model_id, "short")
    assert ids(api, model_id, segment={"id": made["id"]}) == list("234")
    api.delete(f"/v3/segments/{made['id']}")
    body = {"model_id": model_id, "env_type": "PRODUCTION", "csv": True, "segment": {"id": made["id"]}}
    assert api.refused(404, "POST", DOWNLOAD, json=body)
