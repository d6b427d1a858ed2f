"""Rules of thresholds: which of them a rule needs, and in which order they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inference_events.errors import ErrorDetail

MANUAL, AUTO = "manual", "standard_deviation_auto_threshold"
RAW_VALUE, TIME_PERIOD = "raw_value", "time_period"
GREATER, LESSER = "greater", "lesser"
MULTIPLIERS = ("warning_multiplier", "critical_multiplier")
# By the size of the bins: how many bins earlier a comparison may be.
COMPARE_BIN_DELTAS: Mapping[str, tuple[int, ...]] = {
    "Hour": (1, 24, 168, 720, 2160),
    "Day": (1, 7, 30, 90),
    "Week": (1,),
    "Month": (1,),
}


@dataclass(frozen=True)
class Thresholds:
    """What a rule compares with: fixed thresholds, or multiples of a standard deviation."""

    type: str
    compare_to: str
    condition: str
    critical: float | None
    warning: float | None
    multipliers: Mapping[str, Any] | None


def threshold_faults(thresholds: Thresholds) -> Iterator[ErrorDetail]:
    """Yield what is wrong with the thresholds of a rule, each with its place and how to correct it."""
    if thresholds.type == MANUAL:
        yield from _manual_faults(thresholds)
    else:
        yield from _auto_faults(thresholds)


def delta_faults(compare_to: str, bin_size: str, delta: int | None) -> Iterator[ErrorDetail]:
    """Yield what is wrong with the distance of a comparison with an earlier bin."""
    allowed = COMPARE_BIN_DELTAS[bin_size]
    if compare_to == TIME_PERIOD and delta not in allowed:
        listed = ", ".join(map(str, allowed))
        yield ErrorDetail(
            f"must be one of {listed} for bins of the size {bin_size} compared with a time_period", "/compare_bin_delta"
        )


def _manual_faults(thresholds: Thresholds) -> Iterator[ErrorDetail]:
    if thresholds.multipliers is not None:
        yield ErrorDetail(
            f"must be null with the threshold_type {MANUAL}; remove it, or choose {AUTO}", "/auto_threshold_params"
        )
    if thresholds.critical is None:
        yield ErrorDetail(f"is needed with the threshold_type {MANUAL}; send a number", "/critical_threshold")
        return
    if thresholds.warning is not None and _is_reversed(thresholds, thresholds.warning, thresholds.critical):
        side = "above" if thresholds.condition == GREATER else "below"
        if _is_change_below(thresholds):
            side = "further from 0 than"
        yield ErrorDetail(
            f"must not be {side} critical_threshold with the condition {thresholds.condition}; exchange the two",
            "/warning_threshold",
        )


def _is_reversed(thresholds: Thresholds, warning: float, critical: float) -> bool:
    if _is_change_below(thresholds):
        return abs(warning) > abs(critical)
    return warning > critical if thresholds.condition == GREATER else warning < critical


def _is_change_below(thresholds: Thresholds) -> bool:
    """Return whether the thresholds are sizes of a fall, for which the sign means nothing."""
    return thresholds.compare_to == TIME_PERIOD and thresholds.condition == LESSER


def _auto_faults(thresholds: Thresholds) -> Iterator[ErrorDetail]:
    for name, value in (("critical_threshold", thresholds.critical), ("warning_threshold", thresholds.warning)):
        if value is not None:
            yield ErrorDetail(f"must be null with the threshold_type {AUTO}; remove it", f"/{name}")
    if thresholds.compare_to != RAW_VALUE:
        yield ErrorDetail(f"must be {RAW_VALUE} with the threshold_type {AUTO}", "/compare_to")
    if thresholds.multipliers is None:
        yield ErrorDetail(
            f"is needed with the threshold_type {AUTO}; send {' and '.join(MULTIPLIERS)}", "/auto_threshold_params"
        )
        return
    yield from _multiplier_faults(thresholds.multipliers)


def _multiplier_faults(multipliers: Mapping[str, Any]) -> Iterator[ErrorDetail]:
    warning, critical = (multipliers[name] for name in MULTIPLIERS)
    for name, value in zip(MULTIPLIERS, (warning, critical), strict=True):
        if not value > 0:
            yield ErrorDetail("must be above 0", f"/auto_threshold_params/{name}")
    if warning > critical:
        yield ErrorDetail(
            "must not be above critical_multiplier; exchange the two", "/auto_threshold_params/warning_multiplier"
        )
