"""The fields of each kind of baseline."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from inference_events.catalog import baselines, environments
from inference_events.errors import BadRequest, ErrorDetail

_RANGE = frozenset({"start_time", "end_time"})
_WINDOW = frozenset({"offset_delta", "window_bin_size"})
_DATASET = frozenset({"env_id"})
_FIELDS = {
    (baselines.STATIC, environments.PRE_PRODUCTION): _DATASET,
    (baselines.STATIC, environments.PRODUCTION): _RANGE,
    (baselines.ROLLING, environments.PRODUCTION): _WINDOW,
}


def check_fields(type: str, env_type: str, values: Mapping[str, object]) -> None:
    """Refuse values that do not belong to a kind of baseline. Raises BadRequest with every field."""
    faults = list(_faults(type, env_type, values))
    if faults:
        raise BadRequest.with_details(*faults)


def check_range(start: datetime | None, end: datetime | None) -> None:
    """Refuse a range that is empty. Raises BadRequest."""
    if start is not None and end is not None and start >= end:
        raise BadRequest.with_details(ErrorDetail("start_time must be before end_time"))


def _faults(type: str, env_type: str, values: Mapping[str, object]) -> Iterator[ErrorDetail]:
    fields = _FIELDS.get((type, env_type))
    if fields is None:
        yield ErrorDetail("must be PRODUCTION for a ROLLING baseline", "/env_type")
        return
    for name in sorted(_DATASET | _RANGE | _WINDOW):
        is_given = values.get(name) is not None
        if is_given and name not in fields:
            yield ErrorDetail("does not belong to this kind of baseline; remove it", f"/{name}")
        if not is_given and name in fields:
            yield ErrorDetail("is needed for this kind of baseline", f"/{name}")
