"""Turn the request of a download into an export."""

from inference_events.errors import BadRequest
from inference_events.events.export.exporter import Export
from inference_events.events.export.segments import ChosenSegment
from inference_events.operations.reading import stored_dataset_id, stored_id, time_bound
from inference_events_api import types as t

DEFAULT_SAMPLES = 1000


def requested_export(body: t.DownloadEventsRequest) -> Export:
    """Check the rules that the contract's schema cannot express. Raises BadRequest."""
    start, end = _time_filter(body)
    return Export(
        model_id=body["model_id"].lower(),
        dataset_id=stored_dataset_id(body["env_type"], body.get("env_id")),
        start=start,
        end=end,
        column_names=body.get("column_names"),
        with_vectors=bool(body.get("fetch_vectors")),
        limit=body.get("num_samples") or DEFAULT_SAMPLES,
        is_csv=body["csv"],
        segment=_segment(body),
    )


def _segment(body: t.DownloadEventsRequest) -> ChosenSegment | None:
    chosen = body.get("segment")
    return None if chosen is None else ChosenSegment(stored_id(chosen.get("id")), chosen.get("definition"))


def _time_filter(body: t.DownloadEventsRequest) -> tuple[int | None, int | None]:
    """Return the bounds in microseconds since 1970. Raises BadRequest."""
    bounds = body.get("time_filter", {})
    start_time, end_time = bounds.get("start_time"), bounds.get("end_time")
    start = None if start_time is None else time_bound(start_time, "/time_filter/start_time")
    end = None if end_time is None else time_bound(end_time, "/time_filter/end_time")
    if start is not None and end is not None and start >= end:
        raise BadRequest.at("/time_filter", "start_time must be before end_time")
    return start, end
