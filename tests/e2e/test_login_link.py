"""The links that log in to the console: one at a start in a terminal, more by a command."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import httpx

TOKEN = "token-of-the-login-links"
LINK = re.compile(r"(http://[^/]+)/console/#/login\?code=([\w-]+)$")
PROGRAM = [sys.executable, "-m", "inference_events"]


def login(link: str) -> int:
    """Log in with the code of a link, and return the status."""
    found = LINK.search(link)
    assert found is not None, link
    return httpx.post(f"{found[1]}/v3/session", json={"code": found[2]}).status_code


def test_a_terminal_and_a_command_show_links_that_log_in_once(tmp_path: Path) -> None:
    """A start in a terminal ends with a link that logs in once. The command prints a new one each time."""
    master, slave = pty.openpty()
    environment = {**os.environ, "INFERENCE_EVENTS_ADMIN_TOKEN": TOKEN}
    serve = [*PROGRAM, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    process = subprocess.Popen(serve, stdout=slave, stderr=subprocess.DEVNULL, env=environment)
    os.close(slave)
    try:
        with os.fdopen(master, closefd=True) as terminal:
            url, shown = terminal.readline().split()[-1], terminal.readline().strip()
            assert [login(shown), login(shown)] == [200, 401]
            command = [*PROGRAM, "console", "--url", url, "--token", TOKEN]
            one, other = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
            assert one != other
            assert [login(one), login(other)] == [200, 200]
    finally:
        process.terminate()
        process.wait(60)
