"""Colours that programs set are the terminal's until they are reset, and part of the frame. Source: xterm 412."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.colours import is_light, parse_colour
from rmosh.terminal.emulator import Emulator
from tests.unit.terminal.terminal_screens import replies_to, screen_after, terminal_after

#: What the user's terminal told: palette 1, foreground, background.
TOLD = {1: 0xCD0000, 16: 0xFFFFFF, 17: 0x002B36}


@pytest.mark.parametrize(
    ("description", "colour"),
    [
        ("#102030", 0x102030),
        ("#abc", 0xA0B0C0),
        ("#ABCdef123", 0xABDE12),
        ("#111122223333", 0x112233),
        ("rgb:11/22/33", 0x112233),
        ("rgb:f/0f/800", 0xFF0F80),
        ("RGB:FFFF/8080/0000", 0xFF8000 | 0x80 << 8),
        ("rgba:11/22/33/44", 0x112233),
        ("orange", 0xFFA500),
        ("Light Sea Green", 0x20B2AA),
        ("gray50", 0x7F7F7F),
        ("grey100", 0xFFFFFF),
    ],
)
def test_a_colour_is_described_as_to_x(description: str, colour: int) -> None:
    assert parse_colour(description) == colour


@pytest.mark.parametrize(
    "description",
    [
        *("", "#", "#12", "#12345", "#gggggg", "#" + "1" * 15, "rgb:1/2", "rgb:1/2/3/", "rgb:12345/0/0", "rgbi:1/1/1"),
        *("gray101", "gray-1", "no colour", "r" * 33),
    ],
)
def test_what_is_no_colour_is_none(description: str) -> None:
    assert parse_colour(description) is None


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A(#|rgba?:|gr[ae]y)[0-9a-f/:]{0,40}\Z")))
def test_any_description_is_a_colour_or_none(untrusted: str) -> None:
    colour = parse_colour(untrusted)
    assert colour is None or 0 <= colour <= 0xFFFFFF


@pytest.mark.slow
@given(st.text(alphabet="0123456789;?#abcdefrgb:/ ~", max_size=60), st.sampled_from(["4", "10", "19", "104", "110"]))
def test_any_command_leaves_colours_within_their_bounds(rest: str, number: str) -> None:
    emulator = Emulator(rows=2, columns=10)
    emulator.feed(f"\x1b]{number};{rest}\x1b\\".encode())
    places = [place for place, _ in emulator.frame().colours]
    assert places == sorted(set(places))
    assert all(0 <= place <= 265 and 0 <= colour <= 0xFFFFFF for place, colour in emulator.frame().colours)


@pytest.mark.parametrize(
    ("stream", "colours"),
    [
        ("\x1b]4;1;#102030\x07", ((1, 0x102030),)),
        ("\x1b]4;200;red;1;#abc\x1b\\", ((1, 0xA0B0C0), (200, 0xFF0000))),
        ("\x1b]4;256;red\x07\x1b]4;x;red\x07\x1b]4;-1;red\x07\x1b]4;1;nonsense\x07", ()),
        ("\x1b]10;#010203;#040506;#070809\x1b\\", ((256, 0x010203), (257, 0x040506), (258, 0x070809))),
        ("\x1b]17;red\x07\x1b]19;blue;red\x07", ((263, 0xFF0000), (265, 0x0000FF))),
        ("\x1b]12;orange\x07\x1b]112\x07", ()),
        ("\x1b]10;red;red;red\x07\x1b]110\x07\x1b]111;\x07", ((258, 0xFF0000),)),
        ("\x1b]4;1;red;2;red;3;red\x07\x1b]104;1;3\x07", ((2, 0xFF0000),)),
        ("\x1b]4;1;red;2;red\x07\x1b]11;red\x07\x1b]104\x07", ((257, 0xFF0000),)),
        ("\x1b]4;1;red\x07\x1b]11;red\x07\x1bc", ((257, 0xFF0000),)),
        ("\x1b]4;1;red\x07\x1b]11;red\x07\x1b[!p", ((257, 0xFF0000),)),
    ],
)
def test_colours_that_are_set_are_part_of_the_frame(stream: str, colours: tuple[tuple[int, int], ...]) -> None:
    assert screen_after(stream).colours == colours


@pytest.mark.parametrize(
    ("stream", "answer"),
    [
        ("\x1b]4;1;#102030\x1b\\\x1b]4;1;?\x1b\\", "\x1b]4;1;rgb:1010/2020/3030\x1b\\"),
        ("\x1b]4;1;#102030;1;?\x07", "\x1b]4;1;rgb:1010/2020/3030\x07"),
        ("\x1b]11;#abc\x07\x1b]10;?;?\x07", "\x1b]10;rgb:ffff/ffff/ffff\x07\x1b]11;rgb:a0a0/b0b0/c0c0\x07"),
        ("\x1b]11;#abc\x07\x1b]111\x07\x1b]11;?\x07", "\x1b]11;rgb:0000/2b2b/3636\x07"),
        ("\x1b]4;1;red\x07\x1b]104\x07\x1b]4;1;?\x07", "\x1b]4;1;rgb:cdcd/0000/0000\x07"),
        ("\x1b]12;red\x07\x1b]12;?\x07", "\x1b]12;rgb:ffff/0000/0000\x07"),
        ("\x1b]17;red\x07\x1b]17;?\x07\x1b]19;?\x07", "\x1b]17;rgb:ffff/0000/0000\x07"),
    ],
)
def test_the_value_that_was_set_is_answered(stream: str, answer: str) -> None:
    assert replies_to(stream, told=TOLD) == answer


def test_many_colours_in_one_command_are_bounded_work() -> None:
    terminal = terminal_after(
        "\x1b]4;" + ";".join(f"{index % 256};#{index % 4096:03x}" for index in range(9000)) + "\x07"
    )
    assert len(terminal.frame().colours) == 256


@pytest.mark.parametrize(("background", "scheme"), [(0x002B36, 1), (0xFDF6E3, 2), (0x000000, 1), (0xFFFFFF, 2)])
def test_dark_and_light_are_told_by_the_background(background: int, scheme: int) -> None:
    assert is_light(background) == (scheme == 2)
    assert replies_to("\x1b[?996n", told={17: background}) == f"\x1b[?997;{scheme}n"
    assert replies_to("\x1b[?996n", told={}) == ""


def test_a_program_that_asked_is_told_of_other_colours() -> None:
    emulator = Emulator(rows=2, columns=10)
    emulator.feed(b"\x1b[?2031$p\x1b[?2031h\x1b[?2031$p")
    assert emulator.take_replies() == b"\x1b[?2031;2$y\x1b[?2031;1$y"
    emulator.use_colours({17: 0x101010})
    emulator.use_colours({17: 0x101010})
    assert emulator.take_replies() == b""
    emulator.use_colours({17: 0xFAFAFA})
    assert emulator.take_replies() == b"\x1b[?997;2n"
    emulator.feed(b"\x1b]11;?\x07\x1b[?2031l")
    assert emulator.take_replies() == b"\x1b]11;rgb:fafa/fafa/fafa\x07"
    emulator.use_colours({17: 0x101010})
    assert emulator.take_replies() == b""
