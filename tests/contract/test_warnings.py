"""Warnings of probable mistakes: models, responses and jobs have them, and are otherwise unchanged."""

from typing import Any

import pytest

from inference_events.warning_details import MAX_WARNINGS, format_not_safe
from tests.contract.test_quality_report import SPEC, Api, api, csv_file

__all__ = ["api"]

# As the vendor's client sends them.
FEATURES: list[tuple[dict[str, Any], str]] = [
    ({"type": "ENRICHMENT", "columns": ["carrier"], "enrichment": "embedding", "config": {}}, "no enrichments"),
    ({"type": "FROM_TEXT_EMBEDDING", "column": "v", "source_column": "carrier"}, "no clusters of text embeddings"),
    ({"type": "FROM_IMAGE_EMBEDDING", "column": "v", "source_column": "carrier"}, "no clusters of image embeddings"),
    ({"type": "FROM_VECTOR", "column": "v", "n_clusters": 3}, "no clusters of vectors"),
    ({"type": "FROM_COLUMNS", "columns": ["carrier", "distance"]}, "no clusters of columns"),
    ({"type": "secret"}, "no custom features"),
]
DATES = [20240501, 1_700_000_000, 20240502, 20240503]


def spec(*features: dict[str, Any]) -> dict[str, Any]:
    return SPEC | {"custom_features": list(features)}


@pytest.mark.parametrize(("feature", "reported"), FEATURES)
def test_a_feature_that_is_not_computed_is_a_warning(api: Api, feature: dict[str, Any], reported: str) -> None:
    """A model warns of each custom feature when it is created, read and changed; the feature is kept as it is."""
    created = api.call("POST", "/v3/models", json=api.model_body(spec=spec(feature | {"name": "My feature"})))
    [warning] = created["warnings"]
    assert (warning["reason"], warning["feature"]) == ("feature_not_computed", "My feature")
    assert warning["message"].startswith(
        f'The custom feature "My feature" is stored, but this server computes {reported}'
    )
    assert "secret" not in warning["message"]
    assert created["spec"]["custom_features"] == [feature | {"name": "My feature"}]
    path = f"/v3/models/{created['id']}"
    assert api.call("GET", path)["warnings"] == [warning]
    assert api.call("PATCH", path, json={"description": "d"})["warnings"] == [warning]
    assert "warnings" not in api.call("PATCH", path, json={"spec": SPEC})
    assert "warnings" not in api.call("GET", path)


def test_warnings_of_a_model_are_bounded(api: Api) -> None:
    """A feature may have any form; only the first 100 are reported, and a long name is cut."""
    odd: list[dict[str, Any]] = [{}, {"name": 7, "type": []}, {"name": "x" * 300}]
    warnings = api.call("POST", "/v3/models", json=api.model_body(spec=spec(*odd, *[{}] * 200)))["warnings"]
    assert len(warnings) == MAX_WARNINGS
    assert ["feature" in warning for warning in warnings[:3]] == [False, False, True]
    assert warnings[2]["feature"] == "x" * 100 + "…"


def test_a_publish_does_not_repeat_the_warnings_of_its_model(api: Api) -> None:
    """Responses and jobs have no warnings if their own events give no reason for one."""
    model_id = api.model(spec=spec({"name": "f", "type": "ENRICHMENT"}))
    for method in ("POST", "PATCH"):
        assert "warnings" not in api.send(model_id, {"type": "EVENTS", "events": [{"id": "a"}]}, method)
        assert "warnings" not in api.send_file(model_id, "rows.csv", b"id\na\n", method=method)["info"]


def date_warnings(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    warnings = found.get("warnings", [])
    assert not any("2024" in warning["message"] for warning in warnings)
    return [(warning["reason"], warning["column"], warning["count"]) for warning in warnings]


def test_dates_that_were_read_as_seconds_are_counted(api: Api) -> None:
    """A response counts the events of its own request, and an update those that are stored."""
    model_id = api.model()
    events = [{"id": str(number), "departed": time} for number, time in enumerate(DATES)]
    assert date_warnings(api.send(model_id, {"type": "EVENTS", "events": events})) == [
        ("date_like_number", "departed", 3)
    ]
    assert date_warnings(api.send(model_id, {"type": "EVENTS", "events": events[1:2]})) == []
    updates = [*events[:1], {"id": "unknown", "departed": DATES[0]}]
    assert date_warnings(api.send(model_id, {"type": "EVENTS", "events": updates}, "PATCH")) == [
        ("date_like_number", "departed", 1)
    ]


def test_a_job_counts_dates_that_were_read_as_seconds(api: Api) -> None:
    """A job's info counts them over the whole file, without the rows that were rejected."""
    events = [{"id": str(number), "departed": time} for number, time in enumerate([*DATES, 10**30])]
    info = api.send_file(api.model(), "rows.csv", csv_file([*events, {"id": "", "departed": DATES[0]}]))["info"]
    assert info["rejected_rows"] == 2
    assert date_warnings(info) == [("date_like_number", "departed", 3)]


def test_an_unsafe_format_is_refused_for_a_new_model_and_a_warning_for_an_old_one(api: Api) -> None:
    """No new model gets a format that depends on the machine's settings; an old model keeps it, with a warning."""
    body = api.model_body() | {"event_ts_format": "%c"}
    assert api.refusal("POST", "/v3/models", json=body) == ["/event_ts_format: %c is not the same on every machine"]
    model_id = api.model()
    change = {"event_ts_format": "%d.%m.%Y %X"}
    [refused] = api.refusal("PATCH", f"/v3/models/{model_id}", json=change)
    assert refused == "/event_ts_format: %X is not the same on every machine"
    [warning] = format_not_safe("%c")
    assert warning["reason"] == "format_not_safe"
    assert "%c is not the same on every machine" in warning["message"]
    assert list(format_not_safe("%Y-%m-%d")) == list(format_not_safe(None)) == []
