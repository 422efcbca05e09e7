"""Effects of keys on the cursor alone."""

from rmosh.terminal.cells import Frame

from .editing import word_left_of, word_right_of
from .keys import Key
from .lines import read_line, write_line
from .situation import FILLER, Situation, moved, text_length, text_of


def still(situation: Situation, key: Key) -> Situation | None:
    """Nothing changes."""
    return situation


def _to(situation: Situation, index: int) -> Situation | None:
    line = read_line(situation)
    if index == line.cursor:
        return situation
    return write_line(situation, line, line.drawn, index)


def left(situation: Situation, key: Key) -> Situation | None:
    """One character left, not past the start of the line."""
    line = read_line(situation)
    return _to(situation, line.before(line.cursor) if line.cursor > line.start else line.cursor)


def right(situation: Situation, key: Key) -> Situation | None:
    """One character right, not past the end of the text."""
    line = read_line(situation)
    return _to(situation, line.after(line.cursor) if line.cursor < line.length else line.cursor)


def right_in_text(situation: Situation, key: Key) -> Situation | None:
    """One character right, not past the last character of the text."""
    line = read_line(situation)
    after = line.after(line.cursor)
    return _to(situation, after if after < line.length else line.cursor)


def line_start(situation: Situation, key: Key) -> Situation | None:
    """To the start of the line, after the prompt."""
    if situation.line is None and not situation.frame.modes.alternate_screen:
        return None
    return _to(situation, read_line(situation).start)


def line_end(situation: Situation, key: Key) -> Situation | None:
    """Just after the text."""
    return _to(situation, read_line(situation).length)


def last_character(situation: Situation, key: Key) -> Situation | None:
    """On the last character of the text."""
    line = read_line(situation)
    return _to(situation, line.before(line.length) if line.length > line.start else line.start)


def first_character(situation: Situation, key: Key) -> Situation | None:
    """On the first character that is not a blank."""
    return moved(situation, row=situation.cursor.row, column=indent(situation.frame, situation.cursor.row))


def indent(frame: Frame, row: int) -> int:
    """Return the column of the first character of a row that is not a blank; 0 where all are."""
    for column, cell in enumerate(frame.rows[row].cells):
        if cell.text != " ":
            return column
    return 0


def word_left(situation: Situation, key: Key) -> Situation | None:
    """To the start of the word at or left of the cursor."""
    return _to(situation, word_left_of(read_line(situation), blanks_only=False))


def word_right(situation: Situation, key: Key) -> Situation | None:
    """Just after the word at or right of the cursor."""
    return _to(situation, word_right_of(read_line(situation)))


def next_word(situation: Situation, key: Key) -> Situation | None:
    """To the start of the next word."""
    line = read_line(situation)
    index = word_right_of(line) if _is_word(line.cells[line.cursor].text) else line.cursor + 1
    while index < line.length and line.cells[index].text == " ":
        index += 1
    return _to(situation, index) if index < line.length else None


def word_end(situation: Situation, key: Key) -> Situation | None:
    """To the last character of the word right of the cursor."""
    line = read_line(situation)
    index = line.cursor + 1
    while index < line.length and line.cells[index].text == " ":
        index += 1
    while index + 1 < line.length and _is_word(line.cells[index + 1].text):
        index += 1
    return _to(situation, index) if index < line.length else None


def _is_word(text: str) -> bool:
    return text.isalnum() or text == "_"


def _vertical(situation: Situation, rows: int) -> Situation | None:
    row = situation.cursor.row + rows
    if not 0 <= row <= situation.bottom:
        return None
    goal = situation.cursor.column if situation.goal is None else situation.goal
    return moved(situation, row=row, column=goal, goal=goal)


def _in_text(situation: Situation | None, *, past: int) -> Situation | None:
    """Pull the cursor back to its row's text: onto the last character, or `past` columns after it."""
    if situation is None or text_of(situation.cells) == FILLER:
        return None
    row, goal = situation.cursor.row, situation.goal
    limit = text_length(situation.cells) - 1 + past
    column = max(0, min(situation.cursor.column, limit))
    while column and situation.cells[column].text == "":
        column -= 1
    return moved(situation, row=row, column=column, goal=goal)


def up(situation: Situation, key: Key) -> Situation | None:
    """The row above, same column."""
    return _vertical(situation, -1)


def down(situation: Situation, key: Key) -> Situation | None:
    """The row below, same column."""
    return _vertical(situation, 1)


def up_in_text(situation: Situation, key: Key) -> Situation | None:
    """The row above, not past its last character."""
    return _in_text(_vertical(situation, -1), past=0)


def down_in_text(situation: Situation, key: Key) -> Situation | None:
    """The row below, not past its last character."""
    return _in_text(_vertical(situation, 1), past=0)


def up_after_text(situation: Situation, key: Key) -> Situation | None:
    """The row above, at most just after its text."""
    return _in_text(_vertical(situation, -1), past=1)


def down_after_text(situation: Situation, key: Key) -> Situation | None:
    """The row below, at most just after its text."""
    return _in_text(_vertical(situation, 1), past=1)
