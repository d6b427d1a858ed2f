"""Random requests keep to the contract. `make fuzz` sends many more of them."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.contract.fuzz import TOKEN
from tests.contract.fuzz.__main__ import fuzz, serve
from tests.contract.fuzz.promises import PROMISES, check
from tests.contract.fuzz.promises.promise import Promise
from tests.contract.fuzz.promises.session import Session

SEED = 20130101
FEW = ["--max-examples=4", f"--seed={SEED}", "--generation-deterministic", "--no-color"]
# Of the coverage of each parameter and field, which takes a minute, `make fuzz` does the rest.
SHORT = (
    ["--phases=examples,fuzzing,stateful"],
    ["--phases=coverage", "--include-tag=Events", "--include-tag=Files", "--include-tag=Models"],
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("fuzz") / "data") as url:
        yield url


@pytest.fixture(scope="module")
def session(url: str) -> Iterator[Session]:
    with Session(url, TOKEN) as session:
        yield session


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_every_promise_is_kept(session: Session, promise: Promise) -> None:
    """The server keeps the contract's promises beyond its schemas for random requests."""
    check(promise, session, 2, SEED)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", SHORT, ids=["random", "coverage"])
def test_every_response_is_in_the_contract(url: str, part: list[str]) -> None:
    """Every response is one that the contract describes, and acknowledged events read back."""
    run = fuzz(url, [*FEW, *part], stdout=subprocess.PIPE)
    assert run.returncode == 0, run.stdout
