"""The vendor's notebook that tries each kind of alert: the same calls, in the same order, with the same arguments.

The events are those that its generator makes, drawn from the same seeds. They carry the previous hour, because only
bins that are over are judged, and `evaluate` judges it at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest
import requests

from tests.program import Served

DATASET = "baseline_dataset"
EMAILS = ["first@example.com", "second@example.com"]
BATCH = 20
REVENUE = 'sum(if("churn"==1, "income", 0))'
INTEGRITY = {"priority": fdl.Priority.HIGH, "condition": fdl.AlertCondition.GREATER}
RULES: Mapping[str, dict[str, Any]] = {
    "range": INTEGRITY
    | {"metric_id": "range_violation_count", "warning_threshold": 1, "critical_threshold": 3, "columns": ["age"]},
    "null": INTEGRITY
    | {
        "metric_id": "null_violation_percentage",
        "warning_threshold": 5,
        "critical_threshold": 10,
        "columns": ["income"],
    },
    "type": INTEGRITY
    | {"metric_id": "type_violation_count", "warning_threshold": 1, "critical_threshold": 3, "columns": ["location"]},
    "drift": INTEGRITY
    | {
        "metric_id": "jsd",
        "priority": fdl.Priority.MEDIUM,
        "warning_threshold": 0.1,
        "critical_threshold": 0.2,
        "columns": ["age"],
    },
    "traffic": {
        "metric_id": "traffic",
        "priority": fdl.Priority.MEDIUM,
        "warning_threshold": 5,
        "critical_threshold": 2,
        "condition": fdl.AlertCondition.LESSER,
    },
    "precision": {
        "metric_id": "precision",
        "priority": fdl.Priority.HIGH,
        "warning_threshold": 0.7,
        "critical_threshold": 0.5,
        "condition": fdl.AlertCondition.LESSER,
    },
    "revenue": INTEGRITY | {"warning_threshold": 50_000, "critical_threshold": 100_000},
}
# The drift is that of ten equal bins from 18 to 79 and one on either side of them.
EXPECTED: Mapping[str, tuple[float, str] | None] = {
    "range": (29, "CRITICAL"),
    "null": None,
    "type": None,
    "drift": (0.435671, "CRITICAL"),
    "traffic": None,
    "precision": (0.6, "WARNING"),
    "revenue": (5_390_157.81, "CRITICAL"),
}
QUIET = {"null": 100 * 5 / 105, "type": 0, "traffic": 105}


def customers(rows: int, seed: int, first: datetime, last: datetime) -> pd.DataFrame:
    """Return customers with times in a range. The order of the draws decides their values."""
    np.random.seed(seed)
    columns = {
        "age": np.random.randint(18, 80, rows),
        "income": np.random.uniform(20_000, 200_000, rows).round(2),
        "location": np.random.choice(["Urban", "Suburban", "Rural"], rows),
        "has_subscription": np.random.choice([True, False], rows),
        "customer_id": [f"CUST-{seed}-{row}" for row in range(rows)],
        "churn": np.random.choice([0, 1], rows, p=[0.8, 0.2]),
        "predicted_churn": np.random.beta(2, 5, rows),
    }
    times = pd.date_range(first, last, rows).astype("datetime64[ms, UTC]").astype("int64")
    return pd.DataFrame(columns | {"timestamp": times})


def violating(moment: datetime) -> pd.DataFrame:
    """Return events that each kind of rule is about, all at one moment."""

    def some(rows: int, seed: int) -> pd.DataFrame:
        return customers(rows, seed, moment, moment)

    ages = some(5, 100)
    ages["age"] = np.random.choice([5, 10, 95, 100, 120], 5)
    nulls = some(10, 101)
    nulls.loc[0:4, "income"] = None
    types = some(5, 102)
    types["location"] = [1, 2, 3, 4, 5]
    drifted = some(50, 103)
    drifted["age"] = np.random.randint(60, 100, 50)
    missed = some(20, 104).assign(churn=1)
    missed["predicted_churn"] = np.random.beta(1, 10, 20)
    costly = some(15, 105).assign(churn=1)
    costly["income"] = np.random.uniform(150_000, 200_000, 15)
    return pd.concat([ages, nulls, types, drifted, missed, costly])


def make_model(project: fdl.Project, sample: pd.DataFrame) -> fdl.Model:
    spec = fdl.ModelSpec(
        inputs=["age", "income", "location", "has_subscription"],
        outputs=["predicted_churn"],
        targets=["churn"],
        metadata=["customer_id", "timestamp"],
    )
    model = fdl.Model.from_data(
        name="alert_test_model",
        project_id=project.id,
        source=sample,
        spec=spec,
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=[0, 1]),
        event_id_col="customer_id",
        event_ts_col="timestamp",
    )
    model.create()
    return model


def make_rules(model: fdl.Model, baseline: fdl.Baseline) -> dict[str, fdl.AlertRule]:
    metric = fdl.CustomMetric(name="Lost Revenue", model_id=model.id, description="lost", definition=REVENUE).create()
    more = {"drift": {"baseline_id": baseline.id}, "revenue": {"metric_id": metric.id}}
    rules = {}
    for name, fields in RULES.items():
        described = {"bin_size": fdl.BinSize.HOUR, "compare_to": fdl.CompareTo.RAW_VALUE} | fields | more.get(name, {})
        rules[name] = fdl.AlertRule(name=name, model_id=model.id, **described)
        rules[name].create()
        rules[name].set_notification_config(emails=EMAILS)
    return rules


@pytest.mark.slow
def test_the_alerts_of_the_notebook(project: fdl.Project, server: Served, notebook_token: str) -> None:
    """Each rule finds the value, and fires or stays quiet, as the data of the notebook demand."""
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    sample = customers(500, 42, now - timedelta(days=30), now)
    model = make_model(project, sample)
    model.publish(source=sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name=DATASET).wait()
    assert fdl.Dataset.from_name(name=DATASET, model_id=model.id).row_count in (500, None)
    rules = make_rules(model, fdl.Baseline.from_name(name=DATASET, model_id=model.id))
    assert len(list(fdl.AlertRule.list(model_id=model.id))) == len(RULES)
    events = violating(hour + timedelta(minutes=30))
    for first in range(0, len(events), BATCH):
        model.publish(source=events.iloc[first : first + BATCH].copy()).wait()
    headers = {"Authorization": f"Bearer {notebook_token}"}
    values = {}
    for name, rule in rules.items():
        url = f"{server.url}/v3/monitoring/alert-rules/{rule.id}/evaluate"
        judged = requests.post(url, json={"bin_start": hour.isoformat()}, headers=headers, timeout=60).json()["data"]
        values[name] = judged["evaluations"][0]["value"]
    for name, expected in EXPECTED.items():
        records = [
            record
            for record in fdl.AlertRecord.list(alert_rule_id=rules[name].id)
            if record.alert_time_bucket == int(hour.timestamp() * 1000)
        ]
        # The newest record of the hour; the server may judge it before the events arrive.
        found = [(record.alert_value, record.severity) for record in records[:1] if record.severity != "DEFAULT"]
        if expected is None:
            assert (found, values[name]) == ([], pytest.approx(QUIET[name])), name
        else:
            assert found == [(pytest.approx(expected[0], rel=2e-6), expected[1])], name
