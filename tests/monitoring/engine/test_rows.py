"""Statements read a row per event of one moment, in its bin, with any store."""

from typing import Any

import pyarrow as pa
import pytest

from inference_events.events.store_errors import ModelUnknown, RevisionChanged
from inference_events.monitoring.engine import (
    Bins,
    BinSize,
    FigureEngine,
    RowSelection,
    make_bins,
)
from inference_events.monitoring.sql_names import label_column, value_column
from tests.monitoring.engine.statements import (
    Condition,
    Rows,
    Statement,
    aggregate,
    model_schema_of,
    rows_of,
    schema_of,
)
from tests.stores.opened import MODEL, NOW, SECOND, Opened

HOUR = 3600 * SECOND
START = NOW // HOUR * HOUR
BINS = make_bins(BinSize.HOUR, START, START + 3 * HOUR)
COUNT = Statement("count(*)")


def select(engine: FigureEngine, opened: Opened, selection: RowSelection, text: str, *values: Any) -> Rows:
    with engine.compute(schema_of(opened)) as computation:
        return rows_of(computation.rows(selection).query(Statement(text, values)))


def publish(opened: Opened, *hours: float, **values: Any) -> None:
    """Publish an event at each of some hours after the start of the bins."""
    opened.publish(*({"id": f"e{hour}", "at": START + round(hour * HOUR), "x": hour, **values} for hour in hours))


def test_each_event_is_in_its_bin(engine: FigureEngine, opened: Opened) -> None:
    """An event at a bound is in the bin that begins there; events outside all bins are in none."""
    publish(opened, -0.1, 0, 0.9, 1, 2.5, 3)
    found = select(engine, opened, RowSelection("production", BINS, ["x"]), 'SELECT bin, "v:x" FROM rows')
    assert found == [(0, 0.0), (0, 0.9), (1, 1.0), (2, 2.5)]


def test_without_bins_all_events_are_in_bin_0(engine: FigureEngine, opened: Opened) -> None:
    """A baseline needs no range of time."""
    opened.append(*({"id": f"e{each}", "at": START + each * 10**15} for each in range(3)))
    assert select(engine, opened, RowSelection("dataset"), "SELECT bin, count(*) FROM rows GROUP BY bin") == [(0, 3)]


def test_a_statement_reads_the_columns_that_it_names(engine: FigureEngine, opened: Opened) -> None:
    """A statement for one of many columns costs no more than if the others were not asked for."""
    opened.define("b", x=pa.float64(), y=pa.float64(), b=pa.bool_())
    selection = RowSelection("production", BINS, ["x", "y", "b"], ["b"], with_violations=True, with_received=True)
    with engine.compute(schema_of(opened)) as computation:
        if computation.snapshot.is_slow:
            # There, a read costs more than its columns, so one serves all statements.
            return
        rows = computation.rows(selection)
        found = rows.query(Statement("SELECT column_name FROM (DESCRIBE FROM rows) WHERE column_name <> '\"v:y\"'"))
    assert found["column_name"].to_pylist() == ["ts", "v:y", "bin"]


def test_the_relation_has_the_types_of_the_values(engine: FigureEngine, opened: Opened) -> None:
    """Values, label times and violations come with the types and names that metrics are written for."""
    types = {
        "f": pa.float64(),
        "i": pa.int64(),
        "b": pa.bool_(),
        "s": pa.string(),
        "t": pa.timestamp("us"),
        "list": pa.list_(pa.float64()),
        "names": pa.list_(pa.string()),
    }
    opened.define("b", **types)
    opened.publish({"id": "a", "at": START, "list": [0.5, None], "violations": {"f": "range"}})
    selection = RowSelection("production", BINS, [*types], ["b"], with_violations=True, with_received=True)
    named = ", ".join(["ts", "received_at", "bin", "violations", *map(value_column, types), label_column("b")])
    text = f"SELECT column_name, column_type FROM (DESCRIBE SELECT {named} FROM rows)"
    assert dict(select(engine, opened, selection, text)) == {
        "ts": "TIMESTAMP",
        "received_at": "TIMESTAMP",
        "bin": "BIGINT",
        "violations": 'STRUCT("column" VARCHAR, kind VARCHAR, "value" VARCHAR)[]',
        "v:f": "DOUBLE",
        "v:i": "BIGINT",
        "v:b": "BOOLEAN",
        "v:s": "VARCHAR",
        "v:t": "TIMESTAMP",
        "v:list": "DOUBLE[]",
        "v:names": "VARCHAR[]",
        "l:b": "TIMESTAMP",
    }
    text = 'SELECT len(list_filter(violations, lambda v: v."column" = ? AND v.kind = \'range\')), "v:list" FROM rows'
    assert select(engine, opened, selection, text, "f") == [(1, [0.5, None])]


