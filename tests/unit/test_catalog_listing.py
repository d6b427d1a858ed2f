"""Lists of the catalog: filter, ordering and search follow the contract, and never fail."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference_events.catalog import Catalog, tokens
from inference_events.catalog.listing import MAX_DEPTH, MAX_RULES, Listing
from inference_events.catalog.tables import Token
from inference_events.errors import BadRequest
from inference_events.http.contract import load_contract
from inference_events.http.parameters import Parameter
from inference_events.http.schemas import to_json_schema
from tests.catalogs import KINDS, new_url

Node = Mapping[str, Any]

NAMES = ("bank", "Bank", "bank_50", "bank%50", "shop", "ÉCOLE", "a\\b", " ", "\U0001f600")
MOMENT = datetime(2099, 1, 31, 12, 30, 0, 5, tzinfo=UTC)
ENDS = (None, MOMENT, MOMENT + timedelta(microseconds=1), MOMENT + timedelta(days=400))
ON_ONE = ("equal", "less", "less_or_equal", "greater", "greater_or_equal")
ON_TEXT = ("begins_with", "contains", "ends_with")
WITHOUT_VALUE = ("is_null", "is_not_null", "is_empty", "is_not_empty")
NEGATED = tuple(f"not_{name}" for name in ("equal", "in", "between", *ON_TEXT))
OPERATORS = (*ON_ONE, *ON_TEXT, *WITHOUT_VALUE, "any", "in", "between", *NEGATED)


@pytest.fixture(scope="module", params=KINDS)
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Hold tokens of odd names, of which some never end."""
    catalog = Catalog(new_url(request, tmp_path_factory.mktemp("catalog")))
    for number, name in enumerate(NAMES):
        catalog.write(partial(tokens.create, name=name, scopes=["read"], expires_at=ENDS[number % len(ENDS)]))
    yield catalog
    catalog.close()


def filter_parameter() -> Parameter:
    """Return the parameter `filter` of the contract, for text of any length."""
    document = load_contract().document
    schemas = {name: to_json_schema(schema) for name, schema in document["components"]["schemas"].items()}
    spec = document["components"]["parameters"]["Filter"]
    return Parameter.from_spec(spec, {"type": "string"}, {"schemas": schemas})


FILTER = filter_parameter()


def listed(catalog: Catalog, ordering: str = "created_at", filter: str | None = None, **wanted: Any) -> list[Token]:
    node = None if filter is None else FILTER.read([filter])
    listing = Listing(ordering=ordering, filter=node, **wanted)
    page = catalog.read(lambda session: tokens.list_page(session, listing))
    assert page.total == len(page.items)
    return list(page.items)


def names(catalog: Catalog, **wanted: Any) -> list[str]:
    return [token.name for token in listed(catalog, **wanted)]


def rule(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def filtered(catalog: Catalog, node: Node) -> list[str]:
    return names(catalog, filter=json.dumps(node))


MEANINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equal": lambda have, value: have == value,
    "less": lambda have, value: have < value,
    "less_or_equal": lambda have, value: have <= value,
    "greater": lambda have, value: have > value,
    "greater_or_equal": lambda have, value: have >= value,
    "begins_with": lambda have, value: have.startswith(value),
    "contains": lambda have, value: value in have,
    "ends_with": lambda have, value: have.endswith(value),
    "any": lambda have, values: have in values,
    "in": lambda have, values: have in values,
    "between": lambda have, values: values[0] <= have <= values[1],
}


def selects(node: Node, token: Token) -> bool:
    """Read a filter in plain Python."""
    if "rules" in node:
        parts = [selects(part, token) for part in node["rules"]]
        return not parts or (any(parts) if node.get("condition") == "OR" else all(parts))
    have, operator = getattr(token, node["field"]), node["operator"]
    if operator in WITHOUT_VALUE:
        is_none = have is None or (operator.endswith("empty") and have == "")
        return is_none is not operator.startswith("is_not")
    plain = operator.removeprefix("not_")
    is_met = have is not None and MEANINGS[plain](have, node["value"])
    return is_met is (plain == operator)


