"""Text that a line editor shows right of the cursor as how the line may go on, and that nobody typed.

It is told from the text of the line by its rendition: whatever program suggests, in whatever colour.
"""

from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Frame, Row, Style, blank_cell

from .situation import UNKNOWN, Situation, same_text, text_length

#: Most rows that a suggestion goes on in below the cursor's, in rows. Reason: bounds work. Source: our own choice.
_MAX_ROWS: Final = 4


def typed_row(situation: Situation, row: int) -> tuple[Cell, ...]:
    """Return the cells of a row, blanks in the place of what is suggested."""
    cells, cursor = situation.frame.rows[row].cells, situation.frame.cursor
    if situation.suggests is None or row < cursor.row:
        return cells
    return without_suggestion(cells, situation.suggests, cursor.column if row == cursor.row else 0)


def without_suggestion(cells: tuple[Cell, ...], rendition: Style, start: int) -> tuple[Cell, ...]:
    """Return cells with those from `start` on that have a suggestion's rendition made blank."""
    end = text_length(cells)
    if end <= start:
        return cells
    blank = blank_cell(DEFAULT_STYLE)
    kept = [blank if cell.style is rendition or cell.style == rendition else cell for cell in cells[start:end]]
    return cells[:start] + tuple(kept) + cells[end:]


def stands(before: Situation, frame: Frame) -> bool:
    """Tell whether the cursor of a line editor is where it was expected, after the same text."""
    cursor, column = before.cursor, frame.cursor.column
    if frame.modes.alternate_screen or (cursor.row, cursor.column) != (frame.cursor.row, column):
        return False
    pairs = zip(before.cells[:column], frame.rows[cursor.row].cells, strict=False)
    return all(old is new or old.text == new.text or old is UNKNOWN for old, new in pairs)


def appeared(before: Situation, frame: Frame) -> Style | None:
    """Return the rendition of text that begins at the cursor, drawn unlike what stands left of it, and nobody typed.

    None where there is none. `before`: as the screen was expected to be; what stood there may stand there still.
    """
    cells, column = frame.rows[frame.cursor.row].cells, frame.cursor.column
    end = text_length(cells)
    if not 0 < column < end or cells[column].style == cells[column - 1].style:
        return None
    rendition, begins = cells[column].style, False
    for old, new in zip(before.cells[column:], cells[column:], strict=False):
        stays = old.text == new.text or old.text == " " or old is UNKNOWN or old.style == before.suggests
        comes = new.text == " " or new.style == rendition or new.text == old.text
        if not stays or not comes:
            return None
        begins = begins or (new.style == rendition and new.text not in (" ", old.text))
    return rendition if begins else None


def same_but_suggested(guess: Situation, seen: Frame, number: int) -> bool:
    """Tell whether a row shows what was guessed; what is suggested at the end of the line may differ."""
    row, other = guess.frame.rows[number], seen.rows[number]
    if same_text(row, other):
        return True
    cursor = guess.cursor
    if seen.modes.alternate_screen or not 0 <= number - cursor.row < _MAX_ROWS:
        return False
    rendition = guess.suggests or (appeared(guess, seen) if stands(guess, seen) else None)
    if rendition is None:
        return False
    start = cursor.column if number == cursor.row else 0
    return same_text(*(Row(without_suggestion(each.cells, rendition, start)) for each in (row, other)))
