"""Effects of keys on the text of a line: insert, overwrite, erase, kill, put back, recall.

Each takes the situation before a key and returns the one after it, or None where it has no opinion.
"""

from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Cell, Row, Style
from rmosh.terminal.width import cells_of, char_width, differs_by_host

from .keys import Key
from .lines import EditedLine, read_line, write_line
from .situation import UNKNOWN, Situation, text_of, with_rows

#: Columns between tab stops, in cells. Source: what the kernel's OXTABS and terminals default to.
_TAB_STOP: Final = 8


def insert(situation: Situation, key: Key) -> Situation | None:
    """The text goes in before the cursor and pushes the rest of the line right."""
    return _put(situation, key, clings=False, over=False)


def insert_clinging(situation: Situation, key: Key) -> Situation | None:
    """As `insert`, but a cursor that fills a row stays on its last column until the next character."""
    return _put(situation, key, clings=True, over=False)


def overwrite(situation: Situation, key: Key) -> Situation | None:
    """The text replaces what is under the cursor."""
    return _put(situation, key, clings=False, over=True)


def type_over(situation: Situation, key: Key) -> Situation | None:
    """The text replaces a suggestion of how the line may go on, and a new suggestion may follow."""
    typed = overwrite(situation, key)
    if typed is None or char_width(key.text) <= 0 or typed.cursor.row != situation.cursor.row:
        return None
    row, column = typed.cursor.row, typed.cursor.column
    rows, cells = typed.frame.rows, typed.cells
    open_ended = Row(cells[:column] + (UNKNOWN,) * (len(cells) - column), rows[row].wrapped)
    return with_rows(typed, (*rows[:row], open_ended, *rows[row + 1 :]))


def _put(situation: Situation, key: Key, *, clings: bool, over: bool) -> Situation | None:
    if not key.text or differs_by_host(key.text):
        return None
    line = read_line(situation)
    width = char_width(key.text)
    if width <= 0:
        return _combined(situation, line, key.text) if width == 0 else None
    style = _style_for(line)
    put = (Cell(key.text, style),) + (Cell("", style),) * (width - 1)
    kept = line.cursor
    if over:
        while kept < min(line.cursor + width, line.length):
            kept = line.after(kept)
    rest = line.suggested[width:] if _starts_with(line.suggested, key.text) else line.cells[kept:]
    return write_line(situation, line, line.cells[: line.cursor] + put + rest, line.cursor + width, clings=clings)


def _starts_with(suggested: tuple[Cell, ...], text: str) -> bool:
    return bool(suggested) and suggested[0].text == text


def accept_suggestion(situation: Situation, key: Key) -> Situation | None:
    """What is suggested becomes text of the line; the cursor goes after it."""
    if situation.suggests is None:
        return None
    line = read_line(situation)
    return _accepted(situation, line, len(line.suggested))


def accept_suggested_word(situation: Situation, key: Key) -> Situation | None:
    """The next word of what is suggested becomes text of the line; the cursor goes after it."""
    if situation.suggests is None:
        return None
    line = read_line(situation)
    return _accepted(situation, line, word_right_of(replace(line, cells=line.drawn)) - line.cursor)


def _accepted(situation: Situation, line: EditedLine, count: int) -> Situation | None:
    suggested = line.suggested
    if not suggested:
        return None
    style = _style_for(line)
    taken = tuple([Cell(cell.text, style) for cell in suggested[:count]])
    cells = line.cells[: line.cursor] + taken + suggested[count:]
    return write_line(situation, line, cells, line.cursor + len(taken))


def _combined(situation: Situation, line: EditedLine, mark: str) -> Situation | None:
    """Join a combining mark to the character left of the cursor, which stays where it is."""
    if line.cursor <= line.start:
        return None
    index = line.before(line.cursor)
    cell = line.cells[index]
    cells = (*line.cells[:index], Cell(cell.text + mark, cell.style), *line.cells[index + 1 :])
    return write_line(situation, line, cells, line.cursor)


def _style_for(line: EditedLine) -> Style:
    """Typed text looks like the text left of it; after a prompt, like the blank under the cursor."""
    if line.cursor > line.start:
        return line.cells[line.cursor - 1].style
    if line.cursor < len(line.cells):
        return line.cells[line.cursor].style
    return Style()


def _text_put(situation: Situation, text: str) -> Situation | None:
    """Insert a whole string at the cursor."""
    line = read_line(situation)
    style = _style_for(line)
    put = tuple([Cell(cluster, style) for cluster in cells_of(text)])
    cells = line.cells[: line.cursor] + put + line.cells[line.cursor :]
    return write_line(situation, line, cells, line.cursor + len(put))


def _removed(situation: Situation, line: EditedLine, first: int, last: int) -> Situation | None:
    """Remove the cells from index `first` up to `last`; the cursor ends at `first`."""
    return write_line(situation, line, line.cells[:first] + line.cells[last:], first)


def _killed(situation: Situation, line: EditedLine, first: int, last: int) -> Situation | None:
    """As `_removed`, and remember what was removed so that it can be put back."""
    after = _removed(situation, line, first, last)
    if after is None or first == last:
        return after
    return replace(after, killed=line.cells[first:last])


def erase_left(situation: Situation, key: Key) -> Situation | None:
    """The character left of the cursor goes; the rest of the line closes up."""
    line = read_line(situation)
    if line.cursor <= line.start:
        return situation if situation.line else None
    return _removed(situation, line, line.before(line.cursor), line.cursor)


