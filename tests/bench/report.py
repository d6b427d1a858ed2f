"""The report of the benchmark: tables in Markdown, and a plot."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median, quantiles

import matplotlib

from tests.bench.server import Usage

matplotlib.use("Agg")
from matplotlib import pyplot

INTRODUCTION = """{date}, {cores} cores, load average at the end {load}. Rates are medians of rounds, which alternate
with those of the floors; a ratio is measured / floor. Latencies, RSS and CPU are the server's, CPU over all rounds."""
HEADINGS = ["work", "measured", "floor", "ratio", "budget", "met", "p50 ms", "p99 ms", "RSS MiB", "CPU s"]


@dataclass
class Row:
    """One line: the measure in `unit`; the reference in the same unit, if there is one; latencies in seconds.

    `budget` is a limit of the ratio, such as `>= 0.5`, or of the measure if there is no ratio. `floor_name` names the
    reference of the ratio.
    """

    work: str
    measured: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    budget: str = ""
    latencies: Sequence[float] = ()
    usage: Usage | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.measured / self.floor

    @property
    def met(self) -> bool | None:
        """Return whether the budget is met, or None if there is none."""
        if not self.budget:
            return None
        sign, limit = self.budget.split()
        value = self.measured if self.ratio is None else self.ratio
        return value >= float(limit) if sign == ">=" else value <= float(limit)

    def cells(self) -> list[str]:
        floor = "" if self.floor is None else f"{self.floor_name}: {number(self.floor)}"
        return [
            self.work,
            f"{number(self.measured)} {self.unit}",
            floor,
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.budget,
            {None: "", True: "yes", False: "**no**"}[self.met],
            milliseconds(self.latencies, 50),
            milliseconds(self.latencies, 99),
            "" if self.usage is None else f"{self.usage.memory:.0f}",
            "" if self.usage is None else f"{self.usage.cpu:.1f}",
        ]


@dataclass
class Size:
    """Measures at a number of stored rows: events a second, and p50 by kind of request, in seconds."""

    rows: int
    rate: float
    medians: dict[str, float] = field(default_factory=dict)


def write(folder: Path, rows: Sequence[Row], sizes: Sequence[Size]) -> str:
    """Write `bench.md`, and `bench.png` if sizes were measured; return the text."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    parts = [
        INTRODUCTION.format(date=date.today(), cores=os.cpu_count(), load=load),
        table(HEADINGS, [row.cells() for row in rows]),
    ]
    if sizes:
        parts.append(_growth(sizes))
        _plot(folder / "bench.png", sizes)
    text = "\n\n".join(parts) + "\n"
    (folder / "bench.md").write_text(text)
    return text


def p50(latencies: Sequence[float]) -> float:
    return median(latencies)


def percentile(latencies: Sequence[float], hundredth: int) -> float:
    """Return a percentile, of two latencies or more."""
    return quantiles(latencies, n=100, method="inclusive")[hundredth - 1]


def _growth(sizes: Sequence[Size]) -> str:
    headings = ["stored rows", "publish, events/s", *(f"{kind}, p50 ms" for kind in sizes[0].medians)]
    lines = [
        [f"{size.rows:,}", number(size.rate), *(f"{1000 * one:.1f}" for one in size.medians.values())] for size in sizes
    ]
    return table(headings, lines)


def table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [headings, ["---"] * len(headings), *lines])


def _plot(path: Path, sizes: Sequence[Size]) -> None:
    rows = [size.rows / 1e6 for size in sizes]
    figure, (rates, updates) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    rates.plot(rows, [size.rate for size in sizes], marker="o")
    rates.set(title="Publish, 1,000 events a request", xlabel="stored rows, millions", ylabel="events/s")
    for kind in (kind for kind in sizes[0].medians if kind.startswith("PATCH")):
        updates.plot(rows, [1000 * size.medians[kind] for size in sizes], marker="o", label=kind)
    updates.set(title="PATCH of 1,000 ids", xlabel="stored rows, millions", ylabel="p50, ms")
    updates.legend()
    for axes in (rates, updates):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def milliseconds(latencies: Sequence[float], hundredth: int) -> str:
    return f"{1000 * percentile(latencies, hundredth):.1f}" if len(latencies) > 1 else ""


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
