"""Lists: pages add up, and ordering, search and filter select the right items."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.contract.fuzz.promises.promise import OPERATIONS, Operation, Promise, promise
from tests.contract.fuzz.promises.samples import DEFINITIONS, listed, new_model, new_project
from tests.contract.fuzz.promises.session import Session

# Only the evaluator makes records, evaluations and messages about them.
WITHOUT_ITEMS = {
    "list_alert_records",
    "list_alert_rule_records",
    "list_alert_record_history",
    "list_alert_evaluations",
    "list_alert_config_records",
    "list_notifications",
}
LISTS = [one for one in OPERATIONS.values() if {"limit", "offset"} <= one.query and one.id not in WITHOUT_ITEMS]
ORDERED = [one for one in LISTS if "ordering" in one.query]
NAMES = ("name", "filename")
FIELDS = ("id", *NAMES, "created_at")
MOST_PAGES = 8
Matches = Callable[[Any, Any], bool]
ON_ONE: dict[str, Matches] = {
    "equal": lambda have, value: bool(have == value),
    "not_equal": lambda have, value: bool(have != value),
    "less": lambda have, value: bool(have < value),
    "less_or_equal": lambda have, value: bool(have <= value),
    "greater": lambda have, value: bool(have > value),
    "greater_or_equal": lambda have, value: bool(have >= value),
}
ON_TEXT: dict[str, Matches] = {
    "begins_with": lambda have, value: have.startswith(value),
    "not_begins_with": lambda have, value: not have.startswith(value),
    "contains": lambda have, value: value in have,
    "not_contains": lambda have, value: value not in have,
    "ends_with": lambda have, value: have.endswith(value),
    "not_ends_with": lambda have, value: not have.endswith(value),
}
ON_MANY: dict[str, Matches] = {
    "in": lambda have, values: have in values,
    "any": lambda have, values: have in values,
    "not_in": lambda have, values: have not in values,
    "between": lambda have, values: values[0] <= have <= values[1],
    "not_between": lambda have, values: not values[0] <= have <= values[1],
}
OPERATORS = ON_ONE | ON_TEXT | ON_MANY


def _path(session: Session, operation: Operation) -> str:
    return operation.path.format(**listed(session))


def _pages_add_up(operation: Operation) -> Promise:
    def hold(session: Session, data: st.DataObject) -> None:
        path = _path(session, operation)
        whole = session.items(path)
        limit = data.draw(st.integers(-(-len(whole) // MOST_PAGES), len(whole) + 1).filter(lambda limit: limit <= 1000))
        joined: list[Any] = []
        for index in range(1, -(-len(whole) // limit) + 1):
            page = session.get(path, limit=limit, offset=len(joined))
            assert page["total"] == len(whole)
            assert (page["page_index"], page["page_count"]) == (index, -(-len(whole) // limit))
            assert (page["offset"], page["item_count"]) == (len(joined), len(page["items"]))
            joined += page["items"]
        assert list(map(_key, joined)) == list(map(_key, whole))

    return Promise(f"pages_add_up of {operation.id}", frozenset({operation.id}), hold)


def _ordering_sorts(operation: Operation) -> Promise:
    def hold(session: Session, data: st.DataObject) -> None:
        path, is_descending = _path(session, operation), data.draw(st.booleans())
        field = data.draw(st.sampled_from(_fields(session.items(path))))
        values = [item[field] for item in session.items(path, ordering=f"{'-' * is_descending}{field}")]
        assert values == sorted(values, reverse=is_descending)

    return Promise(f"ordering_sorts {operation.id}", frozenset({operation.id}), hold)


def _search_finds_names(operation: Operation) -> Promise:
    def hold(session: Session, data: st.DataObject) -> None:
        path = _path(session, operation)
        whole = session.items(path)
        [field] = [name for name in NAMES if name in whole[0]]
        name = data.draw(st.sampled_from(sorted(item[field] for item in whole)))[:40]
        start = data.draw(st.integers(0, len(name) - 1))
        text = name[start : data.draw(st.integers(start + 1, len(name)))].swapcase()
        found = {_key(item) for item in session.items(path, search=text)}
        assert found == {_key(item) for item in whole if text.casefold() in item[field].casefold()}

    return Promise(f"search_finds_names of {operation.id}", frozenset({operation.id}), hold)


def _filter_selects(operation: Operation) -> Promise:
    def hold(session: Session, data: st.DataObject) -> None:
        path = _path(session, operation)
        whole = session.items(path)
        rules = [data.draw(_rules(whole)) for _ in range(data.draw(st.integers(1, 3)))]
        condition = data.draw(st.sampled_from(["AND", "OR"]))
        text = json.dumps({"condition": condition, "rules": rules})
        joined = all if condition == "AND" else any
        expected = {_key(item) for item in whole if joined(_matches(rule, item) for rule in rules)}
        assert {_key(item) for item in session.items(path, filter=text)} == expected, text

    return Promise(f"filter_selects of {operation.id}", frozenset({operation.id}), hold)


@st.composite
def _rules(draw: st.DrawFn, items: list[Any]) -> dict[str, Any]:
    """Draw a rule about values that some of the items have."""
    field = draw(st.sampled_from(_fields(items)))
    values = st.sampled_from(sorted({item[field][:64] for item in items}))
    operator = draw(st.sampled_from(sorted(OPERATORS if field != "created_at" else ON_ONE | ON_MANY)))
    if operator in ON_MANY:
        return {"field": field, "operator": operator, "value": sorted(draw(st.tuples(values, values)))}
    value = draw(values)
    part = slice(draw(st.integers(0, 2)), draw(st.integers(3, 6))) if operator in ON_TEXT else slice(None)
    return {"field": field, "operator": operator, "value": value[part] or value}


def _fields(items: list[Any]) -> list[str]:
    return [name for name in FIELDS if name in items[0]]


def _matches(rule: Mapping[str, Any], item: Any) -> bool:
    matches = OPERATORS[rule["operator"]]
    return matches(item[rule["field"]], rule["value"])


def _key(item: Any) -> Any:
    return next(item[name] for name in ("id", "row", "name") if name in item)


@promise(
    "list_models",
    "list_model_environments",
    "list_model_baselines",
    "list_model_segments",
    "list_model_custom_metrics",
    "list_environments",
    is_exhaustive=True,
)
def lists_of_one_parent_agree_with_the_whole(session: Session, data: st.DataObject) -> None:
    """A list of one project, model or type is that part of the list of all."""
    sample = listed(session)
    whole = {name: session.items(f"/v3/{name}") for name in ("environments", "baselines", *DEFINITIONS)}
    environments = whole["environments"]
    of_project = [
        model["id"] for model in session.items("/v3/models") if model["project"]["id"] == sample["project_id"]
    ]
    assert _ids(session.items("/v3/models", project_id=sample["project_id"])) == sorted(of_project)
    for model_id in of_project:
        for name, items in whole.items():
            own = _ids(item for item in items if item["model"]["id"] == model_id)
            assert _ids(session.items(f"/v3/models/{model_id}/{name}")) == own
    for kind in ("PRODUCTION", "PRE_PRODUCTION"):
        typed = _ids(item for item in environments if item["type"] == kind)
        assert _ids(session.items("/v3/environments", type=kind)) == typed
        own = _ids(item for item in environments if item["type"] == kind and item["model"]["id"] == of_project[0])
        assert _ids(session.items(f"/v3/models/{of_project[0]}/environments", type=kind)) == own


@promise("create_model", "list_models")
def latest_only_shows_the_last_created(session: Session, data: st.DataObject) -> None:
    """Of the versions of each name, `latest_only` lists the one that was created last."""
    project_id = new_project(session)["id"]
    names = data.draw(st.lists(st.sampled_from(["one_name", "other_name"]), min_size=2, max_size=4))
    versions = data.draw(st.permutations(["v1", "v2", "v10", "a"]))
    last = {
        name: new_model(session, project_id, name=name, version=version)["id"]
        for name, version in zip(names, versions, strict=False)
    }
    assert _ids(session.items("/v3/models", project_id=project_id, latest_only=True)) == sorted(last.values())


def _ids(items: Any) -> list[str]:
    return sorted(item["id"] for item in items)


PROMISES = (
    *(make(one) for make in (_ordering_sorts, _search_finds_names, _filter_selects) for one in ORDERED),
    *map(_pages_add_up, LISTS),
    lists_of_one_parent_agree_with_the_whole,
    latest_only_shows_the_last_created,
)
