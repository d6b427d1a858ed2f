"""The vendor's notebooks that copy segments and metrics to another model, and compare both models."""

from typing import Any

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps

SEGMENTS = {
    "California Customers": "geography=='California'",
    "California Customers between 30 and 60": "(age<60 or age>30) and geography=='California'",
    "Has CC": "hascrcard==1",
    "Non Hawaii Customers": "geography!='Hawaii'",
    "Long Tenure": "tenure>=5",
}
METRICS = {"Lost Revenue": "sum(if(fp(),1,0) * -100)", "Tenure": "average(tenure)"}
KINDS: tuple[tuple[Any, dict[str, str]], ...] = ((fdl.Segment, SEGMENTS), (fdl.CustomMetric, METRICS))


def copy(kind: Any, source: fdl.Model, target: fdl.Model) -> dict[str, list[str]]:
    """Create the definitions of a model for another one. Return the names by what became of them."""
    results: dict[str, list[str]] = {"created": [], "existing": [], "refused": []}
    for found in list(kind.list(model_id=source.id)):
        copied = kind(model_id=target.id, name=found.name, description=found.description, definition=found.definition)
        try:
            copied.create()
        except fdl.Conflict:
            results["existing"].append(found.name)
        except fdl.ApiError:
            results["refused"].append(found.name)
        else:
            results["created"].append(found.name)
    return results


def definitions(kind: Any, model: fdl.Model) -> dict[str, str]:
    return {found.name: found.definition for found in kind.list(model_id=model.id)}


def test_definitions_are_copied_to_another_model(project_name: str) -> None:
    """All definitions arrive whose columns exist; the others are refused, and a second run creates nothing."""
    project = steps.open_project(project_name)
    sample = churn.customers(300, seed=7)
    source = churn.churn_model("churn_classifier", project, sample)
    target = churn.churn_model("bank_churn_simple_monitoring_v2", project, sample.drop(columns="tenure"))
    for kind, described in KINDS:
        for name, definition in described.items():
            kind(name=name, model_id=source.id, description=name, definition=definition).create()
    first = [copy(kind, source, target) for kind, _ in KINDS]
    second = [copy(kind, source, target) for kind, _ in KINDS]

    assert [set(results["refused"]) for results in first] == [{"Long Tenure"}, {"Tenure"}]
    assert [results["created"] for results in second] == [[], []]
    for (kind, described), results in zip(KINDS, first, strict=True):
        found = definitions(kind, target)
        assert definitions(kind, source) == described
        assert found == {name: text for name, text in described.items() if name not in results["refused"]}
    names = [{column.name for column in fdl.Model.get(model.id).schema.columns} for model in (source, target)]
    assert names[0] - names[1] == {"tenure"}
    assert [list(kind.list(model_id=target.id)) for kind in (fdl.AlertRule, fdl.Baseline)] == [[], []]


@pytest.mark.needs("Model.duplicate")
def test_segments_are_copied_to_another_version(project_name: str) -> None:
    """The other version has the same segments, and the project lists both versions with their columns and dates."""
    project = steps.open_project(project_name)
    model = churn.churn_model("versions", project, churn.customers(300, seed=8))
    for name, definition in SEGMENTS.items():
        fdl.Segment(name=name, model_id=model.id, definition=definition).create()
    model.duplicate(version="v2").create()
    old, new = (
        fdl.Model.from_name(project_id=fdl.Project.from_name(project_name).id, name="versions", version=version)
        for version in ("v1", "v2")
    )
    for segment in list(fdl.Segment.list(model_id=old.id)):
        fdl.Segment(
            model_id=new.id, name=segment.name, description=segment.description, definition=segment.definition
        ).create()

    assert definitions(fdl.Segment, new) == definitions(fdl.Segment, old) == SEGMENTS
    found = [fdl.Model.get(listed.id) for listed in fdl.Model.list(project_id=project.id)]
    assert {(one.name, one.version) for one in found} == {("versions", "v1"), ("versions", "v2")}
    assert {len(one.spec.inputs) for one in found} == {10}
    assert all(one.created_at and one.updated_at for one in found)
