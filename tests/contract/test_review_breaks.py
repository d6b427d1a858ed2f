"""The review reports every kind of edit that breaks a client, at its place and with a reason."""

import pytest

from tests.contract.review.edits import (
    CREATE,
    GET,
    LIST,
    NEW,
    ORDER,
    PHOTO,
    SCHEMAS,
    SECURITY,
    Break,
    all_of,
    append,
    changes,
    discard,
    drop,
    put,
    rename,
    rename_schema,
)
from tools.review.changes import Effect

NUMBER = {"type": "number"}
STRING = {"type": "string"}
BODY = (*CREATE, "requestBody", "content")
SENT = "requests > NewOrder"
GOT = "responses > Order"
LIMIT = ("components", "parameters", "Limit")
OK = (*LIST, "responses", "200")
CREATED = (*CREATE, "responses", "201")
FORM = (*PHOTO, "requestBody", "content", "multipart/form-data")

OPERATIONS = [
    Break("path removed", drop("paths", "/healthz"), "", "operation removed"),
    Break("method removed", drop(*CREATE), "", "operation removed"),
    Break("path renamed", rename("/state", "paths", "/healthz"), "", "operation removed"),
    Break("method changed", rename("head", "paths", "/healthz", "get"), "", "operation removed"),
    Break("operationId changed", put("all_orders", *LIST, "operationId"), "", "operationId changed"),
    Break("operationId removed", drop(*LIST, "operationId"), "", "operationId changed"),
    Break("first tag changed", put(["Lists", "Orders"], *LIST, "tags"), "", "tags changed"),
    Break("tags removed", drop(*LIST, "tags"), "", "tags changed"),
    Break("scope removed", discard("read", *LIST, "x-scopes"), "", "scopes changed"),
    Break("scope replaced", put(["write"], *GET, "x-scopes"), "", "scopes changed"),
    Break("scopes introduced", put(["read"], "paths", "/healthz", "get", "x-scopes"), "", "scopes changed"),
    Break("limited tokens are refused", put(True, *CREATE, "x-all-projects"), "", "x-all-projects changed"),
    Break("retries are recorded", drop(*CREATE, "x-retry-record"), "", "x-retry-record changed"),
    Break("retries are not recorded", put(False, *PHOTO, "x-retry-record"), "", "x-retry-record changed"),
    Break("server removed", put([{"url": "/"}], "servers"), "servers", "server removed"),
    Break("server path changed", put("v2", "servers", 0, "variables", "stage", "default"), "servers", "server removed"),
    Break("server of an operation", put([{"url": "/v2"}], *LIST, "servers"), "servers", "server removed"),
    Break("token needed", drop("paths", "/healthz", "get", "security"), "", "security changed"),
    Break("other security scheme", put([{"key": []}], *LIST, "security"), "", "security changed"),
    Break("two schemes needed", put([{"bearer": [], "key": []}], *LIST, "security"), "", "security changed"),
    Break(
        "scheme of another type", put({"type": "http", "scheme": "basic"}, *SECURITY, "bearer"), "", "security changed"
    ),
    Break("callback removed", drop(*CREATE, "callbacks", "paid"), "callback paid", "callback changed"),
    Break("callback changed", put({}, *CREATE, "callbacks", "paid"), "callback paid", "callback changed"),
]

