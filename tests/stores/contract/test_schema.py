"""What a store promises when a model's columns change."""

from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from inference_events.events.store_errors import LossyRetyping, ModelUnknown, RevisionChanged
from inference_events.events.types import Query, WriteKind
from tests.stores.opened import MODEL, SCHEMA, Opened

LISTS = pa.list_(pa.float64())
TIMES = pa.timestamp("us")
EVERY_TYPE: dict[pa.DataType, Any] = {
    pa.float64(): 1.5,
    pa.int64(): 7,
    pa.bool_(): True,
    pa.string(): "seven",
    TIMES: 1_700_000_000_123_456,
    LISTS: [1.0, None],
    pa.list_(pa.string()): ["a", None],
    pa.list_(TIMES): [1_700_000_000_123_456],
}


def test_a_new_column_reads_as_null_in_old_events(opened: Opened) -> None:
    """A column that is new reads as null in events stored before; events written after it have it."""
    opened.publish({"id": "old", "x": 1.0})
    opened.define(x=pa.float64(), added=pa.int64())
    opened.publish({"id": "new", "added": 3})
    assert opened.event("old")["values"] == {"x": 1.0}
    assert opened.event("new")["values"] == {"added": 3}


def test_a_column_that_is_gone_reads_as_undeclared(opened: Opened) -> None:
    """The values of a column that is gone stay readable as undeclared ones, beside what is undeclared anyway."""
    opened.publish({"id": "a", "x": 1.0, "name": "n", "extra": {"e": [1]}}, {"id": "b", "name": "m"})
    opened.define(name=pa.string())
    assert opened.event("a")["values"] == {"name": "n"}
    assert opened.event("a")["extra"] == {"x": 1.0, "e": [1]}
    assert opened.event("b")["extra"] == {}


def test_times_of_a_column_that_is_gone_say_that_they_are_utc(opened: Opened) -> None:
    """A timestamp that reads as undeclared is RFC 3339 in UTC."""
    opened.define(when=TIMES)
    opened.publish({"id": "a", "when": 1_700_000_000_000_005})
    opened.define(x=pa.float64())
    assert opened.event("a")["extra"] == {"when": "2023-11-14T22:13:20.000005Z"}


def test_a_write_keeps_the_values_of_columns_that_are_gone(opened: Opened) -> None:
    """Replacing or updating an event leaves what it has in columns that are gone."""
    opened.publish({"id": "a", "x": 1.0, "name": "n"})
    opened.define(name=pa.string())
    opened.publish({"id": "a", "name": "m"})
    opened.update({"id": "a", "name": "o"})
    assert opened.event("a")["extra"] == {"x": 1.0}


def test_a_newer_undeclared_value_is_read_instead_of_a_retired_one(opened: Opened) -> None:
    """What is written under the name of a column that is gone is what reads."""
    opened.publish({"id": "a", "x": 1.0})
    opened.define(name=pa.string())
    opened.publish({"id": "a", "extra": {"x": 2.0}})
    assert opened.event("a")["extra"] == {"x": 2.0}


def test_a_column_that_comes_back_has_its_values(opened: Opened) -> None:
    """A column that is declared again reads with the values that it had."""
    opened.publish({"id": "a", "x": 1.0})
    opened.define(name=pa.string())
    opened.define(name=pa.string(), x=pa.float64())
    assert opened.event("a")["values"] == {"x": 1.0}
    assert opened.event("a")["extra"] == {}


def test_retyping_converts_what_is_stored(opened: Opened) -> None:
    """A column of another type gets its values converted where none is lost."""
    opened.publish({"id": "a", "x": 2.0, "n": 3, "name": "17"}, {"id": "b"})
    opened.define(x=pa.int64(), n=pa.float64(), name=pa.int64())
    event = opened.event("a")["values"]
    assert event == {"x": 2, "n": 3.0, "name": 17}
    assert [type(value) for value in event.values()] == [int, float, int]


@pytest.mark.parametrize(
    ("column", "value", "target"),
    [
        ("x", 1.5, pa.int64()),
        ("x", float("inf"), pa.int64()),
        ("n", 2**53 + 1, pa.float64()),
        ("n", 2, pa.bool_()),
        ("name", "seven", pa.int64()),
        ("name", "007", pa.int64()),
        ("name", "1", LISTS),
    ],
)
def test_retyping_that_loses_is_refused_whole(opened: Opened, column: str, value: Any, target: pa.DataType) -> None:
    """A retyping that would lose one value names the column and changes nothing, also no other column."""
    opened.publish({"id": "a", column: value})
    types = {field.name: field.type for field in SCHEMA} | {column: target, "added": pa.string()}
    with pytest.raises(LossyRetyping) as refused:
        opened.define(**types)
    assert refused.value.args == (column,)
    assert opened.publish({"id": "b", column: value}) == ["created"]
    assert opened.event("a")["values"] == {column: value}


