"""After Escape a line editor may take letters for commands. Seen in bash 5.2.15 and zsh 5.9 with vi's keys."""

import pytest

from rmosh.prediction import PredictMode, Predictor
from rmosh.terminal.cells import Cell, Cursor, Frame, LineDiscipline, Row

COLUMNS = 30


def shown(text: str, *, cursor: int | None = None) -> Frame:
    row = Row(tuple(Cell(character) for character in ("> " + text).ljust(COLUMNS)))
    column = 2 + (len(text) if cursor is None else cursor)
    blank = Row((Cell(" "),) * COLUMNS)
    return Frame((row, blank), COLUMNS, Cursor(0, column), line_discipline=LineDiscipline(switches=2))


class Session:
    """A line editor at which letters are shown at once; each key is answered by the screen given."""

    def __init__(self) -> None:
        self.predictor = Predictor(PredictMode.ALWAYS)
        self._offset, self._now = 0, 0.0
        self.predictor.screen_changed(shown(""), input_offset=0, now=0.0)
        self.press(b"a", shown("a"))
        assert self.type(b"b") == "> ab"
        self.answer(shown("ab"))

    def type(self, keys: bytes) -> str:
        for key in keys:
            self._offset, self._now = self._offset + 1, self._now + 0.1
            self.predictor.typed(bytes([key]), input_offset=self._offset, now=self._now)
        return "".join(cell.text for cell in self.predictor.overlay().rows[0].cells).rstrip()

    def answer(self, frame: Frame) -> None:
        self._now += 0.3
        self.predictor.screen_changed(frame, input_offset=self._offset, now=self._now)
        self._now += 0.2
        self.predictor.echo_advanced(input_offset=self._offset, age=0.2, now=self._now)
        self.predictor.tick(now=self._now)

    def press(self, key: bytes, frame: Frame) -> None:
        self.type(key)
        self.answer(frame)

    @property
    def column(self) -> int:
        return self.predictor.overlay().cursor.column


@pytest.mark.parametrize("keys", [b"\x1bb", b"\x1bbcw", b"\x1bdd", b"\x1bx"])
def test_letters_after_escape_are_not_shown_as_text(keys: bytes) -> None:
    assert Session().type(keys) == "> ab"


@pytest.mark.parametrize("cursor", [1, 2])
def test_neither_are_they_once_escape_has_arrived_whether_it_moved_the_cursor_or_not(cursor: int) -> None:
    session = Session()
    session.press(b"\x1b", shown("ab", cursor=cursor))
    assert session.type(b"xy") == "> ab"


def test_text_is_shown_again_once_a_letter_was_echoed() -> None:
    session = Session()
    session.press(b"\x1b", shown("ab", cursor=1))
    session.press(b"a", shown("ab", cursor=2))
    session.press(b"c", shown("abc"))
    assert session.type(b"d") == "> abcd"


def test_a_key_that_led_back_to_text_is_expected_to_do_so_again() -> None:
    session = Session()
    session.press(b"\x1b", shown("ab", cursor=1))
    session.press(b"A", shown("ab", cursor=2))
    session.press(b"c", shown("abc"))
    session.press(b"\x1b", shown("abc", cursor=2))
    assert session.type(b"Ad") == "> abcd"


def test_commands_are_learned_by_what_they_did() -> None:
    session = Session()
    session.press(b"c", shown("abc"))
    session.press(b"\x1b", shown("abc", cursor=2))
    session.press(b"h", shown("abc", cursor=1))
    session.type(b"h")
    assert session.column == 2
    session.answer(shown("abc", cursor=0))
    session.press(b"l", shown("abc", cursor=1))
    session.type(b"l")
    assert session.column == 4


def test_a_new_line_begins_with_text() -> None:
    session = Session()
    session.press(b"\x1b", shown("ab", cursor=1))
    session.press(b"\r", shown(""))
    session.press(b"a", shown("a"))
    assert session.type(b"b") == "> ab"


def test_nothing_typed_after_escape_earns_a_secret_its_echo() -> None:
    session = Session()
    session.press(b"\x1b", shown("ab", cursor=1))
    for letter in b"secret":
        session.type(bytes([letter]))
        session.answer(shown("ab", cursor=1))
        assert session.type(b"") == "> ab"
