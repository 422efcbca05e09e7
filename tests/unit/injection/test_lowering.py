"""Sources for Python 3.8: what is left out, what is rewritten, and that it means the same."""

import ast
import textwrap
from typing import Any

import pytest

from rmosh_client.injection.lowering import lowered


def rewritten(source: str) -> str:
    return ast.unparse(lowered(textwrap.dedent(source)))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('"""Words."""\n#: more\nx = 1', "x = 1"),
        ('def f():\n    """Words."""', "def f():\n    pass"),
        ("def f(a: int, *, b: str = '') -> None:\n    return", "def f(a, *, b=''):\n    return"),
        ("x: Final = 1", "x = 1"),
        ("def f(self):\n    self.x: int\n    self.y: int = 2", "def f(self):\n    self.y = 2"),
        ("assert a, b\nc()", "c()"),
        ("Name: TypeAlias = 'int | None'\nOther = Callable[[int], None]\nx = 1", "x = 1"),
        ("T = TypeVar('T')\nx = 1", "x = 1"),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b\nb()", "import b\nb()"),
        ("from typing import Final\nfrom a import B, c\nx: B = c()", "from a import c\nx = c()"),
        ("if x:\n    from a import B\ny: B = 1", "if x:\n    pass\ny = 1"),
        ("from a import B\n__all__ = ['B']", "from a import B\n__all__ = ['B']"),
        ("class A(Protocol):\n    x: int", "class A:\n    pass"),
        ("class A(Generic[T], Base[T]):\n    x = 1", "class A(Base):\n    x = 1"),
        ("deque[int](maxlen=3)", "deque(maxlen=3)"),
        ("table[key](1)", "table[key](1)"),
        ("a = {1: 2} | b", "a = {**{1: 2}, **b}"),
        ("def f() -> dict[int, int]:\n    return {}\na = f() | b", "def f():\n    return {}\na = {**f(), **b}"),
        ("a = b | c", "a = b | c"),
        ("zip(a, b, strict=False)", "zip(a, b)"),
        ("isinstance(a, B | c.D | E)", "isinstance(a, (B, c.D, E))"),
        ("isinstance(a | b, (B, C))", "isinstance(a | b, (B, C))"),
    ],
)  # fmt: skip
def test_what_only_readers_and_checkers_need_is_left_out(source: str, wanted: str) -> None:
    assert rewritten(source) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("zip(a, b, strict=True)", "_backports.zip_strictly(a, b)"),
        ("a.removeprefix('x')", "_backports.removeprefix(a, 'x')"),
        ("import os\nos.waitstatus_to_exitcode(1)", "_backports.waitstatus_to_exitcode(1)"),
    ],
)
def test_what_older_pythons_lack_comes_from_the_backports(source: str, wanted: str) -> None:
    assert rewritten(source) == f"import rmosh_server.archived.backports as _backports\n{wanted}"


def test_a_dataclass_keeps_its_fields_and_a_named_tuple_needs_no_types() -> None:
    source = """
        from dataclasses import dataclass
        from typing import ClassVar, NamedTuple

        @dataclass(frozen=True, slots=True)
        class A:
            most: ClassVar[int] = 3
            x: "int | None"
            y: tuple[int, ...] = ()

        class B(NamedTuple):
            x: int
            y: str = "z"

            def sum(self) -> str:
                return self.y * self.x
    """
    there: dict[str, Any] = {}
    exec(rewritten(source), there)
    a, b = there["A"], there["B"]
    assert repr(a(1)) == "A(x=1, y=())" and a.most == 3 and a.__slots__ == ("x", "y")
    assert (b(3), b(3).sum(), hasattr(b(3), "__dict__")) == ((3, "z"), "zzz", False)


def test_variables_get_short_names_and_nothing_else_does() -> None:
    """Arguments are named by callers, globals and built-in names by everybody, and classes see what is around them."""
    source = """
        import os

        GLOBAL = 1

        def outer(argument, *, keyword=2):
            first = [item for item in argument]
            try:
                second = len(first) + GLOBAL
            except ValueError as problem:
                raise OSError(problem) from problem

            def inner(other):
                nonlocal second
                third = [first, other, (lambda value: value + keyword)(1)]
                second = 5
                return third, [os for os in [4]]

            class Local:
                first = second

            return first, second, inner(3), second, Local.first, [GLOBAL for GLOBAL in [6]]
    """
    there: dict[str, object] = {}
    plain: dict[str, object] = {}
    exec(rewritten(source), there)
    exec(textwrap.dedent(source), plain)
    one, other = there["outer"], plain["outer"]
    assert callable(one) and callable(other)
    assert one([7, 8], keyword=9) == other([7, 8], keyword=9)
    assert "item" not in rewritten(source) and "problem" not in rewritten(source)