def test_columns_of_any_name_stay_apart(engine: FigureEngine, opened: Opened) -> None:
    """Names that differ only in case, hold quotes, or are those of the relation's own columns, do not clash."""
    names = ["age", "Age", "AGE", "aGe", "1:age", 'a"b', "bin", "ts", "Ä", "ä", "v:age", "?", "$1", "{}"]
    opened.define(*names, **dict.fromkeys(names, pa.int64()))
    values = {name: number for number, name in enumerate(names)}
    opened.publish({"id": "a", "at": START, **values})
    selection = RowSelection("production", BINS, names, names)
    columns = ", ".join(map(value_column, names))
    assert select(engine, opened, selection, f"SELECT {columns} FROM rows") == [tuple(range(len(names)))]
    labels = ", ".join(f"epoch_us({label_column(name)})" for name in names)
    assert select(engine, opened, selection, f"SELECT {labels} FROM rows") == [(NOW,) * len(names)]


def test_many_aggregates_of_one_scan(engine: FigureEngine, opened: Opened) -> None:
    """Aggregates come by bin, in the order asked for, with their own values; bins without events are missing."""
    publish(opened, 0.1, 0.2, 2.5)
    expressions = [
        COUNT,
        Statement('sum("v:x") FILTER ("v:x" > ?)', (0.15,)),
        Statement("max(? || bin::VARCHAR)", ("bin ",)),
    ]
    with engine.compute(schema_of(opened)) as computation:
        table = aggregate(computation.rows(RowSelection("production", BINS, ["x"])), expressions)
    assert table.column_names == ["bin", "a0", "a1", "a2"]
    assert [tuple(row.values()) for row in table.to_pylist()] == [(0, 2, 0.2, "bin 0"), (2, 1, 2.5, "bin 2")]


def test_aggregates_of_nothing(engine: FigureEngine, opened: Opened) -> None:
    """A model without events gives no bins, and no error."""
    with engine.compute(schema_of(opened)) as computation:
        rows = computation.rows(RowSelection("production", BINS, ["x"], with_violations=True))
        assert aggregate(rows, [COUNT]).to_pylist() == []
        assert aggregate(rows, []).to_pylist() == []
        assert computation.data_revision("production") == (0, 0)


def test_a_segment_selects_rows(engine: FigureEngine, opened: Opened) -> None:
    """A segment's values are bound, and its columns need not be asked for; null is not selected."""
    publish(opened, 0.1, 1.1, name="Hawaii")
    publish(opened, 0.2, 2.2, name="'; DROP TABLE rows; --")
    publish(opened, 0.3)
    segment = Condition("{} = ? OR {} > ?", ("name", "x"), ("Hawaii", 2.0))
    selection = RowSelection("production", BINS, [], segment=segment)
    text = "SELECT bin, count(*) * ? FROM rows GROUP BY bin"
    assert select(engine, opened, selection, text, 10) == [(0, 10), (1, 10), (2, 10)]
    nothing = RowSelection("production", BINS, segment=Condition("{} > ?", ("x",), (100,)))
    assert select(engine, opened, nothing, "SELECT count(*) FROM rows") == [(0,)]


def test_a_statement_may_read_rows_more_than_once(engine: FigureEngine, opened: Opened) -> None:
    """Each event is there each time that a statement reads the relation, also with a segment."""
    publish(opened, 0.1, 0.2, 1.1)
    selection = RowSelection("production", BINS, ["x"], segment=Condition("{} > ?", ("x",), (0.15,)))
    text = """
        WITH sizes AS (SELECT bin, count(*) AS n FROM rows GROUP BY bin)
        SELECT "v:x", n, rank() OVER (ORDER BY "v:x"), (SELECT count(*) FROM rows) FROM rows JOIN sizes USING (bin)
    """
    assert select(engine, opened, selection, text) == [(0.2, 1, 1, 2), (1.1, 1, 2, 2)]


