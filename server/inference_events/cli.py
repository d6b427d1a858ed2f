"""The command line: run a server, maintain its data directory, manage the tokens of a running server."""

import gc
import inspect
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
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import structlog
import typer
import uvicorn
from pydantic import ByteSize, FilePath, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from inference_events import __version__
from inference_events.console_command import console, login_link
from inference_events.data_directory import DataDirectoryError, admin_token_file
from inference_events.errors import is_full_disk
from inference_events.logging import configure_logging
from inference_events.settings import ENV_PREFIX, Settings
from inference_events.token_commands import DEFAULT_DATA_DIR, DataDir, failure, token
from inference_events.without_pandas import forbid_pandas

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from inference_events.compaction import Space

_METAVARS: dict[object, str] = {
    int: "NUMBER",
    int | None: "NUMBER",
    float: "NUMBER",
    Path: "PATH",
    FilePath | None: "FILE",
    ByteSize: "SIZE",
}
# A commit takes the interpreter lock many times, and would wait up to 5 ms each time while events are read.
SWITCH_SECONDS = 0.0005

app = typer.Typer(
    name="inference-events",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # The framed help cuts the names of variables in a terminal of 80 columns.
    rich_markup_mode=None,
)
app.add_typer(token, name="token")
app.command()(console)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inference-events {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """An open, self-hosted server for the Fiddler v3 Events API."""


def serve(**flags: str | None) -> None:
    """Run the server until it gets a signal to stop.

    The first start makes an admin token and keeps it in the data directory's file admin-token. A terminal shows it.
    """
    settings = _settings({name: value for name, value in flags.items() if value is not None})
    configure_logging(settings.log_level)
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
    if not server.started:
        raise typer.Exit(1)


def _server(settings: Settings) -> "_Server":
    # Imported here, because the other commands do not need the server.
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
    # Imported here, because the other commands do not need the server.
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


def _settings(values: dict[str, str]) -> Settings:
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = [_fault(str(fault["loc"][0]), fault["msg"]) for fault in error.errors(include_input=False)]
        raise typer.BadParameter("; ".join(faults)) from None


def _fault(name: str, message: str) -> str:
    variable = f"{ENV_PREFIX}{name.upper()}"
    source = variable if _is_secret(Settings.model_fields[name]) else f"{_flag(name)} or {variable}"
    return f"{source}: {message.removeprefix('Value error, ')}"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    default = field.default
    shown = default.human_readable() if isinstance(default, ByteSize) else str("" if default is None else default)
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    option = typer.Option(
        _flag(name),
        help=field.description,
        envvar=f"{ENV_PREFIX}{name.upper()}",
        metavar="|".join(choices) or _METAVARS.get(field.annotation, "TEXT"),
        show_default=shown or "none",
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
    )


def _add_serve() -> None:
    fields = Settings.model_fields.items()
    # All users of the machine can read a process's flags, so secrets come from the environment only.
    flags = [_parameter(name, field) for name, field in fields if not _is_secret(field)]
    secrets = [f"{ENV_PREFIX}{name.upper()}: {field.description}" for name, field in fields if _is_secret(field)]
    serve.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
    serve.__annotations__ = {flag.name: flag.annotation for flag in flags}
    app.command(epilog="Secrets come from the environment. " + " ".join(secrets))(serve)


_add_serve()


@app.command()
def migrate(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and change nothing.")] = False,
) -> None:
    """Convert a data directory of an older version to this version's formats.

    The server does the same when it starts. No server may use the directory meanwhile.
    """
    # Imported here, as the commands that talk to a server do not need the stores.
    from inference_events.migration import migrate_directory, plan_directory

    try:
        done = plan_directory(data_dir) if dry_run else migrate_directory(data_dir)
    except DataDirectoryError as error:
        raise failure(str(error)) from None
    except OSError as error:
        raise failure(f"{data_dir} cannot be migrated: {error.strerror}") from None
    if done is None:
        typer.echo("The data directory has this version's formats: nothing to migrate")
        return
    would, get = ("would become", "would get") if dry_run else ("became", "got")
    if done.events is not None:
        typer.echo(f"The events' format {done.events.before} {would} {done.events.after}")
        typer.echo(f"Event ids that {would} canonical: {done.events.converted_ids}")
        typer.echo(f"Events that {would} part of another event with the same id: {done.events.merged_events}")
    typer.echo(f"Tokens with the scope ingest that {get} manage, too: {done.tokens_given_manage}")


@app.command()
def compact(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report the space it needs, and change nothing.")] = False,
) -> None:
    """Make the events file smaller: free the space of deleted and replaced events.

    It writes a copy, compares it with the file, and replaces the file by the copy. No server may use the directory
    meanwhile.
    """
    # Imported here, as the commands that talk to a server do not need the stores.
    from inference_events.compaction import compact_directory, plan_compaction

    os.umask(0o077)
    try:
        if dry_run:
            _show_space(plan_compaction(data_dir))
            return
        done = compact_directory(data_dir, _show_space)
    except DataDirectoryError as error:
        raise failure(str(error)) from None
    except OSError as error:
        raise failure(f"{data_dir} cannot be compacted: {error.strerror}") from None
    typer.echo(f"Copied {done.rows} rows. The events file had {_size(done.before)}, and has {_size(done.after)} now")


def _show_space(space: "Space") -> None:
    typer.echo(f"The events file has {_size(space.used)}. A copy needs up to {_size(space.needed)}")
    typer.echo(f"The disk has {_size(space.free)} free{'' if space.is_enough else ', which is not enough'}")


def _size(count: int) -> str:
    return ByteSize(count).human_readable()
