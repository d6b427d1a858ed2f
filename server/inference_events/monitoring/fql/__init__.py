"""FQL, the language of segments and custom metrics: a text becomes DuckDB SQL for one model.

`tokens` and `parser` make a tree (`syntax`), `binder` gives it the model's columns, types and metrics (`ir`), and
`compiler` writes SQL. Each step refuses what it cannot use with an FqlError that names the place.
"""

from inference_events.monitoring.fql.compiler import Sql
from inference_events.monitoring.fql.definitions import CustomMetric, Segment, compile_metric, compile_segment
from inference_events.monitoring.fql.errors import FqlError
from inference_events.monitoring.fql.ir import Builtin

__all__ = ["Builtin", "CustomMetric", "FqlError", "Segment", "Sql", "compile_metric", "compile_segment"]
