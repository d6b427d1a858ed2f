"""The server on a disk that has no room for copies of files: `python -m tests.e2e.crowded serve ...`."""

from inference_events.cli import app
from inference_events.jobs import file_copies

if __name__ == "__main__":
    file_copies.RESERVED_BYTES = 2**62
    app()
