"""Datasets and baselines exist, with the right row counts, as soon as the job of a publish reports success."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest
import requests

from tests.compat.stored import column, define_model, done

DAY = datetime(2026, 1, 1, tzinfo=UTC)
STATIC, ROLLING = fdl.BaselineType.STATIC, fdl.BaselineType.ROLLING
PRODUCTION, PRE_PRODUCTION = fdl.EnvType.PRODUCTION, fdl.EnvType.PRE_PRODUCTION


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model of one number."""
    return define_model(project, column("x", "int"), event_ts_col="ts")


def publish(model: fdl.Model, rows: int, name: str) -> fdl.Dataset:
    """Publish a dataset and return it as it is once the job reports success."""
    done(model.publish(pd.DataFrame({"x": range(rows)}), PRE_PRODUCTION, name))
    return fdl.Dataset.from_name(name, model.id)


def test_a_dataset_exists_when_the_job_is_done(model: fdl.Model) -> None:
    """It is found by name and id, in lists and on the model, and shows its rows, model and project."""
    dataset = publish(model, 250, "training")
    assert (dataset.name, dataset.row_count, dataset.model_id, dataset.project_id) == (
        "training",
        250,
        model.id,
        model.project_id,
    )
    listed = [*fdl.Dataset.list(model.id), *model.datasets, fdl.Dataset.get(dataset.id)]
    assert [(found.id, found.row_count) for found in listed] == [(dataset.id, 250)] * 3
    assert dataset.project.id == model.project_id


def test_publishing_again_appends(model: fdl.Model) -> None:
    """The dataset stays the same one, with the rows of both."""
    first = publish(model, 10, "training")
    second = publish(model, 5, "training")
    assert (second.id, second.row_count) == (first.id, 15)


def test_a_list_of_events_makes_a_dataset_too(model: fdl.Model) -> None:
    """It exists when the call returns."""
    model.publish([{"x": 1}, {"x": 2}], PRE_PRODUCTION, "training")
    assert fdl.Dataset.from_name("training", model.id).row_count == 2


def test_production_is_no_dataset(model: fdl.Model) -> None:
    """The time series of a model is not among its datasets, and a dataset of one model is not another's."""
    model.publish([{"x": 1}])
    other = define_model(fdl.Project.get(model.project_id), column("x", "int"))
    publish(other, 1, "training")
    assert list(model.datasets) == []


def test_a_list_of_many_pages_has_every_dataset_once(model: fdl.Model) -> None:
    """The client asks page by page, and sees each dataset and its baseline exactly once."""
    names = [f"dataset_{n}" for n in range(51)]
    for name in names:
        model.publish([{"x": 1}], PRE_PRODUCTION, name)
    assert sorted(dataset.name for dataset in model.datasets) == sorted(names)
    assert sorted(baseline.name for baseline in model.baselines) == sorted(names)


@pytest.mark.parametrize(
    "find",
    [
        lambda model: fdl.Dataset.get(uuid4()),
        lambda model: fdl.Dataset.from_name("nobody_made_this", model.id),
        lambda model: list(fdl.Dataset.list(uuid4())),
        lambda model: fdl.DatasetCompact(id=uuid4(), name="gone").fetch(),
        lambda model: fdl.Baseline.get(uuid4()),
        lambda model: fdl.Baseline.from_name("nobody_made_this", model.id),
        lambda model: fdl.BaselineCompact(id=uuid4(), name="gone").fetch(),
        lambda model: fdl.Baseline("training", model.id, PRE_PRODUCTION, STATIC, dataset_id=uuid4()).create(),
    ],
)
def test_a_missing_dataset_is_not_found(find: Callable[[fdl.Model], object], model: fdl.Model) -> None:
    """It is a 404, by id and by name."""
    with pytest.raises((fdl.NotFound, requests.HTTPError), match=r"not found|404"):
        find(model)


def rolling(model: fdl.Model, **fields: object) -> fdl.Baseline:
    fields = {"offset_delta": 4, "window_bin_size": fdl.WindowBinSize.WEEK} | fields
    return fdl.Baseline(
        name="rolling", model_id=model.id, environment=fields.pop("environment", PRODUCTION), type_=ROLLING, **fields
    )


def static(model: fdl.Model, start: object, end: object, name: str = "static") -> fdl.Baseline:
    return fdl.Baseline(
        name=name, model_id=model.id, environment=PRODUCTION, type_=STATIC, start_time=start, end_time=end
    )


