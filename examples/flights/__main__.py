"""Run the demonstration: `python -m examples.flights`."""

from pathlib import Path
from typing import Annotated

import typer

from examples.flights import run


def main(
    data_dir: Annotated[Path, typer.Option(help="A data directory for the demo alone.")] = Path(
        "inference-events-demo"
    ),
) -> None:
    """Publish a year of real flights to a new server, label them, delete some, and count them all again."""
    run(data_dir)


if __name__ == "__main__":
    typer.run(main)
