"""Output of the demo: progress while it runs, and tables at its end."""

import time
from calendar import month_name
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sklearn.metrics import roc_auc_score

from examples.flights.verify import Month, MonthFigures, Reading
from inference_events.data_directory import admin_token_file
from inference_events_client.models import AlertRecord

_SHOWN_DIFFERENCES = 20


@dataclass(frozen=True)
class Phase:
    """A finished phase: its events and its seconds."""

    name: str
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return the events per second."""
        return self.events / self.seconds


class Work:
    """Show the progress of the work, and keep how long each phase of it took."""

    def __init__(self, console: Console) -> None:
        self.phases: list[Phase] = []
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    @contextmanager
    def phase(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Time a phase. Yields a function to call with the number of events that were processed since the last call.

        Events and seconds of a phase within another one count in the inner one only.
        """
        number = self._progress.add_task(name, total=total)
        task = self._progress.tasks[number]
        start, first = time.perf_counter(), len(self.phases)
        yield partial(self._progress.advance, number)
        seconds, inner = time.perf_counter() - start, self.phases[first:]
        events = int(task.completed) - sum(phase.events for phase in inner)
        self.phases.append(Phase(name, events, seconds - sum(phase.seconds for phase in inner)))
        self._progress.update(number, total=task.completed)


def show_outcome(console: Console, reading: Reading, phases: list[Phase]) -> None:
    """Show the data read back, the speed of each phase, and whether the data equals the source."""
    _show_months(console, reading.months)
    _show_counts(console, reading.counts)
    _show_violations(console, reading.months)
    _show_figures(console, reading.figures)
    _show_alerts(console, reading.alerts)
    _show_phases(console, phases)
    _show_differences(console, reading.differences)


def _show_months(console: Console, months: Mapping[int, Month]) -> None:
    table = _table("Read back", "month", "events", "expected", "labels known", "late", "accuracy", "AUC")
    for number, month in sorted(months.items()):
        table.add_row(month_name[number], f"{month.events:,}", f"{month.expected:,}", *_quality(month))
    events = sum(month.events for month in months.values())
    expected = sum(month.expected for month in months.values())
    labels = sum(len(month.labels) for month in months.values())
    table.add_section()
    table.add_row("all", f"{events:,}", f"{expected:,}", f"{labels:,}", "", "", "")
    table.caption = "The model was trained on January and February. Cancelled and diverted flights never get a label."
    console.print(table)


def _show_counts(console: Console, counts: list[tuple[str, int, int]]) -> None:
    table = _table("Counted by the server", "", "server", "source")
    for name, by_server, right in counts:
        table.add_row(name, f"{by_server:,}", f"{right:,}")
    console.print(table)


def _show_violations(console: Console, months: Mapping[int, Month]) -> None:
    found: Counter[tuple[str, str]] = sum((month.violations for month in months.values()), Counter())
    table = _table("Violations of the schema", "column", "kind", "events")
    table.columns[1].justify = "left"
    for (column, kind), count in sorted(found.items()):
        table.add_row(column, kind, f"{count:,}")
    console.print(table)


def _show_figures(console: Console, figures: Mapping[int, MonthFigures]) -> None:
    table = _table("Computed by the server", "month", "events", "labels missing", "accuracy", "largest drift", "JSD")
    for number, figure in sorted(figures.items()):
        accuracy = "" if figure.accuracy is None else f"{figure.accuracy:.1%}"
        drift = (column, f"{figure.drift[column]:.2f}") if (column := figure.most_drifted) else ("", "")
        table.add_row(
            month_name[number], f"{figure.events:,}", f"{figure.events - figure.labelled:,}", accuracy, *drift
        )
    table.caption = "JSD is the distance of a column's distribution to that of January and February, from 0 to 1."
    console.print(table)


def _show_alerts(console: Console, records: list[AlertRecord]) -> None:
    """Show each record in a row of its own, because its message is a sentence."""
    table = _table("Alert records", "severity")
    table.add_column("message")
    for record in records:
        table.add_row(record.severity, record.message)
    console.print(table)


def _show_phases(console: Console, phases: list[Phase]) -> None:
    table = _table("Rates", "phase", "events", "seconds", "events/s")
    for phase in phases:
        table.add_row(phase.name, f"{phase.events:,}", f"{phase.seconds:.1f}", f"{phase.rate:,.0f}")
    console.print(table)


def _show_differences(console: Console, differences: list[str]) -> None:
    if not differences:
        console.print("Every event, value, label and violation equals the source.", style="green")
        return
    console.print(f"{len(differences):,} differences from the source:", style="bold red")
    for line in differences[:_SHOWN_DIFFERENCES]:
        console.print(f"  {line}", markup=False)


def show_rates(console: Console, runs: Mapping[str, list[Phase]]) -> None:
    """Show the rates of several runs, which have names, side by side."""
    table = _table("Rates in events/s", "phase", *runs)
    rates = {name: {phase.name: f"{phase.rate:,.0f}" for phase in phases} for name, phases in runs.items()}
    for phase in dict.fromkeys(phase for by_phase in rates.values() for phase in by_phase):
        table.add_row(phase, *(by_phase.get(phase, "") for by_phase in rates.values()))
    console.print(table)


def show_serving(console: Console, data_dir: Path, model_id: UUID) -> None:
    """Show how to serve the published data, and where the console shows them."""
    console.print("Serve this data:  ", f"inference-events serve --data-dir {data_dir}", sep="", soft_wrap=True)
    console.print("or, in a clone:   ", f'make serve ARGS="--data-dir {data_dir}"', sep="", soft_wrap=True)
    console.print("Its admin token:  ", str(admin_token_file(data_dir)), sep="", soft_wrap=True)
    console.print("Then look at it:  ", f"http://127.0.0.1:8000/console/#/models/{model_id}", sep="", soft_wrap=True)


def _quality(month: Month) -> tuple[str, ...]:
    if len(set(month.labels)) < 2:
        return f"{len(month.labels):,}", "", "", ""
    area = roc_auc_score(month.labels, month.probabilities)
    return f"{len(month.labels):,}", f"{month.late:.1%}", f"{month.accuracy:.1%}", f"{area:.2f}"


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
