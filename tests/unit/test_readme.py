"""The README is true."""

import re
from pathlib import Path

import pytest
from pydantic import ByteSize, SecretStr
from pydantic.fields import FieldInfo

from inference_events.settings import ENV_PREFIX, Settings
from inference_events_api.operations import SCOPES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CODE = re.compile("`([a-z_]+)`")


def row(name: str, field: FieldInfo) -> str:
    is_secret = field.annotation is SecretStr
    flag = "none" if is_secret else f"`--{name.replace('_', '-')}`"
    default = field.default.human_readable() if isinstance(field.default, ByteSize) else str(field.default)
    shown = "none" if is_secret or field.default is None else f"`{default}`"
    return f"| {flag} | `{ENV_PREFIX}{name.upper()}` | {shown} | {field.description} |"


def test_every_setting_is_in_the_table() -> None:
    """The README's table of settings is the settings' own: flag, variable, default and help, in their order."""
    table = [line for line in README.splitlines() if f"`{ENV_PREFIX}" in line and line.startswith("|")]
    assert table == [row(name, field) for name, field in Settings.model_fields.items()]


def test_the_table_of_scopes_is_that_of_the_contract() -> None:
    """Each operation that needs a token is in one row of the table, and this names its scopes."""
    rows = [line.split("|")[2:4] for line in README.splitlines() if re.match(r"\| [^|]+ \| (`[a-z]+`(, )?)+ \|", line)]
    listed = [(name, set(CODE.findall(scopes))) for scopes, names in rows for name in CODE.findall(names)]
    assert sorted(name for name, _ in listed) == sorted(SCOPES)
    assert dict(listed) == {name: set(scopes) for name, scopes in SCOPES.items()}


def test_the_two_commands_are_on_the_first_screen() -> None:
    """The README's first screen shows how to try the server and how to test it."""
    first_screen = "\n".join(README.splitlines()[:30])
    assert "make demo" in first_screen
    assert "make test" in first_screen


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))))
def test_every_target_named_exists(target: str) -> None:
    """Every make target that the README names exists."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_file_linked_exists(path: str) -> None:
    """Every link of the README has a target."""
    assert (ROOT / path).exists()
