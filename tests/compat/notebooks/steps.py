"""Steps that several notebooks share, and the figures that their users look at afterwards."""

from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd

from tests.compat.stored import call

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# A number, or None if the figure is undefined.
Figure = Any


def open_project(name: str) -> fdl.Project:
    """Open a project as the notebooks do. Those for older clients create it, or else load it."""
    if hasattr(fdl.Project, "get_or_create"):
        return fdl.Project.get_or_create(name=name)
    return create_or_load_project(name)


def create_or_load_project(name: str) -> fdl.Project:
    """Create a project, or load the one that has the name."""
    try:
        return fdl.Project(name=name).create()
    except fdl.Conflict:
        return fdl.Project.from_name(name=name)


def publish_batch(model: fdl.Model, source: pd.DataFrame, **where: Any) -> fdl.Job:
    """Publish a file as the notebooks do. In those for older clients the method is called `publish`."""
    publish = model.publish_batch if hasattr(model, "publish_batch") else model.publish
    return publish(source=source, **where)


def shift_to_now(times: pd.Series) -> pd.Series:
    """Move times in milliseconds, so that the newest one is now."""
    return times + (int(time() * 1000) - times.max())


def last_hour() -> datetime:
    """Return the start of the newest hour that is over."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR


def yesterday() -> datetime:
    """Return the start of the newest day that is over."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY


def within(events: pd.DataFrame, start: datetime, length: timedelta) -> pd.DataFrame:
    """Return the events of a bin of time. Their times are in milliseconds."""
    first, last = (int(moment.timestamp() * 1000) for moment in (start, start + length))
    return events[(events["timestamp"] >= first) & (events["timestamp"] < last)]


def figures(model: fdl.Model, *metrics: str | dict[str, Any], **more: Any) -> list[Figure]:
    """Compute metrics of a model, of production unless `more` says otherwise."""
    asked = [{"id": metric} if isinstance(metric, str) else metric for metric in metrics]
    body = {"model_id": str(model.id), "env_type": "PRODUCTION", "metrics": asked} | more
    found: list[Figure] = call("POST", "/v3/analytics/metrics", json=body)
    return found


def series(
    model: fdl.Model, measure: dict[str, Any], start: datetime, bins: int = 1, bin_size: str = "Day"
) -> tuple[list[Figure], list[str | None]]:
    """Compute a measure of production by bins. Return its values, and why some are undefined."""
    end = start + bins * (DAY if bin_size == "Day" else HOUR)
    body = {
        "model_id": str(model.id),
        "time_range": {"start_time": start.isoformat(), "end_time": end.isoformat()},
        "bin_size": bin_size,
        "measures": [measure],
    }
    [found] = call("POST", "/v3/monitoring/series", json=body)["groups"][0]["measures"]
    return found["values"], found["reasons"]


def judge(rule: fdl.AlertRule, start: datetime) -> tuple[Figure, str]:
    """Judge a bin of a rule now. Return the value and the state."""
    url = f"/v3/monitoring/alert-rules/{rule.id}/evaluate"
    [found] = call("POST", url, json={"bin_start": start.isoformat()})["evaluations"]
    return found["value"], found["state"]


def newest_record(rule: fdl.AlertRule, start: datetime) -> Any:
    """Return the newest record of a bin, as the client lists it; None if there is none."""
    bucket = int(start.timestamp() * 1000)
    found = fdl.AlertRecord.list(alert_rule_id=rule.id, start_time=start - HOUR, end_time=datetime.now(UTC))
    return next((record for record in found if record.alert_time_bucket == bucket), None)


def categories_drift(baseline: pd.Series, window: pd.Series) -> float:
    """Return the Jensen-Shannon distance of two columns of categories."""
    both = pd.concat([baseline.value_counts(), window.value_counts()], axis="columns").fillna(0)
    return jensen_shannon(both.iloc[:, 0].to_numpy(), both.iloc[:, 1].to_numpy())


def numbers_drift(
    edges: np.ndarray, *sides: pd.Series | np.ndarray, weights: tuple[np.ndarray, ...] | None = None
) -> float:
    """Return the Jensen-Shannon distance of two columns of numbers in given bins, and one on either side of them."""
    inner = np.concatenate([edges[:-1], [np.nextafter(edges[-1], np.inf)]])
    whole = np.concatenate([[-np.inf], inner, [np.inf]])
    given = weights or (None, None)
    counts = [np.histogram(side, whole, weights=weight)[0] for side, weight in zip(sides, given, strict=True)]
    return jensen_shannon(*counts)


def jensen_shannon(left: np.ndarray, right: np.ndarray) -> float:
    """Return the distance of two histograms, from 0 to 1."""
    p, q = left / left.sum(), right / right.sum()
    middle = (p + q) / 2

    def divergence(share: np.ndarray) -> float:
        some = share > 0
        return float((share[some] * np.log2(share[some] / middle[some])).sum())

    return float(np.sqrt((divergence(p) + divergence(q)) / 2))
