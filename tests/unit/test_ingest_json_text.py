"""Events read from their text equal events that are decoded first."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.events.ingest.batch import Ingested
from inference_events.events.ingest.json_text import JsonReader
from inference_events.events.ingest.rows import TableRows
from inference_events.models.schema import ModelSchema
from tests.unit.ingested import column, published, schema, violation_counts

MODEL = schema(
    column("float", "f", min=0, max=10),
    column("int", "i"),
    column("bool", "b"),
    column("str", "s"),
    column("category", "k", categories=["x", "y"]),
    column("vector", "v", n_dimensions=2),
    column("timestamp", "t"),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.text(max_size=3),
    "ts": st.just("2024-01-01T00:00:00Z"),
    "f": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60),
    "i": st.integers(-(2**64), 2**64),
    "b": st.booleans(),
    "s": st.text(max_size=3),
    "k": st.sampled_from(["x", "y", "z"]),
    "v": st.lists(st.floats(0, 1) | st.integers(0, 9) | st.none(), max_size=3),
    "t": st.just("2024-01-01 00:00:00"),
}
EVENTS = st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in VALUES.items()})
ODD = st.sampled_from(['{"f":true}', '{"f":"1"}', '{"i":1.0}', '{"x":1}', '{"s":{}}', '{"s":"a","s":"b"}', '{"v":1}'])


def read(arrays: Sequence[str], model: ModelSchema = MODEL, reader: JsonReader | None = None) -> Ingested | None:
    """Ingest arrays of events from their text; None if they must be decoded."""
    found = (reader or JsonReader()).read([array.encode() for array in arrays], model)
    if found is None:
        return None
    table, sizes = found
    assert sizes == [len(orjson.loads(array)) for array in arrays]
    return published(TableRows(table, is_csv=False), model)


def decoded(arrays: Sequence[str], model: ModelSchema = MODEL) -> Ingested:
    return published([event for array in arrays for event in orjson.loads(array)], model)


def same(one: Ingested, other: Ingested) -> bool:
    return (
        one.batch.system.equals(other.batch.system)
        and one.batch.values.equals(other.batch.values)
        and all((one.batch.carried[name] == other.batch.carried[name]).all() for name in one.batch.carried)
        and (one.faults, one.undeclared_columns, violation_counts(one))
        == (other.faults, other.undeclared_columns, violation_counts(other))
    )


@given(st.lists(st.lists(EVENTS.map(json.dumps) | ODD, max_size=3), min_size=1, max_size=3))
def test_reading_gives_what_decoding_gives(events: list[list[str]]) -> None:
    """Values, hashes, violations and faults are the same, or nothing is read at all."""
    arrays = [f"[{', '.join(texts)}]" for texts in events]
    try:
        ingested = read(arrays)
    except orjson.JSONDecodeError:
        return
    assert ingested is None or same(ingested, decoded(arrays))


@pytest.mark.parametrize(
    "array",
    [
        '[{"id":"a","ts":"2024-01-01","f":1,"i":2,"b":true,"s":"é\\n\\u0000","k":"z","v":[1,null],"t":null}]',
        '[\n {"id" : "a"},\r\n {"\\u0069d" : "b"}\n]',
        '[{"id":"a","f":-0},{"id":"b","f":1e-400},{"id":"c","f":1E5}]',
    ],
)
def test_usual_events_are_read(array: str) -> None:
    """Events that fit the schema are not decoded, for any spaces and escapes."""
    ingested = read([array])
    assert ingested is not None
    assert same(ingested, decoded([array]))


@pytest.mark.parametrize(
    "array",
    [
        '[{"id":"a","f":NaN}]',
        '[{"id":"a","f":Infinity}]',
        '[{"id":"a","f":1e400}]',
        '[{"id":"a","f":9007199254740993}]',
        '[{"id":"a","v":[9007199254740993]}]',
        '[{"id":"a","i":9223372036854775808}]',
        '[{"id":"a","i":1.0}]',
        '[{"id":"a","f":true}]',
        '[{"id":"a","unknown":1}]',
        '[{"id":"a","id":"b"}]',
        '[{"id":"\\ud800"}]',
        '[{"id":"a"}]}{"events":[]',
        '[{"id":"a"}],"events":[',
        '[{"id":"a"},null]',
        '[{"id":"a"},]',
        '[{"id":01}]',
        '[{"id":"a"}',
        "[1]",
    ],
)
def test_unusual_text_is_left_to_the_decoder(array: str) -> None:
    """Text that is no JSON, or whose values are not the schema's, is left to the decoder."""
    assert JsonReader().read([array.encode()], MODEL) is None


def test_bytes_that_are_no_text_are_left_to_the_decoder() -> None:
    """Bytes that are not UTF-8 are never stored as text."""
    assert JsonReader().read([b'[{"id":"\xff"}]'], MODEL) is None


@pytest.mark.parametrize("time", [1_700_000_000, 1_700_000_000.5, "2024-01-01T00:00:00Z"])
@pytest.mark.parametrize("event_id", [7, "a"])
def test_untyped_columns_are_observed(time: Any, event_id: Any) -> None:
    """An id or a time without a declared type is read in the form of earlier events."""
    model = schema(column("float", "f"))
    events: list[Mapping[str, Any]] = [{"id": event_id, "ts": time, "f": 0.5}]
    array = orjson.dumps(events).decode()
    reader = JsonReader()
    reader.observe(events, model)
    ingested = read([array], model, reader)
    assert ingested is not None
    assert same(ingested, decoded([array], model))
    assert not math.isnan(ingested.batch.values["f"][0].as_py())
