"""The tokens of a definition."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from inference_events.monitoring.fql.errors import FqlError

MAX_LENGTH = 10_000
KEYWORDS = frozenset({"and", "or", "not", "true", "false", "null"})

# The possessive quantifiers keep a missing end quote from being looked for again and again.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[^\W\d][\w.]*)
      | (?P<text>'(?:[^']|'')*+')
      | (?P<column>"(?:[^"]|"")++")
      | (?P<symbol><=|>=|==|!=|[<>+\-*/%^(),=])""",
    re.VERBOSE,
)
# JSON can hold these, and no column does.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_HINTS = {
    "!": "write not",
    "&": "write and",
    "|": "write or",
    ".": "write a digit before the point, such as 0.5",
    "[": "FQL has no lists; join comparisons with or",
    "\u201c": 'write columns in "straight" quotes',
    "\u2018": "write texts in straight single quotes",
    "\u2019": "write texts in straight single quotes",
}


class Kind(Enum):
    """The kind of a token. A word is the name of a column, a function or an argument."""

    NUMBER = "number"
    WORD = "word"
    TEXT = "text"
    COLUMN = "column"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what a token means: keywords in lower case, texts and quoted columns without their quotes."""

    kind: Kind
    text: str
    position: int


def tokenize(text: str) -> list[Token]:
    """Split a definition, and end it with an END token. Raises FqlError."""
    if len(text) > MAX_LENGTH:
        raise FqlError(f"the definition has more than {MAX_LENGTH:,} characters", MAX_LENGTH)
    if half := _HALF_CHARACTER.search(text):
        _refuse(text, half.start())
    return [*_tokens(text), Token(Kind.END, "", len(text))]


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse(text, position)
        if match.lastgroup != "space":
            yield _token(match)
        position = match.end()


def _token(match: re.Match[str]) -> Token:
    name, text, position = str(match.lastgroup), match[0], match.start()
    if name == "number" and not math.isfinite(float(text)):
        raise FqlError("the number is too large", position)
    if name == "text":
        return Token(Kind.TEXT, text[1:-1].replace("''", "'"), position)
    if name == "column":
        return Token(Kind.COLUMN, text[1:-1].replace('""', '"'), position)
    if name == "word" and text.lower() in KEYWORDS:
        return Token(Kind.SYMBOL, text.lower(), position)
    return Token(Kind(name), text, position)


def _refuse(text: str, position: int) -> NoReturn:
    character = text[position]
    if character == "'":
        raise FqlError("the text that starts here has no end quote", position, hint="double a single quote inside it")
    if text.startswith('""', position):
        raise FqlError("a column's name is empty", position, hint="write texts in single quotes")
    if character == '"':
        raise FqlError("the column that starts here has no end quote", position)
    named = f"character {character}" if character.isprintable() else f"character U+{ord(character):04X}"
    raise FqlError(f"unexpected {named}", position, hint=_HINTS.get(character))
