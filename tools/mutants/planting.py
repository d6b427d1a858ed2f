"""Mutants as data: one replaced text in one file, read from `planted/*.toml`."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLANTED = Path(__file__).with_name("planted")


class StaleMutant(Exception):
    """The code that a mutant changes has moved."""


@dataclass(frozen=True)
class Mutant:
    """One bug. `operations` are the targets of the fuzz, `covers` the cross-cutting rules that it breaks."""

    name: str
    operations: tuple[str, ...]
    covers: tuple[str, ...]
    file: str
    old: str
    new: str
    why: str

    def mutated(self, tree: Path) -> str:
        """Return the text of its file in `tree` with the bug. Raises StaleMutant."""
        path = tree / self.file
        if not path.is_file():
            raise StaleMutant(f"{self.name}: {self.file} does not exist")
        text = path.read_text()
        if (found := text.count(self.old)) != 1:
            raise StaleMutant(f"{self.name}: the old text is in {self.file} {found} times, not once")
        return text.replace(self.old, self.new)


def load_mutants(names: Iterable[str] = ()) -> list[Mutant]:
    """Return the mutants of these names, all without names. Raises ValueError for an unknown name."""
    mutants = [_mutant(entry) for path in sorted(PLANTED.glob("*.toml")) for entry in _entries(path)]
    wanted = set(names)
    if unknown := wanted - {mutant.name for mutant in mutants}:
        raise ValueError(f"unknown mutants: {', '.join(sorted(unknown))}")
    return [mutant for mutant in mutants if not wanted or mutant.name in wanted]


def _entries(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text())["mutant"]
    return entries


def _mutant(entry: dict[str, Any]) -> Mutant:
    lists = {name: tuple(entry[name]) for name in ("operations", "covers")}
    return Mutant(**entry | lists)
