"""Several clients change the same events at once: one order explains what is stored and all responses."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any, TypeAlias

import httpx
import numpy as np
import pytest

from tests.e2e.process import TOKEN
from tests.faults.conftest import Extent
from tests.faults.load import EVENTS_PATH
from tests.faults.server_under_test import ServerUnderTest, server_under_test

EVENTS = 200
KINDS = ("publish", "label", "delete")
# Number and label of a stored event, or None.
State: TypeAlias = tuple[int, int | None] | None
# What is known of a batch: the state of its events, and whether each update found them.
Result: TypeAlias = tuple[State, tuple[bool, ...]]


@dataclass(frozen=True)
class Step:
    """Something that happened at a moment between `began` and `ended`. A deletion is two: it is accepted, and done."""

    kind: str
    value: int
    began: float
    ended: float


class Client:
    """Change all events of a model with one request after another."""

    def __init__(self, server: ServerUnderTest, model_id: str, number: int) -> None:
        self._http = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        self._server = server
        self._model_id = model_id
        self._number = number
        self.steps: list[Step] = []
        self.found: dict[int, bool] = {}

    def run(self, kinds: Sequence[str], together: Barrier) -> None:
        together.wait()
        with self._http:
            for place, kind in enumerate(kinds):
                self._do(kind, self._number * 10 + place)

    def _do(self, kind: str, value: int) -> None:
        began = monotonic()
        if kind == "delete":
            job_id = self._call("DELETE", {"model_id": self._model_id, "event_ids": ids()})["job"]["id"]
            self.steps.append(Step("accept", value, began, monotonic()))
            self._server.wait_for(job_id)
            self.steps.append(Step("delete", value, began, monotonic()))
            return
        column = "number" if kind == "publish" else "label"
        events = [{"id": one, column: value} for one in ids()]
        source = {"type": "EVENTS", "events": events}
        request = {"model_id": self._model_id, "env_type": "PRODUCTION", "source": source}
        response = self._call("POST" if kind == "publish" else "PATCH", request)
        self.steps.append(Step(kind, value, began, monotonic()))
        if kind == "label":
            assert response["updated"] in (0, EVENTS), "an update found only a part of what is changed as a whole"
            self.found[value] = response["updated"] == EVENTS

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        response = self._http.request(method, EVENTS_PATH, json=request)
        assert response.is_success, response.text
        return response.json()["data"]


def ids() -> list[str]:
    return [f"shared-{number}" for number in range(EVENTS)]


def explained(steps: Sequence[Step], labels: Sequence[int]) -> set[Result]:
    """Return the results of all orders that keep non-overlapping steps in order."""
    return {result(order, labels) for order in permutations(steps) if agrees(order)}


def agrees(order: Sequence[Step]) -> bool:
    accepted: set[int] = set()
    latest = 0.0
    for step in order:
        if step.ended < latest or (step.kind == "delete" and step.value not in accepted):
            return False
        accepted |= {step.value} if step.kind == "accept" else set()
        latest = max(latest, step.began)
    return True


def result(order: Sequence[Step], labels: Sequence[int]) -> Result:
    """Play an order through. A deletion takes what was last written before it was accepted."""
    state: State = None
    written = 0
    accepted: dict[int, int] = {}
    found: dict[int, bool] = {}
    for moment, step in enumerate(order, 1):
        match step.kind:
            case "publish":
                state, written = (step.value, state[1] if state else None), moment
            case "label":
                found[step.value] = state is not None
                if state is not None:
                    state, written = (state[0], step.value), moment
            case "accept":
                accepted[step.value] = moment
            case "delete" if state is not None and written < accepted[step.value]:
                state = None
    return state, tuple(found[label] for label in labels)


def play(server: ServerUnderTest, rng: np.random.Generator) -> None:
    """Let three clients do two things each to the same events, and look for an order."""
    model_id = server.create_model(
        schema={"columns": [{"name": name, "data_type": kind} for name, kind in COLUMNS.items()]}, event_ts_col=None
    )
    plans = [list(rng.choice(KINDS, 2)) for _ in range(3)]
    plans[0][0] = "publish"
    clients = [Client(server, model_id, number + 1) for number in range(len(plans))]
    together = Barrier(len(clients))
    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(client.run, plan, together) for client, plan in zip(clients, plans, strict=True)]:
            done.result()
    stored = {event["event_id"]: event["values"] for event in server.read_all(model_id)}
    states: set[State] = {(values["number"], values["label"]) for values in stored.values()}
    assert len(states) < 2, f"events that were always changed together differ: {states}"
    assert len(stored) in (0, EVENTS)
    found = {label: one for client in clients for label, one in client.found.items()}
    labels = sorted(found)
    state = states.pop() if states else None
    steps = [step for client in clients for step in client.steps]
    assert (state, tuple(found[label] for label in labels)) in explained(steps, labels), (plans, state, found, steps)


COLUMNS = {"id": "str", "number": "int", "label": "int"}


def test_changes_at_once_have_an_order(tmp_path: Path, seed: int, counts: Counter[str]) -> None:
    """Publications, updates and deletions of the same events, each as a whole before or after each other."""
    with server_under_test(tmp_path / "data") as server:
        for round_ in range(8):
            play(server, np.random.default_rng([seed, round_]))
            counts["races explained"] += 1


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_many_changes_at_once_have_an_order(tmp_path: Path, seed: int, counts: Counter[str], extent: Extent) -> None:
    """The same holds ten times for every kill of the long run."""
    with server_under_test(tmp_path / "data") as server:
        for round_ in range(extent.kills * 10):
            play(server, np.random.default_rng([seed, 1000 + round_]))
            counts["races explained"] += 1
