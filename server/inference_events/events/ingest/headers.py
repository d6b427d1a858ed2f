"""The header of a CSV file. Its cells count as names, which may be shown, only if one is a column of the model."""

from collections.abc import Sequence

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# A line of data may have a separator in a text.
MANY_CELLS = 3


def describe_header_fault(cells: Sequence[str], known: frozenset[str]) -> str | None:
    """Describe the fault of a first line without a known column; return None if it has one. No cell is shown."""
    if known.intersection(cells):
        return None
    fault = "No cell of the file's first line is a column of the model"
    line = ",".join(cells)
    counts = {words: _split(line, separator) for separator, words in SEPARATORS.items()}
    for words, others in counts.items():
        if known.intersection(others):
            return f"{fault}: the cells are separated by {words} and must be separated by commas"
    fault += ". Does the file have a header line?"
    words, others = max(counts.items(), key=lambda item: len(item[1]))
    if len(cells) == 1 and len(others) >= MANY_CELLS:
        fault += f" Its cells look separated by {words}; CSV needs commas"
    return fault


def _split(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]
