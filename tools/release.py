"""Print the notes of a release, which are its section of the changelog: `python -m tools.release v0.1.0`.

Exits 1 if the tag is not the version of `openapi.yaml`, which all packages have, or if the section says "unreleased".
"""

import re
import sys
from pathlib import Path

import typer
import yaml


class ReleaseRefused(Exception):
    """The repository is not ready for the release. The message says why."""


def release_notes(tag: str, spec: str, changelog: str) -> str:
    """Return the section of the tag's version in the changelog. Raises ReleaseRefused."""
    version = yaml.safe_load(spec)["info"]["version"]
    if tag != f"v{version}":
        raise ReleaseRefused(
            f"The tag is {tag}, but openapi.yaml has the version {version}: the tag must be v{version}"
        )
    sections = re.split(r"^## (.+)\n", changelog, flags=re.MULTILINE)
    notes = dict(zip(sections[1::2], sections[2::2], strict=True))
    if version not in notes:
        raise ReleaseRefused(f"CHANGELOG.md has no section with the heading {version}")
    return f"{notes[version].strip()}\n"


def main(tag: str) -> None:
    """Print the notes of the release that TAG names."""
    try:
        notes = release_notes(tag, Path("openapi.yaml").read_text(), Path("CHANGELOG.md").read_text())
    except ReleaseRefused as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    sys.stdout.write(notes)


if __name__ == "__main__":
    typer.run(main)
