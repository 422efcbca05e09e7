"""Effects of keys on whole rows: lines opened, split, joined, removed, put back, scrolled; answers to Enter.

`margin` is how many rows at the bottom do not take part: status and command lines.
"""

from itertools import takewhile
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Cell, Row, blank_cell, blank_row
from rmosh.terminal.width import cells_of

from .keys import Key
from .lines import read_line
from .motions import indent
from .situation import (
    FILLER,
    MAX_SUBMITTED,
    UNKNOWN,
    LineStart,
    Situation,
    blank_like,
    moved,
    scrolled_up,
    text_length,
    text_of,
    unknown_row,
    with_rows,
)

#: Longest line remembered for recall, in characters. Reason: bounds memory. Source: our choice.
_MAX_SUBMITTED_TEXT: Final = 500


def _rows_inserted(situation: Situation, at: int, row: Row, margin: int) -> Situation | None:
    """Push the rows from `at` on one down, the last above the margin out."""
    rows, end = situation.frame.rows, len(situation.frame.rows) - margin
    if not 0 <= at < end:
        return None
    return with_rows(situation, (*rows[:at], row, *rows[at : end - 1], *rows[end:]))


def _row_removed(situation: Situation, at: int, margin: int) -> Situation | None:
    """Pull the rows after `at` one up; what comes in last is known only past the end of a file."""
    rows, end = situation.frame.rows, len(situation.frame.rows) - margin
    if not 0 <= at < end - 1:
        return None
    last = rows[end - 1]
    incoming = last if text_of(last.cells) in (FILLER, "") else unknown_row(situation.frame.columns)
    return with_rows(situation, (*rows[:at], *rows[at + 1 : end], incoming, *rows[end:]))


def split_line(situation: Situation, key: Key, *, margin: int, indented: bool) -> Situation | None:
    """The line breaks at the cursor; what was right of it starts a new row below."""
    row, column = situation.cursor.row, situation.cursor.column
    cells, columns = situation.cells, situation.frame.columns
    depth = min(indent(situation.frame, row), column) if indented else 0
    length = text_length(cells)
    tail = cells[column : max(column, length)]
    blank = blank_like(cells)
    if depth + len(tail) > columns:
        return None
    below = (blank,) * depth + tail + (blank,) * (columns - depth - len(tail))
    above = cells[:column] + (blank,) * (columns - column)
    opened = _rows_inserted(situation, row + 1, Row(below), margin)
    if opened is None:
        return None
    rows = opened.frame.rows
    split = with_rows(opened, (*rows[:row], Row(above), *rows[row + 1 :])) if tail else opened
    return moved(split, row=row + 1, column=depth)


def open_row(situation: Situation, key: Key, *, margin: int, below: int) -> Situation | None:
    """An empty row comes in below the cursor's row, or above it, and the cursor goes there."""
    at = situation.cursor.row + below
    opened = _rows_inserted(situation, at, blank_row(situation.frame.columns), margin)
    return moved(opened, row=at, column=0) if opened else None


def remove_row(situation: Situation, key: Key, *, margin: int) -> Situation | None:
    """The cursor's row goes; the cursor ends on the first character of the row that takes its place.

    At the end of the text that is the row above.
    """
    row = situation.cursor.row
    removed = _row_removed(situation, row, margin)
    if removed is None:
        return None
    gone = replace(removed, removed=situation.frame.rows[row])
    if row and text_of(gone.cells) == FILLER:
        row -= 1
    return moved(gone, row=row, column=indent(gone.frame, row))


def put_row(situation: Situation, key: Key, *, margin: int, below: int) -> Situation | None:
    """The row removed last comes back below the cursor's row, or above it."""
    at = situation.cursor.row + below
    if situation.removed is None or len(situation.removed.cells) != situation.frame.columns:
        return None
    put = _rows_inserted(situation, at, situation.removed, margin)
    return moved(put, row=at, column=indent(put.frame, at)) if put else None


