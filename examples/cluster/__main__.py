"""Run the demonstration: `python -m examples.cluster`."""

from typing import Annotated

import typer

from examples.cluster import run
from examples.flights.flights import WHOLE_MONTHS


def main(days: Annotated[int, typer.Option(help="Only the first days of each month.")] = WHOLE_MONTHS) -> None:
    """Publish a year of real flights to three replicas, kill one in the middle, and count all flights again."""
    run(days)


if __name__ == "__main__":
    typer.run(main)
