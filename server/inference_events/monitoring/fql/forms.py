"""The SQL of each operation and aggregate, for DuckDB.

Each `{}` is one argument, so the text of a deep expression grows no faster than its source. Numbers are DOUBLE.
Infinity and NaN mean null; `PASSING` operations keep them as they are, and `compiler` turns them into null elsewhere.
"""

from inference_events.monitoring.fql.ir import Type

# A number as a count of characters; null if it is below the least that makes sense.
_COUNT = (
    "list_transform([{{}}], lambda v: "
    "CASE WHEN isfinite(v) AND v >= {least} THEN CAST(trunc(least(v, 1e9)) AS BIGINT) END)[1]"
)
_OFFSET, _LENGTH = _COUNT.format(least=1), _COUNT.format(least=0)

TEMPLATES = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} / {})",
    "%": "({} % {})",
    "^": "pow({}, {})",
    "negate": "(-{})",
    **{name: f"({{}} {name} {{}})" for name in ("<", "<=", ">", ">=")},
    "==": "({} = {})",
    "!=": "({} <> {})",
    "not": "(NOT {})",
    "if": "CASE WHEN {} THEN {} ELSE {} END",
    **{name: f"{name}({{}})" for name in ("abs", "exp", "log2", "log10", "sqrt")},
    "log": "ln({})",
    "as_number": "CAST({} AS DOUBLE)",
    "length": "CAST(length({}) AS DOUBLE)",
    "startswith": "starts_with({}, {})",
    "substring": f"substring({{}}, {_OFFSET}, {_LENGTH})",
    "match": "regexp_matches({}, {})",
    # The place of the largest element, from 1; the first of equal ones.
    "largest": "CAST(list_transform([{}], lambda v: list_position(v, list_max(v)))[1] AS DOUBLE)",
    "position": "CAST(list_position({}, {}) AS DOUBLE)",
    "element": "list_extract({}, CAST({} AS BIGINT))",
}
# Operations with any number of arguments, by their separator.
JOINED = {
    "and": ("(", " AND ", ")"),
    "or": ("(", " OR ", ")"),
    "total": ("list_reduce([", ", ", "], lambda a, b: a + b)"),
    "list": ("[", ", ", "]"),
}
# Adding 0 turns -0.0 into 0.
TO_STRING = {Type.NUMBER: r"regexp_replace(CAST({} + 0 AS VARCHAR), '\.0$', '')"}
IS_NULL = {Type.NUMBER: "(NOT coalesce(isfinite({}), FALSE))", Type.STRING: "(coalesce({}, '') = '')"}
PASSING = frozenset({"+", "-", "*", "total", "negate", "abs", "if", "log", "log2", "log10", "sqrt"})
# These pass their first operand, but 1/infinity would be 0.
PASSING_FIRST = frozenset({"/", "%"})
# From finite operands, these may make infinity or NaN.
UNBOUNDED = frozenset({"+", "-", "*", "/", "%", "^", "total", "exp", "log", "log2", "log10", "sqrt"})
# The aggregates that read the column `violations`.
VIOLATIONS = frozenset({"violations", "any_violations"})
# Those that count: 0 without rows. The others are null then.
COUNTS = frozenset({"count", "traffic", "violations", "any_violations"})
AGGREGATES = {
    "sum": "fsum({})",
    "average": "favg({})",
    "quantile": "quantile_cont({}, CAST(? AS DOUBLE))",
    "variance": "var_pop({})",
    "count": "CAST(count(*) FILTER (WHERE {}) AS DOUBLE)",
    "traffic": "CAST(count(*) AS DOUBLE)",
    "violations": "CAST(count(*) FILTER (WHERE list_count(list_filter(violations, "
    "lambda v: v['column'] = ? AND v['kind'] = ?)) > 0) AS DOUBLE)",
    "any_violations": "CAST(count(*) FILTER (WHERE list_count(list_filter(violations, "
    "lambda v: v['column'] = ?)) > 0) AS DOUBLE)",
}
# The sums that an aggregate is made of, if it can be made of sums; an average is the first divided by the second.
SUMS = {
    **{name: (AGGREGATES[name],) for name in ("sum", *sorted(COUNTS))},
    "average": (AGGREGATES["sum"], "CAST(count({}) AS DOUBLE)"),
}
