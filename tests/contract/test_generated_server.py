"""Every document that the generator accepts is served: each argument reaches the handler under its name in Python."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

THINGS = """
openapi: 3.0.3
info: {title: Things, version: 1.0.0}
paths:
  /things/{thing-id}/{number}:
    parameters:
    - {name: thing-id, in: path, required: true, schema: {type: string, format: uuid}}
    - {name: number, in: path, required: true, schema: {type: integer, minimum: 1}}
    - {name: limit, in: query, schema: {type: integer, maximum: 5}}
    get:
      operationId: get_thing
      summary: Get a thing
      parameters:
      - {name: from, in: query, schema: {type: integer}}
      - {name: order-by, in: query, schema: {$ref: '#/components/schemas/Order'}}
      - {name: size, in: query, schema: {type: array, items: {$ref: '#/components/schemas/Size'}}}
      - {name: limit, in: query, schema: {type: integer, maximum: 10}}
      - {name: when, in: query, schema: {type: string}, x-content-schema: {$ref: '#/components/schemas/When'}}
      - {name: X-Trace-Depth, in: header, schema: {type: integer, minimum: 1, default: 3}}
      - {name: If-Match, in: header, schema: {type: string}}
      - {name: X-Client, in: header, x-handler-argument: false, schema: {type: string, maxLength: 3}}
      responses: {'200': {$ref: '#/components/responses/Thing'}}
    put:
      operationId: put_thing
      summary: Put a thing
      tags: [Big things, Things]
      x-retry-record: false
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [class]
              properties:
                class: {type: string, format: binary}
                part-number: {$ref: '#/components/schemas/Size'}
      responses: {'200': {$ref: '#/components/responses/Thing'}}
components:
  responses:
    Thing:
      description: A thing.
      content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
  schemas:
    Thing: {type: object, properties: {from: {type: string}}}
    Order: {type: string, enum: [up, down]}
    Size: {type: integer, maximum: 9}
    When: {type: object, required: [day], properties: {day: {type: integer}, then: {$ref: '#/components/schemas/When'}}}
"""

# Serves the document with handlers that keep their arguments, sends the requests and prints what came of both.
SERVE = """
import json, sys
from ast import literal_eval
from contextlib import asynccontextmanager
from pathlib import Path
import httpx
from prometheus_client import CollectorRegistry
from inference_events.files.local import LocalFileStore
from inference_events.http import create_http_app
from inference_events.limits import Limits
from inference_events.logging import configure_logging
from tests.contract.serving import serve

configure_logging("error")
calls = []
directory = Path(sys.argv[1])

class NoMetrics:
    registry = CollectorRegistry()

    def observe_request(self, operation, status, seconds):
        pass

    def show_bodies_in_flight(self, used):
        pass

async def get_thing(**arguments):
    calls.append(arguments)
    return {}

async def put_thing(*, class_, **arguments):
    calls.append({"class_": (directory / class_.key).read_text(), **arguments})
    return {}

@asynccontextmanager
async def lifespan(app):
    yield

app = create_http_app(
    handlers={"get_thing": get_thing, "put_thing": put_thing},
    authenticate=None,
    retries=None,
    limits=Limits(),
    file_store=LocalFileStore(directory, directory),
    lifespan=lifespan,
    metrics=NoMetrics(),
)
with serve(app) as url:
    responses = [httpx.request(method, url + path, **options) for method, path, options in literal_eval(sys.argv[2])]
print(json.dumps({"calls": calls, "responses": [[each.status_code, each.json()] for each in responses]}))
"""

# Sends each argument by its name in Python and checks the request.
SEND = """
import httpx
from inference_events_client import Client
from inference_events_client.api.default import get_thing

def respond(request):
    assert request.url.path == "/things/a-b/7", request.url.path
    assert request.url.params.multi_items() == [("from", "5"), ("order-by", "up"), ("size", "1"), ("size", "2")]
    assert (request.headers["X-Trace-Depth"], request.headers["If-Match"]) == ("4", "abc")
    return httpx.Response(200, json={"from": "here"})

client = Client("http://server.test", httpx_args={"transport": httpx.MockTransport(respond)})
arguments = {"from_": 5, "order_by": "up", "size": [1, 2], "x_trace_depth": 4, "if_match": "abc"}
assert get_thing.sync("a-b", 7, client=client, **arguments).from_ == "here"
"""

THING = "/things/5B1B1C62-5F4D-4C53-9F3E-0F6A2F0B7A11/7"
ID = THING.split("/")[2].lower()

Request = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with the package that is generated from the document, beside the client."""
    directory = tmp_path_factory.mktemp("things")
    (directory / "things.yaml").write_text(THINGS)
    command = [sys.executable, "-m", "tools.generate", str(directory), "--spec", str(directory / "things.yaml")]
    subprocess.run([*command, "--part", "api", "--part", "client"], cwd=ROOT, check=True)
    return directory / "api"


