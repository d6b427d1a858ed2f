"""The review reports no break for an edit that clients do not notice."""

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
    Edit,
    all_of,
    append,
    at,
    changes,
    discard,
    drop,
    extract,
    inline,
    put,
    rename,
    replace_value,
    reverse,
)
from tools.review.changes import Effect

STRING = {"type": "string"}
BODY = (*CREATE, "requestBody", "content")
LIMIT = ("components", "parameters", "Limit")
OK = (*LIST, "responses", "200")
CREATED = (*CREATE, "responses", "201")
DETAIL = "/orders/{order_id}"

ADDED: dict[str, Edit] = {
    "path": put({"get": {"operationId": "count", "responses": {}}}, "paths", "/count"),
    "operation of a known path": put({"operationId": "remove", "responses": {}}, "paths", DETAIL, "delete"),
    "optional parameter": append({"name": "who", "in": "query", "schema": STRING}, *LIST, "parameters"),
    "optional body": put({"content": {}}, *GET, "requestBody"),
    "body no longer required": put(False, *CREATE, "requestBody", "required"),
    "media type of a request": put({"schema": STRING}, *BODY, "text/csv"),
    "media type of a response": put({"schema": STRING}, *OK, "content", "text/plain"),
    "error status": put({"description": "Gone."}, *LIST, "responses", "410"),
    "header of a response": put({"schema": STRING}, *OK, "headers", "X-More"),
    "header always sent": put(True, *OK, "headers", "X-Ids", "required"),
    "link": put({"operationId": "list_orders"}, *CREATED, "links", "all"),
    "scope that opens an operation": append("write", *LIST, "x-scopes"),
    "operation open to every token": drop(*LIST, "x-scopes"),
    "no token needed": put([], *LIST, "security"),
    "another way to authenticate": put([{"bearer": []}, {"key": []}], *LIST, "security"),
    "server": append({"url": "https://other.example"}, "servers"),
    "callback": put({}, *CREATE, "callbacks", "sent"),
    "further tag": append("Shop", *LIST, "tags"),
    "empty value allowed": put(True, *LIST, "parameters", 1, "allowEmptyValue"),
    "optional field of a request": put(STRING, *NEW, "extra"),
    "field of a request no longer required": discard("customer", *SCHEMAS, "NewOrder", "required"),
    "null in a request": put(True, *NEW, "secret", "nullable"),
    "number instead of integer in a request": put("number", *NEW, "quantity", "type"),
    "any type in a request": put({}, *NEW, "secret"),
    "enum value of a request": append("middle", *SCHEMAS, "Priority", "enum"),
    "enum of a request dropped": drop(*SCHEMAS, "Priority", "enum"),
    "extensible enum value of a request": append("app", *NEW, "channel", "x-extensible-enum"),
    "maximum of a request raised": put(200, *NEW, "quantity", "maximum"),
    "minimum of a request dropped": drop(*NEW, "quantity", "minimum"),
    "limit of a request no longer exclusive": drop(*NEW, "price", "exclusiveMinimum"),
    "multipleOf widened": put(5, *NEW, "quantity", "multipleOf"),
    "multipleOf dropped": drop(*NEW, "quantity", "multipleOf"),
    "maxLength raised": put(100, *NEW, "customer", "maxLength"),
    "pattern dropped": drop(*NEW, "customer", "pattern"),
    "format of a request dropped": drop(*NEW, "deliver_at", "format"),
    "format of a request widened": put("int64", *NEW, "weight", "format"),
    "maxItems raised": put(20, *NEW, "items", "maxItems"),
    "other fields accepted": drop(*SCHEMAS, "NewOrder", "additionalProperties"),
    "variant of a request": append({"type": "object"}, *NEW, "choice", "oneOf"),
    "union instead of one type in a request": put({"anyOf": [STRING, {"type": "integer"}]}, *NEW, "secret"),
    "oneOf to anyOf": rename("anyOf", *NEW, "choice", "oneOf"),
    "allOf widened": put(600, *NEW, "window", "allOf", 1, "properties", "from", "maximum"),
    "default added": put("a", *NEW, "secret", "default"),
    "field of a response": put(STRING, *ORDER, "extra"),
    "required field of a response": all_of(
        put(STRING, *ORDER, "extra"), append("extra", *SCHEMAS, "Order", "required")
    ),
    "field of a response now required": append("tags", *SCHEMAS, "Order", "required"),
    "no null in a response": drop(*ORDER, "comment", "nullable"),
    "integer instead of number in a response": put("integer", *ORDER, "amount", "type"),
    "enum value of a response removed": discard("paid", *SCHEMAS, "Status", "enum"),
    "enum of a response added": put(["a"], *ORDER, "comment", "enum"),
    "extensible enum value of a response": append("app", *ORDER, "channel", "x-extensible-enum"),
    "extensible enum value of a response removed": discard("web", *ORDER, "channel", "x-extensible-enum"),
    "limit of a response raised": put(1000, *ORDER, "count", "maximum"),
    "limit of a response lowered": put(10, *ORDER, "count", "maximum"),
    "format of a response added": put("uri", *ORDER, "comment", "format"),
    "pattern of a response added": put("^a", *ORDER, "comment", "pattern"),
    "unique items of a response": put(True, *OK, "headers", "X-Ids", "schema", "uniqueItems"),
    "no other fields in a response": put(False, *SCHEMAS, "Order", "additionalProperties"),
    "variant of a response removed": drop(*SCHEMAS, "Receipt", "oneOf", 1),
    "discriminator": put({"propertyName": "kind"}, *SCHEMAS, "Receipt", "discriminator"),
    "field of a request no longer read-only": drop(*NEW, "number", "readOnly"),
    "schema of its own with the same fields": all_of(
        lambda root: at(root, SCHEMAS).__setitem__("Print", at(root, SCHEMAS)["Paper"]),
        put({"$ref": "#/components/schemas/Print"}, *SCHEMAS, "Receipt", "oneOf", 0),
    ),
    "path parameter renamed": all_of(
        rename("/orders/{id}", "paths", DETAIL),
        put("id", "paths", "/orders/{id}", "parameters", 0, "name"),
        rename("id", *CREATED, "links", "order", "parameters", "order_id"),
        replace_value("$request.path.order_id", "$request.path.id"),
    ),
}

