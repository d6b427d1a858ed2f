"""The tree of a definition, before its names mean anything.

`position` is where an error about a node points. `height` counts the levels below it, and bounds every later walk.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    position: int
    value: float
    height: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    position: int
    value: str
    height: int = 1


@dataclass(frozen=True, slots=True)
class Constant:
    """true, false or null (None)."""

    position: int
    value: bool | None
    height: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A column. `is_quoted` tells `"a"` from `a`."""

    position: int
    name: str
    is_quoted: bool
    height: int = 1


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call; `name` is None for one by position."""

    position: int
    name: str | None
    value: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    position: int
    function: str
    arguments: tuple[Argument, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """`-` or `not` before an operand."""

    position: int
    operator: str
    operand: "Node"
    height: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands and operators of one precedence, from left to right. `position` is that of the first operator."""

    position: int
    operators: tuple[str, ...]
    operands: tuple["Node", ...]
    height: int


Node = Number | Text | Constant | Name | Call | Prefix | Chain