def served(package: Path, *requests: Request) -> tuple[list[dict[str, Any]], list[tuple[int, list[str]]]]:
    """Return the arguments that the handlers got, and status and messages of the responses."""
    python_path = os.pathsep.join([str(package), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(package), repr(requests)],
        env=os.environ | {"PYTHONPATH": python_path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["calls"], [(status, messages(body)) for status, body in found["responses"]]


def messages(body: dict[str, Any]) -> list[str]:
    return [error["message"] for error in body.get("error", {}).get("errors", [])]


def test_arguments_have_names_in_python(package: Path) -> None:
    """`from`, `order-by`, a path's `thing-id`, headers and the fields of forms reach the handler as identifiers."""
    query = {"from": 5, "order-by": "up", "size": [1, 2], "limit": 10}
    headers = {"x-trace-depth": "4", "If-Match": "abc", "X-Client": "me"}
    form = {"files": {"class": ("a.txt", "bytes")}, "data": {"part-number": "2"}}
    calls, responses = served(
        package,
        ("GET", THING, {"params": query, "headers": headers}),
        ("GET", THING, {}),
        ("PUT", THING, form),
        ("PUT", THING, {"files": form["files"]}),
    )
    assert responses == [(200, [])] * 4
    path = {"thing_id": ID, "number": 7}
    assert calls == [
        path | {"from_": 5, "order_by": "up", "size": [1, 2], "limit": 10, "x_trace_depth": 4, "if_match": "abc"},
        path | {"x_trace_depth": 3},
        path | {"class_": "bytes", "part_number": 2},
        path | {"class_": "bytes"},
    ]


def test_the_handler_gets_the_value_of_json_text(package: Path) -> None:
    """A parameter with `x-content-schema` is parsed and checked; an empty text or object counts as none."""
    nested = '{"day":1,"then":' * 60 + '{"day":1}' + "}" * 60
    deep = '{"then":' * 200 + "{}" + "}" * 200
    texts = ['{"day":3,"then":{"day":4}}', "", "{}", '{"day":"x","then":{}}', "[]", "{", nested, deep]
    calls, responses = served(package, *(("GET", THING, {"params": {"when": text}}) for text in texts))
    assert [call.get("when") for call in calls] == [{"day": 3, "then": {"day": 4}}, None, None, json.loads(nested)]
    assert responses[3:6] == [
        (400, ["/query/when/day: must be an integer", "/query/when/then/day: is required"]),
        (400, ["/query/when: must be an object"]),
        (400, ["/query/when: is not readable as JSON"]),
    ]
    assert responses[7] == (400, ["/query/when: is nested more than 100 levels deep"])


def test_the_client_has_the_same_names(package: Path) -> None:
    """The generated client takes the same names and sends those of the contract."""
    subprocess.run([sys.executable, "-c", SEND], cwd=package.parent / "client", check=True)


def test_faults_name_parameters_as_the_contract_does(package: Path) -> None:
    """A value that the contract refuses is a 400 that names the parameter, in any place."""
    _, responses = served(
        package,
        ("GET", THING, {"params": {"order-by": "left"}}),
        ("GET", THING, {"headers": {"X-Trace-Depth": "0"}}),
        ("GET", THING, {"headers": {"X-Client": "someone"}}),
        ("GET", THING.replace("/7", "/seven"), {}),
        ("GET", THING, {"params": {"size": 10}}),
        ("PUT", THING, {"files": {"class": ("a.txt", "bytes")}, "data": {"part-number": "two"}}),
    )
    assert responses == [
        (400, ['query parameter order-by must be one of "up", "down"']),
        (400, ["header parameter X-Trace-Depth must be at least 1"]),
        (400, ["header parameter X-Client must have at most 3 characters"]),
        (400, ["path parameter number must be an integer"]),
        (400, ["query parameter size must be at most 9"]),
        (400, ["/part-number: must be an integer"]),
    ]


def test_the_signature_has_the_same_names(package: Path) -> None:
    """The Protocol asks for exactly the arguments that a handler gets."""
    source = (package / "inference_events_api" / "operations.py").read_text()
    for argument in (
        "thing_id: str",
        "number: int",
        "from_: int | None = None",
        "order_by: types.Order | None = None",
        "size: list[types.Size] | None = None",
        "when: types.When | None = None",
        "x_trace_depth: int = 3",
        "if_match: str | None = None",
        "class_: UploadedFile",
        "part_number: types.Size | None = None",
    ):
        assert argument in source
    assert "x_client" not in source


def test_each_tag_has_an_object(package: Path) -> None:
    """Operations are grouped by their first tag, and those without a tag by `default`."""
    source = (package / "inference_events_api" / "operations.py").read_text()
    assert "def handlers(*, big_things: BigThingsOperations, default: DefaultOperations)" in source
    assert '"get_thing": default.get_thing' in source
    assert '"put_thing": big_things.put_thing' in source