def wire(node: Any) -> Any:
    """Write the times in a filter as a client may."""
    if isinstance(node, datetime):
        microseconds = (node - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return microseconds if node.microsecond % 2 else node.isoformat()
    if isinstance(node, list):
        return [wire(part) for part in node]
    return {name: wire(value) for name, value in node.items()} if isinstance(node, dict) else node


TEXTS = st.sampled_from([*NAMES, "", "b", "50", "%", "_", "\\", "é"]) | st.text("bank_%", max_size=3)
TIMES = st.sampled_from([MOMENT, MOMENT + timedelta(microseconds=1), MOMENT + timedelta(days=1)])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    field, values = draw(st.sampled_from([("name", TEXTS), ("expires_at", TIMES)]))
    operator = draw(st.sampled_from([name for name in OPERATORS if field == "name" or not name.endswith(ON_TEXT)]))
    plain = operator.removeprefix("not_")
    if plain == "between":
        return rule(field, operator, draw(st.lists(values, min_size=2, max_size=2)))
    return rule(field, operator, draw(st.lists(values, max_size=3) if plain in ("in", "any") else values))


def conditions(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    join = st.sampled_from(["AND", "OR"])
    return st.fixed_dictionaries({"rules": st.lists(parts, max_size=3)}, optional={"condition": join})


@settings(max_examples=100, deadline=None)
@given(node=st.recursive(rules(), conditions, max_leaves=6))
def test_a_filter_means_what_it_says(catalog: Catalog, node: dict[str, Any]) -> None:
    """Any tree of rules selects exactly the rows that plain Python selects with it."""
    expected = [token.name for token in listed(catalog) if selects(node, token)]
    assert filtered(catalog, wire(node)) == expected


def test_every_operator_of_the_vendor_s_client_is_known(catalog: Catalog) -> None:
    """The 21 operators are those that the vendor's client can write."""
    assert len(OPERATORS) == 21
    for operator in OPERATORS:
        plain = operator.removeprefix("not_")
        value: Any = ["a", "b"] if plain in ("in", "any", "between") else "a"
        assert len(filtered(catalog, rule("name", operator, value))) <= len(NAMES)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**15, 10**40)
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(
        [*OPERATORS, "name", "expires_at", "id", "AND", "\ud800", "a\x00", "NaT", "0001-01-01T00:00+14:00"]
    ),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(["field", "rules", "x"]), parts),
    max_leaves=5,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "field": st.sampled_from(["name", "id", "expires_at"]) | JUNK,
        "operator": st.sampled_from(OPERATORS) | JUNK,
        "value": JUNK | st.lists(JUNK, max_size=3),
        "rules": st.lists(JUNK, max_size=2),
        "condition": st.sampled_from(["AND", "OR"]) | JUNK,
    },
)


def refused_places(catalog: Catalog, text: str) -> list[str]:
    try:
        names(catalog, filter=text)
    except BadRequest as refused:
        return [fault.pointer for fault in refused.faults]
    return []


@settings(max_examples=150, deadline=None)
@given(text=st.text() | st.builds(json.dumps, JUNK | NEARLY | conditions(NEARLY)))
@example(text="[" * 65_536)
@example(text='{"rules":[' * 6_000)
@example(text='{"rules":[' * 600 + "]}" * 600)
@example(text='{"rules":[' * 99 + '{"field":"name","operator":"equal","value":"shop"}' + "]}" * 99)
@example(text=json.dumps(rule("name", "contains", "%_\\" * 21_000)))
@example(text=json.dumps(rule("name", "begins_with", "a" * 65_000)))
@example(text=json.dumps(rule("name", "in", ["", *map(str, range(10_000))])))
@example(text=json.dumps(rule("expires_at", "not_in", list(range(11_000)))))
@example(text='{"field":"expires_at","operator":"less","value":' + "9" * 5_000 + "}")
@example(text='{"field":"expires_at","operator":"less","value":"' + "9" * 5_000 + '"}')
@example(text='{"field":"name","operator":"equal","value":"\\ud800"}')
@example(text='{"field":"name","operator":["equal"],"value":1}')
def test_no_filter_is_a_failure(catalog: Catalog, text: str) -> None:
    """Any text sent as a filter selects rows or is a 400 that names it."""
    assert all(place.startswith("/query/filter") for place in refused_places(catalog, text))


@pytest.mark.parametrize("text", [None, "", "{}", '{"rules":[]}', '{"condition":"OR","rules":[]}'])
def test_a_filter_without_rules_selects_everything(catalog: Catalog, text: str | None) -> None:
    """No filter, an empty one, and one with an empty list of rules give all rows."""
    assert names(catalog, filter=text) == list(NAMES)


def nested(levels: int) -> dict[str, Any]:
    """Return a filter for the name `shop` inside so many conditions, which alternate between AND and OR."""
    node = rule("name", "equal", "shop")
    for level in range(levels):
        node = {"condition": ("AND", "OR")[level % 2], "rules": [node, rule("name", "equal", "shop")]}
    return node


