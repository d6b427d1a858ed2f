"""Which bins of alert rules depend on events of some hours."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inference_events.alerts.bins import moved, start_of
from inference_events.alerts.thresholds import TIME_PERIOD
from inference_events.catalog.alert_tables import AlertRule
from inference_events.catalog.tables import Baseline
from inference_events.events.hours import HourRange
from inference_events.monitoring.metrics import METRICS

Range = tuple[datetime, datetime]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
# More ranges are joined, so that one statement can find their bins.
MAX_RANGES = 100


@dataclass(frozen=True)
class Dependence:
    """How the bins of a rule depend on events: on their own, on an earlier bin, and on windows of rolling baselines.

    A window has a size, and the number of windows that it lies before the one of the bin.
    """

    bin_size: str
    compare_bin_delta: int | None
    windows: tuple[tuple[str, int], ...]


def dependence(rule: AlertRule, baselines: Sequence[Baseline]) -> Dependence:
    """Return how the bins of a rule depend on events. A custom metric may read any of the model's baselines."""
    used = [one for one in baselines if rule.metric_id not in METRICS or one.id == rule.baseline_id]
    windows = tuple((one.window_bin_size, one.offset_delta or 0) for one in used if one.window_bin_size is not None)
    return Dependence(rule.bin_size, rule.compare_bin_delta if rule.compare_to == TIME_PERIOD else None, windows)


def affected(dependence: Dependence, hours: Iterable[HourRange]) -> list[Range]:
    """Return ranges of the starts of bins that depend on events of some hours. Others may be among them."""
    ranges = sorted(one for first, last in hours for one in _affected(dependence, _time(first), _time(last)))
    return _joined(ranges)


def _affected(dependence: Dependence, first: datetime, last: datetime) -> Iterator[Range]:
    size = dependence.bin_size
    starts = start_of(size, first), start_of(size, last)
    yield starts
    if dependence.compare_bin_delta is not None:
        low, high = (moved(size, start, dependence.compare_bin_delta) for start in starts)
        yield low, high
    for window, offset in dependence.windows:
        yield moved(window, start_of(window, first), offset), moved(window, start_of(window, last), offset + 1) - TICK


def _joined(ranges: Sequence[Range]) -> list[Range]:
    joined: list[Range] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    if len(joined) > MAX_RANGES:
        # The oldest are joined: the newest bins matter most.
        split = len(joined) - MAX_RANGES + 1
        joined = [(joined[0][0], joined[split - 1][1]), *joined[split:]]
    return joined


def _time(hour: int) -> datetime:
    return EPOCH + timedelta(hours=hour)
