"""Retries: if the first attempt fails in any way, the request has taken effect exactly once in the end."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest

from tests.compat import proxy
from tests.compat.conftest import TOKEN
from tests.compat.proxy import LATE_SECONDS, Fault, FaultyProxy
from tests.compat.stored import column, define_model, done, stored_events, stored_values
from tests.program import Served

ROWS = 1010
URL = "https://receiver.example.com/alerts"
RETRYING = pytest.mark.needs("libs.http_client.RequestClient._request_with_retry")

# A case prepares up to its first `yield`, acts up to the second while the fault is on, and then checks.
Case = Iterator[None]


def name(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:12]}"


def new_model(**fields: Any) -> fdl.Model:
    return define_model(
        fdl.Project(name=name("project")).create(),
        column("id", "str"),
        column("x", "int"),
        column("label", "bool"),
        spec=fdl.ModelSpec(inputs=["x"], targets=["label"], metadata=["id"]),
        **fields,
    )


def new_rule(model: fdl.Model) -> fdl.AlertRule:
    return fdl.AlertRule(
        name=name("rule"),
        model_id=model.id,
        metric_id="traffic",
        priority=fdl.Priority.HIGH,
        compare_to=fdl.CompareTo.RAW_VALUE,
        condition=fdl.AlertCondition.LESSER,
        bin_size=fdl.BinSize.HOUR,
        critical_threshold=2,
    ).create()


def events() -> list[dict[str, Any]]:
    return [{"id": f"e{n}", "x": n} for n in range(ROWS)]


def labels() -> list[dict[str, Any]]:
    return [{"id": f"e{n}", "label": n % 2 == 0} for n in range(ROWS)]


def assert_is_stored_once(model: fdl.Model, dataset: str | None = None) -> None:
    assert sorted(event["values"]["x"] for event in stored_events(model, dataset)) == list(range(ROWS))


def list_with_ids() -> Case:
    model = new_model(event_id_col="id")
    yield
    ids = model.publish_stream(events())
    yield
    assert ids == [event["id"] for event in events()]
    assert_is_stored_once(model)


def list_without_ids() -> Case:
    model = new_model()
    yield
    ids = model.publish_stream(events())
    yield
    assert {event["event_id"] for event in stored_events(model)} == set(ids)
    assert_is_stored_once(model)


def dataframe_without_ids() -> Case:
    model = new_model()
    yield
    job = model.publish_batch(pd.DataFrame(events()))
    yield
    done(job)
    assert_is_stored_once(model)


def file_with_ids() -> Case:
    model = new_model(event_id_col="id")
    with TemporaryDirectory() as folder:
        path = Path(folder, "events.csv")
        pd.DataFrame(events()).to_csv(path, index=False)
        yield
        job = model.publish_batch(path)
        yield
    done(job)
    assert_is_stored_once(model)


def dataset() -> Case:
    model = new_model()
    yield
    job = model.publish_batch(pd.DataFrame(events()), fdl.EnvType.PRE_PRODUCTION, "training")
    yield
    done(job)
    assert_is_stored_once(model, "training")
    assert [found.row_count for found in model.datasets] == [ROWS]
    assert [found.name for found in model.baselines] == ["training"]


def file_in_parts() -> Case:
    with TemporaryDirectory() as folder:
        path = Path(folder, "events.parquet")
        pd.DataFrame(events()).to_parquet(path, index=False)
        size = path.stat().st_size
        file = fdl.File(path)
        yield
        file.upload(chunk_size=size // 2)
        yield
    assert file.status == "SUCCESSFUL"


def update_of_a_list() -> Case:
    model = new_model(event_id_col="id")
    model.publish_stream(events())
    yield
    model.publish_stream(labels(), update=True)
    yield
    assert stored_values(model, "label") == {event["id"]: event["label"] for event in labels()}


def update_of_a_dataframe() -> Case:
    model = new_model(event_id_col="id")
    model.publish_stream(events())
    yield
    job = model.publish_batch(pd.DataFrame(labels()), update=True)
    yield
    done(job)
    assert stored_values(model, "label") == {event["id"]: event["label"] for event in labels()}


def deletion_by_ids() -> Case:
    model = new_model(event_id_col="id")
    model.publish_stream(events())
    yield
    job = model.delete_events(event_ids=["e0", "e1"])
    yield
    assert done(job)["deleted_events"] == 2
    assert len(stored_events(model)) == ROWS - 2


def deletion_by_time() -> Case:
    model = new_model(event_id_col="id", event_ts_col="ts")
    model.publish_stream([{"id": str(n), "ts": f"2026-01-0{n}T00:00:00Z", "x": n} for n in range(1, 10)])
    yield
    job = model.delete_events(start_time="2026-01-02T00:00:00Z", end_time="2026-01-05T00:00:00Z")
    yield
    assert done(job)["deleted_events"] == 3
    assert len(stored_events(model)) == 6


def project() -> Case:
    wanted = name("project")
    yield
    made = fdl.Project(name=wanted).create()
    yield
    assert fdl.Project.from_name(wanted).id == made.id


def project_made_when_missing() -> Case:
    wanted = name("project")
    yield
    made = fdl.Project.get_or_create(wanted)
    yield
    assert fdl.Project.from_name(wanted).id == made.id


def model() -> Case:
    parent = fdl.Project(name=name("project")).create()
    yield
    made = define_model(parent, column("x", "int"))
    yield
    assert [found.id for found in parent.models] == [str(made.id)]


def model_from_data() -> Case:
    parent = fdl.Project(name=name("project")).create()
    yield
    made = fdl.Model.from_data(pd.DataFrame(events()), name("model"), parent.id).create()
    yield
    assert [found.id for found in parent.models] == [str(made.id)]


def added_column() -> Case:
    model = new_model(event_id_col="id")
    yield
    model.add_column(column("new", "int"))
    yield
    assert [column.name for column in fdl.Model.get(model.id).schema.columns] == ["id", "x", "label", "new"]


def baseline() -> Case:
    model = new_model()
    rolling = fdl.Baseline(
        "weekly", model.id, fdl.EnvType.PRODUCTION, "ROLLING", offset_delta=1, window_bin_size=fdl.WindowBinSize.WEEK
    )
    yield
    rolling.create()
    yield
    assert [found.id for found in model.baselines] == [rolling.id]


def deleted_baseline() -> Case:
    model = new_model()
    model.publish_stream(events()[:1], fdl.EnvType.PRE_PRODUCTION, "training")
    found = fdl.Baseline.from_name("training", model.id)
    yield
    found.delete()
    yield
    assert list(model.baselines) == []


def segment() -> Case:
    model = new_model()
    yield
    made = fdl.Segment("large", model.id, "x > 1").create()
    yield
    assert [found.id for found in fdl.Segment.list(model.id)] == [made.id]


def deleted_custom_metric() -> Case:
    model = new_model()
    made = fdl.CustomMetric("total", model.id, "sum(x)").create()
    yield
    made.delete()
    yield
    assert list(fdl.CustomMetric.list(model.id)) == []


def deleted_model() -> Case:
    model = new_model()
    model.publish_stream(events()[:1])
    yield
    job = model.delete()
    yield
    done(job)
    with pytest.raises(fdl.NotFound):
        fdl.Model.get(model.id)


def deleted_project() -> Case:
    model = new_model()
    yield
    fdl.Project.get(model.project_id).delete()
    yield
    with pytest.raises(fdl.NotFound):
        fdl.Project.get(model.project_id)


def webhook() -> Case:
    wanted = name("hook")
    yield
    made = fdl.Webhook(name=wanted, url=URL, provider="OTHER").create()
    yield
    assert [found.id for found in fdl.Webhook.list() if found.name == wanted] == [made.id]


def changed_webhook() -> Case:
    made = fdl.Webhook(name=name("hook"), url=URL, provider="SLACK").create()
    made.name = name("renamed")
    yield
    made.update()
    yield
    assert fdl.Webhook.get(made.id).name == made.name


def deleted_webhook() -> Case:
    made = fdl.Webhook(name=name("hook"), url=URL, provider="SLACK").create()
    yield
    made.delete()
    yield
    with pytest.raises(fdl.NotFound):
        fdl.Webhook.get(made.id)


def alert_rule() -> Case:
    model = new_model()
    yield
    made = new_rule(model)
    yield
    assert [found.id for found in fdl.AlertRule.list(model.id)] == [made.id]


def notification() -> Case:
    made = new_rule(new_model())
    yield
    made.set_notification_config(emails=["me@example.com"])
    yield
    assert made.get_notification_config().emails == ["me@example.com"]


def deleted_alert_rule() -> Case:
    model = new_model()
    made = new_rule(model)
    yield
    made.delete()
    yield
    assert list(fdl.AlertRule.list(model.id)) == []


CASES: list[Callable[[], Case]] = [
    list_with_ids,
    list_without_ids,
    dataframe_without_ids,
    file_with_ids,
    dataset,
    file_in_parts,
    update_of_a_list,
    update_of_a_dataframe,
    deletion_by_ids,
    deletion_by_time,
    project,
    project_made_when_missing,
    model,
    model_from_data,
    added_column,
    baseline,
    deleted_baseline,
    segment,
    deleted_custom_metric,
    deleted_model,
    deleted_project,
    webhook,
    changed_webhook,
    deleted_webhook,
    alert_rule,
    notification,
    deleted_alert_rule,
]
Outcomes = dict[str, tuple[Case, Future[None]]]


def connect(faulty: FaultyProxy, fault: Fault) -> None:
    """Connect through a proxy, and let it fail from then on."""
    timeout = (5.0, LATE_SECONDS / 2) if fault is Fault.RESPONSE_LATE else None
    fdl.init(url=faulty.url, token=TOKEN, timeout=timeout)
    faulty.fault = fault


@pytest.fixture(scope="module", params=list(Fault), ids=lambda fault: fault.name.lower())
def outcomes(request: pytest.FixtureRequest, server: Served) -> Iterator[Outcomes]:
    """Run all cases at the same time, so that they wait for their retries together."""
    with ExitStack() as stack:
        faulty = stack.enter_context(proxy.running(server.url))
        fdl.init(url=server.url, token=TOKEN)
        cases = {case.__name__: case() for case in CASES}
        for case in cases.values():
            next(case)

        connect(faulty, request.param)
        pool = stack.enter_context(ThreadPoolExecutor(len(cases)))
        futures = {name: pool.submit(next, case) for name, case in cases.items()}
        pool.shutdown()
        assert len(faulty.met) >= len(cases)
        yield {name: (case, futures[name]) for name, case in cases.items()}


@RETRYING
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_first_attempt_that_fails_changes_nothing_in_the_end(case: Callable[[], Case], outcomes: Outcomes) -> None:
    """The client tries again, and the request has taken effect once."""
    check, attempted = outcomes[case.__name__]
    attempted.result()
    next(check, None)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=RETRYING) if fault is Fault.RESPONSE_LATE else fault for fault in Fault],
    ids=lambda fault: fault.name.lower(),
)
def test_events_with_ids_may_be_sent_again_by_hand(
    fault: Fault, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the client gives up, as old ones do at once, the user calls again: with ids nothing is stored twice."""
    monkeypatch.setenv("FIDDLER_CLIENT_RETRY_MAX_DURATION_SECONDS", "0.5")
    model = new_model(event_id_col="id")
    with proxy.running(server.url) as faulty:
        connect(faulty, fault)
        with pytest.raises(fdl.exceptions.BaseError):
            model.publish(events())
        faulty.fault = None
        model.publish(events())
    fdl.init(url=server.url, token=TOKEN)
    assert_is_stored_once(model)


def test_a_webhook_is_not_created_again_by_hand(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the response is lost and the client gives up, the webhook is there: its name is taken for another creation."""
    monkeypatch.setenv("FIDDLER_CLIENT_RETRY_MAX_DURATION_SECONDS", "0.5")
    wanted = name("hook")
    with proxy.running(server.url) as faulty:
        connect(faulty, Fault.RESPONSE_DROPPED)
        with pytest.raises(fdl.exceptions.BaseError):
            fdl.Webhook(name=wanted, url=URL, provider="SLACK").create()
        faulty.fault = None
        with pytest.raises(fdl.Conflict):
            fdl.Webhook(name=wanted, url=URL, provider="SLACK").create()
        assert [found.name for found in fdl.Webhook.list()].count(wanted) == 1