TEXTS: dict[str, Edit] = {
    "title": put("Store", "info", "title"),
    "version": put("2.0.0", "info", "version"),
    "description of the API": put("Other words.", "info", "description"),
    "description of a tag": put("Other words.", "tags", 0, "description"),
    "version of OpenAPI": put("3.0.4", "openapi"),
    "description of a security scheme": put("Other words.", *SECURITY, "bearer", "description"),
    "contact": put({"name": "Shop"}, "info", "contact"),
    "summary of an operation": put("Other words", *LIST, "summary"),
    "description of an operation": put("Other words.", *LIST, "description"),
    "operation deprecated": put(True, *LIST, "deprecated"),
    "description of a parameter": put("Other words.", *LIMIT, "description"),
    "example of a parameter": put(7, *LIMIT, "example"),
    "description of a body": put("Other words.", *CREATE, "requestBody", "description"),
    "description of a response": put("Other words.", *OK, "description"),
    "description of a header": put("Other words.", *OK, "headers", "X-Total", "description"),
    "description of a link": put("Other words.", *CREATED, "links", "order", "description"),
    "example of a response": put({}, *CREATED, "content", "application/json", "example"),
    "description of a schema": put("Other words.", *SCHEMAS, "Order", "description"),
    "title of a schema": put("Order", *SCHEMAS, "Order", "title"),
    "description of a field": put("Other words.", *ORDER, "count", "description"),
    "field deprecated": put(True, *ORDER, "count", "deprecated"),
    "other documentation": put({"url": "https://shop.example/docs"}, *LIST, "externalDocs"),
    "extension": put(True, *LIST, "x-internal"),
}