def test_a_dataset_brings_its_baseline(model: fdl.Model) -> None:
    """A STATIC baseline of the dataset's name exists when the job is done, and shows its rows."""
    dataset = publish(model, 20, "training")
    baseline = fdl.Baseline.from_name("training", model.id)
    assert (baseline.type, baseline.environment, baseline.dataset_id, baseline.row_count) == (
        STATIC,
        PRE_PRODUCTION,
        dataset.id,
        20,
    )
    assert baseline.dataset.fetch().id == dataset.id
    assert baseline.model.fetch().id == model.id
    assert baseline.project.id == model.project_id


def test_a_static_baseline_takes_a_dataset(model: fdl.Model) -> None:
    """A second baseline of one dataset has a name of its own."""
    dataset = publish(model, 20, "training")
    baseline = fdl.Baseline(
        name="second", model_id=model.id, environment=PRE_PRODUCTION, type_=STATIC, dataset_id=dataset.id
    ).create()
    assert (baseline.row_count, baseline.dataset.name) == (20, "training")
    assert {found.name for found in model.baselines} == {"training", "second"}


@pytest.mark.parametrize("as_sent", [lambda t: t.timestamp() + 0.25, lambda t: int(t.timestamp() * 1000)])
def test_a_static_baseline_takes_a_range_of_time(model: fdl.Model, as_sent: Callable[[datetime], object]) -> None:
    """Bounds may be seconds with a fraction or milliseconds; the start belongs to it, the end does not."""
    model.publish([{"x": n, "ts": (DAY + timedelta(hours=n, seconds=1)).isoformat()} for n in range(48)])
    baseline = static(model, as_sent(DAY), as_sent(DAY + timedelta(days=1))).create()
    assert baseline.row_count == 24
    assert baseline.dataset is None
    found = fdl.Baseline.get(baseline.id)
    assert (found.start_time, found.end_time) == (baseline.start_time, baseline.end_time)
    assert baseline.start_time is not None
    assert baseline.start_time // 1000 == int(DAY.timestamp())


@pytest.mark.parametrize("size", list(fdl.WindowBinSize))
def test_a_rolling_baseline_keeps_its_window(model: fdl.Model, size: fdl.WindowBinSize) -> None:
    """Window and offset come back; its rows move with time, so it has no count."""
    baseline = rolling(model, window_bin_size=size).create()
    found = fdl.BaselineCompact(id=baseline.id, name=baseline.name).fetch()
    assert (found.type, found.offset_delta, found.window_bin_size, found.row_count) == (ROLLING, 4, size, None)
    assert found.environment == PRODUCTION


def test_baselines_are_listed_by_type_and_environment(model: fdl.Model) -> None:
    """`list` filters by both."""
    publish(model, 1, "training")
    rolling(model).create()
    static(model, DAY.timestamp(), DAY.timestamp() + 1).create()

    def names(**filters: object) -> set[str]:
        return {baseline.name for baseline in fdl.Baseline.list(model.id, **filters)}

    assert names() == {"training", "rolling", "static"}
    assert names(type_=STATIC) == {"training", "static"}
    assert names(environment=PRODUCTION) == {"rolling", "static"}
    assert names(type_=STATIC, environment=PRODUCTION) == {"static"}


def test_a_name_is_taken_once(model: fdl.Model) -> None:
    """A second baseline of one name is a conflict in this model, and none in another."""
    rolling(model).create()
    with pytest.raises(fdl.Conflict):
        rolling(model).create()
    assert rolling(define_model(fdl.Project.get(model.project_id), column("x", "int"))).create().id


def test_a_deleted_baseline_is_gone(model: fdl.Model) -> None:
    """It is found no more, its name is free, and the dataset stays."""
    dataset = publish(model, 3, "training")
    baseline = fdl.Baseline.from_name("training", model.id)
    baseline.delete()
    with pytest.raises(fdl.NotFound):
        fdl.Baseline.get(baseline.id)
    assert list(model.baselines) == []
    assert fdl.Dataset.get(dataset.id).row_count == 3


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda model: rolling(model, offset_delta=None), "/offset_delta"),
        (lambda model: rolling(model, window_bin_size=None), "/window_bin_size"),
        (lambda model: rolling(model, environment=PRE_PRODUCTION), "/env_type"),
        (lambda model: static(model, None, DAY.timestamp()), "/start_time"),
        (lambda model: static(model, DAY.timestamp(), None), "/end_time"),
        (lambda model: static(model, DAY.timestamp(), DAY.timestamp() - 1), "start_time must be before end_time"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(
    make: Callable[[fdl.Model], fdl.Baseline], place: str, model: fdl.Model
) -> None:
    """The refusal names the missing or invalid field."""
    with pytest.raises(fdl.ApiError) as refusal:
        make(model).create()
    assert refusal.value.code == 400
    assert place in str(refusal.value)
