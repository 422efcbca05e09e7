"""Where compiled modules are kept when an install has none and its directory cannot be written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rmosh_client import bytecode


@pytest.fixture
def prefix_after(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str | None]:
    """Return what asks for bytecode to be kept, and says where that will be; None for beside the sources."""
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def keep(cached: str | None = "/nonexistent/x.pyc", cache: Path = tmp_path) -> str | None:
        bytecode.keep_bytecode({"XDG_CACHE_HOME": str(cache)}, cached)
        return sys.pycache_prefix

    return keep


def test_where_none_was_left_it_is_kept_in_the_user_s_cache(
    prefix_after: Callable[..., str | None], tmp_path: Path
) -> None:
    before = os.umask(0o002)
    try:
        assert prefix_after() == str(tmp_path / "rmosh" / "bytecode")
    finally:
        os.umask(before)
    assert (tmp_path / "rmosh").stat().st_mode & 0o777 == 0o700


def test_where_there_is_some_nothing_changes(prefix_after: Callable[..., str | None]) -> None:
    assert prefix_after(cached=__file__) is None
    assert prefix_after(cached=None) is None


def test_who_wants_none_written_gets_none(
    prefix_after: Callable[..., str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert prefix_after() is None


@pytest.mark.parametrize("part", ["rmosh", "rmosh/bytecode"])
def test_a_folder_that_others_may_write_is_not_used(
    prefix_after: Callable[..., str | None], tmp_path: Path, part: str
) -> None:
    (tmp_path / "rmosh" / "bytecode").mkdir(parents=True)
    (tmp_path / part).chmod(0o777)
    assert prefix_after() is None


def test_a_folder_of_another_user_is_not_used(
    prefix_after: Callable[..., str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    assert prefix_after() is None


def test_a_cache_that_cannot_be_made_is_done_without(prefix_after: Callable[..., str | None], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert prefix_after(cache=tmp_path / "file") is None


@pytest.mark.slow
def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    package = tmp_path / "there" / "installed"
    package.mkdir(parents=True)
    shutil.copy(Path(bytecode.__file__), package / "bytecode.py")
    (package / "__init__.py").touch()
    (package / "more.py").write_text("print(__spec__.cached)")
    (package / "__pycache__").touch()  # so that not even root can write bytecode beside the sources
    code = "import os, sys; sys.path.insert(0, 'there'); from installed import bytecode as b;"
    code += "b.keep_bytecode(os.environ, b.__spec__.cached); import installed.more"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    words = [sys.executable, "-c", code]
    ended = subprocess.run(
        words, cwd=tmp_path, env=environment | {"XDG_CACHE_HOME": str(tmp_path / "c")}, capture_output=True, text=True
    )
    kept = Path(ended.stdout.strip())
    assert kept.is_relative_to(tmp_path / "c" / "rmosh" / "bytecode")
    assert kept.is_file()