@pytest.mark.parametrize(("old", "new"), list(permutations(EVERY_TYPE, 2)))
def test_every_retyping_either_keeps_or_refuses(opened: Opened, old: pa.DataType, new: pa.DataType) -> None:
    """For all types: without values a retyping succeeds, with values it keeps them or is refused."""
    opened.define(column=old)
    opened.define(column=new)
    opened.define(column=old)
    opened.publish({"id": "a", "column": EVERY_TYPE[old]})
    before = opened.event("a")["values"]["column"]
    try:
        opened.define(column=new)
        assert "column" in opened.event("a")["values"]
        opened.define(column=old)
    except LossyRetyping:
        pass
    assert opened.event("a")["values"]["column"] == before


def test_thousands_of_columns_come_at_once(opened: Opened) -> None:
    """A schema of thousands of columns is defined, and grows, shrinks and retypes by as many, in little memory."""
    wide = {f"c{n}": pa.float64() for n in range(2_000)}
    opened.define(x=pa.float64(), name=pa.string(), **wide)
    opened.publish({"id": "a", "x": 1.0, "name": "n", "c0": 0.0, "c1999": 2.0})
    more = {f"d{n}": pa.int64() for n in range(2_000)}
    opened.define(x=pa.string(), c1999=pa.float64(), **more)
    opened.publish({"id": "b", "d1999": 3})
    assert opened.event("a")["values"] == {"x": "1.0", "c1999": 2.0}
    assert opened.event("a")["extra"] == {"name": "n", "c0": 0.0}
    assert opened.event("b")["values"] == {"d1999": 3}


def test_any_column_name_will_do(opened: Opened) -> None:
    """A column may be called anything, also like the store's own, or like another in other letters."""
    columns = ["event_id", "EVENT_ID", "c0", 'a"b', "select", "", "\N{SNOWMAN}", "rowid", "touched", "a;--"]
    opened.define(**dict.fromkeys(columns, pa.string()))
    opened.publish({"id": "a", **{name: f"<{name}>" for name in columns}})
    assert opened.event("a")["values"] == {name: f"<{name}>" for name in columns}


def test_columns_read_in_the_order_of_the_schema(opened: Opened) -> None:
    """Columns are read in the order in which they were last declared."""
    opened.define(name=pa.string(), added=pa.int64(), x=pa.float64())
    assert opened.store.read(Query(MODEL, "production", 1)).values.column_names == ["name", "added", "x"]


def test_a_batch_for_another_revision_is_refused(opened: Opened) -> None:
    """A batch made for another revision fails with RevisionChanged and writes nothing."""
    stale = opened.write_of(WriteKind.PUBLISH, [{"id": "a", "x": 1.0}])
    opened.define(x=pa.float64())
    with pytest.raises(RevisionChanged):
        opened.store.write(stale).result()
    assert opened.count() == 0


def test_a_model_that_is_not_there_is_unknown(opened: Opened) -> None:
    """Writing to, reading or counting a model that was never defined, or was dropped, fails with ModelUnknown."""
    opened.publish({"id": "a"})
    opened.store.drop(MODEL).result()
    with pytest.raises(ModelUnknown):
        opened.publish({"id": "a"})
    with pytest.raises(ModelUnknown):
        opened.read()
    with pytest.raises(ModelUnknown):
        opened.count()
    with pytest.raises(ModelUnknown):
        opened.delete(opened.accept_job(), event_ids=["a"])


def test_dropping_twice_succeeds_and_a_new_schema_starts_empty(opened: Opened) -> None:
    """Dropping what is not there does nothing; a model defined again has no events."""
    opened.publish({"id": "a"})
    opened.store.drop(MODEL).result()
    opened.store.drop(MODEL).result()
    opened.store.apply_schema(MODEL, 1, SCHEMA).result()
    assert opened.count() == 0


def test_models_do_not_see_each_other(opened: Opened) -> None:
    """The same id in two models names two events."""
    other = MODEL.replace("5", "6")
    opened.store.apply_schema(other, 1, pa.schema([("x", pa.string())])).result()
    opened.publish({"id": "a", "x": 1.0})
    assert opened.store.count(other, "production") == 0
    opened.store.drop(other).result()
    assert opened.ids() == ["a"]


def test_the_schema_survives_a_restart(opened: Opened) -> None:
    """Columns, retired ones and the revision are as they were when the store is opened again."""
    opened.publish({"id": "a", "x": 1.0, "name": "n"})
    stale = opened.write_of(WriteKind.PUBLISH, [{"id": "b"}])
    opened.define(name=pa.string(), added=pa.int64())
    opened.reopen()
    assert opened.event("a")["values"] == {"name": "n"}
    assert opened.event("a")["extra"] == {"x": 1.0}
    with pytest.raises(RevisionChanged):
        opened.store.write(stale).result()
    assert opened.publish({"id": "b", "added": 1}) == ["created"]