SAME: dict[str, Edit] = {
    "header name in lower case": rename("x-total", *OK, "headers", "X-Total"),
    "header parameter in upper case": put("X-TRACE", "paths", "/orders", "parameters", 0, "name"),
    "header that OpenAPI ignores": put({"schema": STRING}, *OK, "headers", "Content-Type"),
    "parameter that OpenAPI ignores": append({"name": "Accept", "in": "header", "schema": STRING}, *LIST, "parameters"),
    "charset of JSON": rename("application/json; charset=utf-8", *BODY, "application/json"),
    "charset of a response": rename('text/csv;charset="UTF-8"', *OK, "content", "text/csv"),
    "media type in upper case": rename("Application/JSON", *BODY, "application/json"),
    "default required": put(False, *LIST, "parameters", 1, "required"),
    "default deprecated": put(False, *LIST, "deprecated"),
    "default style": put("form", *LIST, "parameters", 2, "style"),
    "default explode": put(True, *LIST, "parameters", 2, "explode"),
    "explode of one value": put(False, *LIST, "parameters", 1, "explode"),
    "default style of a path": put("simple", "paths", DETAIL, "parameters", 0, "style"),
    "default explode of a path": put(False, "paths", DETAIL, "parameters", 0, "explode"),
    "default style of a header": put("simple", *OK, "headers", "X-Ids", "style"),
    "default allowReserved": put(False, *LIST, "parameters", 1, "allowReserved"),
    "default allowEmptyValue": put(False, *LIST, "parameters", 1, "allowEmptyValue"),
    "default required of a body": put(False, *PHOTO, "requestBody", "required"),
    "default required of a header": put(False, *OK, "headers", "X-Ids", "required"),
    "default nullable": put(False, *ORDER, "count", "nullable"),
    "default readOnly": put(False, *ORDER, "count", "readOnly"),
    "default uniqueItems": put(False, *NEW, "items", "uniqueItems"),
    "default exclusiveMaximum": put(False, *NEW, "quantity", "exclusiveMaximum"),
    "default additionalProperties": put(True, *SCHEMAS, "Order", "additionalProperties"),
    "default additionalProperties as a schema": put({}, *SCHEMAS, "Order", "additionalProperties"),
    "default minItems": put(0, *ORDER, "tags", "minItems"),
    "default minLength": put(0, *ORDER, "comment", "minLength"),
    "default x-retry-record": put(True, *LIST, "x-retry-record"),
    "default x-all-projects": put(False, *LIST, "x-all-projects"),
    "default parameters": put([], *GET, "parameters"),
    "default security": put([{"bearer": []}], *LIST, "security"),
    "default servers": put([{"url": "https://shop.example/v1/"}], *LIST, "servers"),
    "number written as a float": put(100.0, *NEW, "quantity", "maximum"),
    "enum in another order": reverse(*SCHEMAS, "Status", "enum"),
    "required in another order": reverse(*SCHEMAS, "Order", "required"),
    "fields in another order": reverse(*ORDER),
    "variants in another order": reverse(*SCHEMAS, "Payment", "oneOf"),
    "inline variants in another order": reverse(*NEW, "note", "anyOf"),
    "parts of allOf in another order": reverse(*SCHEMAS, "OrderList", "allOf"),
    "parameters in another order": reverse(*LIST, "parameters"),
    "paths in another order": reverse("paths"),
    "statuses in another order": reverse(*LIST, "responses"),
    "scopes in another order": reverse(*LIST, "x-scopes"),
    "schemas in another order": reverse(*SCHEMAS),
    "reference inline": inline(*ORDER, "status"),
    "parameter inline": inline(*LIST, "parameters", 0),
    "response inline": inline(*LIST, "responses", "404"),
    "schema inline becomes a component": extract("Labels", *ORDER, "labels"),
    "response becomes a component": all_of(
        lambda root: at(root, ("components", "responses")).__setitem__("Orders", at(root, OK)),
        put({"$ref": "#/components/responses/Orders"}, *OK),
    ),
    "reference in an allOf": put({"allOf": [{"$ref": "#/components/schemas/Status"}]}, *ORDER, "status"),
    "allOf written as one schema": put(
        {"type": "object", "properties": {"from": {"type": "integer", "maximum": 500}, "to": {"type": "integer"}}},
        *NEW,
        "window",
    ),
    "parameter component renamed": all_of(
        rename("PageSize", "components", "parameters", "Limit"),
        replace_value("#/components/parameters/Limit", "#/components/parameters/PageSize"),
    ),
    "security scheme renamed": all_of(
        rename("token", *SECURITY, "bearer"),
        put([{"token": []}], "security"),
    ),
    "unused schema removed": drop(*SCHEMAS, "Unused"),
    "unused security scheme removed": drop(*SECURITY, "oauth"),
    "schema added": put({"type": "object"}, *SCHEMAS, "Coupon"),
    "parameter of a path moved to its operations": all_of(
        append({"name": "X-Trace", "in": "header", "schema": STRING}, *LIST, "parameters"),
        put([{"name": "X-Trace", "in": "header", "schema": STRING}], *CREATE, "parameters"),
        drop("paths", "/orders", "parameters"),
    ),
    "discriminator mapping written by names": put(
        {"card": "Card", "invoice": "Invoice"}, *SCHEMAS, "Payment", "discriminator", "mapping"
    ),
}


@pytest.mark.parametrize("edit", ADDED.values(), ids=ADDED)
def test_an_addition_or_a_relaxation_is_no_break(edit: Edit) -> None:
    """Additions and relaxations are reported, but not as a break."""
    effects = {change.effect for change in changes(edit)}
    assert Effect.COMPATIBLE in effects
    assert Effect.BREAKING not in effects


@pytest.mark.parametrize("edit", TEXTS.values(), ids=TEXTS)
def test_words_are_documentation_only(edit: Edit) -> None:
    """A change of texts, examples or extensions is reported as documentation."""
    assert {change.effect for change in changes(edit)} == {Effect.DOCUMENTATION}


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_the_same_contract_in_another_form_has_no_changes(edit: Edit) -> None:
    """Another order or form, or a default that is written out, is no change at all."""
    assert changes(edit) == []


def test_at_least_18_kinds_of_edit_are_harmless() -> None:
    """The tables have at least 18 kinds."""
    assert len(ADDED) + len(TEXTS) + len(SAME) >= 18
