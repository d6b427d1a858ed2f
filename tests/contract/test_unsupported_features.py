"""Features that the generator or the server would drop or crash on are refused in one line that names the operation."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.generate.__main__ import checked
from tools.generate.document import UnsupportedDocument

ROOT = Path(__file__).parents[2]
SPEC = yaml.safe_load((ROOT / "openapi.yaml").read_text())
THINGS: dict[str, Any] = yaml.safe_load(
    """
openapi: 3.0.3
info: {title: Things, version: 1.0.0}
paths:
  /things/{thing_id}:
    parameters:
    - {name: thing_id, in: path, required: true, schema: {type: string}}
    post:
      operationId: change_thing
      summary: Change a thing
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
      responses:
        '200':
          description: Changed.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
    put:
      operationId: upload_thing
      summary: Upload a thing
      requestBody: {$ref: '#/components/requestBodies/Upload'}
      responses: {'200': {$ref: '#/components/responses/Thing'}}
components:
  requestBodies:
    Upload:
      required: true
      content:
        multipart/form-data:
          schema:
            type: object
            required: [file]
            properties: {file: {type: string, format: binary}, note: {type: string}}
  responses:
    Thing:
      description: A thing.
      content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
  schemas:
    Thing: {type: object, properties: {name: {type: string, minLength: 1}}}
    Tagged: {type: object, required: [kind], properties: {kind: {type: string, enum: [TAGGED]}}}
