"""Random requests keep to the contract. `make fuzz` sends many more of them."""

import subprocess
from pathlib import Path

import pytest

from tests.contract.fuzz.__main__ import fuzz, serve

FEW = ["--max-examples=8", "--seed=20130101", "--generation-deterministic", "--no-color"]


@pytest.mark.timeout(300)
def test_every_answer_is_in_the_contract(tmp_path: Path) -> None:
    """Whatever is sent, the answer is one that the contract describes, and what was acknowledged reads back."""
    with serve(tmp_path / "data") as url:
        run = fuzz(url, FEW, stdout=subprocess.PIPE)
    assert run.returncode == 0, run.stdout