def test_a_statement_may_read_several_relations(engine: FigureEngine, opened: Opened) -> None:
    """A drift compares rows of two environments, each with its own segment."""
    publish(opened, 0.1, 0.2, 1.1)
    opened.append({"id": "a", "at": 0, "x": 5.0}, {"id": "b", "at": 0, "x": 7.0})
    with engine.compute(schema_of(opened)) as computation:
        rows = computation.rows(RowSelection("production", BINS, segment=Condition("{} < ?", ("x",), (1,))))
        baseline = computation.rows(
            RowSelection("dataset", None, ["x"], segment=Condition("{} > ?", ("x",), (6,))), "b"
        )
        text = 'SELECT (SELECT count(*) FROM rows), (SELECT sum("v:x") FROM b), ?'
        assert rows_of(rows.query(Statement(text, ("bound",)), baseline)) == [(2, 7.0, "bound")]
        assert rows_of(computation.query(Statement('SELECT sum("v:x") FROM b'), baseline)) == [(7.0,)]


@pytest.mark.parametrize("keep", [True, False])
def test_all_statements_see_one_moment(engine: FigureEngine, opened: Opened, keep: bool) -> None:
    """What is written between two statements shows in none, whether the rows are kept or read again."""
    publish(opened, 0.1, 1.1)
    before = opened.store.data_revision(MODEL, "production")
    with engine.compute(schema_of(opened)) as computation:
        rows = computation.rows(RowSelection("production", BINS, ["x"]))
        if keep:
            rows.keep()
            rows.keep()
        first = aggregate(rows, [COUNT, Statement('sum("v:x")')])
        publish(opened, 0.2, 2.1)
        opened.update({"id": "e0.1", "x": 9.0})
        opened.delete(opened.accept_job(), event_ids=["e1.1"])
        assert aggregate(rows, [COUNT, Statement('sum("v:x")')]) == first
        assert computation.data_revision("production") == before
    again = select(engine, opened, RowSelection("production", BINS, ["x"]), 'SELECT bin, "v:x" FROM rows')
    assert again == [(0, 0.2), (0, 9.0), (2, 2.1)]


@pytest.mark.usefixtures("small_batches")
def test_a_statement_that_stops_early(engine: FigureEngine, opened: Opened) -> None:
    """A statement that needs only some rows does not hinder the next one."""
    publish(opened, *(each / 1000 for each in range(1000)))
    with engine.compute(schema_of(opened)) as computation:
        rows = computation.rows(RowSelection("production", BINS, ["x"]))
        for _ in range(3):
            assert len(rows.query(Statement("FROM rows LIMIT 1"))) == 1
        assert aggregate(rows, [COUNT]).to_pylist() == [{"bin": 0, "a0": 1000}]


def test_an_unknown_column_is_an_error(engine: FigureEngine, opened: Opened) -> None:
    """A column that the schema lacks cannot be read."""
    with engine.compute(schema_of(opened)) as computation, pytest.raises(KeyError):
        computation.rows(RowSelection("production", BINS, ["unknown"]))


def test_another_schema_is_an_error(engine: FigureEngine, opened: Opened) -> None:
    """A computation needs the revision of the schema that the store has, and harms no later one."""
    for _ in range(3):
        with pytest.raises(RevisionChanged), engine.compute(model_schema_of(opened.schema, 2)):
            pass
    opened.store.drop(MODEL).result()
    with pytest.raises(ModelUnknown), engine.compute(schema_of(opened)):
        pass


def test_bins_are_those_of_the_zone(engine: FigureEngine, opened: Opened) -> None:
    """Events are counted by the day of the zone, on the days of 23 and 25 hours, too."""
    bins = make_bins(BinSize.DAY, 1_774_700_000 * SECOND, 1_774_960_000 * SECOND, "Europe/Berlin")
    hours = range(bins.bounds[0], bins.bounds[-1], HOUR)
    opened.publish(*({"id": f"{at}", "at": at} for at in hours))
    text = "SELECT bin, count(*) FROM rows GROUP BY bin"
    assert dict(select(engine, opened, RowSelection("production", bins), text)) == {0: 24, 1: 23, 2: 24, 3: 24}
    assert len(Bins(bins.bounds[:2])) == 1