"""
)

PATH = ("paths", "/things/{thing_id}")
CHANGE = (*PATH, "post")
PARAMETER = (*CHANGE, "parameters", 0)
BODY = (*CHANGE, "requestBody")
OK = (*CHANGE, "responses", "200")
THING = ("components", "schemas", "Thing")
NAME = (*THING, "properties", "name")
FORM = ("components", "requestBodies", "Upload", "content", "multipart/form-data")

Edit = Callable[[Any], None]


def put(value: Any, *path: str | int) -> Edit:
    def edit(root: Any) -> None:
        for step in path[:-1]:
            root = root[step]
        root[path[-1]] = value

    return edit


def drop(*path: str | int) -> Edit:
    def edit(root: Any) -> None:
        for step in path[:-1]:
            root = root[step]
        del root[path[-1]]

    return edit


def parameter(**changes: Any) -> Edit:
    return put({"name": "limit", "in": "query", "schema": {"type": "string"}} | changes, *PARAMETER)


def content(**media_types: Any) -> dict[str, Any]:
    return {name.replace("_", "/"): {"schema": schema} for name, schema in media_types.items()}


def generate(document: str, directory: Path) -> subprocess.CompletedProcess[str]:
    (directory / "api.yaml").write_text(document)
    command = [sys.executable, "-m", "tools.generate", str(directory / "out"), "--spec", str(directory / "api.yaml")]
    return subprocess.run([*command, "--part", "api"], cwd=ROOT, capture_output=True, text=True)


TEXT = {"type": "string"}
OBJECT = {"type": "object"}
TAGGED = {"$ref": "#/components/schemas/Tagged"}
JSON = "application/json"

FEATURES = {
    # Operations
    "missing summary": (drop(*CHANGE, "summary"), "change_thing: has no summary"),
    "missing operationId": (drop(*CHANGE, "operationId"), "POST /things/{thing_id}: has no operationId"),
    "operationId": (put("change-thing", *CHANGE, "operationId"), "change-thing: the operationId is not supported"),
    "callbacks": (
        put(
            {"done": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "Ok."}}}}}},
            *CHANGE,
            "callbacks",
        ),
        "change_thing: callbacks is not supported",
    ),
    "servers of an operation": (put([{"url": "/other"}], *CHANGE, "servers"), "change_thing: servers is not supported"),
    "servers of a path": (put([{"url": "/other"}], *PATH, "servers"), "/things/{thing_id}: servers is not supported"),
    "server path": (put([{"url": "/api"}], "servers"), "servers: the path of /api is not supported"),
    "server variables": (
        put([{"url": "/{x}", "variables": {"x": {"default": ""}}}], "servers"),
        "servers: server variables are not supported",
    ),
    "method": (
        put(
            {
                "operationId": "options",
                "summary": "Options",
                "responses": {"200": {"$ref": "#/components/responses/Thing"}},
            },
            *PATH,
            "options",
        ),
        "options: the method OPTIONS is not supported",
    ),
    "version 3.1": (put("3.1.0", "openapi"), "openapi: 3.1.0 is not supported"),
    # Security
    "API key": (
        lambda root: (
            put({"key": {"type": "apiKey", "in": "header", "name": "K"}}, "components", "securitySchemes")(root),
            put([{"key": []}], *CHANGE, "security")(root),
            put(["read"], *CHANGE, "x-scopes")(root),
        ),
        "change_thing: the security scheme key is not supported",
    ),
    "optional security": (
        lambda root: (put([{}], *CHANGE, "security")(root), put([], *CHANGE, "x-scopes")(root)),
        "change_thing: optional security is not supported",
    ),
    # Parameters
    "cookie": (parameter(**{"in": "cookie"}), "change_thing: the cookie parameter limit is not supported"),
    "ignored header": (
        parameter(**{"in": "header", "name": "Accept"}),
        "change_thing: the header parameter Accept is not supported",
    ),
    "style": (parameter(style="deepObject"), "change_thing: style deepObject in the query parameter limit"),
    "explode": (parameter(explode=False), "change_thing: explode: false in the query parameter limit"),
    "allowReserved": (parameter(allowReserved=True), "change_thing: allowReserved in the query parameter limit"),
    "allowEmptyValue": (parameter(allowEmptyValue=True), "change_thing: allowEmptyValue in the query parameter limit"),
    "object parameter": (parameter(schema=OBJECT), "change_thing: a schema of type object in the query parameter"),
    "parameter without type": (
        parameter(schema={"oneOf": [TEXT]}),
        "change_thing: a schema without a type in the query parameter limit",
    ),
    "nullable parameter": (
        parameter(schema=TEXT | {"nullable": True}),
        "change_thing: nullable in the query parameter",
    ),
    "list in a header": (
        parameter(**{"in": "header"}, schema={"type": "array", "items": TEXT}),
        "change_thing: a schema of type array in the header parameter limit",
    ),
    "time in a header": (
        parameter(**{"in": "header"}, schema=TEXT | {"format": "date-time"}),
        "change_thing: format: date-time in the header parameter limit is not supported",
    ),
    "content parameter": (
        put({"name": "limit", "in": "query", "content": content(application_json=OBJECT)}, *PARAMETER),
        "change_thing: content in the query parameter limit is not supported",
    ),
    "JSON in a number": (
        parameter(schema={"type": "integer"}, **{"x-content-schema": {"$ref": "#/components/schemas/Thing"}}),
        "change_thing: x-content-schema with anything but a text without a default in the query parameter limit",
    ),
    "JSON without a name": (
        parameter(schema=TEXT, **{"x-content-schema": OBJECT}),
        "change_thing: x-content-schema that is not a named component in the query parameter limit",
    ),
    "two parameters of one name": (
        parameter(name="thing-id"),
        "change_thing: the query parameter thing-id and the path parameter thing_id have one name in Python, thing_id",
    ),
    "a parameter like the body": (
        parameter(name="body"),
        "change_thing: the request body and the query parameter body have one name in Python, body",
    ),
    "a parameter without a name": (parameter(name="$"), "change_thing: the query parameter $ has no name in Python"),
    # Requests
    "media types": (
        put(content(application_json=OBJECT, text_csv=TEXT), *BODY, "content"),
        "change_thing: a request body of application/json, text/csv is not supported",
    ),
    "media type": (put(content(text_plain=TEXT), *BODY, "content"), "change_thing: a request body of text/plain"),
    "optional body": (drop(*BODY, "required"), "change_thing: an optional request body is not supported"),
    "body without schema": (put({JSON: {}}, *BODY, "content"), "change_thing: a request body without a schema"),
    "body without name": (
        put(content(application_json=OBJECT), *BODY, "content"),
        "change_thing: the request body must be a named component",
    ),
    "encoding": (put({"note": {"contentType": "text/csv"}}, *FORM, "encoding"), "upload_thing: encoding in a form"),
    "form without file": (drop(*FORM, "schema", "required"), "upload_thing: a form is not supported unless"),
    "list in a form": (
        put({"type": "array", "items": TEXT}, *FORM, "schema", "properties", "note"),
        "upload_thing: the form field note is not supported",
    ),
    # Responses
    "two successes": (
        put({"description": "Later."}, *CHANGE, "responses", "202"),
        "change_thing: needs exactly one success, a status such as 200; it has 200, 202",
    ),
    "2XX": (
        lambda root: put({"2XX": root["components"]["responses"]["Thing"]}, *CHANGE, "responses")(root),
        "change_thing: needs exactly one success, a status such as 200; it has 2XX",
    ),
    "no success": (
        put({"404": {"description": "Lost."}}, *CHANGE, "responses"),
        "change_thing: needs exactly one success, a status such as 200; it has none",
    ),
    "no content": (drop(*OK, "content"), "change_thing: a success without content is not supported"),
    "text response": (put(content(text_plain=TEXT), *OK, "content"), "change_thing: a response of text/plain"),
    "response without schema": (put({JSON: {}}, *OK, "content"), "change_thing: a response without a schema"),
    # Schemas
    "xml": (put({"name": "n"}, *NAME, "xml"), "change_thing: xml is not supported in the schema Thing"),
    "not": (
        put({"enum": ["x"]}, *NAME, "not"),
        "change_thing: not is not supported without an x-message, which the server answers with",
    ),
    "readOnly": (put(True, *NAME, "readOnly"), "change_thing: readOnly is not supported in the schema Thing"),
    "writeOnly": (put(True, *NAME, "writeOnly"), "change_thing: writeOnly is not supported in the schema Thing"),
    "nullable without type": (
        put({"allOf": [TAGGED], "nullable": True}, *NAME),
        "change_thing: nullable is not supported beside anything but a type in the schema Thing",
    ),
    "exclusive bound alone": (
        put({"type": "integer", "exclusiveMinimum": True}, *NAME),
        "change_thing: exclusiveMinimum is not supported without minimum in the schema Thing",
    ),
    "list without items": (
        put({"type": "array"}, *NAME),
        "change_thing: a list without items is not supported in the schema Thing",
    ),
    "pattern": (
        put("(", *NAME, "pattern"),
        'components > schemas > Thing: properties > name > pattern: "(" is not a "regex"',
    ),
    "discriminator without mapping": (
        put({"oneOf": [TAGGED], "discriminator": {"propertyName": "kind"}}, *NAME),
        "change_thing: a discriminator is not supported unless",
    ),
    "discriminator of anyOf": (
        put(
            {"anyOf": [TAGGED], "discriminator": {"propertyName": "kind", "mapping": {"TAGGED": TAGGED["$ref"]}}}, *NAME
        ),
        "change_thing: a discriminator is not supported unless",
    ),
    "discriminator by names": (
        put({"oneOf": [TAGGED], "discriminator": {"propertyName": "kind", "mapping": {"TAGGED": "Tagged"}}}, *NAME),
        "change_thing: a discriminator is not supported unless",
    ),
    "schema name": (
        lambda root: (
            put(OBJECT, "components", "schemas", "my-thing")(root),
            put({"$ref": "#/components/schemas/my-thing"}, *NAME)(root),
        ),
        "change_thing: the schema name my-thing is not supported",
    ),
    # The document
    "reference elsewhere": (
        put({"$ref": "other.yaml"}, *NAME),
        "components > schemas > Thing: the reference other.yaml",
    ),
    "reference to nothing": (
        put({"$ref": "#/components/schemas/Nothing"}, *BODY, "content", JSON, "schema"),
        "change_thing: the reference #/components/schemas/Nothing points at nothing",
    ),
    "circular reference": (
        put({"$ref": "#/components/schemas/Thing"}, *THING),
        "components > schemas > Thing: the reference #/components/schemas/Thing points at itself",
    ),
    "status without quotes": (
        lambda root: put({200: root["components"]["responses"]["Thing"]}, *CHANGE, "responses")(root),
        "change_thing: the key 200 must be in quotes",
    ),
    "default of another type": (parameter(schema={"type": "integer", "default": "x"}), "the document: 'x' is not of"),
    "operationId twice": (
        put("upload_thing", *CHANGE, "operationId"),
        "upload_thing: the operationId is there 2 times",
    ),
    "path parameter not in the path": (
        parameter(**{"in": "path"}, required=True),
        "change_thing: the path parameter limit must be declared and in the path",
    ),
    "unknown type": (put("text", *NAME, "type"), "components > schemas > Thing: properties > name > type: "),
    "no responses": (drop(*CHANGE, "responses"), 'change_thing: "responses" is a required property'),
}


def test_the_document_of_these_tests_is_supported(tmp_path: Path) -> None:
    """The document that the edits below start from is generated."""
    done = generate(yaml.safe_dump(THINGS), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("edit", "message"), FEATURES.values(), ids=FEATURES)
def test_a_feature_is_refused_in_one_line(edit: Edit, message: str, tmp_path: Path) -> None:
    """One line names the operation and the feature."""
    document = copy.deepcopy(THINGS)
    edit(document)
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(UnsupportedDocument) as refusal:
        checked(tmp_path / "api.yaml")
    [line] = refusal.value.faults
    assert line.startswith(message)
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.0.3\ninfo: {}\ninfo: {}\n", "line 1: the key info is there twice"),
        ("openapi: [3.0.3\n", "line 2: expected ',' or ']', but got '<stream end>'"),
        ("3.0.3", "is not an OpenAPI document"),
        ("openapi: 3.0.3", 'the document: "info" is a required property'),
    ],
)
def test_a_broken_document_is_refused_in_lines(text: str, message: str, tmp_path: Path) -> None:
    """A file that is not a document is named with its fault and no traceback."""
    done = generate(text, tmp_path)
    assert message in done.stderr.splitlines()[0]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    """Two edits of the contract of this server give two lines, no traceback and no files."""
    document = copy.deepcopy(SPEC)
    drop("paths", "/v3/jobs", "get", "summary")(document)
    put({"name": "n"}, "components", "schemas", "Job", "xml")(document)
    done = generate(yaml.safe_dump(document), tmp_path)
    assert done.stderr.splitlines() == [
        "list_jobs: has no summary",
        "list_jobs: xml is not supported in the schema Job",
    ]
    assert done.returncode == 1
    assert not (tmp_path / "out").exists()
