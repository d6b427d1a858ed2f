"""Count the values of a JSON text before it is decoded.

The text `[],[],[]` takes 3 bytes a value and the list that it becomes takes 64, so a limit in bytes does not bound
memory. Each comma and each opening bracket outside a string stands for at most one value, and counting them costs a
tenth of decoding. Only a text that could exceed a limit is scanned for its strings and its nesting, piece by piece,
so that no step holds the interpreter for more than some milliseconds.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from inference_events.errors import PayloadTooLarge
from inference_events.limits import BodyLimits

Bytes: TypeAlias = npt.NDArray[np.uint8]

# An empty list or a short text as a Python object, and its place in the list that holds it.
OBJECT_BYTES = 64
# The budget for bodies does not count this: decoded, a usual body takes a few times the memory of its text.
USUAL_GROWTH = 4
# Below this size counting with `bytes` is faster than with NumPy.
SMALL_BYTES = 16 * 1024
PIECE_BYTES = 512 * 1024
# An event stands in the array `events` of the object `source` of the body: it is opened at this depth.
EVENT_DEPTH = 4

_OPENING, _CLOSING, _COMMA, _QUOTE = (np.frombuffer(text, np.uint8) for text in (b"[{", b"]}", b",", b'"'))
_STEP = np.zeros(256, np.int32)
_STEP[_OPENING] = 1
_STEP[_CLOSING] = -1
_IS_VALUE = np.zeros(256, bool)
_IS_VALUE[[*_OPENING, *_COMMA]] = True
_IS_STRUCTURE = _IS_VALUE.copy()
_IS_STRUCTURE[[*_CLOSING, *_QUOTE]] = True


def check_values(text: bytearray, limits: BodyLimits) -> int:
    """Return about how many values a JSON text has, never too few. Raises PayloadTooLarge beyond a limit."""
    values = _count(text)
    if limits.allow(len(text), values):
        return values
    scan = _Scan(limits)
    for piece in _pieces(text):
        scan.read(piece)
    return scan.values


def excess_bytes(size: int, values: int) -> int:
    """Return the bytes that decoding takes beyond the usual for a text of `size` bytes with so many values."""
    return max(0, values * OBJECT_BYTES - size * USUAL_GROWTH)


def _count(text: bytearray) -> int:
    if len(text) < SMALL_BYTES:
        return text.count(b",") + text.count(b"[") + text.count(b"{")
    count = 0
    for start in range(0, len(text), PIECE_BYTES):
        piece = np.frombuffer(text, np.uint8, min(PIECE_BYTES, len(text) - start), start)
        count += sum(int(np.count_nonzero(piece == char)) for char in (*_COMMA, *_OPENING))
    return count


def _pieces(text: bytearray) -> Iterator[bytes]:
    """Yield the text in pieces that end outside of escapes, with spaces in place of escaped quotes."""
    start = 0
    while start < len(text):
        piece = bytes(text[start : start + PIECE_BYTES])
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2 and start + len(piece) < len(text):
            piece = piece[:-1]
        start += len(piece)
        yield piece.replace(b"\\\\", b"  ").replace(b'\\"', b"  ") if b"\\" in piece else piece


class _Scan:
    """Follow strings and nesting through a text, and check each limit as soon as it can be exceeded.

    A text that is not JSON gives any counts; the decoder refuses it later.
    """

    def __init__(self, limits: BodyLimits) -> None:
        self.values = 0
        self._limits = limits
        self._offset = 0
        self._in_string = 0
        self._depth = 0
        # Where the open event began: its offset in the text, and the values before it.
        self._event: tuple[int, int] | None = None

    def read(self, piece: bytes) -> None:
        """Count one more piece. Raises PayloadTooLarge."""
        text = np.frombuffer(piece, np.uint8)
        places = np.flatnonzero(_IS_STRUCTURE[text])
        structure = text[places]
        quotes = structure == _QUOTE[0]
        in_string = (np.cumsum(quotes, dtype=np.int32) + self._in_string) & 1
        self._in_string = int(in_string[-1]) if len(in_string) else self._in_string
        outside = (in_string == 0) & ~quotes
        places, structure = places[outside] + self._offset, structure[outside]
        self._offset += len(piece)
        self._read_structure(places, structure)

    def _read_structure(self, places: npt.NDArray[np.intp], structure: Bytes) -> None:
        values = np.cumsum(_IS_VALUE[structure], dtype=np.int64) + self.values
        if self._limits.event_bytes is not None:
            self._check_events(places, structure, values)
        self.values = int(values[-1]) if len(values) else self.values
        if self.values > self._limits.values:
            raise PayloadTooLarge(f"The request has more than {self._limits.values} values")

    def _check_events(self, places: npt.NDArray[Any], structure: Bytes, values: npt.NDArray[np.int64]) -> None:
        steps = _STEP[structure]
        depths = np.cumsum(steps, dtype=np.int64) + self._depth
        self._depth = int(depths[-1]) if len(depths) else self._depth
        begins = np.flatnonzero((depths == EVENT_DEPTH) & (steps == 1))
        ends = np.flatnonzero((depths == EVENT_DEPTH - 1) & (steps == -1))
        first_places, first_values = places[begins], values[begins] - 1
        if self._event is not None:
            first_places = np.append(self._event[0], first_places)
            first_values = np.append(self._event[1], first_values)
        whole = min(len(ends), len(first_places))
        last_places, last_values = places[ends[:whole]], values[ends[:whole]]
        self._event = None
        if len(first_places) > whole:
            self._event = int(first_places[whole]), int(first_values[whole])
            last_places = np.append(last_places, self._offset)
            last_values = np.append(last_values, values[-1] if len(values) else self.values)
        count = len(last_places)
        self._check_sizes(last_places - first_places[:count], last_values - first_values[:count])

    def _check_sizes(self, sizes: npt.NDArray[Any], values: npt.NDArray[np.int64]) -> None:
        event_bytes, event_values = self._limits.event_bytes, self._limits.event_values
        if event_bytes is not None and (sizes >= event_bytes).any():
            raise PayloadTooLarge(f"An event is larger than the limit of {event_bytes} bytes")
        if event_values is not None and (values > event_values).any():
            raise PayloadTooLarge(f"An event has more than {event_values} values")
