"""Run a command against a cluster: `python -m tests.servers 2 pytest …` starts two replicas and sets SERVER_URL.

The command finds the token of an administrator in SERVER_TOKEN.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.cluster import running

TOKEN = "token-of-the-cluster-tests"


def main() -> int:
    """Return the exit code of the command."""
    replicas, *command = sys.argv[1:]
    with (
        tempfile.TemporaryDirectory(prefix="inference-events-cluster-") as directory,
        running(Path(directory), TOKEN, int(replicas)) as (_, url),
    ):
        return subprocess.run(command, env={**os.environ, "SERVER_URL": url, "SERVER_TOKEN": TOKEN}).returncode


if __name__ == "__main__":
    sys.exit(main())
