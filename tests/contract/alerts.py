"""What the tests of alerts share: rules by their metric, and judgements that are stored as the evaluator does it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from inference_events import app
from inference_events.alerts.evaluator import AlertEvaluator
from inference_events.alerts.judgements import Judgement, Severity, Verdict, record_judgements
from inference_events.app import Services
from inference_events.catalog import Catalog, alert_rules
from inference_events.catalog.concurrency import Lock
from inference_events.settings import Settings
from tests.contract.definitions import Api, Data
from tests.contract.serving import serve

TOKEN = "admin-token-of-the-alerts"
RULES, CONFIGS = "/v3/alert-rules", "/v2/alert-configs"
BIN = datetime(2026, 11, 25, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRAFFIC: Data = {
    "metric_id": "traffic",
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "lesser",
    "bin_size": "Hour",
    "critical_threshold": 2,
    "warning_threshold": 5,
}
GREATER: Data = TRAFFIC | {"condition": "greater", "critical_threshold": 5, "warning_threshold": 2}
AUTO: Data = GREATER | {
    "threshold_type": "standard_deviation_auto_threshold",
    "auto_threshold_params": {"warning_multiplier": 2, "critical_multiplier": 3},
    "critical_threshold": None,
    "warning_threshold": None,
}


def body(model_id: str, **fields: Any) -> Data:
    """Return a request for a rule about the traffic of a model, changed by `fields`."""
    return {"name": "mine", "model_id": model_id} | TRAFFIC | fields


def rule(api: Api, model_id: str, **fields: Any) -> Data:
    return api.post(RULES, body(model_id, **fields))


def where(*rules: tuple[str, str, Any]) -> str:
    """Write a filter that joins rules with AND, as the vendor's client does."""
    parts = [{"field": field, "operator": operator, "value": value} for field, operator, value in rules]
    return json.dumps({"condition": "AND", "rules": parts})


@contextmanager
def served(data_dir: Path) -> Iterator[tuple[str, Services]]:
    """Serve an empty data directory. Give the URL, and the services of the server, which judges no bins by itself."""
    made: list[Services] = []

    class Kept(Services):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    settings = Settings(data_dir=data_dir, admin_token=SecretStr(TOKEN))
    with patch.object(app, "Services", Kept):
        application = app.create_app(settings, validate_responses=True)
    with patch.object(AlertEvaluator, "start"), serve(application) as url:
        yield url, made[0]


def judgement(
    value: float | None,
    severity: Severity | None,
    *,
    hours: int = 0,
    column: str | None = None,
    revision: int = 1,
    reason: str | None = None,
    thresholds: tuple[float, float | None] = (2, 5),
) -> Judgement:
    """Return the judgement of a bin some hours after BIN; without a severity, one without a verdict."""
    start = BIN + hours * HOUR
    verdict = None if severity is None else Verdict(severity, *thresholds, f"the value is {value}")
    return Judgement(column, start, revision, "1.1", start + 2 * HOUR, value, reason, verdict)


def judge(catalog: Catalog, rule_id: str, *judgements: Judgement) -> list[str | None]:
    """Store judgements of a rule, each in a transaction. Return the ids of the records that they made."""
    made: list[str | None] = []
    for one in judgements:

        def store(session: Any, one: Judgement = one) -> str | None:
            records = record_judgements(session, [(alert_rules.get(session, rule_id, Lock.EXCLUSIVE), one)])
            return records[0].id if records else None

        made.append(catalog.write(store))
    return made
