"""A memory budget for request bodies, reserved as their bytes arrive.

A reservation covers the bytes that have arrived, not those that were announced: a client that announces much and sends
nothing takes nothing from others. If the budget is full, the newest bodies that still arrive are refused, so that the
oldest can finish. A body that has arrived is never refused for another one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from inference_events.errors import ServiceUnavailable
from inference_events.limits import MIB

STEP_BYTES = MIB
RETRY_AFTER_SECONDS = 1


class BodyBudget:
    """Count the bytes of all bodies in memory, from any thread, against `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = Lock()
        self._begun = 0
        # In the order in which they began.
        self._arriving: dict[Reservation, None] = {}

    @contextmanager
    def reserve(self) -> Iterator["Reservation"]:
        """Open the reservation of a request whose body now arrives; it is released at the end."""
        with self._lock:
            self._begun += 1
            reservation = Reservation(self, self._begun)
            self._arriving[reservation] = None
        try:
            yield reservation
        finally:
            with self._lock:
                self._give_back(reservation)

    def end_arrival(self, reservation: "Reservation", size: int) -> None:
        """Keep `size` bytes for a body that has arrived. Raises ServiceUnavailable if it was refused before."""
        with self._lock:
            reservation.check()
            self.used += size - reservation.size
            reservation.size = size
            self._forget(reservation)

    def take(self, reservation: "Reservation", size: int) -> None:
        """Count `size` more bytes. Raises ServiceUnavailable if they do not fit, or if it was refused before."""
        with self._lock:
            reservation.check()
            if size > 0 and self.used + size > self.limit:
                self._make_room(reservation, self.used + size - self.limit)
            self.used += size
            reservation.size += size

    def _make_room(self, reservation: "Reservation", size: int) -> None:
        """Refuse the newest bodies that still arrive; none, if those newer than `reservation` are not enough."""
        newer = [one for one in reversed(self._arriving) if one.number > reservation.number and one.size]
        if sum(one.size for one in newer) < size:
            raise _busy()
        for one in newer:
            size -= one.size
            one.refuse()
            self._give_back(one)
            if size <= 0:
                return

    def _give_back(self, reservation: "Reservation") -> None:
        self.used -= reservation.size
        reservation.size = 0
        self._forget(reservation)

    def _forget(self, reservation: "Reservation") -> None:
        self._arriving.pop(reservation, None)
        # The callback refers to the reservation: without this the cycle would wait for the garbage collector.
        reservation.interrupt = _do_nothing


class Reservation:
    """Count the bytes of one request in its budget. Later requests have higher numbers.

    `interrupt` is called, in any thread, if the body is refused for an older one while it arrives.
    """

    def __init__(self, budget: BodyBudget, number: int) -> None:
        self._budget = budget
        self._is_refused = False
        self.number = number
        self.size = 0
        self.interrupt: Callable[[], object] = _do_nothing

    def grow_to(self, size: int, most: int) -> None:
        """Count at least `size` bytes: from 1 MiB on whole steps, but never more than `most`.

        Raises ServiceUnavailable if they do not fit.
        """
        if size > self.size:
            steps = -(-size // STEP_BYTES) * STEP_BYTES if size > STEP_BYTES else size
            self.add(min(steps, most) - self.size)

    def add(self, size: int) -> None:
        """Count `size` bytes more. Raises ServiceUnavailable if they do not fit."""
        self._budget.take(self, size)

    def end_arrival(self, size: int) -> None:
        """Keep `size` bytes of a body that has arrived. Raises ServiceUnavailable if it was refused before."""
        self._budget.end_arrival(self, size)

    def refuse(self) -> None:
        """Refuse the body for an older one."""
        self._is_refused = True
        self.interrupt()

    def check(self) -> None:
        """Raise ServiceUnavailable if the body was refused for an older one."""
        if self._is_refused:
            raise _busy()


def _do_nothing() -> None:
    pass


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable("Too many request bodies are in flight; try again shortly", RETRY_AFTER_SECONDS)
