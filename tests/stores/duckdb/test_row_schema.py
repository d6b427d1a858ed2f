"""The engine's columns have the types that the rules of merging expect of every engine."""

import duckdb
import pyarrow as pa

from inference_events.events.merging import STORED_COLUMNS
from inference_events.events.statuses import FOUND_COLUMNS
from inference_events.stores.duckdb.sql import EVENT_COLUMNS, KEY_COLUMNS, arrow


def test_columns_have_the_types_of_the_row_schema() -> None:
    """What the engine reads of a column is of the declared type, so that nothing is converted or guessed."""
    columns = KEY_COLUMNS | EVENT_COLUMNS
    expected = pa.unify_schemas([FOUND_COLUMNS, STORED_COLUMNS])
    with duckdb.connect() as db:
        selected = ", ".join(f"NULL::{columns[name]} AS {name}" for name in expected.names)
        assert arrow(db, f"SELECT {selected}").schema == expected
