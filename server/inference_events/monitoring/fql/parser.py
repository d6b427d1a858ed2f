"""A Pratt parser: the tokens of a definition become a tree.

Operators of one precedence that follow each other are one node, so that no walk over the tree recurses along a sum.
"""

from typing import NoReturn

from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.syntax import Argument, Call, Chain, Constant, Name, Node, Number, Prefix, Text
from inference_events.monitoring.fql.tokens import Kind, Token, tokenize

MAX_DEPTH = 100
# A right operand nests the parser, but not the brackets that an author sees.
_MAX_NESTED = 2 * MAX_DEPTH
# A sum with more operators is added up as a list, which has no depth.
LONG_SUM = 16
_NOT, _COMPARISON, _SIGN, _POWER = 3, 4, 7, 8
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_PRECEDENCE = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(_COMPARISONS, _COMPARISON),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
    "^": _POWER,
}
_CONSTANTS = {"true": True, "false": False, "null": None}
# What users of other languages write in the place of an operator.
_FOREIGN = {
    "=": "use == to compare",
    "in": "FQL has no in; join comparisons with or",
    "is": "use is_null(...) or is_not_null(...)",
    "like": "use match(text, 'pattern')",
    "between": "join two comparisons with and",
}


def parse(text: str) -> Node:
    """Return the tree of a definition. Raises FqlError."""
    try:
        return _Parser(tokenize(text)).definition()
    except FqlError as error:
        error.text = text
        raise


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.nested = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def definition(self) -> Node:
        if len(self.tokens) == 1:
            raise FqlError("the definition is empty", 0)
        node = self.expression(0)
        if self.next.kind is not Kind.END:
            self.refuse("expected an operator or the end")
        return node

    def expression(self, least: int) -> Node:
        """Parse operands and the operators between them whose precedence is at least `least`."""
        self.nested += 1
        if self.nested > _MAX_NESTED:
            _too_deep(self.next.position)
        node = self.operand(least)
        while (level := self.precedence()) >= max(least, 1):
            node = self.chain(node, level)
        self.nested -= 1
        return node

    def precedence(self) -> int:
        return _PRECEDENCE.get(self.next.text, 0) if self.next.kind is Kind.SYMBOL else 0

    def chain(self, first: Node, level: int) -> Node:
        position = self.next.position
        operators, operands = [], [first]
        while self.precedence() == level:
            operators.append(self.take().text)
            operands.append(self.expression(_SIGN if level == _POWER else level + 1))
            if level == _COMPARISON:
                self.refuse_second_comparison()
        height = _levels(operators) + max(operand.height for operand in operands)
        return _bounded(Chain(position, tuple(operators), tuple(operands), height))

    def refuse_second_comparison(self) -> None:
        if self.precedence() == _COMPARISON:
            raise FqlError("comparisons do not chain", self.next.position, hint="join two comparisons with and")

    def operand(self, least: int) -> Node:
        token = self.take()
        match token.kind:
            case Kind.NUMBER:
                return Number(token.position, float(token.text))
            case Kind.TEXT:
                return Text(token.position, token.text)
            case Kind.COLUMN:
                return Name(token.position, token.text, True)
            case Kind.WORD:
                return self.call(token) if self.at("(") else Name(token.position, token.text, False)
        if token.kind is Kind.SYMBOL and token.text in _CONSTANTS:
            return Constant(token.position, _CONSTANTS[token.text])
        if token.text in ("(", "-", "not") and (token.text != "not" or least <= _NOT):
            return self.bracketed() if token.text == "(" else self.prefix(token)
        self.index -= 1
        return self.refuse("expected a value", hint="write (not ...)" if token.text == "not" else None)

    def call(self, token: Token) -> Node:
        self.open()
        arguments = [] if self.at(")") else [self.argument()]
        while self.at(","):
            self.index += 1
            arguments.append(self.argument())
        self.close()
        height = 1 + max((argument.value.height for argument in arguments), default=0)
        return _bounded(Call(token.position, token.text.lower(), tuple(arguments), height))

    def argument(self) -> Argument:
        token = self.next
        name = None
        if token.kind is Kind.WORD and self.at("=", ahead=1):
            name = token.text.lower()
            self.index += 2
        return Argument(token.position, name, self.expression(0))

    def bracketed(self) -> Node:
        self.index -= 1
        self.open()
        node = self.expression(0)
        self.close()
        return node

    def prefix(self, token: Token) -> Node:
        self.deepen()
        operand = self.expression(_NOT if token.text == "not" else _SIGN)
        self.depth -= 1
        return _bounded(Prefix(token.position, token.text, operand, operand.height + 1))

    def open(self) -> None:
        self.deepen()
        self.index += 1

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _too_deep(self.next.position)

    def close(self) -> None:
        if not self.at(")"):
            self.refuse("expected )")
        self.index += 1
        self.depth -= 1

    def at(self, symbol: str, *, ahead: int = 0) -> bool:
        token = self.tokens[self.index + ahead]
        return token.kind is Kind.SYMBOL and token.text == symbol

    def take(self) -> Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def refuse(self, message: str, *, hint: str | None = None) -> NoReturn:
        token = self.next
        if token.kind is Kind.END:
            raise FqlError(f"{message} at the end", token.position)
        foreign = _FOREIGN.get(token.text.lower()) if token.kind in (Kind.SYMBOL, Kind.WORD) else None
        hint = hint or foreign or _doubled(self.tokens[self.index - 1], token)
        raise FqlError(f"{message}, not {_named(token)}", token.position, hint=hint)


def _levels(operators: list[str]) -> int:
    """Return the height that a chain adds: SQL nests each operator, but not those of `and`, `or` and of a long sum."""
    if operators[0] in ("and", "or"):
        return 1
    return min(len(operators), LONG_SUM) if operators[0] in ("+", "-") else len(operators)


def _bounded(node: Node) -> Node:
    if node.height > MAX_DEPTH:
        _too_deep(node.position)
    return node


def _too_deep(position: int) -> NoReturn:
    raise FqlError(f"the definition is nested deeper than {MAX_DEPTH} levels", position)


def _named(token: Token) -> str:
    kinds = {Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.COLUMN: "a column"}
    return kinds.get(token.kind) or shown(token.text)


def _doubled(before: Token, token: Token) -> str | None:
    """Return what to write for an operator that other languages make of two of ours."""
    if before.position + 1 != token.position:
        return None
    hints = {"<>": "use != for not equal", "**": "use ^ for powers", "(*": "count rows with traffic()"}
    return hints.get(before.text + token.text)
