"""The vendor's tool that gives models a standard set of alert rules, and brings those of earlier runs up to date."""

from collections.abc import Iterator
from typing import Any

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done

ROWS = 4_000
DAYS = 40
EMAILS = ["team@company.com"]
PER_COLUMN = (
    ("Drift", "jsd", "data_drift", "MEDIUM", 0.15, 0.3),
    ("Null Violation", "null_violation_percentage", "data_integrity", "HIGH", 5.0, 10.0),
    ("Range Violation", "range_violation_count", "data_integrity", "MEDIUM", 10, 50),
)
BY_DEVIATION = (
    ("Traffic Volume", "traffic", "traffic", "HIGH"),
    ("Precision Drop", "precision", "performance", "HIGH"),
    ("Recall Drop", "recall", "performance", "MEDIUM"),
    ("F1 Score Drop", "f1_score", "performance", "MEDIUM"),
)


def baseline_of(model: fdl.Model) -> fdl.Baseline:
    """Return the first baseline of a model, or a new rolling one."""
    if found := list(fdl.Baseline.list(model_id=model.id)):
        return found[0]
    return fdl.Baseline(
        name=f"__auto_rolling_{model.name}",
        model_id=model.id,
        environment=fdl.EnvType.PRODUCTION,
        type_="ROLLING",
        offset_delta=7,
        window_bin_size=fdl.WindowBinSize.DAY,
    ).create()


def standard_rules(model: fdl.Model, deviations: tuple[float, float]) -> Iterator[dict[str, Any]]:
    """Yield the rules of the vendor's standard profile: some for each input, and some that follow the history."""
    shared = {"bin_size": fdl.BinSize.DAY, "compare_to": fdl.CompareTo.RAW_VALUE}
    warning, critical = deviations
    automatic = {
        "threshold_type": fdl.AlertThresholdAlgo.STD_DEV_AUTO_THRESHOLD,
        "auto_threshold_params": {"warning_multiplier": warning, "critical_multiplier": critical},
        "warning_threshold": None,
        "critical_threshold": None,
        "condition": fdl.AlertCondition.LESSER,
    }
    for title, metric, category, priority in BY_DEVIATION:
        named = {"name": f"{model.name} | {title}", "metric_id": metric, "category": category, "priority": priority}
        yield shared | automatic | named
    baseline = baseline_of(model)
    fixed = {"threshold_type": fdl.AlertThresholdAlgo.MANUAL, "condition": fdl.AlertCondition.GREATER}
    for title, metric, category, priority, warning, critical in PER_COLUMN:
        for column in model.spec.inputs:
            described = {
                "name": f"{model.name} | {title} | {column}",
                "metric_id": metric,
                "category": category,
                "priority": priority,
                "columns": [column],
                "warning_threshold": warning,
                "critical_threshold": critical,
            }
            yield shared | fixed | described | ({"baseline_id": str(baseline.id)} if metric == "jsd" else {})


def bring_up_to_date(model: fdl.Model, deviations: tuple[float, float]) -> dict[str, int]:
    """Create the rules that are missing and change those that differ, as the tool does. Return how many."""
    existing = {rule.name: rule for rule in fdl.AlertRule.list(model_id=model.id)}
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    for fields in standard_rules(model, deviations):
        rule = existing.get(fields["name"])
        if rule is None:
            rule = fdl.AlertRule(model_id=model.id, **fields).create()
            counts["created"] += 1
        elif rule.auto_threshold_params != fields.get("auto_threshold_params"):
            rule.auto_threshold_params = fields["auto_threshold_params"]
            rule.update()
            counts["updated"] += 1
        else:
            counts["unchanged"] += 1
        rule.set_notification_config(emails=EMAILS)
    return counts


@pytest.mark.slow
@pytest.mark.needs("AlertRule.update", "AlertThresholdAlgo")
def test_a_standard_set_of_rules(project_name: str) -> None:
    """The first run creates all rules, a second none, and new deviations change those that follow the history."""
    model = churn.churn_model("bulk", steps.open_project(project_name), churn.customers(500, seed=11))
    per_column = len(PER_COLUMN) * len(model.spec.inputs)
    total = per_column + len(BY_DEVIATION)
    first, second = (bring_up_to_date(model, (2.0, 3.0)) for _ in range(2))
    third = bring_up_to_date(model, (2.5, 3.5))
    day = steps.yesterday()
    events = churn.customers(ROWS, seed=12, first=day - (DAYS - 1) * steps.DAY, days=DAYS)
    of_day = steps.within(events, day, steps.DAY).index
    quiet = events.drop(of_day[5:])
    done(model.publish(quiet))

    assert first == {"created": total, "updated": 0, "unchanged": 0}
    assert second == {"created": 0, "updated": 0, "unchanged": total}
    assert third == {"created": 0, "updated": len(BY_DEVIATION), "unchanged": per_column}
    rules = {rule.name: rule for rule in fdl.AlertRule.list(model_id=model.id)}
    assert {rule.category for rule in rules.values()} == {"traffic", "performance", "data_drift", "data_integrity"}
    traffic = rules["bulk | Traffic Volume"]
    assert traffic.auto_threshold_params == {"warning_multiplier": 2.5, "critical_multiplier": 3.5}
    assert traffic.get_notification_config().emails == EMAILS
    counts = [len(steps.within(quiet, day - number * steps.DAY, steps.DAY)) for number in range(1, 31)]
    assert steps.judge(traffic, day) == (5, "critical")
    record = steps.newest_record(traffic, day)
    mean = sum(counts) / len(counts)
    deviation = (sum((count - mean) ** 2 for count in counts) / len(counts)) ** 0.5
    assert record.critical_threshold == pytest.approx(max(mean - 3.5 * deviation, 0))
    assert record.warning_threshold == pytest.approx(max(mean - 2.5 * deviation, 0))
    assert steps.judge(rules["bulk | Null Violation | age"], day) == (0, "ok")
