"""The command that prints a link into the console of a running server."""

import typer

from inference_events.token_commands import DEFAULT_DATA_DIR, DEFAULT_URL, DataDir, Secret, Url


def login_link(url: str, code: str) -> str:
    """Return the link that logs in. The code is in the fragment, which no browser sends and no log shows."""
    return f"{url.rstrip('/')}/console/#/login?code={code}"


def console(url: Url = DEFAULT_URL, secret: Secret = "", data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Print a link that logs in to the console of a running server, once within 10 minutes."""
    from inference_events import token_calls as calls

    typer.echo(login_link(url, calls.login_code(calls.Server(url, secret, data_dir))))
