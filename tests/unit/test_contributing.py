"""What CONTRIBUTING.md, the README and the forge's workflow tell to do can be done, and they agree."""

import re
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
HOOKS = ROOT / ".pre-commit-config.yaml"

pytestmark = pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="an unpacked sdist is not what contributors have")


def test_the_workflow_tries_each_python_that_the_package_is_for() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    claimed = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', settings)
    (matrix,) = re.findall(r"python: \[(.*)\]", WORKFLOW.read_text(encoding="utf-8"))
    assert re.findall(r'"(3\.\d+)"', matrix) == claimed


@pytest.mark.parametrize(
    "document", ["CONTRIBUTING.md", "README.md", ".github/workflows/ci.yml", ".pre-commit-config.yaml"]
)
def test_paths_of_the_tree_that_are_named_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w./~-])((?:rmosh|tests|\.ci|\.manual|\.github|netem)/[\w./-]*\w)", text)
    named += re.findall(r"\]\(([\w./-]+)\)", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_whoever_sets_up_gets_what_the_tests_need() -> None:
    lines = {
        re.sub(r" && \.venv/bin/pytest .*", "", found)
        for document in ("README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml")
        for found in re.findall(r"-m venv \.venv && (\.venv/bin/pip install .*\[test.*)", (ROOT / document).read_text())
    }
    assert lines == {".venv/bin/pip install -q -e '.[test,netem]'"}


def test_each_commit_is_checked_with_what_ci_checks_with() -> None:
    entries = re.findall(r"entry: \.venv/bin/(\S+)", HOOKS.read_text(encoding="utf-8"))
    assert entries == ["ruff", "ruff", "mypy", "pytest"]
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(f".venv/bin/{tool}" in run or tool == "pytest" for tool in entries)


def test_the_words_that_are_shown_find_tests() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (words,) = re.findall(r"pytest -q tests/unit -k '([a-z ]+)'", text)
    names = [
        name
        for file in (ROOT / "tests" / "unit").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert [name for name in names if all(word in name for word in words.split(" and "))]


def test_no_example_of_a_property_has_a_deadline() -> None:
    assert settings.default is not None
    assert settings.default.deadline is None