def join_above(situation: Situation, key: Key, *, margin: int) -> Situation | None:
    """At the start of a row, it joins the end of the row above."""
    row, columns = situation.cursor.row, situation.frame.columns
    if situation.cursor.column or row == 0:
        return None
    above, tail = situation.frame.rows[row - 1].cells, situation.cells[: text_length(situation.cells)]
    end = text_length(above)
    if end + len(tail) > columns:
        return None
    removed = _row_removed(situation, row, margin)
    if removed is None:
        return None
    joined = Row(above[:end] + tail + above[end + len(tail) :])
    rows = removed.frame.rows
    return moved(with_rows(removed, (*rows[: row - 1], joined, *rows[row:])), row=row - 1, column=end)


def scroll(situation: Situation, key: Key, *, margin: int, up: bool) -> Situation | None:
    """The text moves one row under a cursor that stays; the row that comes in is not known."""
    rows, end = situation.frame.rows, len(situation.frame.rows) - margin
    incoming = unknown_row(situation.frame.columns)
    if end < 2:
        return None
    body = (*rows[1:end], incoming) if up else (incoming, *rows[: end - 1])
    return with_rows(situation, body + rows[end:])


def submitted_text(situation: Situation) -> str:
    """Return what Enter would submit: the edited line's text after its prompt."""
    if situation.line is None:
        return ""
    line = read_line(situation)
    known = tuple(takewhile(lambda cell: cell is not UNKNOWN, line.cells[line.start :]))
    return text_of(known)[:_MAX_SUBMITTED_TEXT]


def after_submit(situation: Situation) -> Situation:
    """Return the situation with the edited line noted as submitted and no line being edited."""
    text = submitted_text(situation)
    submitted, entered = situation.submitted, situation.entered
    if text.strip() and text != (submitted[-1] if submitted else ""):
        submitted, entered = (*submitted, text)[-MAX_SUBMITTED:], entered + 1
    application = text.split()[0] if text.split() else situation.application
    return replace(situation, submitted=submitted, entered=entered, application=application, line=None, recalled=0)


def next_row(situation: Situation, key: Key) -> Situation | None:
    """The cursor goes to the start of the next row; at the bottom the screen scrolls."""
    line = read_line(situation)
    row = line.first_row + line.rows
    entered = after_submit(situation)
    if row > situation.bottom:
        entered = scrolled_up(entered, row - situation.bottom)
        row = situation.bottom
    below = moved(entered, row=row, column=0)
    return replace(below, line=LineStart(row, 0, "")) if situation.line else below


def repeated(situation: Situation, key: Key, *, arguments: bool) -> Situation | None:
    """Enter is answered with the line itself, or with its words after the first, in rows of their own."""
    text = submitted_text(situation)
    if arguments:
        text = text.partition(" ")[2].strip()
    columns = situation.frame.columns
    prompted = situation.line is not None and situation.line.column > 0
    shown = cells_of(text)
    answer = max(1, -(-len(shown) // columns))
    below = answered(situation, key, answer=answer) if prompted else next_row(situation, key)
    if below is None:
        return None
    if not prompted:
        for _ in range(answer):
            below = next_row(replace(below, line=None), key) or below
    cells = [Cell(cluster) for cluster in shown] + [blank_cell()] * (answer * columns - len(shown))
    first = below.cursor.row - answer
    if first < 0:
        return None
    rows = list(below.frame.rows)
    for number in range(answer):
        rows[first + number] = Row(tuple(cells[number * columns : (number + 1) * columns]), number + 1 < answer)
    repeats = with_rows(below, tuple(rows))
    return repeats if prompted else replace(repeats, line=LineStart(below.cursor.row, 0, ""))


def answered(situation: Situation, key: Key, *, answer: int) -> Situation | None:
    """Enter at a prompt: `answer` rows of unknown text, then the same prompt again."""
    edited = situation.line
    if edited is None or edited.column == 0:
        return None
    line = read_line(situation)
    row = line.first_row + line.rows + answer
    prompt = situation.frame.rows[edited.row].cells[: edited.column]
    entered = after_submit(situation)
    overflow = max(0, row - situation.bottom)
    if overflow > edited.row:
        return None
    entered, row = scrolled_up(entered, overflow), row - overflow
    columns = situation.frame.columns
    cells = prompt + (blank_like(line.cells),) * (columns - edited.column)
    rows = entered.frame.rows
    rows = (*rows[: row - answer], *(unknown_row(columns),) * answer, Row(cells), *rows[row + 1 :])
    prompted = moved(with_rows(entered, rows), row=row, column=edited.column)
    return replace(prompted, line=replace(edited, row=row))
