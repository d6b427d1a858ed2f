"""Uploads in parts: which parts a completion names, and whether they are stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from inference_events.catalog import Catalog, files
from inference_events.catalog.tables import File, utc_now
from inference_events.errors import BadRequest, Fault, PayloadTooLarge
from inference_events.files.store import StoredObject

UNFINISHED_HOURS = 24


@dataclass(frozen=True)
class Part:
    """A part as a completion names it: `place` is where in the request, `id` the SHA-256 of its content in hex."""

    place: str
    number: int
    id: str


def complete(session: Session, file_id: str, named: Sequence[Mapping[str, Any]], limit: int, token_id: str) -> File:
    """Make an upload a file of the parts that a completion names.

    Raises ObjectNotFound, Conflict, BadRequest with the place of each part that is misnumbered, not stored or stored
    with another id, and PayloadTooLarge for more than `limit` bytes.
    """
    files.get_unfinished(session, file_id)
    parts = in_order(named)
    _check(parts, files.parts(session, file_id), limit)
    return files.complete(session, file_id, len(parts), token_id)


def in_order(named: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the parts that a completion names. Raises BadRequest if they are not numbered 1, 2, … each once."""
    parts = [Part(f"/parts/{place}", one["number"], one["id"]) for place, one in enumerate(named)]
    faults = list(_numbering_faults(parts))
    if faults:
        raise BadRequest.naming(*faults)
    return sorted(parts, key=lambda part: part.number)


def drop_unfinished(catalog: Catalog) -> None:
    """Forget uploads that were not completed in time, and release their parts."""
    before = utc_now() - timedelta(hours=UNFINISHED_HOURS)
    catalog.write(lambda session: files.forget_unfinished(session, before))


def _check(named: Sequence[Part], stored: Mapping[int, StoredObject], limit: int) -> None:
    missing = [Fault("is not stored", part.place) for part in named if part.number not in stored]
    if missing:
        raise BadRequest.naming(*missing)
    if sum(stored[part.number].size for part in named) > limit:
        raise PayloadTooLarge(f"The file is larger than the limit of {limit} bytes")
    others = [part for part in named if stored[part.number].sha256 != part.id.lower()]
    if others:
        raise BadRequest.naming(*(Fault("is stored with another id", part.place) for part in others))


def _numbering_faults(parts: Sequence[Part]) -> Iterator[Fault]:
    seen: set[int] = set()
    for part in parts:
        if part.number in seen:
            yield Fault("is named twice", f"{part.place}/number")
        elif part.number > len(parts):
            yield Fault("leaves a gap in the numbers", f"{part.place}/number")
        seen.add(part.number)
