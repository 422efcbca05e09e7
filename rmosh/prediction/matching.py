"""Comparing guesses with screens, and laying guesses over screens."""

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Cell, Frame, Row, Underline, blank_cell, blank_row

from .context import mode_words
from .situation import STATUS_ROWS, UNKNOWN, Situation
from .suggestions import same_but_suggested


def agrees(guess: Situation, *, base: Frame, seen: Frame) -> bool:
    """Tell whether a screen shows what was guessed.

    Compared are the cursor, the rows the guess changed in `base`, and the rows of both cursors.
    """
    if (guess.cursor.row, guess.cursor.column) != (seen.cursor.row, seen.cursor.column):
        return False
    rows = guess.frame.rows
    if len(rows) != len(seen.rows) or guess.frame.columns != seen.columns:
        return False
    near = (guess.cursor.row, base.cursor.row)
    status = _first_status_row(guess.frame, seen)
    for number, row in enumerate(rows):
        compared = row is not base.rows[number] or number in near
        if compared and number < status and not same_but_suggested(guess, seen, number):
            return False
    return True


def explains(guess: Situation, *, before: Frame, after: Frame) -> bool:
    """Tell whether a guess accounts for all that changed between two screens, status lines aside."""
    if not agrees(guess, base=before, seen=after):
        return False
    status = len(after.rows)
    if after.modes.alternate_screen:
        status -= STATUS_ROWS
    pairs = zip(guess.frame.rows[:status], after.rows, strict=False)
    return all(a is b or same_but_suggested(guess, after, n) for n, (a, b) in enumerate(pairs))


def unchanged(before: Frame, after: Frame) -> bool:
    """Tell whether a key did nothing: same text (status lines aside), same cursor."""
    return explains(Situation(before), before=before, after=after)


def is_beside_typing(base: Situation, seen: Frame) -> bool:
    """Tell whether a screen differs from the one before only where nothing tells what keys do: in other rows.

    Not where a line editor suggests: that may go on in the rows below; nor where an editor's bottom row may tell
    another mode.
    """
    before = base.frame
    row, rows = before.cursor.row, before.rows
    return (
        before.columns == seen.columns
        and len(rows) == len(seen.rows)
        and (row, before.cursor.column) == (seen.cursor.row, seen.cursor.column)
        and rows[row] is seen.rows[row]
        and before.modes == seen.modes
        and before.line_discipline == seen.line_discipline
        and (_tells_same_mode(before, seen) if seen.modes.alternate_screen else base.suggests is None)
    )


def _tells_same_mode(before: Frame, seen: Frame) -> bool:
    return before.rows[-1] is seen.rows[-1] or mode_words(before) == mode_words(seen)


def _first_status_row(guessed: Frame, seen: Frame) -> int:
    bottom = len(seen.rows) - 1
    in_status = bottom in (guessed.cursor.row, seen.cursor.row)
    return bottom if seen.modes.alternate_screen and not in_status else bottom + 1


def laid_over(newest: Frame, *, guessed: Situation, base: Frame, underlined: bool) -> Frame:
    """Return the newest screen with all that a guess changed in `base` painted over it.

    Cells that the application changed since are left as they are: it knows better. A row that moved stays the same
    object, so that the terminal can scroll; one that comes into view where another was is blank until it is known.
    """
    rows = list(newest.rows)
    sources = {id(row) for row in base.rows}
    targets = {id(row) for row in guessed.frame.rows}
    for number, row in enumerate(guessed.frame.rows):
        old = base.rows[number]
        if row is old:
            continue
        if rows[number] is old and id(row) in sources:
            rows[number] = row
        elif rows[number] is old and id(old) in targets and all(cell is UNKNOWN for cell in row.cells):
            rows[number] = blank_row(newest.columns)
        else:
            rows[number] = _row_over(rows[number], row, old, underlined)
    cursor = replace(newest.cursor, row=guessed.cursor.row, column=guessed.cursor.column)
    return replace(newest, rows=tuple(rows), cursor=cursor)


def _row_over(newest: Row, guessed: Row, base: Row, underlined: bool) -> Row:
    same = newest is base
    cells = list(newest.cells)
    for column, cell in enumerate(guessed.cells):
        old = base.cells[column]
        if cell is old or (not same and cells[column].text != old.text):
            continue
        cells[column] = _shown(cell, old, underlined)
    return Row(_whole_characters(cells), newest.wrapped)


def _shown(cell: Cell, old: Cell, underlined: bool) -> Cell:
    if cell == UNKNOWN:
        return old
    if underlined and cell.text != " " and cell.text != old.text:
        return replace(cell, style=replace(cell.style, underline=int(Underline.SINGLE)))
    return cell


def _whole_characters(cells: list[Cell]) -> tuple[Cell, ...]:
    """Blank right halves that lost their left half; the terminal could not show them."""
    for column, cell in enumerate(cells):
        if cell.text == "" and (column == 0 or cells[column - 1].text in ("", " ")):
            cells[column] = blank_cell(cell.style)
    return tuple(cells)


def changed_cells(guessed: Frame, base: Frame) -> int:
    """Return in how many cells two screens differ, unknown ones aside."""
    return sum(
        1
        for row, old in zip(guessed.rows, base.rows, strict=False)
        if row is not old
        for cell, before in zip(row.cells, old.cells, strict=False)
        if cell is not before and cell != UNKNOWN and cell.text != before.text
    )
