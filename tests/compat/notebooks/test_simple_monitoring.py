"""The vendor's first notebook: churn of a bank's customers, with two alert rules, a metric, a segment and baselines."""

from datetime import datetime

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

SAMPLE_ROWS, ROWS = 5_000, 20_000
DAYS = 10
OUT_OF_RANGE = 7
EMAILS = ["name@google.com"]
HAWAII = "Hawaii Customers between 30 and 60"


def production_events(day: datetime, hour: datetime) -> pd.DataFrame:
    """Return ten days of events.

    On `day` some have too many products. In `hour` the model is always right, and a day before half of the time.
    """
    events = churn.customers(ROWS, seed=2, days=DAYS)
    events["timestamp"] = steps.shift_to_now(events["timestamp"])
    of_day = steps.within(events, day, steps.DAY).index
    events.loc[of_day[:OUT_OF_RANGE], "numofproducts"] = 9
    positive = events[events["predicted_churn"] >= 0.5]
    of_hour, before = (steps.within(positive, start, steps.HOUR).index for start in (hour, hour - steps.DAY))
    events.loc[of_hour, "churn"] = "yes"
    events.loc[before, "churn"] = np.where(np.arange(len(before)) % 2, "yes", "no")
    return events


def range_rule(model: fdl.Model) -> fdl.AlertRule:
    rule = fdl.AlertRule(
        name="Bank Churn Range Violation Alert",
        model_id=model.id,
        metric_id="range_violation_count",
        bin_size=fdl.BinSize.DAY,
        compare_to=fdl.CompareTo.RAW_VALUE,
        priority=fdl.Priority.HIGH,
        warning_threshold=2,
        critical_threshold=3,
        condition=fdl.AlertCondition.GREATER,
        columns=["numofproducts"],
    )
    rule.create()
    rule.set_notification_config(emails=EMAILS)
    return rule


def precision_rule(model: fdl.Model) -> fdl.AlertRule:
    rule = fdl.AlertRule(
        name="Bank Churn Performance Alert",
        model_id=model.id,
        metric_id="precision",
        bin_size=fdl.BinSize.HOUR,
        compare_to=fdl.CompareTo.TIME_PERIOD,
        compare_bin_delta=24,
        condition=fdl.AlertCondition.GREATER,
        warning_threshold=0.05,
        critical_threshold=0.1,
        priority=fdl.Priority.HIGH,
    )
    rule.create()
    rule.set_notification_config(emails=EMAILS)
    return rule


def lost_revenue(model: fdl.Model) -> fdl.CustomMetric:
    metric = fdl.CustomMetric(
        name="Lost Revenue",
        model_id=model.id,
        description="Revenue that each false positive costs.",
        definition="""sum(if(fp(),1,0) * -100)""",
    )
    metric.create()
    return metric


def hawaii_segment(model: fdl.Model) -> fdl.Segment:
    segment = fdl.Segment(
        name=HAWAII,
        model_id=model.id,
        description=HAWAII,
        definition="(age<60 and age>30) and geography=='Hawaii'",
    )
    segment.create()
    return segment


def rolling_baseline(model: fdl.Model) -> fdl.Baseline:
    baseline = fdl.Baseline(
        model_id=model.id,
        name="rolling_baseline_1week",
        type_=fdl.BaselineType.ROLLING,
        environment=fdl.EnvType.PRODUCTION,
        window_bin_size=fdl.WindowBinSize.DAY,
        offset_delta=7,
    )
    baseline.create()
    return baseline


def test_the_figures_and_alerts_of_the_notebook(project_name: str) -> None:
    """Both rules fire with the values of the data, and metric, segment and drift are those that pandas finds."""
    project = steps.open_project(project_name)
    sample = churn.customers(SAMPLE_ROWS, seed=1)
    model = churn.churn_model("bank_churn_simple_monitoring", project, sample)
    too_many, better = range_rule(model), precision_rule(model)
    metric, segment = lost_revenue(model), hawaii_segment(model)
    static = model.publish(source=sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name="baseline_dataset")
    rolling = rolling_baseline(model)
    day, hour = steps.yesterday(), steps.last_hour()
    events = production_events(day, hour)
    published = model.publish(events)

    assert [done(job)["created"] for job in (static, published)] == [SAMPLE_ROWS, ROWS]
    assert {found.name for found in model.baselines} == {"baseline_dataset", "rolling_baseline_1week"}
    assert_range_alert(too_many, day)
    assert_precision_alert(better, hour, events)
    _, fp, _, _ = churn.confusion(events)
    assert steps.figures(model, "traffic", str(metric.id)) == [ROWS, fp * -100]
    ages = events["age"].between(31, 59)
    in_hawaii = int((ages & (events["geography"] == "Hawaii")).sum())
    assert steps.figures(model, "traffic", segment_id=str(segment.id)) == [in_hawaii]
    drift = {"measure": "drift", "metric": "jsd", "column": "geography", "baseline_id": str(rolling.id)}
    before, now = (steps.within(events, moment, steps.DAY)["geography"] for moment in (day - 7 * steps.DAY, day))
    assert steps.series(model, drift, day)[0] == [pytest.approx(steps.categories_drift(before, now))]


def assert_range_alert(rule: fdl.AlertRule, day: datetime) -> None:
    """Expect a critical alert about the customers with too many products."""
    assert steps.judge(rule, day) == (OUT_OF_RANGE, "critical")
    record = steps.newest_record(rule, day)
    assert (record.alert_value, record.severity, record.feature_name) == (OUT_OF_RANGE, "CRITICAL", "numofproducts")
    assert rule.get_notification_config().emails == EMAILS


def assert_precision_alert(rule: fdl.AlertRule, hour: datetime, events: pd.DataFrame) -> None:
    """Expect a critical alert, because the precision was lower by more than a tenth one day before."""
    day_before = hour - steps.DAY
    earlier = churn.precision(steps.within(events, day_before, steps.HOUR))
    assert earlier <= 0.5
    assert steps.judge(rule, hour) == (1, "critical")
    record = steps.newest_record(rule, hour)
    assert (record.alert_value, record.severity) == (1, "CRITICAL")
    assert record.baseline_value == pytest.approx(earlier)
    assert record.baseline_time_bucket == int(day_before.timestamp() * 1000)
