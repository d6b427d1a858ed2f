"""Segments and custom metrics as FQL defines them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from inference_events.monitoring.fql.binder import bind
from inference_events.monitoring.fql.compiler import Compiler, Sql, aggregates_in, builtins_in
from inference_events.monitoring.fql.context import Context, Place
from inference_events.monitoring.fql.errors import FqlError
from inference_events.monitoring.fql.forms import COUNTS, VIOLATIONS
from inference_events.monitoring.fql.ir import Aggregate, Builtin, Figure, Node, Type
from inference_events.monitoring.fql.parser import parse
from inference_events.monitoring.subject import Subject


@dataclass(frozen=True)
class Segment:
    """A condition on one row. `columns` are those that it uses, in order of their first use."""

    columns: tuple[str, ...]
    condition: Node

    def sql(self, column: Callable[[str], str]) -> Sql:
        """Return a Boolean expression over a row; rows for which it is true are in the segment.

        `column` returns the quoted SQL name of a model's column.
        """
        return Compiler(column, {}).scalar(self.condition)


@dataclass(frozen=True)
class CustomMetric:
    """A Number over many rows. `columns` are those that it uses, in order of their first use."""

    columns: tuple[str, ...]
    value: Node

    @cached_property
    def builtins(self) -> tuple[Builtin, ...]:
        """The metrics that are no plain aggregates, which the caller computes."""
        return builtins_in(self.value)

    @cached_property
    def _aggregates(self) -> tuple[Aggregate, ...]:
        return aggregates_in(self.value)

    @property
    def reads_violations(self) -> bool:
        return any(one.function in VIOLATIONS for one in self._aggregates)

    def aggregates(self, column: Callable[[str], str]) -> list[Sql]:
        """Return aggregate expressions over rows, each a DOUBLE. `column` returns the quoted SQL name of a column."""
        compiler = Compiler(column, {})
        return [compiler.aggregate(one) for one in self._aggregates]

    def sums(self, column: Callable[[str], str]) -> list[tuple[Sql, ...]]:
        """Return the sums over rows that each aggregate is made of: itself, or sum and number of an average.

        An aggregate has none if that of two sets of rows does not follow from those of each.
        """
        compiler = Compiler(column, {})
        return [compiler.sums(one) for one in self._aggregates]

    @property
    def of_nothing(self) -> list[float | None]:
        """The aggregates of no rows."""
        return [0.0 if one.function in COUNTS else None for one in self._aggregates]

    def result(self, aggregates: Sequence[str], builtins: Sequence[str]) -> Sql:
        """Return the metric as an expression over the quoted SQL names of its aggregates and builtins.

        It is null if the metric is undefined.
        """
        names: dict[Node, str] = dict(zip(self._aggregates, aggregates, strict=True))
        names.update(zip(map(Figure, self.builtins), builtins, strict=True))
        return Compiler(_no_column, names).scalar(self.value)


def compile_segment(text: str, subject: Subject) -> Segment:
    """Return the segment that a text defines for a model. Raises FqlError."""
    node, columns = _bind(text, subject, Place.SEGMENT)
    if node.type is not Type.BOOLEAN:
        raise _wrong_result(text, f"a segment is a Boolean, and this is a {node.type.value}", "compare it, as in x > 1")
    return Segment(columns, node)


def compile_metric(text: str, subject: Subject) -> CustomMetric:
    """Return the custom metric that a text defines for a model. Raises FqlError."""
    node, columns = _bind(text, subject, Place.METRIC)
    if node.type is not Type.NUMBER:
        raise _wrong_result(
            text, f"a custom metric is a Number, and this is a {node.type.value}", "write if(..., 1, 0)"
        )
    metric = CustomMetric(columns, node)
    if not metric._aggregates and not metric.builtins:
        raise _wrong_result(text, "a custom metric needs an aggregate", "write sum(...) or average(...)")
    return metric


def _bind(text: str, subject: Subject, place: Place) -> tuple[Node, tuple[str, ...]]:
    columns: dict[str, None] = {}
    tree = parse(text)
    try:
        node = bind(tree, Context(subject, place, bind, columns))
    except FqlError as error:
        error.text = text
        raise
    return node, tuple(columns)


def _wrong_result(text: str, message: str, hint: str) -> FqlError:
    return FqlError(message, len(text) - len(text.lstrip()), hint=hint, text=text)


def _no_column(name: str) -> str:
    raise AssertionError("a custom metric has no columns outside its aggregates")
