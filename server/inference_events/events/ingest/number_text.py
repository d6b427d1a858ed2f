"""Numbers that programs wrote as text."""

import math
import re
from decimal import Decimal

MAX_NUMBER_CHARACTERS = 400
# The lowest 64-bit integer, as a float.
LOWEST = -(2.0**63)
# Linear in the length of the text: each digit can match in one place only.
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


def integral_digits(text: str) -> str | None:
    """Return the decimal digits of an integral number that was written as text, such as " 7.0"; None for other text."""
    text = text.strip(" \t\r\n")
    if len(text) > MAX_NUMBER_CHARACTERS or not NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if number.adjusted() > MAX_NUMBER_CHARACTERS or number != number.to_integral_value():
        return None
    return str(int(number))


def canonical_id(text: str) -> str:
    """Return the id that a text means in a numeric id column: "7" for "7.0" and " 7". Other text is the id itself."""
    return integral_digits(text) or text


def keeps_digits(sent: Decimal, number: float) -> bool:
    """Return whether a 64-bit float, written briefly or with as many digits as were sent, equals the text."""
    if not sent.is_finite() or not math.isfinite(number):
        return not sent.is_finite()
    places = max(len(sent.as_tuple().digits) - 1, 0)
    return Decimal(repr(number)) == sent or Decimal(f"{number:.{places}e}") == sent
