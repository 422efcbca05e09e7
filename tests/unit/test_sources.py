"""What the code says about where a number comes from can be checked: in this tree, or in what everybody can read."""

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    path
    for part in ("rmosh", "client", "server", "netem", "tests", ".manual")
    for path in sorted((ROOT / part).rglob("*.py"))
    if path != Path(__file__).resolve()
]

#: A file of ours, as far as its name tells.
_OWN_FILE = re.compile(r"(?<![\w/.<])((?:rmosh|client|server|netem|tests|\.manual)/[\w./-]+\.\w+)")


pytestmark = pytest.mark.slow


def remarks(path: Path) -> Iterator[tuple[str, str]]:
    """Yield a place and its text for each block of comments and each docstring of a file."""
    source = path.read_text(encoding="utf-8")
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1:
            yield f"{path.relative_to(ROOT)}:{last}", " ".join(block)
            block = []
        last = token.start[0]
        block.append(token.string.lstrip("#: "))
    yield f"{path.relative_to(ROOT)}:{last}", " ".join(block)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield (
                f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}",
                " ".join((ast.get_docstring(node) or "").split()),
            )


@lru_cache(maxsize=1)
def all_remarks() -> list[tuple[str, str]]:
    return [remark for path in FILES for remark in remarks(path) if remark[1]]


def sources() -> list[tuple[str, str]]:
    """Return what stands behind each `Source:`, to the next such word or the end of the remark."""
    return [
        (place, found[1])
        for place, text in all_remarks()
        for found in re.finditer(r"\bSource:\s*(.*?)(?=\b(?:Source|Reason|Unit):|$)", text)
    ]


def test_a_source_that_was_measured_names_what_measures_it() -> None:
    bare = [(place, text) for place, text in sources() if "measured" in text and not _OWN_FILE.search(text)]
    assert bare == []


def test_files_of_ours_that_remarks_name_are_there() -> None:
    missing = [
        (place, name)
        for place, text in all_remarks()
        for name in _OWN_FILE.findall(text)
        if not any((ROOT / part / name).exists() for part in ("", "client", "server", "netem"))
    ]
    assert missing == []


def test_nobody_is_sent_to_the_projects_own_papers_and_issues() -> None:
    sent = [
        (place, text)
        for place, text in all_remarks()
        if re.search(r"\b[A-Z]{4,}-FACTS\b|\bDESIGN\b|\b[Ii]ssue #?[0-9]+|the project's aim", text)
    ]
    assert sent == []


def test_what_numbers_were_chosen_by_is_there_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    chosen = importlib.import_module("chosen_numbers")
    named = {name for _, text in all_remarks() for name in re.findall(r"chosen_numbers\.py, ([a-z-]+)", text)}
    assert named == set(chosen.EXPERIMENTS)
    places = [place for experiment in chosen.EXPERIMENTS.values() for place in experiment.places]
    assert [place for place in places if not hasattr(*chosen.resolved(place))] == []
