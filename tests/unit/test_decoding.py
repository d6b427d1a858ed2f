"""Decoding piece by piece gives the same values as decoding at once."""

import gc
from typing import Any
from uuid import uuid4

import orjson
import pytest

from inference_events.context import RawEvents
from inference_events.http import bodies, decoding
from inference_events.http.budget import BodyBudget
from inference_events.http.contract import load_contract
from inference_events.http.decoding import decode_json
from inference_events.limits import MIB, Limits

SPACED = b'{ "source" : { "events" : [ {"a": 1} , {"b": 2}\n] , "type" : "EVENTS" } }'


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE_BYTES", 1)
    monkeypatch.setattr(decoding, "PIECE_BYTES", 8)


@pytest.mark.parametrize(
    "body",
    [
        {"model_id": "m", "source": {"type": "EVENTS", "events": [{"a": i} for i in range(50)]}},
        {"source": {"events": [{"a": "},{", "b": '"},{"'}, {"c": "]}"}, {"d": '\\"},{'}], "type": "EVENTS"}},
        {"source": {"events": [{"nested": [{"x": 1}, {"x": 2}]}, {"y": {"z": [{}]}}]}},
        {"source": {"events": [{}, 1, None, {"a": []}, [{}, {}]]}},
        {"source": {"events": [{"events": [{"a": 1}, {"a": 2}]}, {}]}, "tail": [{"a": 1}]},
        {"other": {"events": [{"a": 1}, {"a": 2}]}, "source": {"events": []}},
        {"events": [{"a": 1}, {"a": 2}]},
        {"source": "events", "events": [{"a": 1}]},
        [{"events": [{"a": 1}, {"a": 2}]}],
        {"source": {"type": "FILE", "file_id": "f"}},
        {},
    ],
)
def test_pieces_give_the_same_body(body: Any) -> None:
    """Every form of body is decoded correctly for any place of a cut."""
    assert decode_json(bytearray(orjson.dumps(body))) == body


@pytest.mark.parametrize(
    "text",
    [
        SPACED,
        b'{"source": {"events": [{"a": 1}]}, "source": {"events": []}}',
        b'{"source": {"events": []}, "source": {"events": [{"a": 1}, {"b": 2}]}}',
    ],
)
def test_pieces_give_the_same_for_odd_text(text: bytes) -> None:
    """Spaces and repeated names have the same meaning as for the decoder."""
    assert decode_json(bytearray(text)) == orjson.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        SPACED[:-1],
        SPACED + b"x",
        SPACED.replace(b", {", b", , {"),
        SPACED.replace(b'"b"', b"b"),
        b"\xff" + SPACED,
    ],
)
def test_broken_text_is_refused(text: bytes) -> None:
    """Text that is not JSON at once is not JSON in pieces."""
    with pytest.raises(orjson.JSONDecodeError):
        decode_json(bytearray(text))


def test_events_that_are_not_decoded_go_with_their_request() -> None:
    """No object with a large body is part of a cycle: it is freed at once, not by the garbage collector."""
    operation = load_contract().operations["publish_events"]
    body = {
        "model_id": str(uuid4()),
        "env_type": "PRODUCTION",
        "source": {"type": "EVENTS", "events": [{"a": 1}] * 9999},
    }
    gc.collect()
    gc.disable()
    try:
        with BodyBudget(MIB).reserve() as reservation:
            checked = bodies._checked(bytearray(orjson.dumps(body)), operation, Limits().of_body(True), reservation)
        events = checked.value["source"]["events"]
        assert isinstance(events, RawEvents)
        assert not events.allows(9999)
        del events, checked
        assert not [one for one in gc.get_objects() if isinstance(one, RawEvents)]
    finally:
        gc.enable()
