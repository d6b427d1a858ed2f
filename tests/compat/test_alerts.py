"""Alert rules, whom they notify, and their records, as the vendor's notebooks use them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import fiddler as fdl
import pytest

from tests.compat.stored import column, define_model


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a binary classifier."""
    return define_model(
        project,
        column("age", "int"),
        column("churn", "int"),
        column("p", "float"),
        spec=fdl.ModelSpec(inputs=["age"], outputs=["p"], targets=["churn"]),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=[0, 1], binary_classification_threshold=0.5),
    )


@pytest.fixture
def create(model: fdl.Model) -> Callable[..., fdl.AlertRule]:
    """Give a function that creates a rule about range violations."""

    def create(name: str = "rule", **fields: Any) -> fdl.AlertRule:
        described = {
            "metric_id": "range_violation_count",
            "priority": fdl.Priority.HIGH,
            "compare_to": fdl.CompareTo.RAW_VALUE,
            "condition": fdl.AlertCondition.GREATER,
            "bin_size": fdl.BinSize.HOUR,
            "critical_threshold": 3,
            "warning_threshold": 1,
            "columns": ["age"],
        }
        return fdl.AlertRule(name=name, model_id=model.id, **described | fields).create()

    return create


def facts(rule: fdl.AlertRule) -> tuple[object, ...]:
    return (rule.id, rule.name, rule.model_id, rule.project_id, rule.metric_id, rule.columns, rule.critical_threshold)


def test_a_rule_is_created_and_found(model: fdl.Model, create: Callable[..., fdl.AlertRule]) -> None:
    """It is found by id, and in lists by model, metric, columns and order, as it was made."""
    made, other = create("a"), create("b", metric_id="traffic", columns=None, bin_size=fdl.BinSize.DAY)
    assert made.created_at
    assert facts(fdl.AlertRule.get(made.id)) == facts(made)
    assert [facts(one) for one in fdl.AlertRule.list(model.id)] == [facts(made), facts(other)]
    assert [one.id for one in fdl.AlertRule.list(model.id, ordering=["-name"])] == [other.id, made.id]
    assert [one.id for one in fdl.AlertRule.list(model.id, metric_id="traffic")] == [other.id]
    assert [one.id for one in fdl.AlertRule.list(model.id, columns=["age"])] == [made.id]
    assert list(fdl.AlertRule.list(model.id, baseline_id=uuid4())) == []


def test_a_change_over_time_and_a_segment(model: fdl.Model, create: Callable[..., fdl.AlertRule]) -> None:
    """A comparison with an earlier bin, a segment and a custom metric read back as they were."""
    segment = fdl.Segment(name="old", model_id=model.id, definition="age > 60").create()
    metric = fdl.CustomMetric(name="lost", model_id=model.id, definition="sum(if(fp(),1,0) * -100)").create()
    made = create(
        metric_id=metric.id,
        columns=None,
        segment_id=segment.id,
        compare_to=fdl.CompareTo.TIME_PERIOD,
        compare_bin_delta=24,
    )
    found = fdl.AlertRule.get(made.id)
    assert (str(found.metric_id), found.segment_id, found.compare_bin_delta) == (str(metric.id), segment.id, 24)


def test_a_drift_compares_with_a_baseline(model: fdl.Model, create: Callable[..., fdl.AlertRule]) -> None:
    """A drift names a baseline, and is found by it."""
    baseline = fdl.Baseline(
        name="yesterday",
        model_id=model.id,
        environment=fdl.EnvType.PRODUCTION,
        type_=fdl.BaselineType.ROLLING,
        window_bin_size=fdl.WindowBinSize.DAY,
        offset_delta=1,
    ).create()
    made = create(metric_id="jsd", baseline_id=baseline.id, critical_threshold=0.2, warning_threshold=0.1)
    assert fdl.AlertRule.get(made.id).baseline_id == baseline.id
    assert [one.id for one in fdl.AlertRule.list(model.id, baseline_id=baseline.id)] == [made.id]
    with pytest.raises(fdl.Conflict, match="Alert rules use the baseline"):
        baseline.delete()


@pytest.mark.needs("AlertRule.update", "AlertThresholdAlgo")
def test_thresholds_change(create: Callable[..., fdl.AlertRule]) -> None:
    """`update` stores new thresholds, fixed and automatic ones."""
    made = create()
    made.critical_threshold, made.warning_threshold, made.evaluation_delay = 5, None, 2
    made.update()
    found = fdl.AlertRule.get(made.id)
    assert (found.critical_threshold, found.warning_threshold, found.evaluation_delay) == (5, None, 2)
    made = create(
        "automatic",
        threshold_type=fdl.AlertThresholdAlgo.STD_DEV_AUTO_THRESHOLD,
        auto_threshold_params={"warning_multiplier": 2, "critical_multiplier": 3},
        critical_threshold=None,
        warning_threshold=None,
    )
    made.auto_threshold_params = {"warning_multiplier": 1, "critical_multiplier": 4}
    made.update()
    assert fdl.AlertRule.get(made.id).auto_threshold_params == {"warning_multiplier": 1, "critical_multiplier": 4}


def test_a_rule_is_deleted(model: fdl.Model, create: Callable[..., fdl.AlertRule]) -> None:
    """A deleted rule is not found any more, and its name is free; a name that is taken raises Conflict."""
    made = create()
    with pytest.raises(fdl.Conflict, match="Alert rule with the same name already exists for this model"):
        create()
    made.delete()
    with pytest.raises(fdl.NotFound):
        fdl.AlertRule.get(made.id)
    assert list(fdl.AlertRule.list(model.id)) == []
    create()


def test_an_invalid_rule_says_why(create: Callable[..., fdl.AlertRule]) -> None:
    """A rule that cannot be judged raises ApiError 400, which names the field."""
    with pytest.raises(fdl.ApiError, match="/metric_id: is neither a metric of this model") as refusal:
        create(metric_id="drift_score")
    assert refusal.value.code == 400


def test_whom_a_rule_notifies(create: Callable[..., fdl.AlertRule]) -> None:
    """The config is empty at first; what is set reads back, and notifications can be switched off and on."""
    made = create()
    assert not made.get_notification_config().emails
    set_now = made.set_notification_config(
        emails=["a@b.example", "c@d.example"], pagerduty_services=["Flights"], pagerduty_severity="error"
    )
    assert set_now.emails == ["a@b.example", "c@d.example"]
    found = made.get_notification_config()
    assert (found.emails, found.pagerduty_services) == (["a@b.example", "c@d.example"], ["Flights"])
    made.disable_notifications()
    made.enable_notifications()
    with pytest.raises(fdl.ApiError) as refusal:
        made.set_notification_config(webhooks=[uuid4()])
    assert refusal.value.code == 400


def test_records_are_listed(create: Callable[..., fdl.AlertRule]) -> None:
    """A rule that was never judged has no records, in the client's default range, in another, and in an order."""
    made = create()
    now = datetime.now()
    assert list(fdl.AlertRecord.list(made.id)) == []
    ordering = ["alert_time_bucket", "-id"]
    assert list(fdl.AlertRecord.list(made.id, now - timedelta(days=30), now, ordering)) == []
