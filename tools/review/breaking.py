"""Report the changes of openapi.yaml for clients since the last released contract.

Run as `python -m tools.review.breaking`, with `--json` for programs. Exits 1 if a change breaks a client and
`contract/accepted-breaks.yaml` does not accept it, or if an entry there matches no break.
"""

from pathlib import Path
from typing import Annotated

import typer

from tools.review import accepted
from tools.review.changes import join
from tools.review.comparison import compare
from tools.review.document import Document
from tools.review.released import NoReleaseError, newest
from tools.review.report import Report

SPEC = "openapi.yaml"
CONTRACTS = "contract"
ACCEPTED = "accepted-breaks.yaml"


def report(root: Path) -> Report:
    """Compare the contract with the last released one.

    Raises NoReleaseError if there is none, and InvalidEntryError if the list of accepted breaks has an invalid entry.
    """
    released = newest(root / CONTRACTS)
    entries = accepted.load(root / CONTRACTS / ACCEPTED)
    changes = compare(Document.load(released), Document.load(root / SPEC))
    marked = join(accepted.accept(changes, entries))
    return Report(released.stem, tuple(marked), tuple(accepted.stale(changes, entries)))


def main(
    root: Annotated[Path, typer.Option(help="The directory of openapi.yaml and contract/.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
) -> None:
    """Print the contract's changes for clients since the last release; exit 1 on a break."""
    try:
        found = report(root)
    except (NoReleaseError, accepted.InvalidEntryError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(found.json() if json else found.markdown())
    raise typer.Exit(1 if found.failed else 0)


if __name__ == "__main__":
    typer.run(main)
