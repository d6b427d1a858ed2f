"""What all cases share: the settings of a run."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.load import Generator
from tests.bench.report import Size


@dataclass
class Bench:
    """Settings of a run: sizes, folder and load generator. `sizes` are filled by the case `growth`."""

    folder: Path
    generator: Generator
    rows: int
    rounds: int
    publishes: int
    singles: int
    repeats: int
    sizes: list[Size] = field(default_factory=list)

    @property
    def file_rows(self) -> int:
        return self.rows // 4
