"""A serving process needs no file of its package any more once it serves."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh_server.process.kept_modules import LATE, LATE_PACKAGES, modules_in
from tests.unit import test_floor_plan as floor_plan
from tests.unit.test_floor_plan import modules

#: Late imports that happen before a session is on its own feet, or never in a process that serves: module -> why.
BEFORE_SERVING = {
    "rmosh.channels.": "which half of a channel is loaded is decided when the session is made",
    "rmosh.transport.cryptography": "which library seals is decided when it is first imported",
    "rmosh_server.serving.lifetime": "the shared port is joined before the launcher is told",
    "rmosh_server.serving.kinds": "a fork server is split off before there is a session",
    "rmosh_server.serving.handover": "the handover is read first of all",
    "rmosh_server.systems.": "a program is started, and addresses are asked for, before there is a session",
    "rmosh.terminal.as_pyte.": "no server has pyte's screens",
    "rmosh.terminal": "its names for others are for libraries",
    "rmosh.transport": "its names for others are for libraries",
}

PROGRAM = """
import sys
import rmosh_server.serving.main
print("\\n".join(name for name in sys.modules if name.startswith("rmosh")))
"""


@pytest.fixture(scope="module")
def served_with() -> set[str]:
    """The modules that a serving process has loaded from the start."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def late_imports(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a module imports inside functions."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rmosh"):
                    yield node.module


def is_excused(name: str) -> bool:
    return any(name == known or (known.endswith(".") and name.startswith(known)) for known in BEFORE_SERVING)


def test_all_that_a_serving_process_may_import_late_is_kept(served_with: set[str]) -> None:
    kept = {*LATE, *(module for package in LATE_PACKAGES for module in modules_in(package))}
    late = {
        found
        for name, path in modules()
        if name in served_with | kept and not is_excused(name)
        for found in late_imports(path)
    }
    assert late - served_with <= kept
    assert set(LATE).isdisjoint(served_with), "what is loaded anyway need not be kept"


def test_what_kept_modules_import_first_is_kept_or_there(served_with: set[str]) -> None:
    kept = {*LATE, *(module for package in LATE_PACKAGES for module in modules_in(package))}
    there = served_with | kept | {*LATE_PACKAGES}
    missing = {
        (name, found)
        for name in kept
        for imported in floor_plan.all_imports()[name]
        if (found := floor_plan.known_module(imported, {*floor_plan.all_imports()})) is not None
    }
    assert {(name, found) for name, found in missing if found not in there and not is_excused(found)} == set()


def test_nothing_that_serves_streams_is_loaded_before_there_is_one(served_with: set[str]) -> None:
    assert not [name for name in served_with if "forwarding." in name]


KEPT = """
import importlib, os, sys
sys.path.insert(0, {folder!r})
import package
from rmosh_server.process.kept_modules import keep_modules
keep_modules(["package.early", "package.late", "json", "package.loaded"])
os.unlink({late!r})
with open({early!r}, "w") as file:
    file.write("WHAT = 'another release'")
print(importlib.import_module("package.late").WHAT, importlib.import_module("package.early").WHAT, package.loaded.WHAT)
"""


def test_what_was_kept_is_imported_as_it_was_though_its_file_is_gone_or_another(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("from package import loaded")
    for name in ("early", "late", "loaded"):
        (package / f"{name}.py").write_text(f"WHAT = {name!r}")
    program = KEPT.format(folder=str(tmp_path), late=str(package / "late.py"), early=str(package / "early.py"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["late", "early", "loaded"]


UNCHANGED = """
import os, sys
sys.path.insert(0, {folder!r})
import package
from rmosh_server.process.kept_modules import keep_modules
keep_modules(["package.late"])
import builtins
def refuse(*_, **__):
    raise AssertionError("it is compiled")
builtins.compile = refuse
import package.late
print(package.late.WHAT)
"""


def test_what_was_kept_is_imported_from_bytecode_while_its_file_is_the_same(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "late.py").write_text("WHAT = 'late'")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(package)], check=True)
    run = [sys.executable, "-c", UNCHANGED.format(folder=str(tmp_path))]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.split() == ["late"]


def test_what_serves_loads_nothing_large_of_the_standard_library() -> None:
    """Each of these brings a megabyte or more along, for as long as a session lives."""
    program = "import sys; import rmosh_server.serving.main; print(*sys.modules)"
    run = [sys.executable, "-S", "-c", program]
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(run, capture_output=True, text=True, check=True, env={**os.environ, **path})
    large = {
        "argparse",
        "asyncio",
        "dataclasses",
        "importlib.abc",
        "inspect",
        "pathlib",
        "shutil",
        "subprocess",
        "tempfile",
        "threading",
        "wcwidth",
    }
    assert large.isdisjoint(done.stdout.split())
