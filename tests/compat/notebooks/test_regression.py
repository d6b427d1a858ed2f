"""The vendor's notebook about a regression: arrival delays of flights, published hour by hour."""

from datetime import UTC

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import steps
from tests.compat.stored import done

SAMPLE_ROWS = 2_000
HOURS = 21 * 24
AIRLINES = ["AA", "B6", "DL", "UA", "WN"]
AIRPORTS = ["ATL", "DEN", "JFK", "LAX", "ORD", "SEA"]


def flights(rows: int, seed: int, error: float) -> pd.DataFrame:
    """Return flights whose delays are predicted with errors of a typical size, in minutes."""
    random = np.random.default_rng(seed)
    delays = random.gamma(2, 12, rows).round(1) - 10
    return pd.DataFrame(
        {
            "MONTH": random.integers(1, 13, rows),
            "DAY_OF_WEEK": random.integers(1, 8, rows),
            "AIRLINE": random.choice(AIRLINES, rows),
            "ORIGIN_AIRPORT": random.choice(AIRPORTS, rows),
            "DESTINATION_AIRPORT": random.choice(AIRPORTS, rows),
            "DEPARTURE_DELAY": (delays + random.normal(0, 5, rows)).round(1),
            "DISTANCE": random.integers(200, 2_600, rows),
            "ARRIVAL_DELAY": delays,
            "predicted_ARRIVAL_DELAY": (delays + random.choice([-1, 1], rows) * random.gamma(9, error / 9, rows)).round(
                3
            ),
        }
    )


def hourly(events: pd.DataFrame) -> pd.DataFrame:
    """Give each row a time of its own, one hour apart up to now, without a time zone."""
    now = pd.Timestamp.now(UTC).tz_localize(None)
    events["timestamp"] = [now - pd.Timedelta(hours=len(events) - 1 - row) for row in range(len(events))]
    return events


def mean_absolute_error(events: pd.DataFrame) -> float:
    return float((events["predicted_ARRIVAL_DELAY"] - events["ARRIVAL_DELAY"]).abs().mean())


def of_day(events: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return events[events["timestamp"].dt.floor("D") == day]


@pytest.mark.slow
def test_the_error_alert_and_the_drifts_of_the_notebook(project_name: str) -> None:
    """Yesterday's mean error is a critical alert; predictions drift from the sample and from those of a week ago."""
    project = steps.open_project(project_name)
    sample = flights(SAMPLE_ROWS, seed=1, error=10)
    model = fdl.Model.from_data(
        name="airline_delay_model",
        project_id=project.id,
        source=sample,
        spec=fdl.ModelSpec(
            inputs=list(sample.columns.drop(["predicted_ARRIVAL_DELAY", "ARRIVAL_DELAY"])),
            outputs=["predicted_ARRIVAL_DELAY"],
            targets=["ARRIVAL_DELAY"],
        ),
        task=fdl.ModelTask.REGRESSION,
        event_ts_col="timestamp",
    )
    model.create()
    baseline_job = steps.publish_batch(
        model, sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name="baseline_dataset"
    )
    rule = fdl.AlertRule(
        name="MAE Performance Alert",
        model_id=model.id,
        metric_id="mae",
        bin_size=fdl.BinSize.DAY,
        compare_to=fdl.CompareTo.RAW_VALUE,
        priority=fdl.Priority.HIGH,
        warning_threshold=40,
        critical_threshold=44.0,
        condition=fdl.AlertCondition.GREATER,
    )
    rule.create()
    rule.set_notification_config(emails=["name@google.com"])
    rolling = fdl.Baseline(
        model_id=model.id,
        name="rolling_baseline_1week",
        type_=fdl.BaselineType.ROLLING,
        environment=fdl.EnvType.PRODUCTION,
        window_bin_size=fdl.WindowBinSize.DAY,
        offset_delta=7,
    )
    rolling.create()
    day = steps.yesterday()
    events = hourly(flights(HOURS, seed=2, error=70))
    production_job = steps.publish_batch(model, events)

    assert [done(job)["created"] for job in (baseline_job, production_job)] == [SAMPLE_ROWS, HOURS]
    judged_day = pd.Timestamp(day).tz_localize(None)
    rows = of_day(events, judged_day)
    assert len(rows) == 24
    expected = mean_absolute_error(rows)
    assert expected > 44
    assert steps.judge(rule, day) == (pytest.approx(expected), "critical")
    record = steps.newest_record(rule, day)
    assert (record.alert_value, record.severity) == (pytest.approx(expected), "CRITICAL")
    errors = (events["predicted_ARRIVAL_DELAY"] - events["ARRIVAL_DELAY"]) ** 2
    assert steps.figures(model, "mae", "mse") == [
        pytest.approx(mean_absolute_error(events)),
        pytest.approx(errors.mean()),
    ]
    static = fdl.Baseline.from_name(name="baseline_dataset", model_id=model.id)
    column = "predicted_ARRIVAL_DELAY"
    edges = np.linspace(sample[column].min(), sample[column].max(), 11)
    week_before = of_day(events, judged_day - pd.Timedelta(days=7))
    for baseline, reference in ((static, sample), (rolling, week_before)):
        drift = {"measure": "drift", "metric": "jsd", "column": column, "baseline_id": str(baseline.id)}
        expected = steps.numbers_drift(edges, reference[column], rows[column])
        assert steps.series(model, drift, day)[0] == [pytest.approx(expected)]
