"""FQL, the language of segments and custom metrics: a text becomes DuckDB SQL for one model."""

from inference_events.monitoring.fql.compiler import Sql
from inference_events.monitoring.fql.definitions import CustomMetric, Segment, compile_metric, compile_segment
from inference_events.monitoring.fql.errors import FqlError
from inference_events.monitoring.fql.ir import Builtin

__all__ = ["Builtin", "CustomMetric", "FqlError", "Segment", "Sql", "compile_metric", "compile_segment"]
