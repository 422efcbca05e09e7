"""OSC: titles, links, directory, clipboard; bounded, printable, never read back."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Clipboard, Style
from rmosh.terminal.commands import MAX_CLIPBOARD, MAX_DIRECTORY, MAX_LINK, MAX_TITLE, WindowState
from tests.unit.terminal.terminal_screens import cell_at, screen_after, text_of


@pytest.mark.parametrize(
    ("stream", "title", "icon_name"),
    [
        ("\x1b]0;both\x07", "both", "both"),
        ("\x1b]1;icon\x1b\\\x1b]2;a;b\x1b\\", "a;b", "icon"),
        ("\x1b]2;“q”\x07", "“q”", ""),
        ("\x1b]0;one\x07\x1b[22;0t\x1b]0;two\x07\x1b[23;0t", "one", "one"),
        ("\x1b]0;one\x07\x1b[22t\x1b]0;two\x07\x1b[23;2t", "one", "two"),
        ("\x1b]2;T\x07\x1b]12;red\x07\x1b]133;A\x07\x1b]9;4;1;50\x07\x1b]99999;x\x07\x1b]x\x07\x1b]\x07", "T", ""),
        ("\x1b]2;kept\x07\x1b]2;cancelled\x18", "kept", ""),
        ("\x1b]2;T\x07\x1b[23t\x1b[23t", "T", ""),
    ],
)
def test_titles_are_set_and_stacked(stream: str, title: str, icon_name: str) -> None:
    frame = screen_after(stream + "X")
    assert (frame.title, frame.icon_name, text_of(frame)) == (title, icon_name, ["X"])


def test_text_between_links_belongs_to_them() -> None:
    frame = screen_after("\x1b]8;id=1;http://a/b;c\x07L\x1b[1mM\x1b[m\x1b]8;;u:2\x1b\\N\x1b]8;;\x1b\\O")
    assert [cell.style for cell in frame.rows[0].cells[:4]] == [
        Style(link="id=1;http://a/b;c"),
        Style(attributes=1, link="id=1;http://a/b;c"),
        Style(link=";u:2"),
        Style(),
    ]
    assert cell_at(screen_after("\x1b]8;;u:1\x07A\x1b[2K"), 0, 0).style == Style()


def test_a_link_that_is_too_long_is_no_link() -> None:
    assert cell_at(screen_after(f"\x1b]8;;{'u' * (MAX_LINK + 1)}\x07X"), 0, 0).style == Style()


def test_the_working_directory_is_told() -> None:
    assert screen_after("\x1b]7;file://host/tmp\x07").working_directory == "file://host/tmp"


@pytest.mark.parametrize(
    ("stream", "clipboard"),
    [
        ("\x1b]52;c;aGVsbG8=\x07", Clipboard(1, "c", b"hello")),
        ("\x1b]52;;aGVsbG8=\x07\x1b]52;;aGVsbG8=\x07", Clipboard(2, "", b"hello")),
        ("\x1b]52;cxpc;w6k=\x07", Clipboard(1, "cp", "é".encode())),
        ("\x1b]52;c;\x07", Clipboard(1, "c", b"")),
        ("\x1b]52;c;?\x07", Clipboard()),
        ("\x1b]52;c;not base64\x07\x1b]52;p;!\x1b\\", Clipboard(2, "p", b"")),
        ("\x1b]52;c\x07", Clipboard()),
        (f"\x1b]52;c;{base64.b64encode(bytes(MAX_CLIPBOARD + 1)).decode()}\x07", Clipboard()),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_copies_are_taken_and_questions_refused(stream: str, clipboard: Clipboard) -> None:
    assert screen_after(stream).clipboard == clipboard


def test_a_copy_of_the_largest_size_is_taken_however_it_is_cut() -> None:
    content = bytes(range(256)) * (MAX_CLIPBOARD // 256)
    stream = b"\x1b]52;c;" + base64.b64encode(content) + b"\x07"
    assert screen_after(stream).clipboard.content == content


@given(st.text(max_size=3000))
def test_no_command_raises_and_everything_kept_is_bounded_and_printable(command: str) -> None:
    state = WindowState()
    for prefix in ("", "0;", "1;", "2;", "7;", "8;", "8;;", "52;", "52;c;"):
        state.execute(prefix + command)
    for text, bound in (
        (state.title, MAX_TITLE),
        (state.icon_name, MAX_TITLE),
        (state.working_directory, MAX_DIRECTORY),
        (state.link, MAX_LINK),
    ):
        assert len(text) <= bound
        assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in text)
    assert len(state.clipboard.content) <= MAX_CLIPBOARD
