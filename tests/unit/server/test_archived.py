"""What the server's archive brings along: what older Pythons lack, and imports from memory."""

import copy
import dataclasses
import inspect
import itertools
import linecache
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_server.archived import backports
from rmosh_server.archived.importer import SourceModules


def test_a_dataclass_gets_slots_for_its_own_fields_where_python_gives_none() -> None:
    @dataclasses.dataclass(frozen=True)
    class Base:
        x: int

    base: Any = backports._with_slots(Base)

    @dataclasses.dataclass(frozen=True)
    class Derived(base):  # type: ignore[misc]
        y: tuple[int, ...] = ()
        z: list[int] = dataclasses.field(default_factory=list)

    derived: Any = backports._with_slots(Derived)
    made = derived(1, z=[2])
    assert (base.__slots__, derived.__slots__) == (("x",), ("y", "z"))
    assert not hasattr(made, "__dict__")
    assert (made.x, made.y, made.z) == (1, (), [2])
    assert dataclasses.replace(made, x=3).x == 3
    assert copy.deepcopy(made) == made
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.x = 4


def test_a_dataclass_is_made_without_asking_for_its_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> str:
        raise AssertionError("inspect is used")

    monkeypatch.setattr(inspect, "signature", ask)
    made = backports.dataclass(frozen=True, slots=True)(type("A", (), {"__annotations__": {"x": None}}))
    assert made(1).x == 1


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