PARAMETERS = [
    Break("parameter removed", drop(*LIST, "parameters", 1), "query parameter offset", "parameter removed"),
    Break(
        "header parameter removed",
        drop("paths", "/orders", "parameters"),
        "header parameter x-trace",
        "parameter removed",
    ),
    Break(
        "parameter renamed", put("start", *LIST, "parameters", 1, "name"), "query parameter offset", "parameter removed"
    ),
    Break(
        "parameter moved", put("header", *LIST, "parameters", 1, "in"), "query parameter offset", "parameter removed"
    ),
    Break(
        "required parameter added",
        append({"name": "who", "in": "query", "required": True, "schema": STRING}, *LIST, "parameters"),
        "query parameter who",
        "required parameter added",
    ),
    Break("parameter now required", put(True, *LIMIT, "required"), "query parameter limit", "now required"),
    Break(
        "parameter of another type",
        put(STRING, *LIST, "parameters", 1, "schema"),
        "query parameter offset",
        "type changed",
    ),
    Break(
        "parameter maximum lowered", put(10, *LIMIT, "schema", "maximum"), "query parameter limit", "maximum narrowed"
    ),
    Break("parameter minimum raised", put(2, *LIMIT, "schema", "minimum"), "query parameter limit", "minimum narrowed"),
    Break(
        "parameter default changed", put(10, *LIMIT, "schema", "default"), "query parameter limit", "default changed"
    ),
    Break("parameter default removed", drop(*LIMIT, "schema", "default"), "query parameter limit", "default changed"),
    Break(
        "JSON in a parameter narrowed",
        put(10, *SCHEMAS, "OrderFilter", "properties", "total", "maximum"),
        "requests > OrderFilter > total",
        "maximum narrowed",
    ),
    Break(
        "list written in another way",
        put(False, *LIST, "parameters", 2, "explode"),
        "query parameter ids",
        "explode changed",
    ),
    Break(
        "style changed", put("spaceDelimited", *LIST, "parameters", 2, "style"), "query parameter ids", "style changed"
    ),
    Break(
        "reserved characters",
        put(True, *LIST, "parameters", 1, "allowReserved"),
        "query parameter offset",
        "allowReserved changed",
    ),
    Break(
        "empty value refused",
        drop(*LIST, "parameters", 3, "allowEmptyValue"),
        "query parameter flag",
        "allowEmptyValue changed",
    ),
    Break(
        "parameter no longer JSON",
        all_of(drop(*LIST, "parameters", 4, "content"), put(STRING, *LIST, "parameters", 4, "schema")),
        "query parameter where",
        "content changed",
    ),
    Break(
        "parameter of another media type",
        rename("text/plain", *LIST, "parameters", 4, "content", "application/json"),
        "query parameter where",
        "media type removed",
    ),
]

