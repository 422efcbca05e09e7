"""What is compiled does what Python's own way does, and is only used where it is of this version."""

import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh import __version__
from rmosh.compiled import COMPILED, find_compiled
from rmosh.settings_file import parse_settings
from rmosh.terminal.cells import TRUECOLOR, Attribute, Frame, Style
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.pens import Effects
from rmosh.terminal.rows import RIGHT_HALF
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.style_table import StyleTable, pack, unpack
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.restyling import Restyling
from rmosh_client.painting.styled_signs import styled_signs
from tests.unit.terminal.test_emulator_streams import SIZES, STREAMS

ROOT = Path(__file__).resolve().parents[2]

is_compiled = pytest.mark.skipif(
    COMPILED.scan is None, reason="rmosh-compiled is not installed: pip install ./rmosh/in_c, with a C compiler"
)

# --- which is used ---------------------------------------------------------------------------------------------------


def installed(monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> None:
    monkeypatch.setitem(sys.modules, "rmosh_compiled", module)


def test_without_it_python_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, None)
    assert find_compiled() == (None, None, "pure Python")


@pytest.mark.parametrize("version", ["0.0.1", "", None])
def test_another_version_is_not_used_and_told(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    other = ModuleType("rmosh_compiled")
    other.__dict__.update(scan=print, styled=print)
    if version is not None:
        other.__dict__["__version__"] = version
    installed(monkeypatch, other)
    scan, styled, told = find_compiled()
    assert scan is None
    assert styled is None
    assert told == f"pure Python: rmosh-compiled is of version {version}, which is not used"


def test_one_that_cannot_be_loaded_is_not_used_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "rmosh_compiled", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "rmosh_compiled.py").write_text("raise ImportError('wrong ELF class')")
    scan, _, told = find_compiled()
    assert scan is None
    assert told == "pure Python: rmosh-compiled cannot be loaded: wrong ELF class"


def test_it_has_the_version_of_the_rest() -> None:
    built: Any = parse_settings((ROOT / "rmosh" / "in_c" / "pyproject.toml").read_bytes())
    rmosh: Any = parse_settings((ROOT / "pyproject.toml").read_bytes())
    (module,) = built["tool"]["setuptools"]["ext-modules"]
    assert built["project"]["version"] == __version__
    assert dict(module["define-macros"])["VERSION"] == f'"{__version__}"'
    assert rmosh["project"]["optional-dependencies"]["compiled"] == [
        f"rmosh-compiled=={__version__}; implementation_name == 'cpython'"
    ]


# --- output of programs ----------------------------------------------------------------------------------------------

_NUMBERS = st.one_of(
    st.sampled_from(["", "0", "1", "2", "4", "5", "7", "21", "22", "24", "38", "38", "48", "48", "58", "59", "007"]),
    st.integers(0, 300).map(str),
    st.sampled_from(["2147483648", "18446744073709551617", "4:3", "38:5:9", "?1", ">4"]),
)
_COLOURS = st.builds(
    "{}8;{}".format,
    st.sampled_from("345"),
    st.builds("5;{}".format, st.integers(0, 260))
    | st.builds("2;{};{};{}".format, *[st.integers(0, 260)] * 3)
    | st.just("2;1"),
)
_RENDITIONS = st.lists(_NUMBERS | _COLOURS, max_size=30).map(lambda numbers: f"\x1b[{';'.join(numbers)}m".encode())
_TEXTS = st.sampled_from(["x", "▀", "abc de", "漢字", "é", "▀▄", "\x9b1m", "\x7f", "e\u0301"]).map(str.encode)
_COLOURED = st.lists(st.one_of(_RENDITIONS, _RENDITIONS, _TEXTS, STREAMS, st.just(b"\r\n")), max_size=30).map(b"".join)


#: Writes the last character again (REP).
_AGAIN = b"\x1b[3b"


def shown(chunks: list[bytes], size: tuple[int, int], *, compiled: bool) -> tuple[Frame, list[ScrolledLine], bytes]:
    rows, columns = size
    emulator = Emulator(rows=rows, columns=columns, scan=COMPILED.scan if compiled else None)
    for chunk in (*chunks, _AGAIN):
        emulator.feed(chunk)
    return emulator.frame(), lines_of(emulator.take_history()), emulator.take_replies()


@is_compiled
@pytest.mark.slow
@settings(max_examples=400)
@given(_COLOURED, st.one_of(SIZES, st.just((4, 100))), st.data())
@example(b"\x1b[1;" + b"0" * 2000 + b"31mx", (2, 9), None)
def test_the_compiled_way_through_output_leaves_what_pythons_own_leaves(
    stream: bytes, size: tuple[int, int], data: st.DataObject | None
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6))) if data else []
    chunks = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]
    assert shown(chunks, size, compiled=True) == shown([stream], size, compiled=False)


