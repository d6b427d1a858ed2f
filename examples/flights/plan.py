"""The plan of the demo: which flights it publishes, how, and which it deletes."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from examples.flights.flights import YEAR, Flights
from examples.flights.publish import CREATED, DELETED_BY_ID, DELETED_BY_TIME, LABELLED

TRAINING_MONTHS = (1, 2)
STREAMED_MONTHS = (3, 4, 5, 6)
FILE_MONTHS = (7, 8, 9, 10, 11, 12)
DELETED_DAY = date(YEAR, 7, 2)
DELETED_FLIGHTS_MONTH = 4
DELETED_FLIGHTS = 5


@dataclass(frozen=True)
class Plan:
    """The flights of the year with their predictions, grouped by the step that publishes them."""

    flights: Flights

    @property
    def training(self) -> Flights:
        return self.flights.of_months(*TRAINING_MONTHS)

    @property
    def streamed(self) -> Flights:
        return self.flights.of_months(*STREAMED_MONTHS)

    @property
    def files(self) -> list[Flights]:
        """One file of flights a month."""
        return [self.flights.of_months(month) for month in FILE_MONTHS]

    @property
    def deleted_day(self) -> Flights:
        return self.flights.of_day(DELETED_DAY)

    @property
    def deleted_flights(self) -> Flights:
        return self.flights.of_months(DELETED_FLIGHTS_MONTH).first(DELETED_FLIGHTS)

    @property
    def remaining(self) -> Flights:
        """Return the flights that PRODUCTION must hold at the end."""
        return self._published.without(self.deleted_day, self.deleted_flights)

    def counts(self) -> Counter[str]:
        """Return the counts that the server must report while the demo publishes; see `Publisher.counts`."""
        return Counter(
            {
                CREATED: len(self.flights),
                LABELLED: len(self._published.landed()),
                DELETED_BY_TIME: len(self.deleted_day),
                DELETED_BY_ID: len(self.deleted_flights),
            }
        )

    @property
    def _published(self) -> Flights:
        return self.flights.of_months(*STREAMED_MONTHS, *FILE_MONTHS)