REQUESTS = [
    Break("body removed", drop(*CREATE, "requestBody"), "request", "body removed"),
    Break("body added", put({"required": True, "content": {}}, *GET, "requestBody"), "request", "required body added"),
    Break("body now required", put(True, *PHOTO, "requestBody", "required"), "request", "now required"),
    Break("media type removed", drop(*BODY, "application/x-ndjson"), "request", "media type removed"),
    Break(
        "media type changed", rename("text/x-ndjson", *BODY, "application/x-ndjson"), "request", "media type removed"
    ),
    Break(
        "form part encoded differently",
        put("image/gif", *FORM, "encoding", "photo", "contentType"),
        "request > part photo",
        "encoding changed",
    ),
    Break(
        "form part encoding added",
        put({"style": "form"}, *FORM, "encoding", "tags"),
        "request > part tags",
        "encoding changed",
    ),
    Break(
        "format binary lost",
        drop(*FORM, "schema", "properties", "photo", "format"),
        "request > photo",
        "format dropped",
    ),
    Break(
        "format binary to base64",
        put("byte", *FORM, "schema", "properties", "photo", "format"),
        "request > photo",
        "format changed",
    ),
    Break("field removed", drop(*NEW, "secret"), f"{SENT} > secret", "field removed"),
    Break("field renamed", rename("code", *NEW, "secret"), f"{SENT} > secret", "field removed"),
    Break("field read-only", put(True, *NEW, "secret", "readOnly"), f"{SENT} > secret", "field removed"),
    Break(
        "required field added",
        all_of(put(STRING, *NEW, "who"), append("who", *SCHEMAS, "NewOrder", "required")),
        f"{SENT} > who",
        "required field added",
    ),
    Break("field now required", append("secret", *SCHEMAS, "NewOrder", "required"), f"{SENT} > secret", "now required"),
    Break("field of another type", put({"type": "boolean"}, *NEW, "secret"), f"{SENT} > secret", "type changed"),
    Break("field gets a type", put(STRING, *NEW, "anything"), f"{SENT} > anything", "type changed"),
    Break("number to integer", put("integer", *NEW, "price", "type"), f"{SENT} > price", "type changed"),
    Break("null refused", drop(*NEW, "comment", "nullable"), f"{SENT} > comment", "nullable changed"),
    Break("default of a field changed", put("", *NEW, "comment", "default"), f"{SENT} > comment", "default changed"),
    Break(
        "enum value removed",
        discard("low", *SCHEMAS, "Priority", "enum"),
        "requests > Priority",
        'enum value `"low"` removed',
    ),
    Break("enum added", put(["a"], *NEW, "secret", "enum"), f"{SENT} > secret", "enum added"),
    Break(
        "extensible enum value removed",
        discard("web", *NEW, "channel", "x-extensible-enum"),
        f"{SENT} > channel",
        'extensible enum value `"web"` removed',
    ),
    Break(
        "extensible enum closed",
        put(STRING | {"enum": ["web", "shop"]}, *NEW, "channel"),
        f"{SENT} > channel",
        "enum added",
    ),
    Break("maximum lowered", put(50, *NEW, "quantity", "maximum"), f"{SENT} > quantity", "maximum narrowed"),
    Break("minimum raised", put(2, *NEW, "quantity", "minimum"), f"{SENT} > quantity", "minimum narrowed"),
    Break("maximum added", put(9, *NEW, "price", "maximum"), f"{SENT} > price", "maximum narrowed"),
    Break(
        "limit now exclusive", put(True, *NEW, "quantity", "exclusiveMaximum"), f"{SENT} > quantity", "maximum narrowed"
    ),
    Break("multipleOf added", put(2, *NEW, "price", "multipleOf"), f"{SENT} > price", "multipleOf added"),
    Break("multipleOf narrowed", put(20, *NEW, "quantity", "multipleOf"), f"{SENT} > quantity", "multipleOf changed"),
    Break("multipleOf changed", put(3, *NEW, "quantity", "multipleOf"), f"{SENT} > quantity", "multipleOf changed"),
    Break("maxLength lowered", put(20, *NEW, "customer", "maxLength"), f"{SENT} > customer", "maxLength narrowed"),
    Break("minLength raised", put(5, *NEW, "customer", "minLength"), f"{SENT} > customer", "minLength narrowed"),
    Break("pattern changed", put("^[a-c]+$", *NEW, "customer", "pattern"), f"{SENT} > customer", "pattern changed"),
    Break("pattern added", put("^[a-c]+$", *NEW, "secret", "pattern"), f"{SENT} > secret", "pattern added"),
    Break("format added", put("uuid", *NEW, "secret", "format"), f"{SENT} > secret", "format added"),
    Break("format changed", put("date", *NEW, "deliver_at", "format"), f"{SENT} > deliver_at", "format changed"),
    Break("format narrowed", put("int32", *NEW, "quantity", "format"), f"{SENT} > quantity", "format changed"),
    Break("maxItems lowered", put(5, *NEW, "items", "maxItems"), f"{SENT} > items", "maxItems narrowed"),
    Break("minItems raised", put(2, *NEW, "items", "minItems"), f"{SENT} > items", "minItems narrowed"),
    Break("items of another type", put(NUMBER, *NEW, "items", "items"), f"{SENT} > items > []", "type changed"),
    Break("repeated items refused", put(True, *NEW, "items", "uniqueItems"), f"{SENT} > items", "uniqueItems changed"),
    Break(
        "maxProperties lowered", put(2, *NEW, "labels", "maxProperties"), f"{SENT} > labels", "maxProperties narrowed"
    ),
    Break(
        "minProperties raised", put(1, *NEW, "labels", "minProperties"), f"{SENT} > labels", "minProperties narrowed"
    ),
    Break(
        "other fields refused",
        put(False, *NEW, "options", "additionalProperties"),
        f"{SENT} > options > other fields",
        "changed",
    ),
    Break(
        "other fields of one type",
        put(STRING, *NEW, "options", "additionalProperties"),
        f"{SENT} > options > other fields",
        "changed",
    ),
    Break(
        "other fields of another type",
        put(NUMBER, *NEW, "labels", "additionalProperties"),
        f"{SENT} > labels > other fields",
        "type changed",
    ),
    Break("variant removed", drop(*NEW, "choice", "oneOf", 1), f"{SENT} > choice", "variant `boolean` removed"),
    Break("anyOf variant removed", drop(*NEW, "note", "anyOf", 1), f"{SENT} > note", "variant `integer` removed"),
    Break("anyOf to oneOf", rename("oneOf", *NEW, "note", "anyOf"), f"{SENT} > note", "anyOf became oneOf"),
    Break("union to one type", put(STRING, *NEW, "note"), f"{SENT} > note", "variant `integer` removed"),
    Break(
        "variant narrowed",
        put(["kind", "number"], *SCHEMAS, "Card", "required"),
        "requests > Card > number",
        "now required",
    ),
    Break(
        "discriminator value renamed",
        rename("bill", *SCHEMAS, "Payment", "discriminator", "mapping", "invoice"),
        "requests > Payment",
        "variant `invoice` removed",
    ),
    Break(
        "discriminator field renamed",
        put("type", *SCHEMAS, "Payment", "discriminator", "propertyName"),
        "requests > Payment",
        "discriminator changed",
    ),
    Break(
        "discriminator removed",
        drop(*SCHEMAS, "Payment", "discriminator"),
        "requests > Payment",
        "discriminator changed",
    ),
    Break(
        "allOf narrowed by a part",
        append({"required": ["to"]}, *NEW, "window", "allOf"),
        f"{SENT} > window > to",
        "now required",
    ),
    Break(
        "allOf narrowed in a field that two parts have",
        append({"properties": {"from": {"maximum": 400}}}, *NEW, "window", "allOf"),
        f"{SENT} > window > from",
        "maximum narrowed",
    ),
    Break(
        "allOf narrowed in its first part",
        put(100, *SCHEMAS, "Span", "properties", "from", "maximum"),
        f"{SENT} > window > from",
        "maximum narrowed",
    ),
    Break(
        "allOf closed",
        append({"additionalProperties": False}, *NEW, "window", "allOf"),
        f"{SENT} > window > other fields",
        "changed",
    ),
    Break(
        "allOf with an enum",
        put({"allOf": [STRING, {"enum": ["a"]}]}, *NEW, "secret"),
        f"{SENT} > secret",
        "enum added",
    ),
    Break(
        "allOf with a pattern",
        put({"allOf": [{"pattern": "^a"}, {"pattern": "z$"}]}, *NEW, "anything"),
        f"{SENT} > anything",
        "pattern added",
    ),
    Break("keyword without a rule", put({"enum": ["a"]}, *NEW, "secret", "not"), f"{SENT} > secret", "not changed"),
]

