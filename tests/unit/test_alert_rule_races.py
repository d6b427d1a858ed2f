"""Requests about alert rules that meet at two replicas: no rule uses what is gone, and no request fails in between."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast
from unittest.mock import create_autospec
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from inference_events.alerts.announcing import Announcer
from inference_events.catalog import Catalog, definitions, models, organizations, projects, tokens
from inference_events.catalog.baselines import get_or_create_dataset
from inference_events.catalog.tables import Baseline, CustomMetric, Segment
from inference_events.context import Request, enter_request
from inference_events.errors import ApiError, BadRequest, Conflict, ObjectNotFound
from inference_events.events.store import EventStore
from inference_events.monitoring.queries import FigureService
from inference_events.notifications.encryption import SecretBox
from inference_events.operations.alert_rules import AlertRuleOperations
from inference_events.operations.baselines import BaselineOperations
from inference_events.operations.custom_metrics import CustomMetricOperations
from inference_events.operations.segments import SegmentOperations
from inference_events.operations.webhooks import WebhookOperations
from inference_events_api import types as t
from tests.catalogs import KINDS, new_url

T = TypeVar("T")
Operation = Callable[[], Awaitable[Any]]

TIMEOUT_SECONDS = 60
COLUMNS = [{"name": "age", "data_type": "int"}]
MODEL = {
    "name": "churn",
    "input_type": "structured",
    "task": "not_set",
    "schema": {"columns": COLUMNS},
    "spec": {"inputs": ["age"]},
}
RULE: dict[str, Any] = {
    "metric_id": "traffic",
    "priority": "HIGH",
    "compare_to": "raw_value",
    "condition": "lesser",
    "bin_size": "Hour",
    "critical_threshold": 2,
}
WEBHOOK: t.WebhookCreate = {"name": "hook", "url": "https://example.com/hook", "provider": "SLACK"}


class SlowCatalog(Catalog):
    """A replica's catalog. Its next write waits before its commit, once `is_slow` is set."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.is_slow = False
        self.is_done, self.may_commit = threading.Event(), threading.Event()

    def write(self, function: Callable[[Session], T]) -> T:
        def slow(session: Session) -> T:
            result = function(session)
            session.flush()
            self.is_done.set()
            assert self.may_commit.wait(TIMEOUT_SECONDS)
            return result

        return super().write(slow if self.is_slow else function)


class Replica:
    """The operations of one replica, in the name of a token with the scope `admin`."""

    def __init__(self, catalog: Catalog, token_id: str) -> None:
        self.catalog = catalog
        self.token_id = token_id
        self.rules = AlertRuleOperations(catalog, create_autospec(FigureService), create_autospec(Announcer))
        self.webhooks = WebhookOperations(catalog, SecretBox("k" * 32))
        self.segments = SegmentOperations(catalog)
        self.metrics = CustomMetricOperations(catalog)
        self.baselines = BaselineOperations(catalog, create_autospec(EventStore))

    def call(self, operation: Operation) -> Any:
        """Return the response of an operation, or how it was refused."""

        async def run() -> Any:
            enter_request(Request("r", "POST", "/", self.token_id, idempotency_key=uuid4().hex, is_admin=True))
            return (await operation())["data"]

        try:
            return asyncio.run(run())
        except ApiError as error:
            return error


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request, tmp_path)


@pytest.fixture
def replicas(url: str) -> Iterator[tuple[Replica, Replica]]:
    slow, other = SlowCatalog(url), Catalog(url)
    slow.write(lambda session: organizations.ensure(session, "acme"))
    token_id = slow.write(lambda session: tokens.create(session, "tester", ["admin"])[0].id)
    yield Replica(slow, token_id), Replica(other, token_id)
    slow.close()
    other.close()


@pytest.fixture
def model_id(replicas: tuple[Replica, Replica]) -> str:
    first = replicas[0]

    def make(session: Session) -> str:
        return models.create(session, projects.create(session, "bank").id, MODEL, first.token_id).id

    return first.catalog.write(make)


def meet(replicas: tuple[Replica, Replica], first: Operation, second: Operation) -> tuple[Any, Any]:
    """Return the responses of both if the second operation begins before the commit of the first."""
    slow = cast(SlowCatalog, replicas[0].catalog)
    slow.is_slow = True
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(replicas[0].call, first)
        assert slow.is_done.wait(TIMEOUT_SECONDS)
        other = threads.submit(replicas[1].call, second)
        while not other.done() and not is_anyone_waiting(replicas[1].catalog):
            time.sleep(0.01)
        slow.may_commit.set()
        results = one.result(TIMEOUT_SECONDS), other.result(TIMEOUT_SECONDS)
    slow.is_slow = False
    return results


