"""No stream makes the emulator work without bound: counted in calls, not in time."""

import sys
from types import FrameType

import pytest

from rmosh.terminal.effort import ALLOWANCE, PART, Effort
from rmosh.terminal.emulator import Emulator
from tests.unit.terminal.terminal_screens import screen_after, text_of

#: Bytes of one feed, the server's largest read.
CHUNK = 1 << 16

#: Most calls that one such feed may make, of Python or of C: some 0.3 s. Without a bound there are up to a billion.
MOST_CALLS = 4_000_000

_WIDE = "".join(f"\x1b[{row + 1};1H" + "漢字" * 50 for row in range(60))
_COLOURS = "".join(f"\x1b[38;2;{index % 251};{index % 241};{index % 239}mx" for index in range(12000))
_SIDE_MARGINS = "\x1b[?69h\x1b[2;150s"

HOSTILE = {
    "repeat": ("a", "\x1b[9999b"),
    "repeat a cluster": ("e\u0301", "\x1b[9999b"),
    "repeat inserting": ("\x1b[4ha", "\x1b[9999b"),
    "repeat inserting a cluster": ("\x1b[4he\u0301", "\x1b[9999b"),
    "repeat between margins": ("\x1b[?69h\x1b[1;2sa", "\x1b[9999b"),
    "insert text": ("\x1b[4h", "a"),
    "change renditions": (_WIDE, "\x1b[;;;;1$r"),
    "reverse renditions of all colours": (_COLOURS, "\x1b[;;;;1$t"),
    "checksum": (_WIDE, "\x1b[*y"),
    "copy": (_WIDE, "\x1b[;;;;;2;2$v"),
    "fill": ("", "\x1b[65$x"),
    "erase selectively": ('\x1b[1"q' + _WIDE, "\x1b[${"),
    "erase display selectively": ('\x1b[1"q' + _WIDE, "\x1b[?2J"),
    "alignment display": ("", "\x1b#8"),
    "shift columns": (_WIDE, "\x1b['~"),
    "back index": (_WIDE, "\x1b6"),
    "scroll between margins": (_WIDE + _SIDE_MARGINS, "\x1b[T"),
    "new lines between margins": (_WIDE + _SIDE_MARGINS + "\x1b[60;9H", "\n"),
    "insert a character": (_WIDE, "\x1b[@"),
    "scroll a screenful": ("", "\x1b[99S"),
    "clear": (_WIDE, "\x1b[2J"),
    "clear what was drawn": (_WIDE, "\x1b[60Hx\x1b[2J"),
    "reset": (_WIDE, "\x1bc"),
    "tab back": ("", "\x1b[999C\x1b[999Z"),
    "back around": ("\x1b[?45h", "\x1b[99999D"),
    "columns": ("\x1b[?40h", "\x1b[?" + ";".join(["3"] * 30) + "h"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_no_stream_makes_the_emulator_work_for_long(name: str) -> None:
    before, unit = HOSTILE[name]
    emulator = Emulator(rows=60, columns=200, answers_checksums=True)
    emulator.feed(before.encode())
    stream = (unit * (CHUNK // len(unit))).encode()
    assert calls_of(emulator, stream) < MOST_CALLS


def calls_of(emulator: Emulator, stream: bytes) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    earlier = sys.getprofile()
    sys.setprofile(count)
    try:
        emulator.feed(stream)
    finally:
        sys.setprofile(earlier)
    return calls


def test_an_allowance_is_spent_and_comes_back_with_the_next_part() -> None:
    effort = Effort()
    assert effort.pay(1000, 1000, cell=10)
    assert not effort.pay(1)
    assert not effort.pay_all(1)
    effort.renew()
    assert not effort.pay_all(ALLOWANCE + 1)
    assert effort.pay_all(ALLOWANCE)


def test_an_operation_beyond_the_allowance_does_nothing_until_the_next_part() -> None:
    emulator = Emulator(rows=60, columns=200)
    fill = b"\x1b[65$x"
    flood = fill * (PART // len(fill) - 1)
    emulator.feed(flood + b"\x1b[66$x")
    assert text_of(emulator.frame())[0] == "A" * 200
    emulator.feed(b"\x1b[m" * 10 + b"\x1b[66$x")
    assert text_of(emulator.frame())[0] == "B" * 200


def test_what_programs_do_is_far_from_the_allowance() -> None:
    line = "x" * 60 + "\n\r"
    frame = screen_after("\x1b[?69h\x1b[1;99s\x1b[60;1H" + line * (PART // len(line)) + "end", rows=60, columns=200)
    assert text_of(frame)[-1] == "end"
    assert text_of(frame)[0] == "x" * 60
