"""The mutants of tools/mutants stay fit to be planted."""

from pathlib import Path

import pytest
import yaml

from tools.mutants.layers import Interrupted, Layer, Processes
from tools.mutants.planting import Mutant, StaleMutant, load_mutants

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = yaml.safe_load((ROOT / "openapi.yaml").read_text())
TAGS = {
    operation["operationId"]: operation["tags"]
    for item in CONTRACT["paths"].values()
    for operation in item.values()
    if isinstance(operation, dict) and "operationId" in operation
}
PATIENCE_SECONDS = 5
RULES = {"scopes", "PATCH", "paging", "cursors", "retries", "deletes", "time zones"}


def test_every_mutant_can_be_planted() -> None:
    """The text that a mutant replaces is in its file exactly once; a moved one is an error that names the mutant."""
    stale = []
    for mutant in load_mutants():
        try:
            assert mutant.mutated(ROOT) != (ROOT / mutant.file).read_text()
        except StaleMutant as error:
            stale.append(str(error))
    assert not stale, "\n".join(stale)


def test_mutants_cover_the_contract() -> None:
    """There are 25 mutants or more, for every tag of the contract and every rule that holds across operations."""
    mutants = load_mutants()
    assert len({mutant.name for mutant in mutants}) == len(mutants) >= 25
    assert {name for mutant in mutants for name in mutant.operations} <= TAGS.keys()
    assert {tag for mutant in mutants for name in mutant.operations for tag in TAGS[name]} == {
        tag["name"] for tag in CONTRACT["tags"]
    }
    assert {rule for mutant in mutants for rule in mutant.covers} == RULES


@pytest.mark.parametrize("content", ["", "x = 1\nx = 1\n"])
def test_a_stale_mutant_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    """A mutant whose old text is missing or repeated is refused by its name, and not planted."""
    (tmp_path / "module.py").write_text(content)
    mutant = Mutant("some-bug", (), (), "module.py", "x = 1", "x = 2", "")
    with pytest.raises(StaleMutant, match=r"^some-bug: the old text is in module\.py [02] times"):
        mutant.mutated(tmp_path)


@pytest.mark.parametrize(
    ("command", "is_caught"),
    [
        (["timeit", "-n1", "-r1"], False),
        (["no_such_module"], True),
        (["timeit", "-n1", "__import__('time').sleep(99)"], True),
    ],
)
def test_a_check_catches_failures_and_hangs(tmp_path: Path, command: list[str], is_caught: bool) -> None:
    """A check that fails or takes too long catches a mutant, and none of its processes survives."""
    mutant, processes = load_mutants()[0], Processes()
    layer = Layer("check", lambda _: command, PATIENCE_SECONDS)
    assert layer.catches(mutant, tmp_path, tmp_path / "log", processes) == is_caught
    assert not processes.running
    processes.end()
    with pytest.raises(Interrupted):
        layer.catches(mutant, tmp_path, tmp_path / "log", processes)
