"""A line of the user's at the bottom of the screen: what is typed there is for rmosh."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Frame, Row
from rmosh.terminal_input import InputToken

if TYPE_CHECKING:
    from rmosh_client.viewing.line_editor import LineEditor


class BottomLine:
    """Lies over the session while it is open."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._editor: LineEditor | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes what is typed."""
        return self._editor is not None

    def open(self) -> None:
        """Begin with an empty line."""
        from rmosh_client.viewing.line_editor import LineEditor  # which most sessions never need

        self._editor = LineEditor(self._label)

    def close(self) -> None:
        """Leave it."""
        self._editor = None

    def type(self, tokens: Sequence[InputToken]) -> str:
        """Obey keys; return the line once it is entered, "" before and where it was abandoned.

        What follows the key that closes it is dropped: it was typed before one saw what came of the line.
        """
        from rmosh_client.viewing.keys import keys_in
        from rmosh_client.viewing.line_editor import Editing

        for key in keys_in(tokens):
            if self._editor is None:
                break
            editing, text = self._editor.take(key), self._editor.text
            if editing is not Editing.GOES_ON:
                self.close()
                return text.strip() if editing is Editing.ACCEPTED else ""
        return ""

    def lay_over(self, frame: Frame) -> Frame:
        """Return the frame with the line as its last row and the cursor in it; the frame itself while it is closed.

        Keys come as they do where no program wants them otherwise.
        """
        if self._editor is None:
            return frame
        cells, column = self._editor.shown(columns=frame.columns)
        last = len(frame.rows) - 1
        cursor = replace(frame.cursor, row=last, column=column, visible=True)
        modes = replace(frame.modes, keyboard_flags=0, modify_other_keys=0, bracketed_paste=True)
        return replace(frame, rows=(*frame.rows[:last], Row(cells)), cursor=cursor, modes=modes)
