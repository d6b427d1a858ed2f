"""Release the contract: keep openapi.yaml as the contract of its version, and empty the list of accepted breaks.

Run as `python -m tools.review.release`, after the version in openapi.yaml was raised. Exits 1 if the version is not
newer than the last released one, or if the review fails.
"""

from pathlib import Path
from typing import Annotated

import typer

from tools.review import accepted
from tools.review.breaking import ACCEPTED, CONTRACTS, SPEC, report
from tools.review.document import Document
from tools.review.released import newest, version_of


class NotReleasableError(Exception):
    """The contract cannot be released as it is."""


def release(root: Path) -> Path:
    """Write the contract's released copy and return its path; raises NotReleasableError."""
    spec = root / SPEC
    version = str(Document.load(spec).root["info"]["version"])
    target = root / CONTRACTS / f"{version}.yaml"
    last = newest(root / CONTRACTS)
    number = version_of(target)
    if number is None or number <= (version_of(last) or ()):
        raise NotReleasableError(f"the version {version} in {SPEC} is not newer than {last.stem}")
    if report(root).failed:
        raise NotReleasableError("the contract has breaks that are not accepted: see make check-contract")
    target.write_bytes(spec.read_bytes())
    accepted.empty(root / CONTRACTS / ACCEPTED)
    return target


def main(root: Annotated[Path, typer.Option(help="The directory of openapi.yaml and contract/.")] = Path()) -> None:
    """Keep openapi.yaml as the contract of its version; exit 1 if it cannot be released."""
    try:
        typer.echo(f"wrote {release(root)}, and no break is accepted any more")
    except NotReleasableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
