"""The report of the comparison: tables in Markdown."""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median

from tests.bench.peers.ours import InferenceEvents
from tests.bench.peers.sessions import KILLED_AFTER, Plan, Record, Work
from tests.bench.report import milliseconds, number, table

INTRODUCTION = """{date}, {cores} cores, load average at the end {load}. {rounds} round(s): in each, every peer in turn
is started, warmed up, does the work and is stopped, so that one runs at a time; rates are medians. Events have 20
columns, and ids that are new in every request. A peer that responds before it stores gets {patience:.0f} s to store the
rest; the stored rate is over all that time, and "of ours" is the ratio of stored rates. RSS is that of all
processes of a peer together, with pages that they share counted once."""
FAIRNESS = """Phoenix and MLflow do other work than a store of events: they trace applications and track experiments,
with searches, evaluations and a user interface over what is stored, and attributes of any name and type instead of
checked columns. An event is to them a root span in a trace of its own, and its columns are attributes. Datasette checks
no types. InfluxDB keeps one point for a time and its tags, so that it finds no event by its id, and updates none. Slow
peers get fewer requests, fast ones more."""
WORK_HEADINGS = [
    "peer",
    "responses",
    "refused",
    "acknowledged/s",
    "stored/s",
    "of ours",
    "p50 ms",
    "p99 ms",
    "peak RSS MiB",
]
KEPT_HEADINGS = ["peer", "installed MiB", "first start s", "next start s", "kept after kill -9"]


def write(folder: Path, records: Sequence[Record], plan: Plan) -> str:
    """Write `peers.md` and return the text."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    said = {"rounds": plan.rounds, "patience": plan.patience}
    parts = [
        INTRODUCTION.format(date=date.today(), cores=os.cpu_count(), load=load, **said),
        "1,000 events a request, 8 connections:",
        _works({record.peer.name: record.batches for record in records}),
        "1 event a request, 64 connections:",
        _works({record.peer.name: record.singles for record in records}),
        f"What it takes, and what it keeps when it is killed right after it has acknowledged {KILLED_AFTER} requests:",
        table(KEPT_HEADINGS, [_kept(record) for record in records]),
        "\n".join(_about(record) for record in records),
        FAIRNESS,
    ]
    text = "\n\n".join(parts) + "\n"
    (folder / "peers.md").write_text(text)
    return text


def progress(record: Record) -> str:
    """Return a line of a peer's results so far."""
    works = {"batches": record.batches, "singles": record.singles}
    rates = (f"{name}: {', '.join(_work(work, None)[:7])}" for name, work in works.items())
    started = ", ".join(f"{seconds:.1f}" for seconds in record.starts)
    return " | ".join([record.peer.name, *rates, f"kept {_kept(record)[-1]}", f"started in s: {started}"])


def _about(record: Record) -> str:
    refusals = record.batches.refusals + record.singles.refusals
    refused = f". Refused with: {refusals[0].splitlines()[-1]}" if refusals else ""
    return f"* **{record.peer.name}**: {record.peer.about}{refused}"


def _works(works: Mapping[str, Work]) -> str:
    ours = works[InferenceEvents.name].stored_rate if InferenceEvents.name in works else None
    return table(WORK_HEADINGS, [[name, *_work(work, ours)] for name, work in works.items()])


def _work(work: Work, ours: float | None) -> list[str]:
    return [
        f"{len(work.latencies):,}",
        f"{len(work.refusals):,}",
        number(work.acknowledged_rate),
        number(work.stored_rate),
        f"{work.stored_rate / ours:.3f}" if ours else "",
        milliseconds(work.latencies, 50),
        milliseconds(work.latencies, 99),
        f"{work.memory:.0f}",
    ]


def _kept(record: Record) -> list[str]:
    first, *later = record.starts
    kept = f"{record.kept:,} of {record.acknowledged:,}"
    return [record.peer.name, f"{record.peer.environment.size:.0f}", f"{first:.1f}", f"{median(later):.1f}", kept]