UNREADABLE: Sequence[Node] = (
    rule("secret", "equal", "payload"),
    rule("hash", "begins_with", "payload"),
    rule("name", "like", "payload"),
    rule("name", "not_is_null"),
    rule("name", "not_less", "payload"),
    rule("name", "not_any", ["payload"]),
    rule("name", "equal", 5),
    rule("name", "equal"),
    rule("name", "equal", True),
    rule("name", "equal", ["payload"]),
    rule("name", "in", 3),
    rule("name", "between", ["payload"]),
    rule("name", "between", ["payload"] * 3),
    rule("expires_at", "equal", "payload"),
    rule("expires_at", "equal", ""),
    rule("expires_at", "equal", "NaT"),
    rule("expires_at", "equal", True),
    rule("expires_at", "equal", 1e300),
    rule("expires_at", "contains", "2099"),
    {"rules": [{"rules": []}] * MAX_RULES},
    nested(MAX_DEPTH),
    nested(48),
)


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "[]",
        "null",
        "NaN",
        '{"rules":{}}',
        '{"rules":[{}]}',
        '{"rules":["payload"]}',
        '{"condition":"XOR","rules":[]}',
        '{"condition":["AND"],"rules":[]}',
        *map(json.dumps, UNREADABLE),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(catalog: Catalog, text: str) -> None:
    """A filter with an invalid form, field, operator or type of value is a 400 that does not repeat it."""
    with pytest.raises(BadRequest) as refused:
        names(catalog, filter=text)
    assert all(fault.pointer.startswith("/query/filter") for fault in refused.value.faults)
    assert "payload" not in refused.value.message


def test_as_many_rules_as_allowed_are_read(catalog: Catalog) -> None:
    """A hundred rules and conditions are accepted."""
    node = {"condition": "OR", "rules": [rule("name", "equal", "shop")] * (MAX_RULES - 1)}
    assert filtered(catalog, node) == ["shop"]


def test_a_filter_as_deep_as_allowed_is_read(catalog: Catalog) -> None:
    """Conditions that alternate between AND and OR may nest 20 deep, with the rules in them."""
    assert filtered(catalog, nested(MAX_DEPTH - 1)) == ["shop"]


def test_text_is_compared_as_it_is(catalog: Catalog) -> None:
    """Filters distinguish upper and lower case, and have no wildcards."""
    assert filtered(catalog, rule("name", "begins_with", "B")) == ["Bank"]
    assert filtered(catalog, rule("name", "contains", "_")) == ["bank_50"]
    assert filtered(catalog, rule("name", "ends_with", "%50")) == ["bank%50"]
    assert filtered(catalog, rule("name", "contains", "\\")) == ["a\\b"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("BANK", ["bank", "Bank", "bank_50", "bank%50"]), ("école", ["ÉCOLE"]), ("%", ["bank%50"])],
)
def test_search_looks_into_names_in_any_case(catalog: Catalog, search: str, found: list[str]) -> None:
    """A search finds names that contain it, in upper or lower case of any script, and takes nothing for a pattern."""
    assert names(catalog, search=search) == found


def test_ids_are_filtered_in_any_case(catalog: Catalog) -> None:
    """An id selects its row in upper case too, whole or in part."""
    token = listed(catalog)[3]
    for operator, value in (("equal", token.id), ("in", [token.id]), ("begins_with", token.id[:30])):
        upper = json.loads(json.dumps(value).upper())
        assert filtered(catalog, rule("id", operator, upper)) == [token.name]


def test_lists_are_ordered_as_asked(catalog: Catalog) -> None:
    """Columns order a list, most important first, a minus before what descends; without any it has its own order."""
    rows = listed(catalog)
    assert names(catalog, ordering="-created_at") == [token.name for token in reversed(rows)]
    assert names(catalog, ordering="") == names(catalog, ordering=None) == names(catalog, ordering="-created_at")
    assert names(catalog, ordering="name") == sorted(NAMES)
    ends = [(token.expires_at, token.name) for token in sorted(rows, key=lambda token: token.name) if token.expires_at]
    both = [name for _, name in sorted(ends, key=lambda end: end[0], reverse=True)]
    has_end = json.dumps(rule("expires_at", "is_not_null"))
    assert names(catalog, ordering="-expires_at,name", filter=has_end) == both


@pytest.mark.parametrize("ordering", ["secret", "-hash", "name,secret", "--name", "-", "name,"])
def test_an_unknown_ordering_is_refused(catalog: Catalog, ordering: str) -> None:
    """An ordering by a missing field is a 400 that names it."""
    with pytest.raises(BadRequest) as refused:
        names(catalog, ordering=ordering)
    assert [fault.pointer for fault in refused.value.faults] == ["/query/ordering"]
