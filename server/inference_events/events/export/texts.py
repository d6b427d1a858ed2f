"""Write typed values as the cells of a CSV file."""

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.normalize import with_items

DATE_LENGTH = 10


def csv_cells(table: pa.Table) -> pa.Table:
    """Return a table that Arrow's CSV writer can write: lists are JSON, times RFC 3339 to the microsecond.

    In a table of one column nulls are empty texts, because readers skip empty lines.
    """
    columns = [_cells(column) for column in table.columns]
    if len(columns) == 1:
        columns = [pc.fill_null(column.cast(pa.string()), "") for column in columns]
    return pa.table(columns, names=table.column_names)


def cell_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of the result of `csv_cells` for a table with `schema`."""
    return csv_cells(schema.empty_table()).schema


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type):
        chunks = [_json_lists(chunk) for chunk in column.chunks]
        return pa.chunked_array(chunks, pa.string())
    return _times(column) if pa.types.is_timestamp(column.type) else column


def _times(times: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    plain = times.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(pc.binary_replace_slice(plain, DATE_LENGTH, DATE_LENGTH + 1, "T"), "Z", "")


def _json_lists(lists: pa.ListArray) -> pa.Array:
    items = pc.fill_null(_json_items(lists.flatten()), "null")
    return pc.binary_join_element_wise("[", pc.binary_join(with_items(lists, items), ","), "]", "")


def _json_items(items: pa.Array) -> pa.Array:
    """Return JSON texts. JSON has no infinity: it is written as a word."""
    if pa.types.is_string(items.type):
        encoded = items.dictionary_encode()
        words = [orjson.dumps(word).decode() for word in encoded.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(encoded.indices)
    if pa.types.is_timestamp(items.type):
        return pc.binary_join_element_wise('"', _times(items), '"', "")
    texts = items.cast(pa.string())
    if pa.types.is_floating(items.type):
        # Without its fraction a negative zero would be read as an integer, which has no sign.
        texts = pc.if_else(pc.equal(texts, "-0"), "-0.0", texts)
        texts = pc.if_else(pc.is_nan(items), None, texts)
        texts = pc.if_else(pc.equal(items, float("inf")), '"Infinity"', texts)
        texts = pc.if_else(pc.equal(items, float("-inf")), '"-Infinity"', texts)
    return texts
