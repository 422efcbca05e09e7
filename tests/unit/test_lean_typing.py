"""What stands in for `typing` offers what our sources take from there, and means the same where that matters."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rmosh import lean_typing

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="typing itself is used from Python 3.14 on")


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.delitem(sys.modules, "typing")
    lean_typing.stand_in_for_typing()
    yield importlib.import_module("typing")


def test_it_has_all_that_our_sources_take_from_typing() -> None:
    taken = set()
    for folder in (ROOT / "rmosh", ROOT / "server", ROOT / "client"):
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "typing":
                    taken |= {alias.name for alias in node.names}
    assert {"Final", "NamedTuple", "Protocol"} <= taken
    assert taken <= vars(lean_typing).keys()


def test_a_tuple_with_named_fields_is_what_typing_makes_of_it(typing: ModuleType) -> None:
    standard = importlib.import_module("collections").namedtuple("Point", ["x", "y"], defaults=[2])

    class Point(typing.NamedTuple):  # type: ignore[name-defined, misc]  # of the stand-in
        """A place."""

        x: int
        y: int = 2

        @property
        def sum(self) -> int:
            return self.x + self.y

    point = Point(1)
    assert (point, point.sum, repr(point)) == (standard(1), 3, "Point(x=1, y=2)".replace("Point", Point.__name__))
    assert Point._fields == ("x", "y")
    assert Point._field_defaults == {"y": 2}
    assert Point.__doc__ == "A place."
    assert (Point.__module__, Point.__qualname__.rpartition(".")[2]) == (__name__, "Point")
    assert point._replace(x=5) == (5, 2)
    assert issubclass(Point, tuple)


def test_types_can_be_written_in_all_ways_that_our_sources_do(typing: ModuleType) -> None:
    kind, parameters = typing.TypeVar("kind", bound="str"), typing.ParamSpec("parameters")
    written = [
        kind | None, None | kind, int | typing.Final, typing.Final[int], typing.Literal["a", "b"],
        Callable[[kind], int], Callable[parameters, kind] | None, parameters.args,
    ]  # fmt: skip
    assert all(written)

    class Box(typing.Generic[kind]):  # type: ignore[name-defined, misc]  # of the stand-in
        __slots__ = ("held",)

    class Holder(typing.Protocol):  # type: ignore[name-defined, misc]
        def held(self) -> typing.NoReturn: ...  # type: ignore[name-defined]

    class Held(Box[int], Holder):  # type: ignore[type-arg]
        pass

    assert isinstance(Held(), Box)
    assert not typing.TYPE_CHECKING


def test_whoever_asks_for_more_gets_typing_itself(typing: ModuleType) -> None:
    hints = typing.get_type_hints(test_whoever_asks_for_more_gets_typing_itself)
    assert hints == {"typing": ModuleType, "return": type(None)}
    assert sys.modules["typing"] is not lean_typing


def test_whoever_looks_into_it_where_typing_is_itself_changes_nothing() -> None:
    before = sys.modules["typing"]
    assert lean_typing.get_args is importlib.import_module("typing").get_args
    assert sys.modules["typing"] is before


def test_it_takes_no_place_that_is_taken() -> None:
    before = sys.modules["typing"]
    lean_typing.stand_in_for_typing()
    assert sys.modules["typing"] is before


def test_a_serving_process_has_loaded_all_without_typing() -> None:
    program = (
        "from rmosh.lean_typing import stand_in_for_typing; stand_in_for_typing(); import sys;"
        "import rmosh_server.serving.main, rmosh_server.serving.tunnel, rmosh_server.serving.forked_session;"
        "print(sys.modules['typing'].__name__)"
    )
    search = [str(ROOT), str(ROOT / "server"), *sys.path]
    words = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {search!r}; {program}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "rmosh.lean_typing\n"
