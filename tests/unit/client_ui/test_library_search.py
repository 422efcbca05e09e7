"""No program runs while the SSH library loads, where nothing but a compiler's own paths would be missed."""

import ctypes.util
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rmosh_client.loading import without_programs


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of programs that are run from now on, none of which is there."""
    run: list[str] = []

    def start(words: Sequence[str], *_: Any, **__: Any) -> None:
        run.append(words[0].rpartition("/")[2])
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/gcc")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    return run


needs_linux = pytest.mark.skipif(
    not hasattr(ctypes.util, "_findLib_ld"), reason="only Linux has ctypes ask a compiler for libraries"
)


@needs_linux
def test_nobody_is_asked_for_what_the_linkers_cache_does_not_name(programs: list[str], tmp_path: Path) -> None:
    cache = tmp_path / "ld.so.cache"
    cache.write_bytes(b"\0libother.so.1\0/lib/libother.so.1\0")
    with without_programs(str(cache)):
        assert ctypes.util.find_library("no-such-library") is None
    assert programs == []


@needs_linux
@pytest.mark.parametrize("content", [b"\0libno-such-library.so.1\0", None])
def test_ldconfig_is_asked_for_what_the_cache_names_or_where_there_is_none(
    programs: list[str], tmp_path: Path, content: bytes | None
) -> None:
    cache = tmp_path / "ld.so.cache"
    if content is not None:
        cache.write_bytes(content)
    with without_programs(str(cache)):
        assert ctypes.util.find_library("no-such-library") is None
    assert programs == ["ldconfig"]


@needs_linux
def test_all_are_asked_again_afterwards(programs: list[str]) -> None:
    with without_programs():
        pass
    ctypes.util.find_library("no-such-library")
    assert {"gcc", "ld"} <= set(programs)


@needs_linux
def test_all_are_asked_where_libraries_have_a_path_of_their_own(
    programs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    with without_programs():
        ctypes.util.find_library("no-such-library")
    assert {"gcc", "ld"} <= set(programs)
