"""The arguments of a call, taken one by one."""

from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.syntax import Call, Node, Number, Prefix, Text


class Arguments:
    """The remaining arguments of a call. Call `end` after the last one."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.positional = [argument.value for argument in call.arguments if argument.name is None]
        self.named: dict[str, Node] = {}
        for argument in call.arguments:
            if argument.name is None:
                if self.named:
                    raise FqlError("an argument without a name follows one with a name", argument.position)
                continue
            if argument.name in self.named:
                raise FqlError(f"{shown(argument.name)}= stands twice", argument.position)
            self.named[argument.name] = argument.value

    def exactly(self, count: int) -> list[Node]:
        """Return all arguments, none of which has a name. Raises FqlError."""
        taken = self.take(count)
        self.end()
        return taken

    def take(self, count: int) -> list[Node]:
        """Return the arguments without a name. Raises FqlError."""
        if len(self.positional) != count:
            takes = {0: "takes no argument without a name", 1: "takes 1 argument"}.get(
                count, f"takes {count} arguments"
            )
            found = f", not {len(self.positional)}" if count else ""
            raise FqlError(f"{shown(self.call.function)}() {takes}{found}", self.call.position)
        taken, self.positional = self.positional, []
        return taken

    def end(self) -> None:
        """Refuse what nobody took. Raises FqlError."""
        if self.positional:
            self.take(0)
        for name, tree in self.named.items():
            raise FqlError(f"{shown(self.call.function)}() has no argument {shown(name)}=", tree.position)

    def number(self, name: str, *, highest: float | None = None) -> float | None:
        """Return the number of a named argument, or None if it is missing. Raises FqlError."""
        tree = self.named.pop(name, None)
        if tree is None:
            return None
        is_negative = isinstance(tree, Prefix) and tree.operator == "-"
        literal = tree.operand if isinstance(tree, Prefix) else tree
        if not isinstance(literal, Number):
            raise FqlError(f"{name}= takes a number that stands there", tree.position)
        value = -literal.value if is_negative else literal.value
        if highest is not None and not 0 <= value <= highest:
            raise FqlError(f"{name}= takes a number from 0 to {highest:g}", tree.position)
        return value

    def text(self, tree: Node, what: str) -> str:
        """Return a text that stands in the definition. Raises FqlError."""
        if not isinstance(tree, Text):
            raise FqlError(f"{shown(self.call.function)}() takes {what} in single quotes", tree.position)
        return tree.value