def erase_here(situation: Situation, key: Key) -> Situation | None:
    """The character under the cursor goes; the rest of the line closes up."""
    line = read_line(situation)
    if line.cursor >= line.length:
        return situation
    return _removed(situation, line, line.cursor, line.after(line.cursor))


def erase_here_in_text(situation: Situation, key: Key) -> Situation | None:
    """As `erase_here`, but the cursor stays on the last character when it was on it."""
    line = read_line(situation)
    if line.cursor >= line.length:
        return situation
    after = line.after(line.cursor)
    cells = line.cells[: line.cursor] + line.cells[after:]
    at_end = after >= line.length
    cursor = max(line.start, line.before(line.cursor)) if at_end and line.cursor > line.start else line.cursor
    return write_line(situation, line, cells, cursor)


def kill_to_end(situation: Situation, key: Key) -> Situation | None:
    """All text from the cursor on goes."""
    line = read_line(situation)
    return _killed(situation, line, line.cursor, max(line.cursor, line.length))


def kill_to_start(situation: Situation, key: Key) -> Situation | None:
    """All text between the prompt and the cursor goes."""
    if situation.line is None:
        return None
    line = read_line(situation)
    return _killed(situation, line, line.start, line.cursor)


def kill_line(situation: Situation, key: Key) -> Situation | None:
    """All text after the prompt goes."""
    if situation.line is None:
        return None
    line = read_line(situation)
    return _killed(situation, line, line.start, line.length)


def word_left_of(line: EditedLine, *, blanks_only: bool) -> int:
    """Return the index where the word left of the cursor starts."""
    index = line.cursor
    while index > line.start and not _in_word(line.cells[index - 1], blanks_only):
        index -= 1
    while index > line.start and _in_word(line.cells[index - 1], blanks_only):
        index -= 1
    return index


def word_right_of(line: EditedLine) -> int:
    """Return the index just after the word right of the cursor."""
    index = line.cursor
    while index < line.length and not _in_word(line.cells[index], blanks_only=False):
        index += 1
    while index < line.length and _in_word(line.cells[index], blanks_only=False):
        index += 1
    return index


def next_word_of(line: EditedLine) -> int:
    """Return the index where the next word right of the cursor starts, or just after the text."""
    index = line.cursor
    if index < line.length and _in_word(line.cells[index], blanks_only=False):
        index = word_right_of(line)
    else:
        while index < line.length and line.cells[index].text != " " and not _in_word(line.cells[index], False):
            index += 1
    while index < line.length and line.cells[index].text == " ":
        index += 1
    return index


def kill_to_next_word(situation: Situation, key: Key) -> Situation | None:
    """Everything up to the next word goes."""
    line = read_line(situation)
    return _killed(situation, line, line.cursor, next_word_of(line))


def _in_word(cell: Cell, blanks_only: bool) -> bool:
    return cell.text != " " if blanks_only else cell.text == "" or cell.text.isalnum()


def kill_blank_word_left(situation: Situation, key: Key) -> Situation | None:
    """The word left of the cursor goes, back to a blank."""
    line = read_line(situation)
    return _killed(situation, line, word_left_of(line, blanks_only=True), line.cursor)


def kill_word_left(situation: Situation, key: Key) -> Situation | None:
    """The word left of the cursor goes, back to anything but letters and digits."""
    line = read_line(situation)
    return _killed(situation, line, word_left_of(line, blanks_only=False), line.cursor)


def kill_word_right(situation: Situation, key: Key) -> Situation | None:
    """The word right of the cursor goes."""
    line = read_line(situation)
    return _killed(situation, line, line.cursor, word_right_of(line))


def put_back(situation: Situation, key: Key) -> Situation | None:
    """What was killed last comes back at the cursor."""
    return _text_put(situation, text_of(situation.killed)) if situation.killed else None


def recall_older(situation: Situation, key: Key) -> Situation | None:
    """The line submitted before the one shown takes its place."""
    return _recalled(situation, situation.recalled + 1)


def recall_newer(situation: Situation, key: Key) -> Situation | None:
    """The line submitted after the one shown takes its place; after the newest, an empty line."""
    return _recalled(situation, situation.recalled - 1)


def _recalled(situation: Situation, back: int) -> Situation | None:
    if situation.line is None or not 0 <= back <= len(situation.submitted):
        return None
    line = read_line(situation)
    emptied = _removed(situation, line, line.start, line.length)
    text = situation.submitted[-back] if back else ""
    filled = _text_put(emptied, text) if emptied else None
    return replace(filled, recalled=back) if filled else None


def echo_caret(situation: Situation, key: Key) -> Situation | None:
    """The kernel's echo of control characters: ^ and a letter for each, other bytes as they are."""
    for byte in key.raw:
        shown = f"^{chr(byte ^ 0x40)}" if byte < 0x20 or byte == 0x7F else chr(byte)
        for character in shown:
            typed = insert_clinging(situation, Key(character, character, b"", key.end))
            if typed is None:
                return None
            situation = typed
    return situation


def to_tab_stop(situation: Situation, key: Key) -> Situation | None:
    """The cursor goes on to the next tab stop."""
    line = read_line(situation)
    cursor = line.cursor + _TAB_STOP - situation.cursor.column % _TAB_STOP
    return write_line(situation, line, line.cells, cursor) if cursor < len(line.cells) else None