RESPONSES = [
    Break("success status removed", drop(*OK[:-1], "200"), "response 200", "success response removed"),
    Break(
        "success status added",
        put({"description": "Later."}, *OK[:-1], "202"),
        "response 202",
        "success response added",
    ),
    Break("error status removed", drop(*LIST, "responses", "404"), "response 404", "response removed"),
    Break("error status changed", rename("410", *LIST, "responses", "404"), "response 404", "response removed"),
    Break("default response removed", drop(*LIST, "responses", "default"), "response default", "response removed"),
    Break(
        "error body removed",
        drop("components", "responses", "NotFound", "content"),
        "response 404",
        "media type removed",
    ),
    Break("media type of a response removed", drop(*OK, "content", "text/csv"), "response 200", "media type removed"),
    Break(
        "media type of a response changed",
        rename("text/tab", *OK, "content", "text/csv"),
        "response 200",
        "media type removed",
    ),
    Break("header removed", drop(*OK, "headers", "X-Total"), "response 200 > header x-total", "header removed"),
    Break(
        "header renamed", rename("X-Sum", *OK, "headers", "X-Total"), "response 200 > header x-total", "header removed"
    ),
    Break(
        "header no longer required",
        drop(*OK, "headers", "X-Total", "required"),
        "response 200 > header x-total",
        "no longer required",
    ),
    Break(
        "header of another type",
        put(STRING, *OK, "headers", "X-Total", "schema"),
        "response 200 > header x-total",
        "type changed",
    ),
    Break(
        "header written in another way",
        put(True, *OK, "headers", "X-Ids", "explode"),
        "response 200 > header x-ids",
        "explode changed",
    ),
    Break("links removed", drop(*CREATED, "links"), "response 201 > link order", "link removed"),
    Break("link renamed", rename("self", *CREATED, "links", "order"), "response 201 > link order", "link removed"),
    Break(
        "link to another operation",
        put("put_photo", *CREATED, "links", "order", "operationId"),
        "response 201 > link order",
        "link changed",
    ),
    Break(
        "link with another value",
        put({"order_id": "$response.body#/status"}, *CREATED, "links", "order", "parameters"),
        "response 201 > link order",
        "link changed",
    ),
    Break("response field removed", drop(*ORDER, "paid_at"), f"{GOT} > paid_at", "field removed"),
    Break("response field write-only", put(True, *ORDER, "paid_at", "writeOnly"), f"{GOT} > paid_at", "field removed"),
    Break(
        "field of allOf removed",
        drop(*SCHEMAS, "Page", "properties", "total"),
        "responses > OrderList > total",
        "field removed",
    ),
    Break(
        "part of allOf removed",
        drop(*SCHEMAS, "OrderList", "allOf", 1),
        "responses > OrderList > orders",
        "field removed",
    ),
    Break(
        "response field no longer required",
        discard("count", *SCHEMAS, "Order", "required"),
        f"{GOT} > count",
        "no longer required",
    ),
    Break("response field of another type", put(STRING, *ORDER, "tags"), f"{GOT} > tags", "type changed"),
    Break("integer to number", put("number", *ORDER, "count", "type"), f"{GOT} > count", "type changed"),
    Break("type of a response lost", put({}, *ORDER, "amount"), f"{GOT} > amount", "type changed"),
    Break("null in a response", put(True, *ORDER, "paid_at", "nullable"), f"{GOT} > paid_at", "nullable changed"),
    Break(
        "enum value added",
        append("lost", *SCHEMAS, "Status", "enum"),
        "responses > Status",
        'enum value `"lost"` added',
    ),
    Break("enum lost", drop(*SCHEMAS, "Status", "enum"), "responses > Status", "enum dropped"),
    Break("format of a response lost", drop(*ORDER, "paid_at", "format"), f"{GOT} > paid_at", "format dropped"),
    Break(
        "format of a response changed", put("date", *ORDER, "paid_at", "format"), f"{GOT} > paid_at", "format changed"
    ),
    Break("format of a response widened", put("int64", *ORDER, "count", "format"), f"{GOT} > count", "format changed"),
    Break(
        "format binary of a response lost",
        drop(*PHOTO, "responses", "200", "content", "image/png", "schema", "format"),
        "response 200",
        "format dropped",
    ),
    Break(
        "format binary of a response added",
        put("binary", *ORDER, "comment", "format"),
        f"{GOT} > comment",
        "format added",
    ),
    Break("repeated items in a response", drop(*ORDER, "tags", "uniqueItems"), f"{GOT} > tags", "uniqueItems changed"),
    Break(
        "items of a response of another type",
        put(NUMBER, *ORDER, "tags", "items"),
        f"{GOT} > tags > []",
        "type changed",
    ),
    Break(
        "map of another type",
        put(NUMBER, *ORDER, "labels", "additionalProperties"),
        f"{GOT} > labels > other fields",
        "type changed",
    ),
    Break(
        "map of any type",
        put(True, *ORDER, "labels", "additionalProperties"),
        f"{GOT} > labels > other fields",
        "changed",
    ),
    Break(
        "variant of a response added",
        append({"$ref": "#/components/schemas/Card"}, *SCHEMAS, "Receipt", "oneOf"),
        "responses > Receipt",
        "variant `Card` added",
    ),
    Break(
        "anyOf variant of a response added",
        append({"type": "boolean"}, *ORDER, "note", "anyOf"),
        f"{GOT} > note",
        "variant `boolean` added",
    ),
    Break(
        "one type to a union",
        put({"oneOf": [NUMBER, STRING]}, *ORDER, "amount"),
        f"{GOT} > amount",
        "variant `string` added",
    ),
]

