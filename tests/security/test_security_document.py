"""What SECURITY.md says of tests is there: a promise without its test is none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "SECURITY.md").read_text()

#: Rows of the tables of promises: they have four cells, the second of which names tests.
PROMISES = [
    cells
    for line in DOCUMENT.splitlines()
    if line.startswith("|") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
    if cells[0] not in {"promise", "---"}
]


def named_paths(text: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", text)


@pytest.mark.parametrize("path", sorted(set(named_paths(DOCUMENT))))
def test_every_test_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_promise_names_a_test() -> None:
    assert len(PROMISES) > 20
    assert [promise for promise, tests, *_ in PROMISES if not named_paths(tests)] == []


def test_every_reference_within_the_document_leads_somewhere() -> None:
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", DOCUMENT, re.MULTILINE)}
    references = set(re.findall(r"\]\(#([a-z-]+)\)", DOCUMENT))
    assert references
    assert references <= headings