def is_anyone_waiting(catalog: Catalog) -> bool:
    """Return whether a transaction waits for a lock. In SQLite a write always waits for the one before it."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return catalog.database_use is None or catalog.read(lambda session: session.scalar(text(waiting))) is not None


def make_rule(replica: Replica, model_id: str, **fields: Any) -> Operation:
    body = cast(t.AlertRuleCreate, RULE | {"name": "low", "model_id": model_id} | fields)
    return lambda: replica.rules.create_alert_rule(body=body)


def using(replicas: tuple[Replica, Replica], what: str, model_id: str) -> tuple[Callable[[Replica], Operation], ...]:
    """Create what a rule can use. Return the creation of a rule that uses it, and its deletion, for any replica."""
    first = replicas[0]

    def create(session: Session) -> str:
        if what == "baseline":
            get_or_create_dataset(session, model_id, "train")
            return session.scalars(select(Baseline.id)).one()
        common = {"model_id": model_id, "name": "mine", "created_by_id": first.token_id}
        if what == "segment":
            return definitions.create(session, Segment(definition="age > 1", **common)).id
        return definitions.create(session, CustomMetric(definition="sum(age)", **common)).id

    id = first.catalog.write(create)
    fields: dict[str, dict[str, Any]] = {
        "segment": {"segment_id": id},
        "custom metric": {"metric_id": id},
        "baseline": {"metric_id": "jsd", "feature_names": ["age"], "baseline_id": id},
    }
    deletions: dict[str, Callable[[Replica], Operation]] = {
        "segment": lambda replica: lambda: replica.segments.delete_segment(segment_id=id),
        "custom metric": lambda replica: lambda: replica.metrics.delete_custom_metric(custom_metric_id=id),
        "baseline": lambda replica: lambda: replica.baselines.delete_baseline(baseline_id=id),
    }
    return lambda replica: make_rule(replica, model_id, **fields[what]), deletions[what]


@pytest.mark.parametrize("what", ["segment", "custom metric", "baseline"])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_new_rule_uses_only_what_exists(
    replicas: tuple[Replica, Replica], model_id: str, what: str, is_deleted: bool
) -> None:
    """Of the creation of a rule and the deletion of what it uses, the one that comes second is refused."""
    both = using(replicas, what, model_id)
    first, second = (both[1], both[0]) if is_deleted else both
    done, refused = meet(replicas, first(replicas[0]), second(replicas[1]))
    assert isinstance(done, dict), done
    assert isinstance(refused, BadRequest | ObjectNotFound if is_deleted else Conflict), refused


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_rule_notifies_only_webhooks_that_exist(
    replicas: tuple[Replica, Replica], model_id: str, is_deleted: bool
) -> None:
    """Of a notification that names a webhook and the deletion of it, the one that comes second is refused."""
    rule_id = replicas[0].call(make_rule(replicas[0], model_id))["id"]
    hook = replicas[0].call(lambda: replicas[0].webhooks.create_webhook(body=WEBHOOK))["uuid"]

    def notify(replica: Replica) -> Operation:
        body: t.NotificationConfigChange = {"webhooks": [hook]}
        return lambda: replica.rules.update_notification_config(alert_rule_id=rule_id, body=body)

    def delete(replica: Replica) -> Operation:
        return lambda: replica.webhooks.delete_webhook(webhook_id=hook)

    first, second = (delete, notify) if is_deleted else (notify, delete)
    done, refused = meet(replicas, first(replicas[0]), second(replicas[1]))
    assert isinstance(done, dict), done
    assert isinstance(refused, BadRequest if is_deleted else Conflict), refused
    shown = replicas[1].call(lambda: replicas[1].rules.get_notification_config(alert_rule_id=rule_id))
    assert shown["webhooks"] == ([] if is_deleted else [hook])


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_rule_that_is_changed_can_be_deleted(
    replicas: tuple[Replica, Replica], model_id: str, is_deleted: bool
) -> None:
    """A rule that gets a webhook just then is deleted, and one that is deleted first gets none."""
    rule_id = replicas[0].call(make_rule(replicas[0], model_id))["id"]
    hook = replicas[0].call(lambda: replicas[0].webhooks.create_webhook(body=WEBHOOK))["uuid"]

    def notify(replica: Replica) -> Operation:
        body: t.NotificationConfigChange = {"webhooks": [hook]}
        return lambda: replica.rules.update_notification_config(alert_rule_id=rule_id, body=body)

    def delete(replica: Replica) -> Operation:
        return lambda: replica.rules.delete_alert_rule(alert_rule_id=rule_id)

    first, second = (delete, notify) if is_deleted else (notify, delete)
    done, other = meet(replicas, first(replicas[0]), second(replicas[1]))
    assert isinstance(done, dict), done
    assert isinstance(other, ObjectNotFound if is_deleted else dict), other
