"""The command line: run a server, maintain its data directory, manage the tokens of a running server."""

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args, get_origin

import typer
from pydantic import ByteSize, FilePath, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from inference_events import __version__
from inference_events.console_command import console
from inference_events.data_directory import DataDirectoryError
from inference_events.logging import configure_logging
from inference_events.settings import ENV_PREFIX, Settings
from inference_events.token_commands import DEFAULT_DATA_DIR, DataDir, failure, token

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
    # Imported here, because the other commands do not need the server.
    from inference_events.serving import run_server

    settings = _settings({name: value for name, value in flags.items() if value is not None})
    configure_logging(settings.log_level)
    if not run_server(settings):
        raise typer.Exit(1)


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
