"""The `event_ts_format` of a model. It reads the same texts in every locale, time zone and version of Python.

`datetime.strptime` takes the names of months and zones from the machine: under TZ=America/New_York it reads "EST" and
forgets the zone. So directives with one meaning everywhere are read here. An old model with other directives is still
read by `strptime`; no new model may have them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ZONES = ("UTC", "GMT", "Z")
MAX_CHARACTERS = 128


def _short(names: list[str]) -> list[str]:
    return [name[:3] for name in names]


def _any_of(names: list[str] | tuple[str, ...]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


# The pattern of each directive. Every part is bounded, so no text takes long.
PATTERNS: Mapping[str, str] = {
    "Y": r"[0-9]{4}",
    "y": r"[0-9]{2}",
    "m": r"1[0-2]|0?[1-9]",
    "d": r"3[01]|[12][0-9]|0?[1-9]| [1-9]",
    "j": r"[0-9]{1,3}",
    "H": r"2[0-3]|[01]?[0-9]",
    "I": r"1[0-2]|0?[1-9]",
    "M": r"[0-5]?[0-9]",
    "S": r"[0-5]?[0-9]",
    "f": r"[0-9]{1,6}",
    "B": _any_of(MONTHS),
    "b": _any_of(_short(MONTHS)),
    "A": _any_of(DAYS),
    "a": _any_of(_short(DAYS)),
    "p": r"AM|PM",
    "z": r"Z|[+-][0-9]{2}:?[0-5][0-9](?::?[0-5][0-9])?",
    "Z": _any_of(ZONES),
}
EXAMPLES: Mapping[str, str] = {
    "Y": "2024",
    "y": "24",
    "m": "05",
    "d": "31",
    "j": "152",
    "H": "17",
    "I": "05",
    "M": "04",
    "S": "09",
    "f": "250000",
    "B": "May",
    "b": "May",
    "A": "Friday",
    "a": "Fri",
    "p": "PM",
    "z": "+0000",
    "Z": "UTC",
}
_TOKEN = re.compile(r"%(.?)|(\s+)|([^%\s]+)", re.DOTALL)


@dataclass(frozen=True)
class TimeFormat:
    """A format in the notation of `strptime`. `faults` are the reasons why no new model may have it."""

    text: str
    faults: tuple[str, ...]
    example: str
    _pattern: re.Pattern[str] | None
    _directives: tuple[str, ...]

    def parse(self, text: str) -> datetime:
        """Return the time that `text` says, aware if it names a zone. Raises ValueError if it does not fit."""
        if len(text) > MAX_CHARACTERS:
            raise ValueError("not a time")
        if self._pattern is None:
            return _parse_as_python(text, self.text)
        match = self._pattern.fullmatch(text)
        if match is None:
            raise ValueError("not a time")
        return _moment(dict(zip(self._directives, match.groups(), strict=True)))


@lru_cache(maxsize=1024)
def time_format(text: str) -> TimeFormat:
    """Read a format. It never fails: `faults` lists what cannot be used."""
    parts, shown, directives, faults = [], [], [], []
    for directive, space, literal in (match.groups() for match in _TOKEN.finditer(text)):
        if space or literal:
            parts.append(r"\s+" if space else re.escape(literal))
            shown.append(space or literal)
        elif directive == "%":
            parts.append("%")
            shown.append("%")
        elif directive not in PATTERNS:
            faults.append(f"%{directive} is not the same on every machine" if directive else "ends in a single %")
        elif directive in directives:
            faults.append(f"%{directive} is there twice")
        else:
            parts.append(f"({PATTERNS[directive]})")
            shown.append(EXAMPLES[directive])
            directives.append(directive)
    if not directives and not faults:
        faults.append("has no directive such as %Y")
    pattern = None if faults else re.compile("".join(parts), re.ASCII | re.IGNORECASE)
    return TimeFormat(text, tuple(faults), "".join(shown), pattern, tuple(directives))


def _parse_as_python(text: str, format: str) -> datetime:
    try:
        return datetime.strptime(text, format)
    except re.error as error:
        raise ValueError("not a time") from error


def _moment(found: Mapping[str, str]) -> datetime:
    year = int(found["Y"]) if "Y" in found else _century(found.get("y"))
    moment = datetime(
        year,
        _month(found),
        int(found.get("d", 1)),
        _hour(found),
        int(found.get("M", 0)),
        int(found.get("S", 0)),
        int(found.get("f", "").ljust(6, "0")),
        _zone(found),
    )
    if "j" in found and not ("m" in found or "d" in found):
        moment = moment.replace(month=1, day=1) + timedelta(days=int(found["j"]) - 1)
    if moment.year != year or int(found.get("j", 1)) == 0:
        raise ValueError("not a time")
    return moment


def _century(digits: str | None) -> int:
    """Return the year of two digits, by the rule of POSIX."""
    if digits is None:
        return 1900
    return int(digits) + (2000 if int(digits) < 69 else 1900)


def _month(found: Mapping[str, str]) -> int:
    if "m" in found:
        return int(found["m"])
    name = found.get("B") or found.get("b")
    return 1 if name is None else _short(MONTHS).index(name[:3].title()) + 1


def _hour(found: Mapping[str, str]) -> int:
    if "H" in found or "I" not in found:
        return int(found.get("H", 0))
    return int(found["I"]) % 12 + (12 if found.get("p", "AM").upper() == "PM" else 0)


def _zone(found: Mapping[str, str]) -> timezone | None:
    offset = found.get("z", "Z").replace(":", "")
    if "z" not in found and "Z" not in found:
        return None
    if offset.upper() == "Z":
        return UTC
    hours, minutes, seconds = int(offset[1:3]), int(offset[3:5]), int(offset[5:7] or 0)
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-length if offset[0] == "-" else length)
