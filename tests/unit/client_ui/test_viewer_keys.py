"""What is typed into the viewer, cut into keys; and its one-line editor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal_input import InputTokenizer
from rmosh_client.viewing.bindings import ACTIONS, MOTIONS, Action
from rmosh_client.viewing.keys import Pasted, Typed, ViewerKey, keys_in
from rmosh_client.viewing.line_editor import MAX_LENGTH, Editing, LineEditor


def read(*pieces: bytes) -> list[Typed]:
    tokenizer = InputTokenizer()
    return [typed for piece in pieces for typed in keys_in(tokenizer.feed(piece, now=0.0))]


def edited(*keys: Typed) -> LineEditor:
    editor = LineEditor("/")
    for key in keys:
        assert editor.take(key) is Editing.GOES_ON
    return editor


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"\x1b[A", ViewerKey.UP),
        (b"\x1bOB", ViewerKey.DOWN),
        (b"\x1b[1;5C", ViewerKey.RIGHT),
        (b"\x1b[3~", ViewerKey.DELETE),
        (b"\x1b[5;2~", ViewerKey.PAGE_UP),
        (b"\x1bOM", ViewerKey.ENTER),
        (b"\r", ViewerKey.ENTER),
        (b"\x1b", ViewerKey.ESCAPE),
        ("é".encode(), "é"),
    ],
)
def test_key_is_named(data: bytes, key: Typed) -> None:
    assert read(data) == [key]


@pytest.mark.parametrize("data", [b"\x1bq", b"\x1b[I", b"\x1b[<0;1;1M", b"\x1b[M q!", b"\x1b[99~", b"\x1b[1;2R"])
def test_what_means_nothing_is_left_out(data: bytes) -> None:
    assert read(data + b"x") == ["x"]


@pytest.mark.parametrize("data", [b"\x1b[1;5A", b"\x1bOA", b"\x1b[A"])
def test_sequence_cut_behind_its_second_byte_is_put_together(data: bytes) -> None:
    for cut in range(2, len(data)):
        assert read(data[:cut], data[cut:]) == [ViewerKey.UP]


def test_character_cut_between_reads_is_put_together() -> None:
    assert read(b"\xe6\xbc", b"\xa2") == ["漢"]


def test_lone_escape_at_the_end_of_a_read_is_the_key_and_what_is_left_of_a_sequence_is_harmless() -> None:
    typed = read(b"\x1b", b"[6~", b"\x1b", b"OA")
    assert [key for key in typed if key in MOTIONS or key in ACTIONS] == [ViewerKey.ESCAPE, ViewerKey.ESCAPE]


def test_paste_is_told_from_keys_wherever_it_is_cut() -> None:
    data = b"a\x1b[200~q\x1b[A\ry\x1b[201~b"
    for cut in range(3, len(data)):
        typed = read(data[:cut], data[cut:])
        assert (typed[0], typed[-1]) == ("a", "b")
        pastes = typed[1:-1]
        assert "".join(paste.text for paste in pastes if isinstance(paste, Pasted)) == "q[Ay"
        assert all(isinstance(paste, Pasted) for paste in pastes)


def test_every_command_has_a_key_and_no_key_has_two_meanings() -> None:
    assert set(ACTIONS.values()) == set(Action)
    assert not set(ACTIONS) & set(MOTIONS)


def test_text_is_edited_in_its_middle() -> None:
    assert edited("a", "c", ViewerKey.LEFT, "b", ViewerKey.END, "d", ViewerKey.HOME, ViewerKey.DELETE).text == "bcd"


def test_line_and_word_are_erased_as_in_shells() -> None:
    assert edited(Pasted("one two "), "\x17").text == "one "
    assert edited(Pasted("one two"), "\x15", "x").text == "x"


@pytest.mark.parametrize("key", [ViewerKey.ESCAPE, "\x03", "\x7f", "\x08"])
def test_empty_prompt_is_abandoned(key: Typed) -> None:
    assert LineEditor("/").take(key) is Editing.ABANDONED


def test_text_stays_below_its_limit() -> None:
    assert len(edited(Pasted("x" * 1000), "y").text) == MAX_LENGTH


@given(st.text("ab é漢\u0301", max_size=40), st.integers(1, 30), st.integers(0, 40))
def test_prompt_always_fits_with_the_cursor_in_it(text: str, columns: int, back: int) -> None:
    editor = edited(Pasted("".join(filter(str.isprintable, text))), *[ViewerKey.LEFT] * back)
    cells, column = editor.shown(columns=columns)
    assert len(cells) == columns
    assert 0 <= column < columns
