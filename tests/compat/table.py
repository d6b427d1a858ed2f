"""Write COMPATIBILITY.md from the calls of the tests: python -m tests.compat.table [--check] RECORD..."""

import argparse
import ast
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from inference_events.http.unsupported import unsupported_feature
from tests.compat import not_offered
from tests.vendor_calls import CLIENT_CALLS, OLDER_CLIENT_CALLS

TABLE = Path(__file__).with_name("COMPATIBILITY.md")
NOTEBOOKS = Path(__file__).with_name("notebooks")
NOT_IN_VERSION = "-"
UNTESTED = "untested"
UNEXPLAINED = "partly"
NOT_OFFERED = 501
INTRODUCTION = """\
# What of the vendor's client works here

Every public operation of `fiddler-client`, by version. `make compatibility` writes this page from the calls of the
tests in this folder with the unmodified client and a running server; `make compat` fails when it is stale.

* **works**: a test called it, and it returned.
* **partly**: it works, except for the named feature.
* **not here**: the server returns 501, and the client raises `ApiError` with that code at once (those that list, and
  `ModelDeployment.of`, raise `requests.HTTPError`).
* **refused**: the client itself raises `Unsupported` with any server.
* **-**: this version of the client does not have it.
"""
CALLS = f"""\
## Calls

The {len(CLIENT_CALLS)} requests that the vendor's client may send, and those that only older versions send.

* **works**: a test made this version send it, and the response was a success.
* **501**: the server does not offer it; see below.
* **served**: the server has it, but neither version sends it.
* **-**: this version does not send it.

"""

NOTEBOOKS_INTRODUCTION = """\
## Notebooks

The vendor's public notebooks and tools that run as tests: the same calls in the same order, on generated data, with the
figures recomputed. `make test-notebooks` runs them all, with both versions if these have the calls.

| test | what it runs |
| --- | --- |
"""


def render(records: list[dict[str, Any]]) -> str:
    """Write the page from one record for each version of the client."""
    operations = sorted({name for record in records for name in record["operations"]}, key=_order)
    versions = [record["client"] for record in records]
    sections = [INTRODUCTION]
    for entity, names in groupby(operations, key=_entity):
        rows = [["", *versions], ["---"] * (len(versions) + 1)]
        rows += [[f"`{name}`", *(verdict(record, name) for record in records)] for name in names]
        sections.append(f"## {entity}\n\n" + _table(rows))
    rows = [["", *versions], ["---"] * (len(versions) + 1)]
    rows += [[f"`{call}`", *(call_verdict(records, record, call) for record in records)] for call in _calls()]
    return "\n".join([*sections, CALLS + _table(rows), not_offered.section(), NOTEBOOKS_INTRODUCTION + _notebooks()])


def verdict(record: dict[str, Any], name: str) -> str:
    """Return in a word or two how an operation works with the client of a record."""
    operation = record["operations"].get(name)
    if operation is None:
        return NOT_IN_VERSION
    ends, missing = set(operation["ends"]), operation["missing"]
    if "returned" in ends:
        if missing:
            return f"partly: no {', no '.join(missing)}"
        return UNEXPLAINED if "501" in ends else "works"
    if "501" in ends:
        return "not here"
    return "refused" if "Unsupported" in ends else UNTESTED


def call_verdict(records: list[dict[str, Any]], record: dict[str, Any], call: str) -> str:
    """Return in a word how the server answers a call of the client of a record."""
    statuses = record["calls"].get(call)
    if statuses is None:
        is_called = any(call in other["calls"] for other in records)
        return NOT_IN_VERSION if is_called else _uncalled_verdict(call)
    if any(status < 300 for status in statuses):
        return "works"
    return str(NOT_OFFERED) if NOT_OFFERED in statuses else UNTESTED


def faults(records: list[dict[str, Any]], page: str) -> list[str]:
    """Return the faults of the page: operations without a test, and stale text."""
    found = []
    for record in records:
        for name in record["operations"]:
            operation = f"{name} of client {record['client']}"
            if verdict(record, name) == UNTESTED:
                found.append(f"{operation}: no test that passes shows how it ends")
            if verdict(record, name) == UNEXPLAINED:
                found.append(
                    f"{operation}: some call of it was a 501, but no test says what is missing (marker partly)"
                )
        found += [
            f"{call} of client {record['client']}: no test that passes shows how it ends"
            for call in _calls()
            if call_verdict(records, record, call) == UNTESTED
        ]
    return found + ([] if page == render(records) else [f"{TABLE.name} is stale: make compatibility"])


def _table(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _notebooks() -> str:
    paths = sorted(NOTEBOOKS.glob("test_*.py"))
    described = {path.name: ast.get_docstring(ast.parse(path.read_text())) or "" for path in paths}
    return _table([[f"[{name}](notebooks/{name})", text.partition("\n")[0]] for name, text in described.items()])


def _calls() -> list[str]:
    return [*CLIENT_CALLS, *OLDER_CLIENT_CALLS]


def _uncalled_verdict(call: str) -> str:
    *methods, path = call.split()
    if all(not_offered.is_served(method, path) for method in methods):
        return "served"
    return str(NOT_OFFERED) if unsupported_feature(path) else UNTESTED


def _entity(name: str) -> str:
    return name.partition(".")[0].removesuffix("Compact") if "." in name else "Connection"


def _order(name: str) -> tuple[bool, str, str]:
    return "." in name, _entity(name), name


def main() -> int:
    """Write or check the page. Return the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("records", nargs="+", type=Path, metavar="RECORD")
    arguments.add_argument("--check", action="store_true", help="fail instead of writing")
    given = arguments.parse_args()
    records = [json.loads(path.read_text()) for path in given.records]
    if not given.check:
        TABLE.write_text(render(records))
    found = faults(records, TABLE.read_text() if TABLE.exists() else "")
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
