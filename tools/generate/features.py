"""Find features of OpenAPI 3.0 that the generators or the server do not support, and would drop or crash on."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from keyword import iskeyword
from re import findall, fullmatch
from urllib.parse import urlsplit

from tools.generate.arguments import FORM, JSON, URLENCODED, Argument, arguments, is_binary
from tools.generate.document import Node, OperationNode, operations, resolved
from tools.generate.schema_features import SchemaCheck

SCALARS = ("string", "integer", "number", "boolean")
_SERVED = ("get", "put", "post", "delete", "patch")
_STYLES = {"query": "form", "path": "simple", "header": "simple"}
# OpenAPI says that header parameters of these names are ignored.
_IGNORED_HEADERS = ("accept", "content-type", "authorization")


def feature_faults(document: Node) -> list[str]:
    """Return a line for each feature that is not supported; it begins with the name of the operation."""
    found = [*_servers("servers", document)]
    for path, item in document["paths"].items():
        found.extend(f"{path}: {feature} is not supported" for feature in ("$ref", "servers") if feature in item)
    schemas, names = SchemaCheck(document), Counter(each.name for each in operations(document))
    found.extend(f"{name}: the operationId is there {count} times" for name, count in names.items() if count > 1)
    for operation in operations(document):
        found.extend(f"{operation.name}: {fault}" for fault in _operation(document, operation, schemas))
    return found


def _servers(name: str, node: Node) -> Iterator[str]:
    """The server serves at the root of its host."""
    for server in node.get("servers", ()):
        if "variables" in server:
            yield f"{name}: server variables are not supported"
        elif urlsplit(server["url"]).path not in ("", "/"):
            yield f"{name}: the path of {server['url']} is not supported; the API is at the root of a host"


def _operation(document: Node, operation: OperationNode, schemas: SchemaCheck) -> Iterator[str]:
    node = operation.node
    yield from _identity(operation)
    yield from (f"{feature} is not supported" for feature in ("callbacks", "servers") if feature in node)
    yield from _security(document, node)
    faults = [*_template(operation)]
    faults.extend(chain.from_iterable(_parameter(document, each) for each in operation.parameters))
    faults.extend(_request(document, operation))
    yield from faults
    if not faults:
        yield from _names(document, operation)
    yield from _responses(document, node)
    for schema in _schemas(document, operation):
        yield from schemas.faults(schema)


def _identity(operation: OperationNode) -> Iterator[str]:
    node = operation.node
    if "operationId" not in node:
        yield "has no operationId"
    elif not operation.name.isidentifier() or iskeyword(operation.name) or operation.name.startswith("_"):
        yield "the operationId is not supported; it must be a name in Python"
    if not node.get("summary"):
        yield "has no summary"
    if operation.method not in _SERVED:
        yield f"the method {operation.method.upper()} is not supported"


def _security(document: Node, node: Node) -> Iterator[str]:
    requirements = node["security"] if "security" in node else document.get("security", [])
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name in dict.fromkeys(chain.from_iterable(requirements)):
        scheme = resolved(document, schemes.get(name, {}))
        if (scheme.get("type"), scheme.get("scheme", "").lower()) != ("http", "bearer"):
            yield f"the security scheme {name} is not supported; only http bearer is"
    if not all(requirements):
        yield "optional security is not supported"
    if requirements and "x-scopes" not in node:
        yield "needs a token but has no x-scopes"


def _template(operation: OperationNode) -> Iterator[str]:
    declared = {each["name"] for each in operation.parameters if each["in"] == "path"}
    for name in sorted(declared ^ set(findall(r"\{([^{}]*)\}", operation.path))):
        yield f"the path parameter {name} must be declared and in the path"


def _parameter(document: Node, parameter: Node) -> Iterator[str]:
    place, name = parameter["in"], parameter["name"]
    title = f"the {place} parameter {name}"
    if place == "cookie":
        yield f"{title} is not supported; there are no cookies"
    elif place == "header" and name.lower() in _IGNORED_HEADERS:
        yield f"{title} is not supported; OpenAPI gives this header to the request itself"
    elif place == "path" and not fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        yield f"{title} is not supported; its name must have only letters, digits, _ and -"
    elif "schema" not in parameter:
        yield f"content in {title} is not supported; give it a schema"
    else:
        yield from (f"{feature} in {title} is not supported" for feature in _serialization(parameter))
        yield from (f"{feature} in {title} is not supported" for feature in _value(document, parameter))


def _serialization(parameter: Node) -> Iterator[str]:
    style = parameter.get("style")
    if style not in (None, _STYLES[parameter["in"]]):
        yield f"style {style}"
    yield from (feature for feature in ("allowReserved", "allowEmptyValue") if parameter.get(feature))
    if parameter["in"] == "query" and not parameter.get("explode", True):
        yield "explode: false"


def _value(document: Node, parameter: Node) -> Iterator[str]:
    schema = resolved(document, parameter["schema"])
    kind = schema.get("type")
    if kind == "array" and parameter["in"] == "query":
        kind = resolved(document, schema.get("items", {})).get("type")
    if kind not in SCALARS:
        yield f"a schema of type {kind}" if kind else "a schema without a type"
    if schema.get("nullable"):
        yield "nullable"
    if "x-content-schema" in parameter:
        yield from _content(parameter, schema)
    if is_binary(schema) or (parameter["in"] == "header" and schema.get("format") in ("date", "date-time")):
        yield f"format: {schema['format']}"


def _content(parameter: Node, schema: Node) -> Iterator[str]:
    """The server parses the text of a parameter, and the handler gets the value."""
    if schema.get("type") != "string" or "default" in schema:
        yield "x-content-schema with anything but a text without a default"
    elif "$ref" not in parameter["x-content-schema"]:
        yield "x-content-schema that is not a named component"


def _request(document: Node, operation: OperationNode) -> Iterator[str]:
    if "requestBody" not in operation.node:
        return
    body = resolved(document, operation.node["requestBody"])
    media_types = list(body["content"])
    if operation.method == "get":
        yield "a request body of GET is not supported"
    elif media_types not in ([JSON], [JSON, URLENCODED], [FORM]):
        yield f"a request body of {', '.join(media_types)} is not supported; only one of {JSON} and {FORM} is"
    elif not body.get("required"):
        yield "an optional request body is not supported"
    elif "schema" not in body["content"][media_types[0]]:
        yield "a request body without a schema is not supported"
    elif media_types == [FORM]:
        yield from _form(document, body["content"][FORM])
    else:
        yield from _type_faults("the request body", body["content"][JSON]["schema"])
        if URLENCODED in media_types:
            yield from _second_form(document, body["content"])


def _second_form(document: Node, content: Node) -> Iterator[str]:
    """A form has only texts, and the server reads both bodies as one type."""
    if content[URLENCODED].get("schema") != content[JSON]["schema"]:
        yield f"a body of {URLENCODED} is not supported unless its schema is that of {JSON}"
    fields = resolved(document, content[JSON]["schema"]).get("properties", {})
    for name, field in fields.items():
        if resolved(document, field).get("type") != "string":
            yield f"the form field {name} is not supported; it must be a text"


def _form(document: Node, media_type: Node) -> Iterator[str]:
    schema = resolved(document, media_type["schema"])
    if "encoding" in media_type:
        yield "encoding in a form is not supported"
    fields = {name: resolved(document, field) for name, field in schema.get("properties", {}).items()}
    files = [name for name, field in fields.items() if is_binary(field)]
    if len(files) != 1 or files[0] not in schema.get("required", ()):
        yield "a form is not supported unless exactly one of its fields is a file, and required"
    for name, field in fields.items():
        if field.get("type") not in SCALARS or field.get("nullable") or "default" in field:
            yield f"the form field {name} is not supported; it must be a file, a text or a number without a default"


def _names(document: Node, operation: OperationNode) -> Iterator[str]:
    seen: dict[str, Argument] = {}
    for argument in arguments(document, operation):
        if not argument.name.isidentifier():
            yield f"the {argument.title} has no name in Python"
        elif argument.name in seen:
            yield f"the {argument.title} and the {seen[argument.name].title} have one name in Python, {argument.name}"
        seen[argument.name] = argument


def _responses(document: Node, node: Node) -> Iterator[str]:
    successes = {status: response for status, response in node["responses"].items() if status.startswith("2")}
    if len(successes) != 1 or "2XX" in successes:
        yield f"needs exactly one success, a status such as 200; it has {', '.join(successes) or 'none'}"
        return
    [response] = (resolved(document, each) for each in successes.values())
    content = response.get("content", {})
    if not content:
        yield "a success without content is not supported"
    elif not all("schema" in each for each in content.values()):
        yield "a response without a schema is not supported"
    elif all(is_binary(resolved(document, each["schema"])) for each in content.values()):
        return
    elif list(content) != [JSON]:
        yield f"a response of {', '.join(content)} is not supported; only {JSON} is, or files alone"
    else:
        yield from _type_faults("the response", content[JSON]["schema"])


def _type_faults(title: str, schema: Node) -> Iterator[str]:
    """Require that every type in a signature has a name, or is a list or a scalar."""
    while schema.get("type") == "array" and "$ref" not in schema:
        schema = schema.get("items", {})
    if "$ref" not in schema and schema.get("type") not in SCALARS:
        yield f"{title} must be a named component: a schema of type {schema.get('type')} has no name in Python"


def _schemas(document: Node, operation: OperationNode) -> Iterator[Node]:
    """Yield the schemas of the parameters, of the body and of the responses."""
    for each in operation.parameters:
        yield from (each[keyword] for keyword in ("schema", "x-content-schema") if keyword in each)
    responses = [resolved(document, each) for each in operation.node["responses"].values()]
    body = resolved(document, operation.node.get("requestBody", {}))
    for holder in [body, *responses]:
        yield from (each["schema"] for each in holder.get("content", {}).values() if "schema" in each)
