"""The packages that others may build on: what they offer, that their examples run, and one version for all of it."""

import doctest
import importlib
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import rmosh
from rmosh_client.command import parsers
from rmosh_netem.cli import build_parser as netem_parser
from rmosh_server.command.options import build_parser as server_parser

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ["rmosh", "rmosh.prediction", "rmosh.terminal", "rmosh.transport", "rmosh_netem.virtual"]
PACKAGES = ["rmosh", "client/rmosh_client", "server/rmosh_server", "netem/rmosh_netem"]


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_listed_and_there(name: str) -> None:
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(module.__all__)
    assert all(hasattr(module, offered) for offered in module.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_package_runs(name: str) -> None:
    finished = doctest.testmod(importlib.import_module(name))
    assert finished.attempted > 0
    assert finished.failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_a_package_says_what_may_be_relied_on(name: str) -> None:
    assert re.search(r"^Stability: (alpha|beta|stable)\. ", importlib.import_module(name).__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_tells_type_checkers_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout: hatchling leaves out what git ignores")
@pytest.mark.parametrize("package", PACKAGES)
def test_the_build_does_not_leave_the_mark_out(package: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", f"{package}/py.typed"], cwd=ROOT, check=False)
    assert ignored.returncode == 1


def test_the_build_takes_the_version_from_where_it_stands() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^dynamic = \["version"\]$', settings, re.MULTILINE)
    assert not re.search(r"^version = ", settings, re.MULTILINE)
    (place,) = re.findall(r'^path = "(rmosh/.*)"$', settings, re.MULTILINE)
    (pattern,) = re.findall(r"^pattern = '(.*)'$", settings, re.MULTILINE)
    found = re.findall(pattern, (ROOT / place).read_text(encoding="utf-8"))
    assert found == [rmosh.__version__]


def test_every_command_tells_the_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: rmosh.__version__)  # netem knows no rmosh but as installed
    for parser in (parsers.session_parser(), server_parser(), netem_parser()):
        with pytest.raises(SystemExit):
            parser.parse_args(["--version"])
        assert capsys.readouterr().out.split()[:2] == [parser.prog, rmosh.__version__]


def test_the_changelog_knows_the_version() -> None:
    headings = re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", rmosh.__version__]


@pytest.mark.parametrize("name", ["rmosh", "rmosh.terminal", "rmosh.transport"])
def test_importing_a_package_that_the_server_needs_a_part_of_loads_nothing_else(name: str) -> None:
    script = f"import sys, {name}; print(*[module for module in sys.modules if module.startswith('rmosh')])"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) == {"rmosh", name}
