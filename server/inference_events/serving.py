"""Run the server in this process: its sockets, its signals, and what it prints."""

import gc
import os
import resource
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import typer
import uvicorn

from inference_events.console_command import login_link
from inference_events.data_directory import DataDirectoryError, admin_token_file
from inference_events.errors import is_full_disk
from inference_events.settings import Settings
from inference_events.token_commands import failure
from inference_events.without_pandas import forbid_pandas

log = structlog.get_logger(__name__)

# A commit takes the interpreter lock many times, and would wait up to 5 ms each time while events are read.
SWITCH_SECONDS = 0.0005


def run_server(settings: Settings) -> bool:
    """Run the server until it gets a signal to stop. Return whether it has started. Exits if it cannot."""
    forbid_pandas()
    _check_tls(settings)
    _allow_many_connections()
    # Events and tokens are private, so the files that DuckDB and SQLite create must be, too.
    os.umask(0o077)
    with _listen(settings.host, settings.port) as listener:
        # Objects that a start creates live until the end. Searching them for garbage would take a fifth of the start.
        gc.disable()
        try:
            server = _server(settings)
            server.run(sockets=[listener])
        finally:
            # Frozen objects outlive the interpreter, and DuckDB warns about each of its own.
            gc.unfreeze()
            gc.enable()
    return server.started


def _server(settings: Settings) -> "_Server":
    # Imported here, where no garbage is collected.
    from inference_events.http.connections import BoundedHttpProtocol
    from inference_events.memory import share_allocator

    share_allocator()
    stopping = threading.Event()
    codes: list[str] = []
    return _Server(
        stopping,
        codes,
        uvicorn.Config(
            _app(settings, stopping, codes.append if _shows_login(settings) else None),
            loop="uvloop",
            http=BoundedHttpProtocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            # uvicorn would trust all that runs on this machine, and a variable of its own.
            proxy_headers=settings.trusted_proxies is not None,
            forwarded_allow_ips=settings.trusted_proxies or "",
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            timeout_graceful_shutdown=settings.shutdown_grace_seconds,
        ),
        settings.public_url,
    )


def _shows_login(settings: Settings) -> bool:
    # Other output is kept, and others may read it.
    return settings.login_link == "terminal" and sys.stdout.isatty()


def _app(settings: Settings, stopping: threading.Event, announce_login: Callable[[str], None] | None) -> Any:
    # Imported here, where no garbage is collected.
    from inference_events.cluster import ClusterError
    from inference_events.notifications.encryption import SecretKeyError

    try:
        from inference_events.app import create_app

        return create_app(
            settings,
            announce=partial(_announce, settings.data_dir),
            announce_login=announce_login,
            stopping=stopping,
        )
    except (ClusterError, DataDirectoryError, SecretKeyError, OSError) as error:
        raise failure(_open_failure(settings.data_dir, error)) from None


def _open_failure(data_dir: Path, error: Exception) -> str:
    # The system, SQLite and DuckDB report a full disk as different errors, some of which look like damage.
    if is_full_disk(error):
        return f"The disk of {data_dir} is full: free some space, and start the server again"
    if isinstance(error, OSError):
        return f"{data_dir} cannot be the data directory: {error.strerror}"
    return str(error)


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as possible: a shell's usual 1,024 are few for connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # Some systems report a limit that they then reject.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_tls(settings: Settings) -> None:
    """Exit before anything is opened if the certificate and key cannot be used."""
    if settings.tls_certificate is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a passphrase given here, OpenSSL would ask for one at the terminal.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    except OSError as error:
        raise failure(
            f"Cannot serve TLS with the certificate {settings.tls_certificate} and the key {settings.tls_key}: "
            f"{_tls_fault(error)}"
        ) from None


def _tls_fault(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return str(error.strerror)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key belongs to another certificate"
    return "they must be PEM, and the key without a passphrase"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise failure(f"Cannot listen on {host}:{port}: {error.strerror}. --host and --port choose others") from None


def _announce(data_dir: Path, secret: str) -> None:
    """Show the secret of a new admin token on a terminal only: other output is kept, and others may read it."""
    if sys.stdout.isatty():
        typer.echo(f"Admin token, shown this once and kept in the data directory's file admin-token: {secret}")
    else:
        log.info("admin_token_created", file=str(admin_token_file(data_dir).absolute()))


class _Server(uvicorn.Server):
    """Sets `stopping` when a stop is requested, before the running requests have ended.

    After the start it prints its URL and, for each code, a link that logs in to the console.
    """

    def __init__(
        self, stopping: threading.Event, codes: Sequence[str], config: uvicorn.Config, public_url: str | None
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._codes = codes
        self._public_url = public_url

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _relieve_garbage_collector()
        sys.setswitchinterval(SWITCH_SECONDS)
        for listener in (listener for server in self.servers for listener in server.sockets):
            host, port = listener.getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            typer.echo(f"Serving on {scheme}://{f'[{host}]' if ':' in host else host}:{port}")
            url = self._public_url or f"{scheme}://{_reachable(host)}:{port}"
            for code in self._codes:
                typer.echo(f"Console, logs in once within 10 minutes: {login_link(url, code)}")


def _reachable(host: str) -> str:
    """Return the host under which a browser on this machine reaches a server that listens on `host`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"[{local}]" if ":" in local and not local.startswith("[") else local


def _relieve_garbage_collector() -> None:
    """Collect only new objects, and rarely: thousands of events are created and dropped, and they form no cycles."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()
