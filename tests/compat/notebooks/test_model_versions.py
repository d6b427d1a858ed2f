"""The vendor's notebook about versions of a model: five, of which each changes the one before."""

from collections.abc import Callable
from typing import Any

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps

NAME = "bank_churn_model_versions"
RENAMED = {
    "creditscore": "CreditScore",
    "geography": "Geography",
    "age": "Age",
    "balance": "BalanceNew",
    "numofproducts": "NumOfProducts",
    "hascrcard": "HasCrCard",
    "isactivemember": "IsActiveMember",
    "estimatedsalary": "EstimatedSalary",
}


def open_version(project: fdl.Project, version: str, make: Callable[[], fdl.Model]) -> fdl.Model:
    """Load a version of the model, or make it if it does not exist."""
    try:
        return fdl.Model.from_name(name=NAME, project_id=project.id, version=version)
    except fdl.NotFound:
        model = make()
        model.create()
        return model


def first_version(project: fdl.Project, inputs: list[str]) -> fdl.Model:
    spec = fdl.ModelSpec(
        inputs=inputs,
        outputs=["predicted_churn"],
        targets=["churn"],
        metadata=["customer_id", "timestamp"],
        decisions=[],
        custom_features=[],
    )
    return fdl.Model.from_data(
        source=churn.customers(1_000, seed=1),
        name=NAME,
        version="v1",
        project_id=project.id,
        spec=spec,
        task=fdl.ModelTask.NOT_SET,
    )


def with_task(model: fdl.Model) -> fdl.Model:
    copy = model.duplicate(version="v2")
    copy.task_params = fdl.ModelTaskParams(binary_classification_threshold=0.5, target_class_order=["no", "yes"])
    copy.task = fdl.ModelTask.BINARY_CLASSIFICATION
    return copy


def with_other_columns(model: fdl.Model, inputs: list[str]) -> fdl.Model:
    copy = model.duplicate(version="v3")
    del copy.schema["tenure"]
    inputs.remove("tenure")
    copy.spec.inputs = inputs
    copy.schema["hascrcard"].min = None
    copy.schema["hascrcard"].max = None
    copy.schema["hascrcard"].data_type = fdl.DataType.BOOLEAN
    copy.schema["hascrcard"].categories = [True, False]
    return copy


def with_other_names(model: fdl.Model) -> fdl.Model:
    copy = model.duplicate(version="v4")
    for old, new in RENAMED.items():
        copy.schema[old].name = new
    copy.spec.inputs = list(RENAMED.values())
    return copy


def with_other_ranges(model: fdl.Model) -> fdl.Model:
    copy = model.duplicate(version="v5")
    copy.schema["Age"].min = 18
    copy.schema["Age"].max = 85
    copy.schema["BalanceNew"].max = 1250000
    return copy


def columns(model: fdl.Model) -> dict[str, Any]:
    """Read a version again, and return its columns by name."""
    return {column.name: column for column in fdl.Model.get(model.id).schema.columns}


@pytest.mark.needs("Model.duplicate")
def test_versions_of_the_notebook(project_name: str) -> None:
    """Each version has its own schema and task, a second run loads them, and the deleted one is gone."""
    project = steps.create_or_load_project(project_name)
    inputs = churn.inputs(churn.customers(1_000, seed=1))
    v1 = open_version(project, "v1", lambda: first_version(project, inputs))
    v2 = open_version(project, "v2", lambda: with_task(v1))
    v3 = open_version(project, "v3", lambda: with_other_columns(v2, inputs))
    v4 = open_version(project, "v4", lambda: with_other_names(v3))
    v5 = open_version(project, "v5", lambda: with_other_ranges(v4))
    again = open_version(project, "v5", lambda: pytest.fail("v5 exists"))
    limits = columns(again)
    v4.version = "v4-old"
    v4.update()
    v5.delete()

    assert again.id == v5.id
    assert (limits["Age"].min, limits["Age"].max, limits["BalanceNew"].max) == (18, 85, 1250000)
    assert [fdl.Model.get(one.id).task for one in (v1, v2)] == ["not_set", "binary_classification"]
    assert columns(v1)["hascrcard"].data_type == fdl.DataType.INTEGER
    assert columns(v3)["hascrcard"].data_type == fdl.DataType.BOOLEAN
    assert columns(v2).keys() - columns(v3).keys() == {"tenure"}
    assert columns(v3).keys() - columns(v4).keys() == RENAMED.keys()
    assert fdl.Model.from_name(name=NAME, project_id=project.id, version="v4-old").id == v4.id
    for version in ("v4", "v5"):
        with pytest.raises(fdl.NotFound):
            fdl.Model.from_name(name=NAME, project_id=project.id, version=version)
    listed = {found.version for found in fdl.Model.list(project_id=project.id, name=NAME)}
    assert listed == {"v1", "v2", "v3", "v4-old"}
