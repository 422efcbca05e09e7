"""What the server's archive brings along: what older Pythons lack, and imports from memory."""

import itertools
import linecache
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_server.archived import backports
from rmosh_server.archived.importer import SourceModules


@given(st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=3))
def test_pairing_strictly_is_zip_that_refuses_unequal_parts(parts: list[list[int]]) -> None:
    for pair in (backports.zip_strictly, lambda *parts: backports._pair_strictly(parts)):
        try:
            wanted = list(zip(*parts, strict=True))
        except ValueError:
            with pytest.raises(ValueError):
                list(pair(*parts))
        else:
            assert list(pair(*parts)) == wanted


@given(st.text("ab", max_size=5), st.text("ab", max_size=3), st.integers(), st.integers(0, 0xFFFF))
def test_other_backports_answer_as_newer_pythons(text: str, part: str, number: int, status: int) -> None:
    assert backports.removeprefix(text, part) == text.removeprefix(part)
    assert backports.removesuffix(text, part) == text.removesuffix(part)
    assert list(backports.pairwise(text)) == list(itertools.pairwise(text))
    assert backports.bit_count(number) == number.bit_count()
    if os.WIFEXITED(status) or os.WIFSIGNALED(status):
        assert backports.waitstatus_to_exitcode(status) == os.waitstatus_to_exitcode(status)


@pytest.fixture
def modules() -> Iterator[SourceModules]:
    """Two modules that can be imported, of which one fails."""
    sources = [b"", b"def fail():\n    raise OSError('here')\n"]
    index = f"room_in_memory p s {len(sources[0])}\nroom_in_memory.late m - {len(sources[1])}"
    loader = SourceModules(index, b"".join(sources), b"")
    sys.meta_path.insert(0, loader)
    yield loader
    sys.meta_path.remove(loader)
    for name in ("room_in_memory", "room_in_memory.late"):
        sys.modules.pop(name, None)


def test_what_is_in_memory_is_imported_and_named_in_tracebacks(modules: SourceModules) -> None:
    from room_in_memory import late  # type: ignore[import-not-found]

    with pytest.raises(OSError, match="here") as raised:
        late.fail()
    shown = raised.traceback[-1].frame.code.raw
    assert (shown.co_filename, shown.co_name) == ("<archive>/room_in_memory/late.py", "fail")
    linecache.lazycache(shown.co_filename, vars(late))
    assert linecache.getline(shown.co_filename, 2) == "    raise OSError('here')\n"
    assert modules.find_spec("os") is None
