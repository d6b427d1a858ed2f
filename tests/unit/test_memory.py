"""Unused memory goes back to the system."""

import subprocess
import sys

PROGRAM = """
from pathlib import Path
import pyarrow as pa
from inference_events.memory import release_memory, share_allocator

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

share_allocator()
rest = resident()
used = [bytes(60_000) for _ in range(5000)], [pa.array([b"x" * 100_000] * 10) for _ in range(100)]
kept = [used[0][-1], used[1][-1]]
peak = resident()
del used
release_memory()
print(peak - rest, resident() - rest)
"""


def test_free_memory_is_released() -> None:
    """Of some 400 MiB from the C library and Arrow, most goes back although the last pieces of them are still used."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    grown, stayed = map(int, done.stdout.split())
    assert grown > 300_000
    assert stayed < grown / 2
