"""Values of any text are counted as the decoder would find them."""

from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_events.errors import PayloadTooLarge
from inference_events.http import json_values
from inference_events.http.json_values import check_values, excess_bytes
from inference_events.limits import BodyLimits

ROOMY = BodyLimits(bytes=10**9, values=10**9, event_bytes=10**9, event_values=10**9)
TEXTS = st.text(st.sampled_from('ab,[]{}"\\:\u00e9 '), max_size=6)
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


def marks(value: object) -> int:
    """Return how many commas and opening brackets stand outside the strings of a value's JSON text."""
    if isinstance(value, list | dict):
        items = list(value.values()) if isinstance(value, dict) else value
        return 1 + max(0, len(items) - 1) + sum(map(marks, items))
    return 0


def body(events: list[object]) -> bytearray:
    return bytearray(orjson.dumps({"model_id": ",[", "source": {"type": "EVENTS", "events": events}}))


def is_allowed(text: bytearray, limits: BodyLimits) -> bool:
    try:
        check_values(text, limits)
    except PayloadTooLarge:
        return False
    return True


@pytest.fixture(autouse=True, params=[2, 7, 1000], scope="module")
def piece_bytes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Cut the text into pieces of another length: a cut may be anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "PIECE_BYTES", request.param)
        yield


@settings(deadline=None, max_examples=40)
@given(st.lists(st.dictionaries(TEXTS, VALUES), min_size=1, max_size=4))
def test_limits_hold_exactly(events: list[object]) -> None:
    """A body or event at its limit passes, and one just over it does not."""
    text = body(events)
    total = marks({"a": 0, "b": {"c": 0, "d": events}})
    largest = max(map(marks, events))
    longest = max(len(orjson.dumps(event)) for event in events)
    assert is_allowed(text, BodyLimits(10**9, total))
    assert not is_allowed(text, BodyLimits(10**9, total - 1))
    assert is_allowed(text, BodyLimits(10**9, 10**9, longest, largest))
    assert not is_allowed(text, BodyLimits(10**9, 10**9, longest - 1, largest))
    assert not is_allowed(text, BodyLimits(10**9, 10**9, longest, largest - 1))


@settings(deadline=None, max_examples=40)
@given(st.text(st.sampled_from('a,[]{}"\\')))
def test_any_text_is_counted(text: str) -> None:
    """A text that is not JSON is no error here: the decoder names it."""
    encoded = bytearray(text.encode())
    check_values(encoded, ROOMY)
    is_allowed(encoded, BodyLimits(10**9, 0, 0, 0))


def test_only_tiny_values_are_excess() -> None:
    """Numbers and words of usual length cost no more than their text; empty lists do."""
    assert excess_bytes(467_000, 21_000) == 0
    assert excess_bytes(3_000_000, 1_000_000) > 50_000_000
