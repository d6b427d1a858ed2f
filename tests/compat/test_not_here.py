"""Unsupported features: the client reports them at once, instead of retrying for minutes."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import fiddler as fdl
import pandas as pd
import pytest
import requests

from tests.compat.stored import column, define_model

DATA = fdl.DatasetDataSource(env_type="PRODUCTION", num_samples=None, dataset_id=None)
ROW = fdl.RowDataSource(row={"distance": 1})


def artifact(folder: Path) -> Path:
    (folder / "package.py").write_text("")
    return folder


PARTS = {
    "ModelDeployment": "model deployments",
    "Model.explain": "explanations",
    "Model.get_fairness": "fairness",
    "Model.get_mutual_info": "mutual information",
    "Model.predict": "predictions",
    "Model.precompute_predictions": "predictions",
    "slice": "queries in SQL",
    "feature_impact": "feature impact",
    "feature_importance": "feature importance",
    "surrogate": "(surrogate models|model deployments)",
    "artifact": "model (artifacts|deployments)",
    "Model.deployment": "model deployments",
}

Call = Callable[[fdl.Model, Path], object]
CALLS: dict[str, Call] = {
    "Model.add_artifact": lambda model, folder: model.add_artifact(artifact(folder)),
    "Model.add_surrogate": lambda model, _: model.add_surrogate(uuid4()),
    "Model.deployment": lambda model, _: model.deployment,
    "Model.download_artifact": lambda model, folder: model.download_artifact(folder / "new"),
    "Model.explain": lambda model, _: model.explain(ROW),
    "Model.get_fairness": lambda model, _: model.get_fairness(DATA, ["distance"], 1),
    "Model.get_feature_impact": lambda model, _: model.get_feature_impact(DATA),
    "Model.get_feature_importance": lambda model, _: model.get_feature_importance(DATA),
    "Model.get_precomputed_feature_importance": lambda model, _: model.get_precomputed_feature_importance(),
    "Model.precompute_feature_impact": lambda model, _: model.precompute_feature_impact(uuid4()),
    "Model.precompute_feature_importance": lambda model, _: model.precompute_feature_importance(uuid4()),
    "Model.precompute_predictions": lambda model, _: model.precompute_predictions(uuid4()),
    "Model.predict": lambda model, _: model.predict(pd.DataFrame({"distance": [1]})),
    "Model.update_artifact": lambda model, folder: model.update_artifact(artifact(folder)),
    "Model.update_surrogate": lambda model, _: model.update_surrogate(uuid4()),
    "ModelDeployment.of": lambda model, _: fdl.ModelDeployment.of(model.id),
    "ModelDeployment.update": lambda model, _: fdl.ModelDeployment(model.id).update(),
}
REPLACED: dict[str, Call] = {
    "Model.download_slice": lambda model, folder: model.download_slice(folder, "SELECT 1"),
    "Model.get_mutual_info": lambda model, _: model.get_mutual_info("SELECT 1", "distance"),
    "Model.get_slice": lambda model, _: model.get_slice("SELECT 1"),
}
UPDATES: dict[str, Call] = {
    "Model.precompute_feature_impact": lambda model, _: model.precompute_feature_impact(uuid4(), update=True),
    "Model.precompute_feature_importance": lambda model, _: model.precompute_feature_importance(uuid4(), update=True),
    "Model.precompute_predictions": lambda model, _: model.precompute_predictions(uuid4(), update=True),
}


def named(calls: dict[str, Call]) -> list[object]:
    return [pytest.param(name, call, id=name, marks=pytest.mark.needs(name)) for name, call in calls.items()]


def message_of(name: str) -> str:
    """Return the pattern of the server's message for an operation of the client."""
    return "This server does not offer " + next(part for word, part in PARTS.items() if word in name)


@pytest.fixture
def model(project: fdl.Project) -> fdl.Model:
    """Give a model."""
    return define_model(project, column("distance", "int"))


def assert_is_not_here(name: str, call: Call, model: fdl.Model, folder: Path) -> None:
    """Expect a 501 with the envelope. The client's generators, and `ModelDeployment.of`, raise the response itself."""
    with pytest.raises((fdl.ApiError, requests.HTTPError)) as refusal:
        call(model, folder)
    if isinstance(refusal.value, fdl.ApiError):
        code, message = refusal.value.code, refusal.value.message
    else:
        assert refusal.value.response.status_code == 501
        error = refusal.value.response.json()["error"]
        code, message = error["code"], error["message"]
    assert code == 501
    assert re.fullmatch(message_of(name), message), message


@pytest.mark.parametrize(("name", "call"), [*named(CALLS), *named(UPDATES)])
def test_an_unsupported_operation_fails_at_once(
    name: str, call: Call, model: fdl.Model, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a 501 that names the feature, and the client gives up without a retry."""
    caplog.set_level("INFO", logger="fiddler")
    assert_is_not_here(name, call, model, tmp_path)
    assert "retry in" not in caplog.text


@pytest.mark.parametrize(("name", "call"), named(REPLACED))
def test_abandoned_queries_of_the_client_are_refused(name: str, call: Call, model: fdl.Model, tmp_path: Path) -> None:
    """Queries in SQL are refused by clients that have `download_data` themselves, and here for older ones."""
    if hasattr(fdl.Model, "download_data"):
        with pytest.raises(fdl.Unsupported):
            call(model, tmp_path)
    else:
        assert_is_not_here(name, call, model, tmp_path)
