"""What is stored of values and ids reads back as it was, and ids keep their order."""

import struct
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_events.stores.postgres.columns import to_arrow, to_python, transposed
from inference_events.stores.postgres.escaping import MAX_KEY_BYTES, escape, event_key, unescape
from inference_events.stores.postgres.payloads import COMPRESSED, PLAIN, pack, pack_bytes, unpack, unpack_bytes
from tests.stores.opened import MODEL, Opened

texts = st.text(st.characters(exclude_categories=["Cs"]))
odd_texts = st.text("a\x00\x01\x02\x03\u00e9\U0001f600")
integers = st.integers(-(2**63), 2**63 - 1)
scalars = st.none() | st.booleans() | integers | st.floats() | texts | odd_texts
values = st.lists(scalars | st.lists(scalars, max_size=3), max_size=8)
TYPES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.floats(),
    pa.int64(): integers,
    pa.bool_(): st.booleans(),
    pa.string(): texts,
    pa.timestamp("us"): integers,
}


def bits(value: Any) -> Any:
    """Return a value so that equal ones have the same type and the same bits."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, list):
        return [bits(each) for each in value]
    return type(value), value


@given(values)
def test_arrays_keep_every_bit(array: list[Any]) -> None:
    """Nulls, booleans, integers of 64 bits, floats with NaN, infinities and -0.0, texts with NUL, and lists of them."""
    assert bits(unpack(pack(array))) == bits(array)


@pytest.mark.parametrize("pattern", [0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000, 0x8000_0000_0000_0000, 1])
def test_odd_floats_keep_every_bit(pattern: int) -> None:
    """What a NaN carries stays, and so do the sign of zero and the smallest number."""
    [number] = struct.unpack("<d", struct.pack("<Q", pattern))
    column = to_arrow(unpack(pack(to_python(pa.array([number])))), pa.float64())
    assert column.to_numpy().view(np.uint64).tolist() == [pattern]


@pytest.mark.parametrize("kind", list(TYPES))
@given(data=st.data())
def test_columns_keep_every_value(kind: pa.DataType, data: st.DataObject) -> None:
    """A column of any type, and one of lists of it, reads back as it was, with its nulls."""
    column = data.draw(st.lists(TYPES[kind] | st.none(), max_size=5))
    plain = pa.array(column, pa.int64()).cast(kind) if kind == pa.timestamp("us") else pa.array(column, kind)
    lists = pa.ListArray.from_arrays(pa.array([0, 0, len(column)], pa.int32()), plain)
    for one in (plain, lists):
        again = to_arrow(unpack(pack(to_python(one))), one.type)
        assert again.type == one.type
        assert bits(to_python(again)) == bits(to_python(one))


def test_large_arrays_are_compressed_if_that_helps() -> None:
    """The first byte is the form. Bytes that compression does not make smaller are stored unchanged."""
    small, large = [1.0] * 10, [1.0] * 1000
    noise = np.random.default_rng(1).bytes(5000)
    assert [pack(small)[:1], pack(large)[:1], pack_bytes(noise)[:1]] == [PLAIN, COMPRESSED, PLAIN]
    assert len(pack(large)) < 100
    assert (unpack(pack(small)), unpack(pack(large)), unpack_bytes(pack_bytes(noise))) == (small, large, noise)


def test_an_unknown_form_is_refused() -> None:
    """A payload that a newer version wrote is no payload of another form."""
    with pytest.raises(ValueError, match="unknown form ff"):
        unpack(b"\xff\x90")


def test_short_rows_end_with_nulls() -> None:
    """A column that came later is null in the rows that were stored before."""
    assert transposed([[1, 2], [3], []]) == [(1, 3, None), (2, None, None)]


@given(odd_texts | texts)
def test_escaped_text_has_no_nul_and_reads_back(text: str) -> None:
    """Any text can be stored."""
    assert "\x00" not in escape(text)
    assert unescape(escape(text)) == text


@given(odd_texts | texts, odd_texts | texts)
def test_escaped_texts_keep_their_order(one: str, other: str) -> None:
    """Different texts stay different, and the order of their bytes stays as it is."""
    assert (escape(one).encode() < escape(other).encode()) == (one.encode() < other.encode())


@pytest.mark.parametrize("letter", ["a", "\x00", "\u00e9", "\U0001f600"])
def test_long_ids_have_short_keys_of_their_own(letter: str) -> None:
    """No two ids share a key, however long they are, and a key always fits into an index."""
    ids = [letter * length + end for length in (100, 500, 1023, 1024, 1025, 65_535) for end in ("", "x", "\x01\x03")]
    keys = [event_key(each) for each in ids]
    assert len(set(keys)) == len(set(ids))
    assert max(len(key.encode()) for key in keys) <= MAX_KEY_BYTES


def test_an_update_leaves_the_large_payload_where_it_is(opened: Opened, url: str) -> None:
    """Columns that updates may change stand in a payload of their own; the other one is not written again."""
    wide = {f"f{number}": pa.float64() for number in range(2000)}
    schema = pa.schema({**wide, "label": pa.bool_(), "note": pa.string()}.items())
    opened.store.apply_schema(MODEL, 2, schema, ["label"], ["label", "note"]).result()
    opened.schema, opened.revision = schema, 2
    noise = np.random.default_rng(1).random(2000).tolist()
    opened.publish({"id": "a", **dict(zip(wide, noise, strict=True))})
    with psycopg.connect(url, autocommit=True) as session:
        table = "SELECT reltoastrelid::regclass::text FROM pg_class WHERE oid = 'events'::regclass"
        [toast] = session.execute(table).fetchone() or ()
        chunks = f"SELECT count(*), min(xmin::text) FROM {toast}".encode()
        before = session.execute(chunks).fetchall()
        opened.update({"id": "a", "label": True, "note": "seen"})
        assert session.execute(chunks).fetchall() == before
    assert opened.event("a")["values"] == {**dict(zip(wide, noise, strict=True)), "label": True, "note": "seen"}
