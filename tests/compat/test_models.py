"""Models: created with every field, found, changed, versioned, given new columns and deleted with their events."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import fiddler as fdl
import pytest

from tests.compat.stored import column, define_model, done, stored_events, stored_values

PAGE = 50
VERSIONS = pytest.mark.needs("Model.duplicate")


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model with a column of every role."""
    return define_model(
        project,
        column("id", "str"),
        column("distance", "int", min=0, max=5000, bins=[0, 2500, 5000]),
        column("carrier", "category", categories=["AA", "UA"], replace_with_nulls=["??"]),
        column("route", "vector", n_dimensions=2),
        column("late", "bool"),
        column("probability", "float"),
        column("rebooked", "bool"),
        spec=fdl.ModelSpec(
            inputs=["distance", "carrier", "route"],
            outputs=["probability"],
            targets=["late"],
            decisions=["rebooked"],
            metadata=["id"],
            custom_features=[fdl.VectorFeature(name="path", column="route", n_clusters=3)],
        ),
        task=fdl.ModelTask.BINARY_CLASSIFICATION,
        task_params=fdl.ModelTaskParams(target_class_order=[False, True], binary_classification_threshold=0.4),
        description="Whether a flight is late",
        event_id_col="id",
        event_ts_col="ts",
        event_ts_format="%Y-%m-%d",
        xai_params=fdl.XaiParams(custom_explain_methods=["mine"]),
    )


def plain(value: Any) -> Any:
    """Return the fields of an object of the client, without the response that it was made from."""
    fields = {name: field for name, field in vars(value).items() if not name.startswith("_")}
    return {name: plain(field) if hasattr(field, "__dict__") else field for name, field in fields.items()}


def copy_of(model: fdl.Model, **changes: object) -> fdl.Model:
    names = ("name", "project_id", "schema", "spec", "task", "event_id_col")
    return fdl.Model(**{name: getattr(model, name) for name in names} | changes)


def test_a_model_keeps_every_field(model: fdl.Model, project: fdl.Project) -> None:
    """`create`, `get` and `from_name` return all fields that were given, and those that the server adds."""
    assert model.spec.custom_features[0].column == "route"
    assert model.schema["distance"].bins == [0, 2500, 5000]
    assert model.schema["carrier"].replace_with_nulls == ["??"]
    assert model.task_params.target_class_order == [False, True]
    assert model.xai_params.custom_explain_methods == ["mine"]
    assert model.artifact_status == fdl.ArtifactStatus.NO_MODEL
    assert (model.description, model.event_ts_format) == ("Whether a flight is late", "%Y-%m-%d")
    assert model.created_by == model.updated_by
    for found in (fdl.Model.get(model.id), fdl.Model.from_name(model.name, project.id)):
        assert plain(found) == plain(model)
        assert found.project.id == project.id


def test_a_name_is_taken_once(model: fdl.Model) -> None:
    """A second model of the same name and version in a project is a conflict; in another project it is none."""
    with pytest.raises(fdl.Conflict) as conflict:
        copy_of(model).create()
    assert conflict.value.code == 409
    elsewhere = fdl.Project(name=f"project_{uuid4().hex[:12]}").create()
    assert copy_of(model, project_id=elsewhere.id).create().id != model.id


@pytest.mark.parametrize(
    "find",
    [
        lambda project: fdl.Model.get(uuid4()),
        lambda project: fdl.Model.from_name("nobody_made_this", project.id),
        lambda project: fdl.ModelCompact(id=uuid4(), name="gone").fetch(),
        lambda project: define_model(fdl.ProjectCompact(uuid4(), "gone"), column("x", "int")),
    ],
    ids=["get", "from_name", "fetch", "project"],
)
def test_a_missing_model_is_not_found(find: Callable[[fdl.Project], object], project: fdl.Project) -> None:
    """The client raises `NotFound`, for the model as for its project."""
    with pytest.raises(fdl.NotFound) as missing:
        find(project)
    assert missing.value.code == 404


def test_a_schema_that_contradicts_itself_is_refused(project: fdl.Project) -> None:
    """The message names the place of the fault."""
    with pytest.raises(fdl.ApiError) as refusal:
        define_model(project, column("x", "int"), spec=fdl.ModelSpec(inputs=["y"]))
    assert refusal.value.code == 400
    assert "/spec/inputs/0" in str(refusal.value)


def test_a_list_of_many_pages_has_every_model_once(project: fdl.Project) -> None:
    """The client asks page by page, and sees each model of the project exactly once."""
    made = [str(define_model(project, column("x", "int")).id) for _ in range(PAGE + 1)]
    assert sorted(model.id for model in fdl.Model.list(project.id)) == sorted(made)


