"""The README's example for the vendor's client works unchanged."""

import re
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.compat.conftest import TOKEN
from tests.program import Served

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.needs("Project.get_or_create", "Model.publish_batch", "Model.download_data")
def test_the_example_in_the_readme(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another port, it onboards a model, publishes, and reads the same rows back; and so it does a second time."""
    monkeypatch.chdir(tmp_path)
    Path("inference-events-data").mkdir()
    Path("inference-events-data", "admin-token").write_text(TOKEN)
    section = README.split("## Use the vendor's client\n")[1]
    example = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0]

    for _ in range(2):
        exec(example.replace("http://127.0.0.1:8000", server.url), {})
        time.sleep(1)  # The name of the model is the second.

    customers = pd.read_csv("customers.csv")
    read_back = pd.read_parquet("read_back/output.parquet").sort_values("customer_id", ignore_index=True)
    assert read_back.to_dict(orient="records") == customers.to_dict(orient="records")
