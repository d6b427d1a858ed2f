"""What a store promises of reading and counting events that fulfil filters."""

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_events.events.filters import EventFilter, Operator, UndeclaredFilter, ValueFilter, ViolationFilter
from inference_events.events.store_errors import ModelUnknown, RevisionChanged, SearchTimeout
from inference_events.events.types import MatchCount, Query
from tests.stores.opened import MODEL, NOW, SECOND, Event, Opened

COMPARED: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.CONTAINS: lambda value, text: text in value,
    Operator.STARTS_WITH: lambda value, text: value.startswith(text),
}
VALUES = {
    "x": st.sampled_from([-1.5, 0.0, 2.0, 1e300, float("inf")]),
    "n": st.sampled_from([-(2**63), -1, 0, 7, 2**63 - 1]),
    "label": st.booleans(),
    "name": st.sampled_from(["", "a", "ab", "A", "'; DROP", "%", "\u00e9", "\U0001f600", "a\x00b"]),
}
KINDS = ("missing", "type", "range")
EXTRAS = ("gate", 'a"b', "$.x")
ROWS = st.lists(
    st.fixed_dictionaries(
        {"at": st.integers(0, 3)},
        optional={
            **{name: st.none() | value for name, value in VALUES.items()},
            "extra": st.dictionaries(st.sampled_from(EXTRAS), st.none() | st.integers(0, 9), max_size=2),
            "violations": st.dictionaries(st.sampled_from(["x", "name"]), st.sampled_from(KINDS)),
        },
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def value_filters(draw: st.DrawFn) -> ValueFilter:
    name = draw(st.sampled_from(sorted(VALUES)))
    value = VALUES[name]
    operators: dict[Operator, st.SearchStrategy[Any]] = {
        **dict.fromkeys(set(COMPARED) - {Operator.CONTAINS, Operator.STARTS_WITH}, value.map(lambda one: [one])),
        Operator.IN: st.lists(value, min_size=1, max_size=3),
        Operator.NOT_IN: st.lists(value, min_size=1, max_size=3),
        Operator.IS_NULL: st.just([]),
        Operator.NOT_NULL: st.just([]),
        Operator.BETWEEN: st.tuples(value, value).map(lambda pair: sorted(pair, key=_order)),
    }
    if name == "name":
        operators |= dict.fromkeys([Operator.CONTAINS, Operator.STARTS_WITH], value.map(lambda one: [one]))
    chosen = draw(st.sampled_from(sorted(operators, key=lambda one: one.value)))
    return ValueFilter(name, chosen, tuple(draw(operators[chosen])))


FILTERS = st.lists(
    value_filters()
    | st.builds(
        ViolationFilter,
        st.booleans(),
        st.none() | st.sampled_from(["x", "name", "other"]),
        st.none() | st.sampled_from(KINDS),
    )
    | st.builds(UndeclaredFilter, st.sampled_from([*EXTRAS, "x"])),
    min_size=1,
    max_size=3,
)


def _order(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def fulfils(event: Event, filter: EventFilter) -> bool:
    """Return whether an event fulfils a filter, by the words of the contract."""
    if isinstance(filter, UndeclaredFilter):
        return filter.column in event["extra"]
    if isinstance(filter, ViolationFilter):
        found = [
            column
            for column, kind in event["violations"]
            if filter.column in (None, column) and filter.kind in (None, kind)
        ]
        return bool(found) == filter.is_present
    value = event["values"].get(filter.column)
    if filter.operator in (Operator.IS_NULL, Operator.NOT_NULL):
        return (value is None) == (filter.operator is Operator.IS_NULL)
    if value is None:
        return False
    if filter.operator in (Operator.IN, Operator.NOT_IN):
        return (value in filter.values) == (filter.operator is Operator.IN)
    if filter.operator is Operator.BETWEEN:
        low, high = map(_order, filter.values)
        return bool(low <= _order(value) <= high)
    [wanted] = filter.values
    return COMPARED[filter.operator](_order(value), _order(wanted))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS, filters=FILTERS, size=st.integers(1, 5), is_descending=st.booleans())
def test_filters_select_the_events_that_fulfil_them(
    opened: Opened, rows: Sequence[dict[str, Any]], filters: list[EventFilter], size: int, is_descending: bool
) -> None:
    """Pages in either order show exactly the events that fulfil all filters, once, and a count counts them.

    Values are those after updates.
    """
    environment = opened.environment()
    opened.publish(
        *(row | {"id": str(n), "at": NOW + row["at"]} for n, row in enumerate(rows)), environment=environment
    )
    opened.update({"id": "0", "x": 2.0, "name": None}, environment=environment)
    events = opened.read(environment)
    expected = [event["id"] for event in events if all(fulfils(event, each) for each in filters)]
    if is_descending:
        expected.reverse()
    found: list[Event] = []
    while True:
        after = (found[-1]["at"], found[-1]["id"]) if found else None
        page = opened.read(
            environment, limit=size, after=after, is_descending=is_descending, filters=filters, revision=opened.revision
        )
        found += page
        if len(page) < size:
            break
    assert [event["id"] for event in found] == expected
    assert sorted(found, key=lambda event: int(event["id"])) == [
        event for event in sorted(events, key=lambda event: int(event["id"])) if event["id"] in expected
    ]
    counted = opened.store.count_matches(Query(MODEL, environment, 0, filters=filters, revision=opened.revision))
    assert counted == MatchCount(len(expected), True)


def test_filters_go_with_ids_and_ranges(opened: Opened) -> None:
    """Filters narrow what ids or a range select; a count does as well, and stops at its bound."""
    opened.publish(*({"id": str(at), "at": NOW + at, "n": at % 2} for at in range(6)))
    odd = [ValueFilter("n", Operator.EQ, (1,))]
    assert opened.ids(filters=odd, start=NOW + 2) == ["3", "5"]
    assert opened.ids(filters=odd, event_ids=["1", "2", "3"]) == ["1", "3"]
    assert opened.ids(is_descending=True, limit=2) == ["5", "4"]
    assert opened.ids(is_descending=True, after=(NOW + 2, "2")) == ["1", "0"]

    def count(most: int | None = None, **selected: Any) -> MatchCount:
        return opened.store.count_matches(Query(MODEL, "production", 1, **selected), most)

    assert count(filters=odd, end=NOW + 4) == MatchCount(2, True)
    assert count(filters=odd, after=(NOW + 5, "5")) == MatchCount(3, True)
    assert count(2, filters=odd) == MatchCount(2, False)
    assert count(3, filters=odd) == MatchCount(3, True)
    assert count() == MatchCount(6, True)
    assert count(5) == MatchCount(5, False)
    assert count(event_ids=["1", "x"]) == MatchCount(1, True)


def test_a_query_reads_the_columns_that_it_names(opened: Opened) -> None:
    """Only the columns asked for are read, in their order; filters may compare others, and labels are complete."""
    opened.publish({"id": "a", "x": 1.0, "n": 2, "name": "one"}, {"id": "b", "x": 2.0}, received_at=NOW)
    one = ValueFilter("x", Operator.EQ, (1.0,))
    stored = opened.store.read(Query(MODEL, "production", 9, columns=["name", "label"], filters=[one], revision=1))
    assert stored.values.to_pydict() == {"name": ["one"], "label": [None]}
    assert stored.labelled_at["n"].is_valid().to_pylist() == [True]


def test_a_dropped_column_exists_as_undeclared(opened: Opened) -> None:
    """The values of a column that left the schema are found as undeclared; those of a declared one are not."""
    opened.publish({"id": "a", "x": 1.0, "n": 1}, {"id": "b", "n": 1}, {"id": "c", "extra": {"x": 2}})
    opened.define(n=pa.int64())
    for name, found in (("x", ["a", "c"]), ("n", [])):
        filters: list[EventFilter] = [UndeclaredFilter(name), ViolationFilter(False)]
        assert opened.ids(filters=filters, revision=opened.revision) == found
    compared = [ValueFilter("n", Operator.EQ, (1,)), UndeclaredFilter("n")]
    assert opened.ids(filters=compared, revision=opened.revision) == []


def test_filters_of_an_old_schema_are_refused(opened: Opened) -> None:
    """A query that names another revision than the store's finds nothing out; nor does one of an unknown model."""
    query = Query(MODEL, "production", 9, filters=[ValueFilter("x", Operator.IS_NULL)], revision=7)
    for refused in (opened.store.read, opened.store.count_matches):
        with pytest.raises(RevisionChanged):
            refused(query)
        with pytest.raises(ModelUnknown):
            refused(Query("00000000-0000-4000-8000-000000000000", "production", 9))


@pytest.mark.usefixtures("small_parts")
def test_a_search_ends_at_its_deadline(opened: Opened) -> None:
    """A search whose time is up ends at a place from which another one goes on, or says that it took too long.

    A count tells that it is not complete.
    """
    opened.publish(*({"id": f"{at:04}", "at": NOW + at * SECOND, "n": at} for at in range(400)))
    last = [ValueFilter("n", Operator.EQ, (399,))]
    found: list[str] = []
    after = None
    for _ in range(100):
        try:
            query = Query(MODEL, "production", 5, after=after, filters=last, revision=1, deadline=time.monotonic())
            stored = opened.store.read(query)
        except SearchTimeout:
            return
        found += stored.system["event_id"].to_pylist()
        after = stored.searched_to
        if after is None:
            break
    assert found == ["0399"]
    counted = opened.store.count_matches(Query(MODEL, "production", 5, filters=last, deadline=time.monotonic()))
    assert counted == MatchCount(0, False)
