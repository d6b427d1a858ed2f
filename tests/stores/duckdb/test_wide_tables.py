"""Each column that a statement names costs time, and so does each column of the rows that it sorts."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from inference_events.events.columns import ColumnSelection
from inference_events.events.filters import Operator, ValueFilter
from inference_events.events.types import Query, Scan
from inference_events.stores.duckdb import reading, scanning, snapshots
from tests.stores.opened import MODEL, Opened

# The SQL names of columns that are read and not read.
X, NAME = "e.c0", "e.c3"
SENT = (reading, scanning, snapshots)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the statements that read rows from now on."""
    texts: list[str] = []

    def record(db: duckdb.DuckDBPyConnection, sql: str, parameters: Any = ()) -> pa.Table:
        texts.append(sql)
        return db.sql(sql, params=list(parameters)).to_arrow_table()

    for module in SENT:
        monkeypatch.setattr(module, "arrow", record)
    return texts


def test_a_read_of_few_columns_names_no_others(opened: Opened, sent: list[str]) -> None:
    """A page, a scan and a snapshot name the columns that they return or compare. A page sorts only its keys."""
    opened.publish({"id": "a"})
    opened.store.read(Query(MODEL, "production", 10, filters=[ValueFilter("x", Operator.GT, [0.0])], columns=["x"]))
    list(opened.store.scan(Scan(MODEL, "production", 1, ["x"], 10)))
    with opened.store.snapshot(MODEL, 1) as snapshot:
        list(snapshot.columns(ColumnSelection("production", ["x"], with_violations=True)))
    assert len(sent) == len(SENT)
    for text in sent:
        assert "*" not in text
        assert X in text
        assert NAME not in text
    page = sent[0]
    assert page.index("SELECT e.rowid FROM") < page.index("ORDER BY") == page.rindex("ORDER BY")