def test_an_update_is_kept(model: fdl.Model) -> None:
    """`get` returns the fields that `update` sent; the rest stays."""
    before = plain(model)
    model.description, model.event_ts_format = "Late or not", None
    model.xai_params.custom_explain_methods = []

    model.update()

    found = plain(fdl.Model.get(model.id))
    assert found == plain(model)
    assert found["description"] == "Late or not"
    unchanged = set(before) - {"description", "event_ts_format", "xai_params", "updated_at"}
    assert {name: found[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert found["updated_at"] > before["updated_at"]


@pytest.mark.needs("Model.add_column")
def test_a_changed_range_binds_later_events(model: fdl.Model) -> None:
    """New events are checked against a schema changed by `update`."""
    model.schema["distance"].max = 10
    model.update()
    model.publish_stream([{"id": "a", "distance": 11}])
    [event] = stored_events(model)
    assert {"column": "distance", "kind": "range"} in [
        {name: violation[name] for name in ("column", "kind")} for violation in event["violations"]
    ]


@pytest.mark.needs("Model.add_column")
@pytest.mark.parametrize("role", ["inputs", "outputs", "targets", "decisions", "metadata"])
def test_an_added_column_is_null_in_old_events(model: fdl.Model, role: str) -> None:
    """Events from before read null there, events from after have their value."""
    model.publish_stream([{"id": "old", "distance": 1}])

    model.add_column(column("weather", "str"), role)
    model.publish_stream([{"id": "new", "distance": 1, "weather": "rain"}])

    assert stored_values(model, "weather") == {"old": None, "new": "rain"}
    found = fdl.Model.get(model.id)
    assert found.schema["weather"].data_type == fdl.DataType.STRING
    assert "weather" in getattr(found.spec, role)


@pytest.mark.needs("Model.remove_column")
def test_a_removed_column_is_gone_from_the_schema(model: fdl.Model) -> None:
    """`remove_column` and `update` remove a column; its stored values can still be read."""
    model.publish_stream([{"id": "a", "rebooked": True}])
    model.remove_column("rebooked")
    model.update()
    assert "rebooked" not in [column.name for column in fdl.Model.get(model.id).schema.columns]
    assert stored_values(model, "rebooked") == {"a": True}


@VERSIONS
def test_a_model_has_versions(model: fdl.Model, project: fdl.Project) -> None:
    """`duplicate` and `create` make a version with a schema and events of its own."""
    second = model.duplicate(version="v2")
    second.schema["distance"].max = 10
    second = second.create()
    second.publish_stream([{"id": "a", "distance": 1}])

    assert model.version == "v1"
    assert {(m.name, m.version) for m in fdl.Model.list(project.id, name=model.name)} == {
        (model.name, "v1"),
        (model.name, "v2"),
    }
    assert fdl.Model.from_name(model.name, project.id, version="v2").id == second.id
    assert fdl.Model.from_name(model.name, project.id, version="v1").id == model.id
    assert fdl.Model.from_name(model.name, project.id).id == model.id
    assert fdl.Model.from_name(model.name, project.id, latest=True).id == second.id
    assert fdl.Model.get(model.id).schema["distance"].max == 5000
    assert stored_events(model) == []


@VERSIONS
def test_a_version_is_taken_once(model: fdl.Model) -> None:
    """A second `v2`, made or renamed into, is a conflict."""
    second = model.duplicate(version="v2").create()
    with pytest.raises(fdl.Conflict):
        model.duplicate(version="v2").create()
    model.version = "v2"
    with pytest.raises(fdl.Conflict):
        model.update()
    second.version = "v3"
    second.update()
    assert fdl.Model.get(second.id).version == "v3"


def test_a_deleted_model_is_gone_with_its_events(model: fdl.Model, project: fdl.Project) -> None:
    """Its job ends well and names it; neither the model nor its events are found, and its name is free."""
    model.publish([{"id": "a", "distance": 1}])

    job = model.delete()
    done(job)

    assert job.status == fdl.JobStatus.SUCCESS
    assert job.name is not None
    assert model.name in job.name
    for gone in (lambda: fdl.Model.get(model.id), lambda: model.publish([{"id": "a"}]), model.delete):
        with pytest.raises(fdl.NotFound):
            gone()
    assert list(fdl.Model.list(project.id)) == []
    assert stored_events(copy_of(model).create()) == []


@VERSIONS
def test_deleting_a_version_leaves_the_others(model: fdl.Model) -> None:
    """Only the version that was deleted goes."""
    second = model.duplicate(version="v2").create()
    model.publish_stream([{"id": "a", "distance": 1}])
    done(second.delete())
    assert fdl.Model.get(model.id).version == "v1"
    assert len(stored_events(model)) == 1
