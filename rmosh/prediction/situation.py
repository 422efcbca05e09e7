"""What a guess starts from: a screen, and what is known of the editing going on in it.

Immutable, so the situation after every unconfirmed key can be kept and compared with what really came.
Knows cells; knows no keys and no guesses.
"""

from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Cursor, Frame, Row, Style, blank_cell, blank_row

from .footing import Footing

#: A cell of which only the change is sure, not the content. Never in a real frame: NUL is never printed.
UNKNOWN: Final = Cell("\x00")

#: Text of a row past the end of a file. Source: vi and all its descendants.
FILLER: Final = "~"

#: Rows at the bottom of a full-screen application that are not its text: status and command lines.
STATUS_ROWS: Final = 2

#: How many submitted lines are remembered for recall, in lines. Reason: people go back a few. Our choice.
MAX_SUBMITTED: Final = 50


@dataclass(frozen=True, slots=True)
class LineStart:
    """Where the line being edited begins, just after its prompt: row and column, 0-based.

    Attributes:
        right: column where a prompt at the right edge begins; None where there is none.
    """

    row: int
    column: int
    prompt: str
    right: int | None = None


@dataclass(frozen=True, slots=True)
class LastKey:
    """What a key was called, and whether keys were text when it was pressed."""

    typing: bool = False
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """A screen and the editing state behind it.

    Attributes:
        typing: in a full-screen application, keys are text (vim's insert mode), not commands.
        line: where the edited line starts; None when unknown.
        held: keys of a command whose end has not come, such as the first d of vim's dd.
        last_key: the key before, which may have switched the mode.
        goal: column that vertical moves aim for; None when the cursor's own.
        wraps: the cursor hangs at the last column and the next character goes to the next row.
        killed: text cells last removed, as an editor would put them back.
        removed: whole row last removed.
        submitted: lines entered at prompts, newest last.
        entered: how many lines were ever added to `submitted`.
        recalled: how many lines back in `submitted` the edited line is; 0 is the new line.
        application: command that was started last, which names the full-screen application.
        footing: what was earned where text would go.
        escaped: a line editor was given Escape: keys may be commands until one is seen to be text.
        suggests: rendition of what the line editor shows right of the cursor and nobody typed; None when it does not.
    """

    frame: Frame
    typing: bool = False
    line: LineStart | None = None
    held: str = ""
    last_key: LastKey = LastKey()
    goal: int | None = None
    wraps: bool = False
    killed: tuple[Cell, ...] = ()
    removed: Row | None = None
    submitted: tuple[str, ...] = ()
    entered: int = 0
    recalled: int = 0
    application: str = ""
    footing: Footing = Footing()
    escaped: bool = False
    suggests: Style | None = None

    @property
    def cursor(self) -> Cursor:
        return self.frame.cursor

    @property
    def bottom(self) -> int:
        """The last row's number."""
        return len(self.frame.rows) - 1

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Cells of the cursor's row."""
        return self.frame.rows[self.frame.cursor.row].cells

    def shown_as(self, frame: Frame, *, goal: int | None = None, wraps: bool = False) -> "Situation":
        """Return the same editing on another screen; as `replace`, in a third of the time: each key needs hundreds."""
        return Situation(
            frame,
            self.typing,
            self.line,
            self.held,
            self.last_key,
            goal,
            wraps,
            self.killed,
            self.removed,
            self.submitted,
            self.entered,
            self.recalled,
            self.application,
            self.footing,
            self.escaped,
            self.suggests,
        )


def moved(situation: Situation, *, row: int, column: int, goal: int | None = None) -> Situation:
    """Return the situation with its cursor at a row and column, which must be on the screen."""
    frame = situation.frame
    cursor = replace(frame.cursor, row=row, column=column)
    return situation.shown_as(replace(frame, cursor=cursor), goal=goal)


def with_rows(situation: Situation, rows: tuple[Row, ...]) -> Situation:
    """Return the situation with all its rows replaced by as many others."""
    frame = replace(situation.frame, rows=rows)
    return situation.shown_as(frame, goal=situation.goal, wraps=situation.wraps)


def scrolled_up(situation: Situation, count: int) -> Situation:
    """Return the situation after the whole screen went up by `count` rows; cursor and line go with it."""
    frame = situation.frame
    rows = frame.rows[count:] + (blank_row(frame.columns),) * count
    cursor = replace(frame.cursor, row=max(0, frame.cursor.row - count))
    line = situation.line
    if line is not None:
        line = replace(line, row=line.row - count) if line.row >= count else None
    return replace(situation, frame=replace(frame, rows=rows, cursor=cursor), line=line)


def text_length(cells: tuple[Cell, ...] | list[Cell]) -> int:
    """Return the column just after the last cell that shows something."""
    for column in range(len(cells) - 1, -1, -1):
        if cells[column].text != " ":
            return column + 1
    return 0


def text_of(cells: tuple[Cell, ...] | list[Cell]) -> str:
    """Return the text of cells, without trailing blanks."""
    return "".join([cell.text for cell in cells[: text_length(cells)]])


def text_before(row: Row, column: int) -> str:
    """Return the text of a row's columns up to one; no cells are made for that."""
    if row.has_cells:
        return "".join([cell.text for cell in row.cells[:column]])
    return row.part(0, column).text


def text_left_of_cursor(frame: Frame) -> str:
    """Return the text of the cursor's row up to the cursor."""
    return text_before(frame.rows[frame.cursor.row], frame.cursor.column)


def same_text(left: Row, right: Row) -> bool:
    """Tell whether two rows show the same characters, styles aside; unknown cells equal anything."""
    if left is right:
        return True
    if not left.has_cells and not right.has_cells:  # no unknown ones either
        return left.signs == right.signs and left.clusters == right.clusters
    for a, b in zip(left.cells, right.cells, strict=False):
        if a is not b and a.text != b.text and a is not UNKNOWN and b is not UNKNOWN:
            return False
    return True


def unknown_row(columns: int) -> Row:
    """Return a row of which nothing is known."""
    return Row((UNKNOWN,) * columns)


def blank_like(cells: tuple[Cell, ...] | list[Cell]) -> Cell:
    """Return the blank that would fill the end of a row: its last one, or a plain one."""
    last = cells[-1] if cells else None
    return last if last is not None and last.text == " " else blank_cell(DEFAULT_STYLE)
