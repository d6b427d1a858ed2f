"""Report what openapi.yaml changes for clients since a git ref, as Markdown.

Run as `python -m tools.review.breaking BASE`.
Exits 1 if a change breaks a client and `contract/accepted-breaks.yaml` does not accept it, and 2 if BASE is no commit.
"""

import subprocess
from pathlib import Path
from typing import Annotated

import typer
import yaml

from tools.review.changes import accept, breaks, markdown
from tools.review.comparison import compare
from tools.review.document import Document

SPEC = Path("openapi.yaml")
ACCEPTED = Path("contract/accepted-breaks.yaml")


class UnknownRefError(Exception):
    """The given git ref names no commit."""


def text_at(ref: str, spec: Path) -> str | None:
    """Return the file's text as of a git ref, None where it was not there; raises UnknownRefError."""
    if _git(spec.parent, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}") is None:
        raise UnknownRefError(ref)
    return _git(spec.parent, "show", "--end-of-options", f"{ref}:./{spec.name}")


def report(ref: str, spec: Path) -> tuple[str, bool]:
    """Compare the file with its state at a git ref: the Markdown, and whether a change breaks clients."""
    before = text_at(ref, spec)
    if before is None:
        return f"`{ref}` has no {spec.name}: there is nothing to compare with.\n", False
    accepted = spec.parent / ACCEPTED
    intended = yaml.safe_load(accepted.read_text()) if accepted.exists() else None
    changes = accept(compare(Document.parse(before), Document.load(spec)), intended or [])
    return markdown(changes, ref), breaks(changes)


def main(
    base: Annotated[str, typer.Argument(help="Git ref to compare with.")],
    spec: Annotated[Path, typer.Option(help="The OpenAPI document in the working tree.")] = SPEC,
) -> None:
    """Print what the document changes for clients since BASE; exit 1 on a break."""
    try:
        text, broken = report(base, spec.resolve())
    except UnknownRefError:
        typer.echo(f"git knows no commit named {base!r}: fetch it or give another BASE", err=True)
        raise typer.Exit(2) from None
    typer.echo(text, nl=False)
    raise typer.Exit(1 if broken else 0)


def _git(folder: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    typer.run(main)
