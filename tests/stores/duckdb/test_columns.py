"""DuckDB keeps each column of each model in memory, so the columns of all models together have a limit."""

from pathlib import Path

import pyarrow as pa
import pytest

from inference_events.events.store_errors import TooManyColumns
from inference_events.stores.duckdb import DuckDBEventStore


def columns(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.float64()) for name in names])


def test_the_columns_of_all_models_have_a_limit(tmp_path: Path) -> None:
    """A model beyond it is refused. Dropping a column makes no room, as its values stay; dropping a model does."""
    store = DuckDBEventStore(tmp_path / "events.duckdb", max_columns=4)
    store.apply_schema("m1", 1, columns("a", "b")).result()
    store.apply_schema("m2", 1, columns("a", "b")).result()
    for model_id, names in (("m3", "a"), ("m1", "abc")):
        with pytest.raises(TooManyColumns) as refused:
            store.apply_schema(model_id, 2, columns(*names))
        assert refused.value.args == (4,)
    store.apply_schema("m1", 2, columns("a")).result()
    with pytest.raises(TooManyColumns):
        store.apply_schema("m3", 1, columns("a"))
    store.apply_schema("m1", 3, columns("a", "b")).result()
    store.drop("m1").result()
    store.apply_schema("m3", 1, columns("a", "b")).result()
    store.close()


def test_a_store_that_has_more_columns_goes_on(tmp_path: Path) -> None:
    """With a lower limit, what was stored with more columns can be opened, and its schemas can be applied again."""
    store = DuckDBEventStore(tmp_path / "events.duckdb")
    store.apply_schema("m1", 1, columns("a", "b")).result()
    store.close()
    store = DuckDBEventStore(tmp_path / "events.duckdb", max_columns=1)
    store.apply_schema("m1", 2, columns("b", "a")).result()
    with pytest.raises(TooManyColumns):
        store.apply_schema("m2", 1, columns("a"))
    store.close()
