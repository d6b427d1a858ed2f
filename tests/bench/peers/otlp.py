"""Events as OpenTelemetry traces, for servers that take those: an event is a root span, its columns are attributes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.bench import workload
from tests.bench.load import message

SPAN_LENGTH = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VALUE_FIELDS = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}


def trace_requests(start: int, requests: int, size: int, headers: Mapping[str, str] = {}) -> list[bytes]:
    """Return HTTP requests of `size` events each, of consecutive rows of the workload."""
    headers = {"Content-Type": "application/x-protobuf", **headers}
    return [
        message("POST", "/v1/traces", headers, _export(events)) for events in workload.events(start, requests, size)
    ]


def _export(events: Sequence[dict[str, Any]]) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(_span(event) for event in events)
    body: bytes = request.SerializeToString()
    return body


def _span(event: dict[str, Any]) -> Span:
    trace_id = hashlib.md5(event["id"].encode()).digest()
    start = event["time"].replace(tzinfo=UTC)
    return Span(
        trace_id=trace_id,
        span_id=trace_id[:8],
        name="event",
        start_time_unix_nano=_nanoseconds(start),
        end_time_unix_nano=_nanoseconds(start + SPAN_LENGTH),
        attributes=[KeyValue(key=name, value=_value(value)) for name, value in event.items() if name != "time"],
    )


def _value(value: bool | int | float | str) -> AnyValue:
    one = AnyValue()
    setattr(one, _VALUE_FIELDS[type(value)], value)
    return one


def _nanoseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000
