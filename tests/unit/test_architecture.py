"""ARCHITECTURE.md shows the rooms that there are, and names files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PACKAGES = ("rmosh", "client/rmosh_client", "server/rmosh_server", "netem/rmosh_netem")


def test_the_rooms_are_those_of_the_tree() -> None:
    drawn = re.findall(r"^\| `([\w/]+)/` \|", DOCUMENT, re.MULTILINE)
    built = [
        str(place.parent.relative_to(ROOT)) for package in PACKAGES for place in (ROOT / package).glob("*/__init__.py")
    ]
    assert sorted(drawn) == sorted(built)


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml))`", DOCUMENT))
    known = [str(path.relative_to(ROOT)) for part in (*PACKAGES, "tests") for path in (ROOT / part).rglob("*.*")]
    assert [
        name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in [*known, "pyproject.toml"])
    ] == []
