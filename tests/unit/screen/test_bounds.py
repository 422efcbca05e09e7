"""What our own encoders refuse: no program, window or name brings a value there that they would raise on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.closing.frames import MAX_CLOSE_MESSAGE, Close, CloseKind
from rmosh.channels.echo.frames import Echo
from rmosh.channels.newest.frames import MAX_PEOPLE, MAX_PERSON_NAME, MAX_WINDOW, People, Person
from rmosh.history.archive import Archive
from rmosh.history.recent_rows import RecentRows
from rmosh.screen import apply_change, encode_change
from rmosh.screen.limits import (
    MAX_SELECTION,
    MAX_SENT_CLIPBOARD,
    MAX_SENT_CLUSTER,
    MAX_SENT_LINK,
    MAX_SENT_NAME,
    MAX_SENT_NOTIFICATION,
)
from rmosh.session.channels import FRAMES
from rmosh.terminal.cells import (
    TRUECOLOR,
    Cell,
    Clipboard,
    Frame,
    LineDiscipline,
    Notification,
    Prompt,
    Row,
    Style,
    blank_frame,
)
from rmosh.terminal.emulator import Emulator
from rmosh.wire import MAX_VARINT


def texts_around(limit: int) -> st.SearchStrategy[str]:
    """Return texts about as long as a bound in bytes allows, of characters of one to four bytes, or of none at all."""
    characters = st.sampled_from(["a", "é", "漢", "👩", "\x1b", "\ud800"])
    lengths = st.builds(lambda size, off: max(0, limit // size + off), st.integers(1, 4), st.integers(-2, 2))
    return st.builds(lambda character, length, end: character * length + end, characters, lengths, characters)


_SERIALS = st.sampled_from([0, 1, 63, 64, 16383, 16384, MAX_VARINT - 1, MAX_VARINT])
_COUNTS = st.sampled_from([0, 1, 1 << 30, 1 << 53, (1 << 61) - 1])
_STYLES = st.builds(
    Style,
    st.sampled_from([None, 0, 255, TRUECOLOR, TRUECOLOR | 0xFFFFFF]),
    st.sampled_from([None, 0, 255, TRUECOLOR, TRUECOLOR | 0xFFFFFF]),
    st.sampled_from([0, 255]),
    st.integers(0, 5),
    st.sampled_from([None, 255, TRUECOLOR | 0xFFFFFF]),
    texts_around(MAX_SENT_LINK),
)
_CELLS = st.builds(Cell, st.text(st.sampled_from("a漢\u0301\x07\ud800"), max_size=MAX_SENT_CLUSTER + 2), _STYLES)


@st.composite
def frames_at_the_bounds(draw: st.DrawFn) -> Frame:
    row = Row(tuple(draw(st.lists(_CELLS, min_size=3, max_size=3))), draw(st.booleans()))
    size = draw(st.sampled_from([0, 1, MAX_SENT_CLIPBOARD - 1, MAX_SENT_CLIPBOARD, MAX_SENT_CLIPBOARD + 1]))
    return Frame(
        (row,),
        3,
        title=draw(texts_around(MAX_SENT_NAME)),
        icon_name=draw(texts_around(MAX_SENT_NAME)),
        working_directory=draw(texts_around(MAX_SENT_NAME)),
        bells=draw(_COUNTS),
        history=draw(_COUNTS),
        clipboard=Clipboard(draw(_SERIALS), draw(texts_around(MAX_SELECTION)), bytes(size)),
        line_discipline=draw(st.builds(LineDiscipline, st.booleans(), st.booleans())),
        notification=Notification(
            draw(_SERIALS), draw(texts_around(MAX_SENT_NOTIFICATION)), draw(texts_around(MAX_SENT_NOTIFICATION))
        ),
        prompt=Prompt(draw(_SERIALS), draw(_SERIALS)),
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(frames_at_the_bounds(), frames_at_the_bounds(), _SERIALS)
def test_values_around_every_bound_make_messages_that_are_taken(base: Frame, target: Frame, offset: int) -> None:
    shown, _ = apply_change(
        blank_frame(rows=1, columns=1), encode_change(blank_frame(rows=1, columns=1), base, input_offset=0)
    )
    shown, told = apply_change(shown, encode_change(base, target, input_offset=offset))
    assert told == offset
    assert (shown.history, shown.bells, shown.prompt) == (target.history, target.bells, target.prompt)
    assert len(shown.title.encode()) <= MAX_SENT_NAME
    if len(target.clipboard.content) <= MAX_SENT_CLIPBOARD and target.clipboard != base.clipboard:
        assert shown.clipboard.content == target.clipboard.content


@given(
    st.lists(texts_around(MAX_PERSON_NAME), max_size=MAX_PEOPLE),
    st.sampled_from([1, MAX_WINDOW]),
    _SERIALS,
    texts_around(MAX_CLOSE_MESSAGE),
    st.floats(0, 1e12),
)
def test_names_and_messages_around_their_bounds_are_told(
    names: list[str], size: int, serial: int, message: str, age: float
) -> None:
    people = People(serial, tuple([Person(name, size, size, True, False, True) for name in names]))
    for frame in (people, Close(CloseKind.EXITED, 65535, message, serial), Echo(serial, age)):
        (read,) = FRAMES.decode(FRAMES.encode(frame))
        assert type(read) is type(frame)


_LONG = st.sampled_from([1, 15, 16, 17, 33, 2000, 2083, 2333, 2334, 4096, 5000])
_PRINTED = st.lists(
    st.one_of(
        st.builds(lambda n: "\x1b]2;" + "漢" * n + "\x07", _LONG),
        st.builds(lambda n: "\x1b]7;file://h/" + "d" * n + "\x07", _LONG),
        st.builds(lambda n: f"\x1b]8;id={n};http://{'é' * n}\x1b\\link\x1b]8;;\x1b\\", _LONG),
        st.builds(lambda n, s: f"\x1b]52;{'c' * s};{'QUFB' * n}\x07", _LONG | st.just(MAX_SENT_CLIPBOARD // 4), _LONG),
        st.builds(lambda n: f"\x1b]777;notify;{'t' * n};{'漢' * n}\x07", _LONG),
        st.builds(lambda n: "e" + "\u0301" * n, _LONG),
        st.builds("\x1b[38;{};{};{};{}m\x1b[4:{}mx".format, *[st.sampled_from([0, 2, 5, 255, 256, 99999])] * 5),
        st.builds("\x1b[{} q\x1b[>{}u\x1b[>4;{}m".format, *[st.sampled_from([0, 2, 6, 7, 31, 32, 99999])] * 3),
        st.builds("\x1b[?{}h".format, st.sampled_from([1, 5, 9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016, 1049])),
        st.sampled_from(["\x07", "\x1b]133;A\x07$ ", "\r\n" * 9, "漢" * 21, "\x1b[3J", "\x1bc", "\x1b[1;1H\x1b[L"]),
    ),
    max_size=14,
).map(lambda parts: "".join(parts).encode("utf-8", "replace"))


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(_PRINTED, min_size=1, max_size=3))
def test_whatever_a_program_prints_its_screen_can_be_told_and_its_lines_kept(printed: list[bytes]) -> None:
    emulator, archive, recent = Emulator(rows=5, columns=20), Archive(), RecentRows()
    base = shown = blank_frame(rows=1, columns=1)
    for part in printed:
        emulator.feed(part)
        archive.forget_below(emulator.history_erased)
        if entries := emulator.take_history():
            recent.append(entries, end=emulator.history_count)
            archive.append(entries, end=emulator.history_count)
        target = emulator.frame()
        shown, _ = apply_change(shown, encode_change(base, target, input_offset=0))
        base = target
        assert shown.rows == target.rows
        assert shown.modes == target.modes
    assert archive.end == emulator.history_count
    assert None not in archive.lines(max(archive.oldest, emulator.history_erased), archive.end)
