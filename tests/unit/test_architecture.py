"""ARCHITECTURE.md shows the rooms that there are, and names files that are there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit import test_floor_plan as floor_plan

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
STEPS = DOCUMENT.split("## Add a channel\n", 1)[1]
PACKAGES = ("rmosh", "client/rmosh_client", "server/rmosh_server", "netem/rmosh_netem")


def test_the_rooms_are_those_of_the_tree() -> None:
    drawn = re.findall(r"^\| `([\w/]+)/` \|", DOCUMENT, re.MULTILINE)
    built = [
        str(place.parent.relative_to(ROOT)) for package in PACKAGES for place in (ROOT / package).glob("*/__init__.py")
    ]
    assert sorted(drawn) == sorted(built)


@pytest.mark.parametrize(
    ("package", "may_import"),
    [
        ("rmosh", floor_plan.PARTS_OF_RMOSH),
        ("client/rmosh_client", floor_plan.ROOMS_OF_THE_CLIENT),
        ("server/rmosh_server", floor_plan.ROOMS_OF_THE_SERVER),
    ],
)
def test_a_room_stands_above_those_that_it_may_import(package: str, may_import: dict[str, set[str]]) -> None:
    drawn = re.findall(rf"^\| `{package}/(\w+)/` \|", DOCUMENT, re.MULTILINE)
    upwards = [
        (room, below)
        for room, allowed in may_import.items()
        for below in allowed
        if drawn.index(below) < drawn.index(room)
    ]
    assert upwards == []


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml))`", DOCUMENT))
    known = [str(path.relative_to(ROOT)) for part in (*PACKAGES, "tests") for path in (ROOT / part).rglob("*.*")]
    assert [
        name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in [*known, "pyproject.toml"])
    ] == []


@pytest.mark.slow
def test_the_channel_that_is_added_step_by_step_works_as_it_stands(tmp_path: Path) -> None:
    for part in ("rmosh", "client", "server", "netem", "tests/world", "tests/unit/transport"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "recordings"))
    shutil.copy(ROOT / "tests" / "unit" / "test_floor_plan.py", tmp_path / "tests" / "unit")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    written = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", STEPS, re.MULTILINE | re.DOTALL)
    for name, content in written:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "rmosh" / "channels" / "busy" / "__init__.py").touch()
    changed = re.findall(r"^```diff\n# (\S+)\n(.*?)^```$", STEPS, re.MULTILINE | re.DOTALL)
    for name, lines in changed:
        edit(tmp_path / name, lines)
    assert (len(written), len(changed)) == (3, 3)
    (command,) = re.findall(r"^\.venv/bin/(pytest .*)$", STEPS, re.MULTILINE)
    path = os.pathsep.join(str(tmp_path / part) for part in ("", "client", "server", "netem"))
    ran = subprocess.run(
        [sys.executable, "-m", *command.split(), "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def edit(file: Path, lines: str) -> None:
    """Do to a file what lines with a minus or a plus say: each run of minuses is there once, and becomes the pluses."""
    text = file.read_text(encoding="utf-8")
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", lines, re.MULTILINE):
        before, after = (re.sub(r"^[-+]", "", part, flags=re.MULTILINE).removesuffix("\n") for part in (old, new))
        assert text.count(before) == 1, f"{file.name} has this {text.count(before)} times: {before}"
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
