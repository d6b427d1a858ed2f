"""An error in a definition, with its position in the text."""

# A definition may hold anything, so an error quotes at most 100 characters: a part of one line, and two names.
MAX_EXCERPT = 50
MAX_NAME = 25


class FqlError(ValueError):
    """A definition is no valid FQL, or does not fit its model.

    `position` counts characters from 0; it is the length of the text if something is missing at its end. The error as
    a text has the message, the hint, and the line with a caret below the place.
    """

    def __init__(self, message: str, position: int, *, hint: str | None = None, text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.hint = hint
        self.text = text

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        line = self.text.count("\n", 0, self.position) + 1
        column = self.position - self._line_start() + 1
        return f"line {line}, character {column}: {self.message}{hint}\n{self._excerpt()}"

    def _line_start(self) -> int:
        return self.text.rfind("\n", 0, self.position) + 1

    def _excerpt(self) -> str:
        start = max(self._line_start(), self.position - MAX_EXCERPT // 2)
        end = self.text.find("\n", self.position)
        shown = self.text[start : min(len(self.text) if end < 0 else end, start + MAX_EXCERPT)]
        return f"{_printable(shown)}\n{' ' * (self.position - start)}^"


def shown(name: str) -> str:
    """Return a name for a message: cut, and without characters that do not print."""
    return _printable(name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