@is_compiled
@given(_RENDITIONS, st.integers(0, (1 << 98) - 1))
def test_a_rendition_does_to_a_pen_what_it_does_in_python(rendition: bytes, pen: int) -> None:
    assert COMPILED.scan is not None
    place, after, column, text, control = COMPILED.scan(rendition, 0, pen, 3, 9, set(), [])
    assert (place, column, text) == (len(rendition), 3, "")
    if control:  # is for Python to judge
        assert (control, after) == (rendition.decode(), pen)
        return
    effect = Effects().learn(rendition.decode())
    assert effect is not None
    mask, value = effect
    assert unpack(after) == unpack(pen & mask | value)
    assert after == pen & mask | value


@is_compiled
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 9), st.integers(0, 9))
def test_whatever_bytes_come_a_scan_goes_forward_and_writes_within_the_row(
    untrusted: bytes, place: int, column: int, limit: int
) -> None:
    assert COMPILED.scan is not None
    place = min(place, len(untrusted))
    runs: list[tuple[int, int, str, int]] = []
    stop, _, end, text, control = COMPILED.scan(untrusted, place, 0, column, limit, {"é"}, runs)
    assert place <= stop <= len(untrusted)
    assert stop > place or not (text or control)
    written = [run[2] for run in runs]
    assert [(run[0], run[1]) for run in runs] == list(pairwise([column, *[run[1] for run in runs]]))
    assert end == column + sum(map(len, written))
    assert not runs or end < limit
    if b"\x1b[" not in untrusted:
        assert "".join([*written, text, control]).encode() == untrusted[place:stop]


@is_compiled
@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("text", 0, 0, 0, 9, set(), []),
        (b"x", 2, 0, 0, 9, set(), []),
        (b"x", -1, 0, 0, 9, set(), []),
        (b"x", 0, -1, 0, 9, set(), []),
        (b"x", 0, 1 << 200, 0, 9, set(), []),
        (b"x", 0, (1, "link"), 0, 9, set(), []),
        (b"x", 0, 0, -1, 9, set(), []),
        (b"x", 0, 0, 0, 1 << 80, set(), []),
        (b"x", 0, 0, 0, 9, {}, []),
        (b"x", 0, 0, 0, 9, set(), ()),
    ],
)
def test_a_scan_of_something_else_is_an_error(wrong: tuple[object, ...]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        COMPILED.scan(*wrong)  # type: ignore[misc, arg-type]


# --- rows on their way to the terminal -------------------------------------------------------------------------------

_STYLES = st.builds(
    Style,
    foreground=st.none() | st.integers(0, 255) | st.integers(TRUECOLOR, TRUECOLOR | 0xFFFFFF),
    background=st.none() | st.integers(0, 255) | st.integers(TRUECOLOR, TRUECOLOR | 0xFFFFFF),
    attributes=st.sampled_from([0, 0, 0, 0, int(Attribute.BOLD), int(Attribute.BOLD | Attribute.INDEXED)]),
    underline_colour=st.sampled_from([None, None, None, 5]),
    link=st.sampled_from(["", "", "", ";http://example.org"]),
)
_SIGNS = st.lists(
    st.tuples(st.sampled_from(["x", " ", RIGHT_HALF, "é", "▀", "漢", "😀", "\U0010ffff"]), st.integers(0, 5)),
    min_size=1,
    max_size=40,
)


@is_compiled
@given(_SIGNS, st.lists(_STYLES, min_size=6, max_size=6), st.none() | _STYLES)
def test_signs_are_written_and_styled_as_python_does_it(
    cells: list[tuple[str, int]], styles: list[Style], old: Style | None
) -> None:
    assert COMPILED.styled is not None
    table = StyleTable()
    characters = [table.character(style) for style in styles]
    signs = "".join([sign for sign, _ in cells])
    row = "".join([characters[number] for _, number in cells])
    before = None if old is None else pack(old)
    compiled = COMPILED.styled(signs, row, table.packed, before, Restyling(Abilities()))
    assert compiled == styled_signs(signs, row, table.packed, before, Restyling(Abilities()))


@is_compiled
@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("x", "\0\0", [0], 0, None),
        ("x", "\1", [0], 0, None),
        ("\ud800", "\0", [0], 0, None),
        ("x", "\0", (0,), 0, None),
        (b"x", "\0", [0], 0, None),
        ("x", "\0", [0], None, None),
    ],
)
def test_styling_something_else_is_an_error(wrong: tuple[object, ...]) -> None:
    with pytest.raises((TypeError, ValueError, IndexError, AttributeError)):
        COMPILED.styled(*wrong)  # type: ignore[misc, arg-type]