SCHEMA_NAMES = [
    Break("schema renamed", rename_schema("Order", "Purchase"), "schema Order", "schema renamed"),
    Break("part of allOf renamed", rename_schema("Page", "Slice"), "schema Page", "schema renamed"),
    Break("enum renamed", rename_schema("Status", "State"), "schema Status", "schema renamed"),
    Break("variant renamed", rename_schema("Paper", "Printed"), "schema Paper", "schema renamed"),
    Break(
        "schema removed, its copies inline",
        all_of(put({"type": "string", "enum": ["low", "high"]}, *NEW, "priority"), drop(*SCHEMAS, "Priority")),
        "schema Priority",
        "schema removed",
    ),
]

BREAKS = [*OPERATIONS, *PARAMETERS, *REQUESTS, *RESPONSES, *SCHEMA_NAMES]


@pytest.mark.parametrize("planted", BREAKS, ids=lambda planted: planted.name)
def test_a_break_is_reported_at_its_place(planted: Break) -> None:
    """An edit that breaks clients is reported as one break, with its place, its operations and the reason."""
    broken = [change for change in changes(planted.edit) if change.effect is Effect.BREAKING]
    assert {(change.place, change.what) for change in broken} == {(planted.place, planted.what)}
    assert all(change.why and change.operations for change in broken)


def test_at_least_63_kinds_of_edit_break() -> None:
    """The table has at least 63 kinds, each with a name of its own."""
    assert len({planted.name for planted in BREAKS}) == len(BREAKS) >= 63
