"""What a line editor suggests right of the cursor is not text of the line.

Seen in fish 3.6.0 and zsh-autosuggestions 0.7.0.
"""

from dataclasses import replace

import pytest

from rmosh.prediction import PredictMode, Predictor
from rmosh.terminal.cells import Cell, Cursor, Frame, LineDiscipline, Row, Style

GREY = Style(foreground=8)
COLUMNS = 30


def row(typed: str, suggested: str, *, rendition: Style = GREY) -> Row:
    cells = [Cell(character) for character in "> " + typed] + [Cell(character, rendition) for character in suggested]
    return Row(tuple(cells + [Cell(" ")] * (COLUMNS - len(cells))))


def shown(typed: str, suggested: str = "", *, jobs: int = 1) -> Frame:
    blank = Row((Cell(" "),) * COLUMNS)
    discipline = LineDiscipline(switches=2 * jobs)
    return Frame((row(typed, suggested), blank), COLUMNS, Cursor(0, 2 + len(typed)), line_discipline=discipline)


class Session:
    """A line editor that is typed at one key after another, each answered by the screen given."""

    def __init__(self, first: Frame | None = None) -> None:
        self.predictor = Predictor(PredictMode.ALWAYS)
        self._offset, self._now = 0, 0.0
        self.predictor.screen_changed(first or shown(""), input_offset=0, now=0.0)

    def type(self, key: bytes) -> str:
        self._offset, self._now = self._offset + len(key), self._now + 1.0
        self.predictor.typed(key, input_offset=self._offset, now=self._now)
        return self.line

    def answer(self, frame: Frame) -> None:
        self._now += 0.3
        self.predictor.screen_changed(frame, input_offset=self._offset, now=self._now)
        self.predictor.tick(now=self._now + 0.1)

    @property
    def line(self) -> str:
        return "".join(cell.text for cell in self.predictor.overlay().rows[0].cells).rstrip()

    @property
    def column(self) -> int:
        return self.predictor.overlay().cursor.column


@pytest.fixture
def session() -> Session:
    """Return a session at `> ec` with `ho one` suggested after it."""
    session = Session()
    session.type(b"e")
    session.answer(shown("e", "cho one"))
    session.type(b"c")
    session.answer(shown("ec", "ho one"))
    return session


@pytest.mark.parametrize(
    ("key", "line", "column"),
    [
        (b"h", "> echo one", 5),
        (b"x", "> ecx", 5),
        (b"\x7f", "> echo one", 3),
        (b"\x15", ">", 2),
        (b"\x17", ">", 2),
        (b"\x1b[D", "> echo one", 3),
        (b"\x1b[C", "> echo one", 10),
        (b"\x05", "> echo one", 10),
        (b"\x1bf", "> echo one", 6),
    ],
)
def test_a_key_at_a_suggestion(session: Session, key: bytes, line: str, column: int) -> None:
    assert session.type(key) == line
    assert session.column == column


def test_an_editor_that_suggests_nothing_after_an_erasure_is_known_by_the_first(session: Session) -> None:
    session.type(b"\x7f")
    session.answer(shown("e"))
    session.type(b"c")
    session.answer(shown("ec", "ho one"))
    assert session.type(b"\x7f") == "> e"


def test_an_editor_that_suggests_again_after_an_erasure_is_expected_to(session: Session) -> None:
    session.type(b"\x7f")
    session.answer(shown("e", "cho one"))
    session.type(b"x")
    session.answer(shown("ex"))
    assert session.type(b"\x7f") == "> echo one"


def test_a_suggestion_is_recognised_at_the_first_key_that_it_answers() -> None:
    session = Session()
    session.type(b"e")
    session.answer(shown("e", "cho one"))
    assert session.type(b"x") == "> ex"


def test_text_typed_left_of_other_text_in_colour_pushes_it() -> None:
    session = Session()
    for number in range(1, 4):
        session.type(b"abc"[number - 1 : number])
        coloured = replace(shown("abc"[:number]), rows=(row("", "abc"[:number]), shown("").rows[1]))
        session.answer(coloured)
    session.type(b"\x1b[D")
    session.answer(replace(coloured, cursor=Cursor(0, 4)))
    assert session.type(b"x") == "> abxc"


def test_the_suggestion_seen_after_a_text_is_foreseen_when_the_text_comes_again(session: Session) -> None:
    session.type(b"\x15")
    session.answer(shown(""))
    assert session.type(b"e") == "> echo one"


def test_the_line_entered_last_is_what_will_be_suggested(session: Session) -> None:
    session.type(b"x")
    session.answer(shown("ecx"))
    session.type(b"\r")
    session.answer(shown("", jobs=2))
    assert session.type(b"e") == "> ecx"


def test_a_word_that_is_only_suggested_is_not_entered(session: Session) -> None:
    session.type(b"\x7f")
    session.answer(shown("e"))
    session.type(b"c")
    session.answer(shown("ec", "ho one"))
    session.type(b"\r")
    session.answer(shown("", jobs=2))
    assert session.type(b"e") == "> ec"


def with_right_prompt(frame: Frame, text: str = "12:00") -> Frame:
    cells = frame.rows[0].cells
    edge = tuple([Cell(character, Style(foreground=6)) for character in text])
    return replace(frame, rows=(Row((*cells[: COLUMNS - len(text)], *edge)), *frame.rows[1:]))


def test_a_prompt_at_the_right_edge_is_neither_text_nor_suggested() -> None:
    session = Session(with_right_prompt(shown("")))
    session.type(b"e")
    session.answer(with_right_prompt(shown("e", "cho one")))
    assert session.type(b"c") == "> echo one".ljust(COLUMNS - 5) + "12:00"
    assert session.type(b"x") == "> ecx".ljust(COLUMNS - 5) + "12:00"
    assert session.type(b"\x15") == ">".ljust(COLUMNS - 5) + "12:00"


def test_text_is_inserted_left_of_other_text_and_a_prompt_at_the_right_edge() -> None:
    session = Session(with_right_prompt(shown("")))
    for text in ("a", "ab", "abc"):
        session.type(text[-1:].encode())
        session.answer(with_right_prompt(shown(text)))
    session.type(b"\x1b[D")
    session.answer(replace(with_right_prompt(shown("abc")), cursor=Cursor(0, 4)))
    assert session.type(b"x") == "> abxc".ljust(COLUMNS - 5) + "12:00"
