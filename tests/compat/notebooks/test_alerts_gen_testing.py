"""The vendor's notebook that tries each kind of alert: the same calls, in the same order, with the same arguments.

The events are those that its generator makes, drawn from the same seeds. They carry the previous hour, because only
bins that are over are judged, and `evaluate` judges it at once. A second test waits until the server does so by itself.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fiddler as fdl
import numpy as np
import pandas as pd
import pytest

from tests.compat.conftest import SERVER_PYTHON, TOKEN
from tests.compat.notebooks import steps
from tests.compat.stored import call, done
from tests.program import Program

DATASET = "baseline_dataset"
EMAILS = ["first@example.com", "second@example.com"]
BATCH = 20
CLOSES_AFTER = 30
PATIENCE_SECONDS = 90
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


def publish_all(project: fdl.Project, moment: datetime) -> dict[str, fdl.AlertRule]:
    """Run the notebook: a model, its baseline, the rules, and events of one moment in batches. Return the rules."""
    now = datetime.now(UTC)
    sample = customers(500, 42, now - timedelta(days=30), now)
    model = make_model(project, sample)
    done(model.publish(source=sample, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name=DATASET))
    assert fdl.Dataset.from_name(name=DATASET, model_id=model.id).row_count in (500, None)
    rules = make_rules(model, fdl.Baseline.from_name(name=DATASET, model_id=model.id))
    assert len(list(fdl.AlertRule.list(model_id=model.id))) == len(RULES)
    events = violating(moment)
    for first in range(0, len(events), BATCH):
        done(model.publish(source=events.iloc[first : first + BATCH].copy()))
    return rules


def alert_of(rule: fdl.AlertRule, hour: datetime) -> tuple[float, str] | None:
    """Return the value and the severity of the newest record of an hour; None if there is no alert."""
    record = steps.newest_record(rule, hour)
    return None if record is None or not record.is_alert else (record.alert_value, record.severity)


@pytest.mark.slow
def test_the_alerts_of_the_notebook(project: fdl.Project) -> None:
    """Each rule finds the value, and fires or stays quiet, as the data of the notebook demand."""
    hour = steps.last_hour()
    rules = publish_all(project, hour + timedelta(minutes=30))
    values = {name: steps.judge(rule, hour)[0] for name, rule in rules.items()}
    for name, expected in EXPECTED.items():
        assert alert_of(rules[name], hour) == approximately(expected), name
        assert values[name] == pytest.approx(expected[0] if expected else QUIET[name], rel=2e-6), name


@pytest.fixture
def early_server(tmp_path: Path) -> Iterator[datetime]:
    """Connect to a server for which this hour is over in half a minute. Give the start of the hour."""
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    ahead = (hour + steps.HOUR - now).total_seconds() - CLOSES_AFTER
    module = ["tests.compat.notebooks.early", str(ahead)]
    settings = {"alert_debounce_seconds": 0}
    program = Program(tmp_path / "data", TOKEN, settings, python=SERVER_PYTHON or sys.executable, module=module)
    program.start()
    fdl.init(url=program.url, token=TOKEN)
    yield hour
    program.stop()


@pytest.mark.slow
def test_the_server_judges_by_itself(early_server: datetime, project_name: str) -> None:
    """With events of this hour, as in the notebook: once it is over, the alerts are there without a request."""
    rules = publish_all(fdl.Project(name=project_name).create(), early_server)
    expected = {name: approximately(alert) for name, alert in EXPECTED.items()}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := {name: alert_of(rule, early_server) for name, rule in rules.items()}) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(1)
    for name, value in QUIET.items():
        url = f"/v3/monitoring/alert-rules/{rules[name].id}/evaluations"
        judged = call("GET", url, params={"start_time": early_server.isoformat()})["items"]
        assert [(one["state"], one["value"]) for one in judged] == [("ok", pytest.approx(value))], name


def approximately(alert: tuple[float, str] | None) -> Any:
    """Allow a value for its rounding."""
    return alert and (pytest.approx(alert[0], rel=2e-6), alert[1])
