"""What rmosh stands on: each named in the README with its licence, each bounded, each locked with hashes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / ".ci" / "locked-release.txt"
README = (ROOT / "README.md").read_text(encoding="utf-8")
DECLARED = re.findall(r'^    "(\w[\w.-]*(?:\[\w+\])?[^"]*)",$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
REQUIREMENTS = [entry for entry in DECLARED if re.search(r"[<>=]", entry)]


@pytest.mark.skipif(not LOCK.exists(), reason="an unpacked sdist holds no .ci: there is nothing to compare with")
def test_every_locked_package_has_hashes_and_is_named_with_its_licence() -> None:
    entries = re.split(r"\n(?=\w)", LOCK.read_text(encoding="utf-8"))
    licences = README.split("## Licences\n", 1)[1].lower()
    assert len(entries) > 8
    for entry in entries:
        name = entry.split("==", 1)[0]
        assert "--hash=sha256:" in entry, name
        assert re.search(rf"\b{re.escape(name)} (?:with libsodium )?\(", licences), f"README tells no licence of {name}"


def test_no_dependency_may_move_to_a_major_version_that_nobody_tried() -> None:
    assert len(REQUIREMENTS) > 12
    assert [entry for entry in REQUIREMENTS if not re.search(r",<\d|==", entry)] == []


@pytest.mark.skipif(not LOCK.exists(), reason="an unpacked sdist holds no .ci: there is nothing to look at")
@pytest.mark.parametrize("name", ["locked.txt", "locked-release.txt"])
def test_the_locks_name_no_index(name: str) -> None:
    assert "://" not in (LOCK.parent / name).read_text(encoding="utf-8")
