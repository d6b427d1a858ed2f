"""An id means the same event in every operation and format."""

from typing import Any

import pytest

from tests.contract.test_quality_report import Api, api, csv_file

__all__ = ["api"]

COLUMNS = [{"name": "id", "data_type": "int"}, {"name": "label", "data_type": "str"}]
SPEC = {"targets": ["label"], "metadata": ["id"]}


def labels(api: Api, model_id: str, **query: Any) -> dict[str, Any]:
    body = {"model_id": model_id, "env_type": "PRODUCTION", **query}
    items = api.call("POST", "/v3/events/query", json=body)["items"]
    return {item["event_id"]: item["values"]["label"] for item in items}


@pytest.mark.parametrize("form", [7, 7.0, "7", " 7", "7.0", "007"])
def test_every_form_of_a_number_names_the_event(api: Api, form: Any) -> None:
    """Published as 7: each form updates it, publishes it again, reads it and deletes it, in JSON and in CSV."""
    model_id = api.model(COLUMNS, spec=SPEC)
    assert api.send(model_id, {"type": "EVENTS", "events": [{"id": 7, "label": "a"}]})["event_ids"] == ["7"]
    again = api.send(model_id, {"type": "EVENTS", "events": [{"id": form, "label": "a"}]})
    assert (again["event_ids"], again["unchanged"]) == (["7"], 1)
    updated = api.send(model_id, {"type": "EVENTS", "events": [{"id": form, "label": "b"}]}, "PATCH")
    assert (updated["event_ids"], updated["updated"], updated["unknown_event_ids"]) == (["7"], 1, [])
    job = api.send_file(model_id, "labels.csv", csv_file([{"id": str(form), "label": "c"}]), method="PATCH")
    assert (job["info"]["updated"], job["info"]["unknown"]) == (1, 0)
    assert labels(api, model_id, event_ids=[str(form)]) == {"7": "c"}
    job = api.send_file(model_id, "events.csv", csv_file([{"id": str(form), "label": "c"}]))
    assert (job["info"]["created"], job["info"]["replaced"]) == (0, 1)
    deletion = {"model_id": model_id, "event_ids": [str(form)]}
    accepted = api.client.request("DELETE", "/v3/events", json=deletion).json()["data"]["job"]["id"]
    while (job := api.call("GET", f"/v3/jobs/{accepted}"))["status"] in ("PENDING", "STARTED"):
        pass
    assert job["info"]["deleted_events"] == 1
    assert labels(api, model_id) == {}


def test_text_ids_are_exact(api: Api) -> None:
    """In a column of text, "7", "7.0" and "007" are three events; a number is its digits."""
    columns = [{"name": "id", "data_type": "str"}, {"name": "label", "data_type": "str"}]
    model_id = api.model(columns, spec=SPEC)
    events = [{"id": id, "label": str(number)} for number, id in enumerate(["7", "7.0", "007", 8.0])]
    assert api.send(model_id, {"type": "EVENTS", "events": events})["event_ids"] == ["7", "7.0", "007", "8"]
    assert labels(api, model_id, event_ids=["7.0", "8"]) == {"7.0": "1", "8": "3"}
    job = api.send_file(model_id, "labels.csv", csv_file([{"id": "007", "label": "x"}]), method="PATCH")
    assert job["info"]["updated"] == 1
    assert labels(api, model_id) == {"7": "0", "7.0": "1", "007": "x", "8": "3"}


def test_the_longest_ids_are_paged(api: Api) -> None:
    """An id has up to 65,536 characters, and the cursor after such an event is taken; a longer text is no id."""
    model_id = api.model([{"name": "id", "data_type": "str"}, {"name": "label", "data_type": "str"}], spec=SPEC)
    longest = "\N{GRINNING FACE}" * 65_535
    events = [{"id": longest + end, "departed": 1_700_000_000} for end in "ab"]
    api.send(model_id, {"type": "EVENTS", "events": events})
    query = {"model_id": model_id, "env_type": "PRODUCTION", "limit": 1}
    first = api.call("POST", "/v3/events/query", json=query)
    second = api.call("POST", "/v3/events/query", json=query | {"cursor": first["next_cursor"]})
    assert [item["event_id"][-1] for item in first["items"] + second["items"]] == ["a", "b"]
    too_long = {"type": "EVENTS", "events": [{"id": longest + "ab"}]}
    body = {"model_id": model_id, "env_type": "PRODUCTION", "source": too_long}
    [message] = api.refusal("POST", "/v3/events", json=body)
    assert message.startswith("/source/events/0/id: is not an event id")
