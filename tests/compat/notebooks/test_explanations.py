"""The vendor's notebooks about explanations: all works up to the call that needs a model which the server can run."""

from pathlib import Path

import fiddler as fdl
import pytest

from tests.compat.notebooks import churn, steps
from tests.compat.stored import done


@pytest.mark.slow
@pytest.mark.parametrize("call", ["add_surrogate", "add_artifact"])
def test_the_notebooks_stop_at_a_501(project_name: str, tmp_path: Path, call: str) -> None:
    """The model, its dataset and its baseline are there; the next call says that the server does not offer it."""
    project = steps.create_or_load_project(project_name)
    sample = churn.customers(500, seed=1)
    model = churn.churn_model("bank_churn_explained", project, sample)
    done(model.publish(sample, fdl.EnvType.PRE_PRODUCTION, "baseline_dataset"))
    dataset = fdl.Dataset.from_name(name="baseline_dataset", model_id=model.id)
    (tmp_path / "package.py").write_text("")
    arguments = {"add_surrogate": {"dataset_id": dataset.id}, "add_artifact": {"model_dir": tmp_path}}
    with pytest.raises(fdl.ApiError, match="This server does not offer") as refusal:
        getattr(model, call)(**arguments[call])
    assert refusal.value.code == 501
    assert done(model.publish(churn.customers(500, seed=2)))["created"] == 500
