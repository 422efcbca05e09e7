"""What tokens say of the keyboard."""

import pytest

from rmosh_client.typing.presses import has_key, is_press, plain_code, without_first_press
from tests.unit.client_ui.client_ui_typing import bytes_of, tokens_of


@pytest.mark.parametrize("report", [b"\x1b[<35;3;4M", b"\x1b[M !!", b"\x1b[32;10;5M", b"\x1b[I", b"\x1b[?1;2c"])
def test_a_report_of_the_terminal_is_no_key(report: bytes) -> None:
    assert not has_key(tokens_of(report))
    assert has_key(tokens_of(report + b"x" + report))


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        (b"x", True),
        (b"\x1b[97;5u", True),
        (b"\x1b[97;5:2u", True),
        (b"\x1b[97;5:3u", False),
        (b"\x1b[1;1:3A", False),
        (b"\x1b[57441;2u", False),
        (b"\x1b[57358u", False),
        (b"\x1b[200~", True),
        (b"\x1b[I", False),
    ],
)
def test_a_press_is_told_from_a_release_and_from_a_modifier_alone(key: bytes, is_one: bool) -> None:
    assert [is_press(token) for token in tokens_of(key)] == [is_one]


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        (b"q", b""),
        ("é!".encode(), b"!"),
        (b"\x1b[I\x1b[A\x1b[B", b"\x1b[I\x1b[B"),
        (b"\x1b\x1b[Ax", b"x"),
        (b"\x1b[200~ls\x1b[201~", b"\x1b[200~ls\x1b[201~"),
        (b"\x1b[97;1:3ua", b"\x1b[97;1:3u"),
    ],
)
def test_the_first_key_is_taken_away_and_a_paste_stays(typed: bytes, rest: bytes) -> None:
    left = without_first_press(tokens_of(typed))
    assert left is not None and bytes_of(left) == rest


def test_where_no_key_was_pressed_none_is_taken_away() -> None:
    assert without_first_press(tokens_of(b"\x1b[I\x1b[57441;2u")) is None


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (b"a", 0x61),
        (b"\x1b[97u", 0x61),
        (b"\x1b[97;5u", 0x01),
        (b"\x1b[27;5;54~", 0x1E),
        (b"\x1b[97;3u", None),
        (b"\x1b[1;5A", None),
        (b"\x1b[A", None),
    ],
)
def test_a_key_in_any_keyboard_mode_has_the_byte_of_the_ordinary_one(key: bytes, code: int | None) -> None:
    assert plain_code(key) == code
