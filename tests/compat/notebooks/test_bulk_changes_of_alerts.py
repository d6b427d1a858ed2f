"""The vendor's notebook and script that change the alert rules of all projects: thresholds, and bins of a month."""

from collections.abc import Iterator
from typing import Any

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps

SHARES = [f"{kind}_violation_percentage" for kind in ("null", "type", "range", "any")]
PER_MODEL = 4


def make_rule(model: fdl.Model, name: str, **fields: Any) -> fdl.AlertRule:
    described = {
        "metric_id": "traffic",
        "bin_size": fdl.BinSize.DAY,
        "compare_to": fdl.CompareTo.RAW_VALUE,
        "priority": fdl.Priority.HIGH,
        "condition": fdl.AlertCondition.GREATER,
        "critical_threshold": 10,
    }
    rule = fdl.AlertRule(name=name, model_id=model.id, **described | fields)
    rule.create()
    return rule


def make_models(project_name: str) -> list[fdl.Model]:
    """Create two models with rules: shares in the old scale and in the new one, a comparison, and bins of a month."""
    sample = churn.customers(200, seed=5)
    project = steps.open_project(project_name)
    models = [churn.churn_model(name, project, sample) for name in ("first", "second")]
    for model in models:
        old = {"critical_threshold": 0.1, "warning_threshold": 0.05, "columns": ["age"]}
        later = {"compare_to": fdl.CompareTo.TIME_PERIOD, "compare_bin_delta": 1}
        make_rule(model, "old scale", metric_id=SHARES[0], **old)
        make_rule(model, "new scale", metric_id=SHARES[2], columns=["age"])
        make_rule(model, "change", metric_id=SHARES[3], **old | later)
        make_rule(model, "month", bin_size=fdl.BinSize.MONTH, warning_threshold=5, evaluation_delay=2)
    return models


def all_rules() -> Iterator[fdl.AlertRule]:
    """List the rules of all models of all projects."""
    for project in fdl.Project.list():
        for model in fdl.Model.list(project_id=project.id):
            yield from fdl.AlertRule.list(model_id=model.id)


def rescale(rules: list[fdl.AlertRule]) -> int:
    """Multiply thresholds between 0 and 1 by 100, except those of comparisons. Return how many rules changed."""
    changed = 0
    for rule in rules:
        if rule.compare_to == fdl.CompareTo.TIME_PERIOD:
            continue
        before = rule.critical_threshold, rule.warning_threshold
        scaled = [100 * one if one is not None and 0 < one < 1 else one for one in before]
        if scaled != list(before):
            rule.critical_threshold, rule.warning_threshold = scaled
            rule.update()
            changed += 1
    return changed


def replace_monthly(rules: list[fdl.AlertRule]) -> int:
    """Replace rules with bins of a month by copies with bins of a day. Return how many there were."""
    monthly = [rule for rule in rules if rule.bin_size == fdl.BinSize.MONTH]
    kept = (
        "model_id metric_id priority compare_to condition segment_id threshold_type critical_threshold"
        " warning_threshold columns compare_bin_delta evaluation_delay category baseline_id"
    )
    for rule in monthly:
        fields = {name: getattr(rule, name) for name in kept.split()}
        fdl.AlertRule(name=f"{rule.name}_FIXED", bin_size=fdl.BinSize.DAY, **fields).create()
        rule.delete()
    return len(monthly)


@pytest.mark.slow
@pytest.mark.needs("AlertRule.update", "AlertThresholdAlgo")
def test_bulk_changes_of_the_notebook(project_name: str) -> None:
    """Only shares in the old scale are changed, monthly rules become daily ones, and the others stay as they were."""
    models = make_models(project_name)
    of_ours = [rule for rule in all_rules() if rule.model_id in {model.id for model in models}]
    assert len(of_ours) == 2 * PER_MODEL
    assert rescale([rule for rule in of_ours if rule.metric_id in SHARES]) == 2
    assert replace_monthly(of_ours) == 2

    for model in models:
        rules = {rule.name: rule for rule in fdl.AlertRule.list(model_id=model.id)}
        limits = {name: (rule.critical_threshold, rule.warning_threshold) for name, rule in rules.items()}
        expected = {"old scale": (10, 5), "new scale": (10, None), "change": (0.1, 0.05), "month_FIXED": (10, 5)}
        assert limits == expected
        fixed = rules["month_FIXED"]
        assert (fixed.bin_size, fixed.evaluation_delay, fixed.metric_id) == (fdl.BinSize.DAY, 2, "traffic")
        assert (rules["change"].compare_bin_delta, rules["old scale"].columns) == (1, ["age"])
