"""The names under which engines store the types of columns. They are DuckDB's, which also converts between types."""

import pyarrow as pa

SQL_TYPES = {
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.string(): "VARCHAR",
    pa.timestamp("us"): "TIMESTAMP",
}
ARROW_TYPES = {sql: arrow for arrow, sql in SQL_TYPES.items()}


def sql_type(arrow: pa.DataType) -> str:
    """Return the name of a type."""
    return f"{sql_type(arrow.value_type)}[]" if pa.types.is_list(arrow) else SQL_TYPES[arrow]


def arrow_type(sql: str) -> pa.DataType:
    """Return the type that a name stands for."""
    return pa.list_(arrow_type(sql[:-2])) if sql.endswith("[]") else ARROW_TYPES[sql]
